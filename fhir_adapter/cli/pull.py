"""pull: trials from a server or a folder."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from fhir_adapter.cli.options import Config, Debug, Fhir, Json, Logs, Mode, Out, Profile, Quiet, Report, Timeout
from fhir_adapter.cli.outcome import verb
from fhir_adapter.cli.output import put
from fhir_adapter.errors import ConfigError
from fhir_adapter.issues import blocking

if TYPE_CHECKING:
    from fhir_adapter.receipt import Pulled
    from fhir_adapter.report import Tally

__all__ = ["pull"]

Ids = Annotated[
    list[str] | None, typer.Argument(metavar="ID", help="Trials by id, - for ids on stdin; none: every trial.")
]
Where = Annotated[
    str | None,
    typer.Option("--from", "--target", metavar="TARGET", help="Server address, folder, or name in the settings."),
]

Search = Annotated[
    str | None,
    typer.Option("--search", metavar="QUERY", help="Trials that a search of ResearchStudy finds: 'status=active'."),
]
Since = Annotated[
    str | None,
    typer.Option("--since", metavar="DATE", help="Trials whose study the server stored at this time or later."),
]

_DATE = re.compile(r"\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01])(T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d))?)?)?")


@verb
def pull(
    ids: Ids = None,
    where: Where = None,
    search: Search = None,
    since: Since = None,
    out: Out = "-",
    fhir: Fhir = None,
    mode: Mode = None,
    profile: Profile = None,
    timeout: Timeout = None,
    report: Report = None,
    log: Logs = None,
    json: Json = False,
    quiet: Quiet = None,
    config: Config = None,
    debug: Debug = False,  # noqa: ARG001  (@verb reads it)
) -> int:
    """Fetch trials from a FHIR server or a folder, one Bundle a line.

    \b
    A study comes with all that it refers to, also one that somebody else made.
    \b
    Examples:
      fhir-adapter pull NCT04267848 --from http://localhost:8080/fhir
      fhir-adapter pull --from http://localhost:8080/fhir | fhir-adapter restore -
      fhir-adapter pull --from ward --search 'identifier=NCT04267848,NCT04267861'
      fhir-adapter pull --from ward --search status=active --since 2026-01-01
    """
    from fhir_adapter.cli.run import Run
    from fhir_adapter.cli.supply import target
    from fhir_adapter.settings import load

    flags = {"target": where, "fhir": fhir, "timeout": timeout, "report": report, "log": log, "quiet": quiet}
    settings = load({**flags, "mode": mode, "profile": profile}, config)
    asked = _asked(search, since)
    if ids and asked is not None:
        raise ConfigError("trials are pulled by id or by a search; leave out the ids, or --search and --since")
    named = list(_named(ids)) if ids else None
    data = out == "-"
    with (
        Run("pull", settings, ids or [], data=data, json=json) as run,
        target(settings, "--from", meter=run.meter) as place,
    ):
        run.tally.fhir = place.fhir
        found = run.counting(place.pull(named, asked), "pulling trial")
        put(out, _lines(found, run.tally))
    return run.end(where="" if data else f"wrote {out}", then="" if data else f"fhir-adapter restore {out}")


def _asked(search: str | None, since: str | None) -> str | None:
    """Give the whole search, None where all trials are wanted."""
    if since is None:
        return search
    if not _DATE.fullmatch(since):
        raise ConfigError(f"no date {since!r}; write --since 2026-01-31, or 2026-01-31T12:00:00Z")
    return f"{search}&_lastUpdated=ge{since}" if search is not None else f"_lastUpdated=ge{since}"


def _named(ids: Iterable[str]) -> Iterator[str]:
    from fhir_adapter.cli.supply import stdin

    for each in ids:
        if each == "-":
            yield from (line.decode(errors="replace").strip() for line in stdin() or () if line.strip())
        else:
            yield each


def _lines(found: Iterable[Pulled], tally: Tally) -> Iterator[bytes]:
    import orjson

    for trial in found:
        if trial.bundle is None:
            tally.refuse(trial.id, trial.issues)
        elif blocking(trial.issues):
            tally.fail(trial.id, trial.issues)
        else:
            tally.issues(trial.issues, trial.id)
            tally.finish(entry["resource"] for entry in trial.bundle["entry"])
            yield orjson.dumps(trial.bundle) + b"\n"
