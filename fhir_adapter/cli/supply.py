"""What the words after a verb stand for: records, trials, a target."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO
from urllib.parse import urlsplit

from fhir_adapter.errors import ConfigError

if TYPE_CHECKING:
    from fhir_adapter.meter import Meter
    from fhir_adapter.readers import Reading
    from fhir_adapter.receipt import Pulled
    from fhir_adapter.registry import Registry
    from fhir_adapter.server.habits import Habits
    from fhir_adapter.settings import Settings
    from fhir_adapter.source import Fetch
    from fhir_adapter.target import Target

__all__ = ["demand_records", "ledger_path", "profile_path", "records", "registry", "stdin", "studies", "target"]


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

    name = query.partition(":")[0]
    opened = registry(name, registries)
    fetch: Any = find(name).fetch if opened else None
    return partial(fetch, registry=opened) if fetch else None


def registry(name: str, registries: Mapping[str, str]) -> Registry | None:
    """Open a registry at the address that the settings have for it; None where it is asked at its own."""
    from fhir_adapter.source import find

    for each in registries:
        find(each)  # a slip in the settings is told
    if name not in registries:
        return None
    from fhir_adapter.registry import Registry

    return Registry(registries[name])


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


def target(
    settings: Settings,
    flag: str,
    fresh: str | None = None,
    *,
    ledger: bool = False,
    measured: bool = True,
    meter: Meter | None = None,
) -> Target:
    """Open the target that the settings name. `flag` is what a user would have to give.

    `fresh` is the FHIR version for a folder that is not there yet. `ledger`: keep account of what is sent.
    `meter` counts the requests.
    """
    from fhir_adapter.target import open_target

    where = settings.target
    if where is None:
        raise ConfigError(f"which target? {flag} takes a server's address, a folder, or a name in the settings")
    server = settings.server(where)
    address = server.url if server else where
    if not address.lower().startswith(("http://", "https://")):
        fhir = settings.fhir or (fresh if not Path(where).exists() else None)
        return open_target(where, fhir=fhir)
    state = ledger_path(settings.state, address) if ledger else None
    habits = _habits(settings, address) if measured else None
    opened = partial(
        open_target,
        address,
        fhir=settings.fhir,
        timeout=settings.timeout,
        state=state,
        workers=settings.workers,
        mode=settings.mode,
        habits=habits,
        meter=meter,
    )
    return opened(auth=server.auth(), wire=server.wire()) if server else opened()


def _habits(settings: Settings, address: str) -> Habits | None:
    """Read what `doctor` measured of a server; None where it never did."""
    from fhir_adapter.server.habits import Habits

    path = profile_path(settings, address)
    return Habits.read(path) if settings.profile or path.is_file() else None


def profile_path(settings: Settings, address: str) -> Path:
    """Give the file for what is measured of a server: the one that is told, or its own where the system keeps state."""
    return settings.profile or Path(str(ledger_path(None, address))).with_suffix(".toml")


def ledger_path(told: str | None, address: str) -> Path | None:
    """Give the file of a server's ledger: the one that is told, or its own where the system keeps state.

    None where none is to be kept.
    """
    if told == "none":
        return None
    if told is not None:
        return Path(told)
    from platformdirs import user_state_path

    parts = urlsplit(address)
    host = parts.netloc.rpartition("@")[2]
    bare = f"{parts.scheme}://{host}{parts.path}".rstrip("/")
    mark = hashlib.sha256(bare.encode()).hexdigest()[:8]
    return user_state_path("fhir-adapter", appauthor=False) / f"{host.replace(':', '-')}-{mark}.sqlite"
