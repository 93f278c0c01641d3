"""Fixtures for tests of following a registry: a registry of invented trials, a twin, and sync between them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from command_line import Ran, Run
from fhir_adapter.twin import Twin
from loopback import serving
from registry_stub import ROOT, RegistryStub, Tree

__all__ = ["QUERY", "Sync", "advanced", "day", "refusing", "registry", "stub", "studies", "sync", "twin"]

QUERY = "ctgov:?query.cond=imaginary+cough"
OLD = "2020-01-01"


def day(ago: int = 0) -> str:
    """A day, so many before today."""
    return (datetime.now(UTC).date() - timedelta(days=ago)).isoformat()


@pytest.fixture
def stub() -> RegistryStub:
    """Five trials that were posted long ago."""
    made = RegistryStub()
    made.post(range(1, 6), OLD)
    return made


@pytest.fixture
def registry(stub: RegistryStub, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of the registry, which the settings know."""
    with serving(stub) as url:
        monkeypatch.setenv("FHIR_ADAPTER_REGISTRIES__CTGOV", url + ROOT)
        yield url


@pytest.fixture
def twin() -> Iterator[Twin]:
    with Twin("hapi", fhir="R5") as opened:
        yield opened


class Sync:
    """Syncs the query with the twin, as cron would."""

    def __init__(self, cli: Run, stub: RegistryStub, twin: Twin) -> None:
        self._cli, self._stub, self._twin = cli, stub, twin

    def __call__(self, *words: str, query: str = QUERY, json: bool = True) -> Ran:
        self._stub.forget()
        return self._cli("sync", query, "--to", self._twin.url, *(["--json"] if json else []), *words)


@pytest.fixture
def sync(cli: Run, stub: RegistryStub, twin: Twin, registry: str) -> Sync:
    return Sync(cli, stub, twin)


def studies(twin: Twin) -> dict[str, str]:
    """The studies on the server, each with its status."""
    held = {name.partition("/")[2]: own for name, own in twin.state().items() if name.startswith("ResearchStudy/")}
    return {name: own["status"] for name, own in held.items()}


def refusing(*ids: str) -> Callable[[Tree], str | None]:
    """Let a server refuse studies."""
    return lambda own: "not this one" if own["resourceType"] == "ResearchStudy" and own["id"] in ids else None


def advanced(stub: RegistryStub) -> list[str | None]:
    return [asked.get("filter.advanced") for asked in stub.listings]
