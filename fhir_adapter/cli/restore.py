"""restore: FHIR back to registry records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from fhir_adapter.cli.options import Config, Debug, Json, Out, Quiet, Report, Resources
from fhir_adapter.cli.outcome import verb
from fhir_adapter.cli.output import put
from fhir_adapter.issues import blocking

if TYPE_CHECKING:
    from fhir_adapter.receipt import Pulled
    from fhir_adapter.report import Tally
    from fhir_adapter.tree import Tree

__all__ = ["restore"]

As = Annotated[str, typer.Option("--as", metavar="ID", help="Registry format to restore to.")]


@verb
def restore(
    inputs: Resources,
    as_: As = "ctgov",
    out: Out = "-",
    report: Report = None,
    json: Json = False,
    quiet: Quiet = None,
    config: Config = None,
    debug: Debug = False,  # noqa: ARG001  (@verb reads it)
) -> int:
    """Turn FHIR back into registry records, one a line.

    A record comes back as it was when it was converted.

    \b
    Examples:
      fhir-adapter restore out > records.ndjson
      fhir-adapter pull --from http://localhost:8080/fhir | fhir-adapter restore - -o records.ndjson
    """
    import orjson

    from fhir_adapter.cli.run import Run
    from fhir_adapter.cli.supply import studies
    from fhir_adapter.intake import demand
    from fhir_adapter.settings import load
    from fhir_adapter.source import find

    settings = load({"report": report, "quiet": quiet}, config)
    find(as_)
    demand(inputs)
    with Run("restore", settings, inputs, data=out == "-", json=json) as run:
        found = run.counting(studies(inputs), "restoring trial")
        put(out, (orjson.dumps(record) + b"\n" for record in _records(found, as_, run.tally)))
    return run.end(where="" if out == "-" else f"wrote {out}")


def _records(found: Iterable[Pulled], source: str, tally: Tally) -> Iterator[Tree]:
    from fhir_adapter.convert import restore as back

    for trial in found:
        if trial.bundle is None:
            tally.refuse(trial.id, trial.issues)
            continue
        restoration = back(trial.bundle, source)
        issues = (*trial.issues, *restoration.issues)
        if restoration.record is None or blocking(issues):
            tally.fail(trial.id, issues)
            continue
        tally.issues(issues, trial.id)
        tally.finish()
        yield restoration.record
