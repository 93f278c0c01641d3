"""doctor: what a FHIR server can do, what it can't, and what that means for trials."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fhir_adapter.cli.options import Config, Debug, Json, Timeout
from fhir_adapter.cli.outcome import verb
from fhir_adapter.errors import ConfigError

if TYPE_CHECKING:
    from fhir_adapter.server.examination import Examination
    from fhir_adapter.settings import Settings

__all__ = ["doctor"]

Where = Annotated[
    str | None, typer.Argument(metavar="TARGET", help="Server address, or name in the settings.", show_default=False)
]
Probe = Annotated[
    bool, typer.Option("--probe", help="Write scratch resources, measure, and remove them; else only read.")
]
File = Annotated[
    Path | None,
    typer.Option(
        "-o", "--out", metavar="PROFILE.toml", help="Keep what was measured there; default: beside the ledger."
    ),
]


@verb
def doctor(
    where: Where = None,
    probe: Probe = False,
    out: File = None,
    timeout: Timeout = None,
    json: Json = False,
    config: Config = None,
    debug: Debug = False,  # noqa: ARG001  (@verb reads it)
) -> int:
    """Say what a FHIR server can do, what it can't, and what that means for trials.

    Reads /metadata. With --probe it also writes scratch resources of its own, called
    fhir-adapter-probe-..., measures what becomes of them, and removes them. What it
    measured is kept, and push and sync go by it from then on.

    \b
    Exit codes: 0 fit for trials, 1 something that trials need is missing, 2 wrong
    command or settings, 4 server away, 6 no rights.
    \b
    Examples:
      fhir-adapter doctor http://localhost:8080/fhir
      fhir-adapter doctor ward --probe       (a server named in fhir-adapter.toml)
    """
    import logging

    from fhir_adapter.cli.console import Console, Log
    from fhir_adapter.cli.supply import profile_path, target
    from fhir_adapter.server import ServerTarget
    from fhir_adapter.settings import load

    if out and not probe:
        raise ConfigError("a profile holds what was measured; add --probe")
    settings = load({"target": where, "timeout": timeout}, config)
    log = Log(Console(os.environ))
    logging.getLogger().addHandler(log)
    try:
        with target(_server(settings), "doctor", measured=False) as place:
            if not isinstance(place, ServerTarget):
                raise ConfigError(f"{settings.target!r} is a folder; doctor takes a server's address, or its name")
            found = place.examine(trial=probe)
    finally:
        logging.getLogger().removeHandler(log)
    path = out or profile_path(settings, found.url)
    if found.measured and found.measured.habits.latency is not None:
        found.measured.habits.write(path)
    _show(found, path, json=json)
    return 0 if found.fit else 1


def _server(settings: Settings) -> Settings:
    """See that the target is a server, before a folder is made of it."""
    where = settings.target
    if where is None:
        raise ConfigError("which server? give its address, or its name in the settings")
    if not settings.server(where) and not where.lower().startswith(("http://", "https://")):
        raise ConfigError(f"{where!r} is neither a server's address nor its name in the settings")
    return settings


def _show(found: Examination, path: Path, *, json: bool) -> None:
    import orjson

    from fhir_adapter.cli.line import line

    kept = found.measured is not None and found.measured.habits.latency is not None
    if json:
        print(orjson.dumps({**found.as_dict(), **({"file": str(path)} if kept else {})}).decode())
        return
    print(line(f"{found.url} (FHIR {found.fhir})"))
    for each in found.verdicts:
        fix = f"; {each.fix}" if each.fix else ""
        print(f"{each.level.value:<9}{each.name:<20}{line(each.words + fix)}")
    if kept:
        print(line(f"wrote {path}: push and sync go by it"))
    elif found.measured is None:
        print("next: fhir-adapter doctor TARGET --probe, to measure what it does rather than what it says")
