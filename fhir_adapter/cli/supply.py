"""What the words after a verb stand for: records, trials, a target."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from fhir_adapter.errors import ConfigError

if TYPE_CHECKING:
    from fhir_adapter.readers import Reading
    from fhir_adapter.receipt import Pulled
    from fhir_adapter.settings import Settings
    from fhir_adapter.source import Fetch
    from fhir_adapter.target import Target

__all__ = ["demand_records", "records", "stdin", "studies", "target"]


def stdin() -> BinaryIO | None:
    """Give standard input as bytes, None where there is none."""
    return getattr(sys.stdin, "buffer", None)


def records(inputs: Iterable[str], settings: Settings) -> Iterator[Reading]:
    """Read registry records from inputs, one after the other."""
    from fhir_adapter.readers import readings

    for what in inputs:
        yield from readings(what, settings.source, stdin=stdin(), fetcher=_fetcher(what, settings.registries))


def _fetcher(query: str, registries: Mapping[str, str]) -> Fetch | None:
    """Give the way to ask a registry at the address that the settings have for it, None where they have none."""
    from fhir_adapter.source import find

    formats = {name: find(name) for name in registries}
    fetch: Any = formats[name].fetch if (name := query.partition(":")[0]) in formats else None
    if fetch is None:
        return None
    from fhir_adapter.registry import Registry

    return partial(fetch, registry=Registry(registries[name]))


def demand_records(inputs: Iterable[str]) -> None:
    """See that inputs exist and are not FHIR already, before anything is done."""
    from fhir_adapter.intake import demand, holds_fhir

    demand(inputs)
    for what in inputs:
        if not Path(what).is_dir() and holds_fhir(what, stdin()):
            raise ConfigError(f"{what!r} holds FHIR already; push, restore or validate it")


def studies(inputs: Iterable[str]) -> Iterator[Pulled]:
    """Read trials that are FHIR from inputs, one after the other."""
    from fhir_adapter.intake import trials

    for what in inputs:
        yield from trials(what, stdin())


def target(settings: Settings, flag: str, fresh: str | None = None) -> Target:
    """Open the target that the settings name. `flag` is what a user would have to give.

    `fresh` is the FHIR version for a folder that is not there yet.
    """
    from fhir_adapter.target import open_target

    where = settings.target
    if where is None:
        raise ConfigError(f"which target? {flag} takes a server's address, a folder, or a name in the settings")
    server = settings.server(where)
    if server is None:
        new = not where.lower().startswith("http") and not Path(where).exists()
        fhir = settings.fhir or (fresh if new else None)
        return open_target(where, fhir=fhir, timeout=settings.timeout)
    return open_target(server.url, fhir=settings.fhir, auth=server.auth(), timeout=settings.timeout)
