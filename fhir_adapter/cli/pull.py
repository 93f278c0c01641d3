"""pull: trials from a server or a folder."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from fhir_adapter.cli.options import Config, Debug, Fhir, Json, Out, Quiet, Report, Timeout
from fhir_adapter.cli.outcome import verb
from fhir_adapter.cli.output import put
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


@verb
def pull(
    ids: Ids = None,
    where: Where = None,
    out: Out = "-",
    fhir: Fhir = None,
    timeout: Timeout = None,
    report: Report = None,
    json: Json = False,
    quiet: Quiet = None,
    config: Config = None,
    debug: Debug = False,  # noqa: ARG001  (@verb reads it)
) -> int:
    """Fetch trials from a FHIR server or a folder, one Bundle a line.

    \b
    Examples:
      fhir-adapter pull NCT04267848 --from http://localhost:8080/fhir
      fhir-adapter pull --from http://localhost:8080/fhir | fhir-adapter restore -
    """
    from fhir_adapter.cli.run import Run
    from fhir_adapter.cli.supply import target
    from fhir_adapter.settings import load

    flags = {"target": where, "fhir": fhir, "timeout": timeout, "report": report, "quiet": quiet}
    settings = load(flags, config)
    named = list(_named(ids)) if ids else None
    data = out == "-"
    with Run("pull", settings, ids or [], data=data, json=json) as run, target(settings, "--from") as place:
        run.tally.fhir = place.fhir
        found = run.counting(place.pull(named), "pulling trial")
        put(out, _lines(found, run.tally))
    return run.end(where="" if data else f"wrote {out}", then="" if data else f"fhir-adapter restore {out}")


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
