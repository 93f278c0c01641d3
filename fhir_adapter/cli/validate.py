"""validate: what is wrong with FHIR resources."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from fhir_adapter.cli.options import Config, Debug, Fhir, Json, Out, Quiet, Report, Resources
from fhir_adapter.cli.outcome import verb
from fhir_adapter.cli.output import put
from fhir_adapter.issues import blocking

if TYPE_CHECKING:
    from fhir_adapter.cli.run import Run
    from fhir_adapter.issues import Issue
    from fhir_adapter.tree import Tree

__all__ = ["validate"]


@verb
def validate(
    inputs: Resources,
    fhir: Fhir = None,
    out: Out = "-",
    report: Report = None,
    json: Json = False,
    quiet: Quiet = None,
    config: Config = None,
    debug: Debug = False,  # noqa: ARG001  (@verb reads it)
) -> int:
    """Say what is wrong with FHIR, one issue a line.

    Exit code 1 where a resource or Bundle has an error.

    \b
    Examples:
      fhir-adapter validate out
      fhir-adapter validate bundles.ndjson --fhir r4 | jq -r .message | sort | uniq -c
    """
    import orjson

    from fhir_adapter.cli.run import Run
    from fhir_adapter.intake import demand
    from fhir_adapter.settings import load

    settings = load({"fhir": fhir if fhir != "auto" else None, "report": report, "quiet": quiet}, config)
    demand(inputs)
    with Run("validate", settings, inputs, fhir=settings.fhir, data=out == "-", json=json, silent=out == "-") as run:
        put(out, (orjson.dumps(issue.as_dict()) + b"\n" for issue in _issues(inputs, settings.fhir, run)))
    return run.end(where="" if out == "-" else f"wrote {out}")


def _issues(inputs: Iterable[str], fhir: str | None, run: Run) -> Iterator[Issue]:
    from fhir_adapter.cli.supply import stdin
    from fhir_adapter.intake import noted, resources
    from fhir_adapter.validate import validate as check

    for what in inputs:
        version = (fhir or noted(what) or "auto").lower()
        for reading in run.counting(resources(what, stdin()), "checking resource"):
            if reading.record is None:
                run.tally.refuse(reading.where, reading.issues)
                yield from reading.issues
                continue
            name = _name(reading.record) or reading.where
            found = [issue.of(issue.record or name) for issue in check(reading.record, version)]
            if blocking(found):
                run.tally.fail(name, found)
            else:
                run.tally.issues(found, name)
                run.tally.finish([reading.record])
            yield from found


def _name(resource: Tree) -> str | None:
    kind, own = resource.get("resourceType"), resource.get("id")
    return f"{kind}/{own}" if isinstance(kind, str) and isinstance(own, str) else None
