"""Runs that follow a query of the registry stub to a twin, and what tests ask about them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from command_line import Ran, Run
from fhir_adapter.twin import Twin
from registry_stub import RegistryStub, Tree

__all__ = ["QUERY", "Sync", "advanced", "day", "refusing", "studies"]

QUERY = "ctgov:?query.cond=imaginary+cough"


def day(ago: int = 0) -> str:
    """A day, so many before today."""
    return (datetime.now(UTC).date() - timedelta(days=ago)).isoformat()


class Sync:
    """Syncs the query with the twin, as cron would."""

    def __init__(self, cli: Run, stub: RegistryStub, twin: Twin) -> None:
        self._cli, self._stub, self._twin = cli, stub, twin

    def __call__(self, *words: str, query: str = QUERY, json: bool = True) -> Ran:
        self._stub.forget()
        return self._cli("sync", query, "--to", self._twin.url, *(["--json"] if json else []), *words)


def studies(twin: Twin) -> dict[str, str]:
    """The studies on the server, each with its status."""
    held = {name.partition("/")[2]: own for name, own in twin.state().items() if name.startswith("ResearchStudy/")}
    return {name: own["status"] for name, own in held.items()}


def refusing(*ids: str) -> Callable[[Tree], str | None]:
    """Let a server refuse studies."""
    return lambda own: "not this one" if own["resourceType"] == "ResearchStudy" and own["id"] in ids else None


def advanced(stub: RegistryStub) -> list[str | None]:
    return [asked.get("filter.advanced") for asked in stub.listings]
