"""convert: registry records to FHIR."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fhir_adapter.cli.options import Base, Config, Debug, Fhir, From, Json, Quiet, Records, Report, Results
from fhir_adapter.cli.outcome import verb
from fhir_adapter.cli.output import put
from fhir_adapter.errors import ConfigError

if TYPE_CHECKING:
    from fhir_adapter.cli.run import Run
    from fhir_adapter.convert import Conversion
    from fhir_adapter.settings import Settings

__all__ = ["convert"]

Out = Annotated[
    str | None, typer.Option("-o", "--out", metavar="DIR|-", help="A folder, or - for a Bundle a line on stdout.")
]


@verb
def convert(
    inputs: Records,
    out: Out = None,
    fhir: Fhir = None,
    source: From = None,
    results: Results = None,
    base: Base = None,
    report: Report = None,
    json: Json = False,
    quiet: Quiet = None,
    config: Config = None,
    debug: Debug = False,  # noqa: ARG001  (@verb reads it)
) -> int:
    """Turn registry records into FHIR, validated.

    \b
    To a folder: <Type>.ndjson a resource type, report.json and issues.ndjson.
    To stdout: one transaction Bundle a line. A record with an error is left out and listed.
    \b
    Examples:
      fhir-adapter convert trials.ndjson.gz -o out
      fhir-adapter convert ctgov:NCT04267848 --fhir r4 -o - | curl -H 'Content-Type: application/fhir+json' -d @- URL
    """
    from fhir_adapter.settings import load

    flags = {"fhir": fhir, "source": source, "results": results, "base": base, "report": report, "quiet": quiet}
    settings = load(flags, config)
    if out is None and sys.stdout.isatty():
        raise ConfigError("where to? -o DIR writes files, -o - Bundles on the screen; for example: -o out")
    return _convert(inputs, "-" if out is None else out, settings, json)


def _convert(inputs: list[str], out: str, settings: Settings, json: bool) -> int:
    import orjson

    from fhir_adapter.cli.run import Run
    from fhir_adapter.cli.supply import demand_records, records
    from fhir_adapter.sync import conversions
    from fhir_adapter.version import find

    version = find(settings.fhir or "r5").name
    demand_records(inputs)
    folder = None if out == "-" else Path(out)
    with Run("convert", settings, inputs, fhir=version, data=folder is None, json=json, folder=folder) as run:
        found = run.counting(records(inputs, settings), "converting record")
        made = conversions(found, version, run.tally, base=settings.base, results=settings.results)
        if folder is None:
            put(out, (orjson.dumps(conversion.bundle()) + b"\n" for conversion in made))
        else:
            _shelve(made, folder, version, run)
    where = f"wrote {folder}" if folder else ""
    return run.end(where=where, then=f"fhir-adapter restore {folder}, or push {folder} --to TARGET" if folder else "")


def _shelve(made: Iterable[Conversion], folder: Path, version: str, run: Run) -> None:
    from fhir_adapter.sync import deliver
    from fhir_adapter.target import open_target

    with open_target(folder, fhir=version) as target:
        deliver((conversion.bundle() for conversion in made), target, run.tally)
