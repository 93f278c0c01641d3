"""explain: where the values of one record went."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from itertools import groupby, islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fhir_adapter.cli.line import line
from fhir_adapter.cli.options import Base, Config, Debug, Fhir, From, Results
from fhir_adapter.cli.outcome import verb
from fhir_adapter.errors import SourceError

if TYPE_CHECKING:
    from fhir_adapter.convert import Conversion
    from fhir_adapter.explanation import Field, Spot
    from fhir_adapter.settings import Settings

__all__ = ["explain"]

Record = Annotated[
    str, typer.Argument(metavar="RECORD", help="A file, a folder, - for stdin, a registry number or query.")
]
Where = Annotated[
    str, typer.Argument(metavar="PATH", help="A field (overallStatus) or a FHIR element (ResearchStudy.phase).")
]
Id = Annotated[str | None, typer.Option("--id", metavar="ID", help="Which record, where there are several.")]
Json = Annotated[bool, typer.Option("--json", help="Everything, as JSON, one field a line.")]

_FIELDS, _SPOTS, _WIDE = 20, 12, 100  # as much as people read


@verb
def explain(
    record: Record,
    path: Where,
    id: Id = None,  # noqa: A002  (the name of the option)
    fhir: Fhir = None,
    source: From = None,
    results: Results = None,
    base: Base = None,
    json: Json = False,
    config: Config = None,
    debug: Debug = False,  # noqa: ARG001  (@verb reads it)
) -> int:
    """Show where the values of a record went, and why.

    PATH is a field of the study, as long as it takes to be clear, or an element of FHIR.
    \b
    Examples:
      fhir-adapter explain NCT04267848 overallStatus --fhir r4
      fhir-adapter explain trials.ndjson --id NCT04267848 locations[2].city
      fhir-adapter explain out/ --id NCT04267848 ResearchStudy.phase
    """
    from fhir_adapter.explanation import explain as of_field
    from fhir_adapter.explanation import explain_element as of_element
    from fhir_adapter.settings import load

    flags = {"fhir": fhir, "source": source, "results": results, "base": base}
    conversion = _converted(record, id, load(flags, config))
    found = (of_element if path[:1].isupper() else of_field)(conversion, path)
    told = _as_json(found, conversion) if json else _as_text(found, conversion)
    count = 0
    for text in told:
        sys.stdout.write(text)
        count += 1
    if not count:
        _nothing(conversion, path)
    return 0


def _converted(what: str, name: str | None, settings: Settings) -> Conversion:
    """Read the record that is meant, and convert it."""
    from fhir_adapter.convert import convert

    for own, source, written in _records(what, settings):
        fhir = settings.fhir or written
        made = convert(own, fhir, source, base=settings.base, results=settings.results, validate=False)
        if name in (None, made.id):
            if not made.resources:
                raise SourceError(f"{what}: {'; '.join(map(str, made.issues))}")
            return made
    raise SourceError(f"no record {name!r} in {what!r}" if name else f"no record in {what!r}")


def _records(what: str, settings: Settings) -> Iterator[tuple[Any, str, str]]:
    """Give the records of an input, each with its format and the FHIR version that it is in, R5 where it is in none."""
    from fhir_adapter.cli.supply import records, stdin
    from fhir_adapter.intake import demand, holds_fhir

    what = _query(what)
    demand([what])
    if holds_fhir(what, stdin()):
        yield from _restored(what)
        return
    for reading in records([what], settings):
        if reading.record is None:
            raise SourceError(f"{reading.where}: {'; '.join(map(str, reading.issues))}")
        yield reading.record, reading.source, "r5"


def _restored(what: str) -> Iterator[tuple[Any, str, str]]:
    """Give the records that the trials of an input were made from."""
    from fhir_adapter.cli.supply import studies
    from fhir_adapter.convert import restore
    from fhir_adapter.validate.guess import guess

    for trial in studies([what]):
        record = restore(trial.bundle).record if trial.bundle else None
        if trial.bundle and record is not None:
            yield record, "ctgov", guess([entry["resource"] for entry in trial.bundle["entry"]])


def _query(what: str) -> str:
    """Spell a registry number as a query to its registry."""
    from fhir_adapter.source import find, known

    if what == "-" or Path(what).exists() or not re.fullmatch(r"[A-Z]{2,8}[\d-]+", what):
        return what
    asked = next((name for name in known() if find(name).fetch), None)
    return f"{asked}:{what}" if asked else what


def _as_json(found: Iterable[Field], conversion: Conversion) -> Iterator[str]:
    import orjson

    for field in found:
        yield orjson.dumps({"id": conversion.id, "fhir": conversion.fhir, **field.as_dict()}).decode() + "\n"


def _as_text(found: Iterable[Field], conversion: Conversion) -> Iterator[str]:
    few = list(islice(found, _FIELDS + 1))
    for number, field in enumerate(few[:_FIELDS]):
        lines = [] if number else [f"{conversion.id} in FHIR {conversion.fhir}"]
        at = re.sub(r"/(\d+)(?=/|$)", r"[\1]", field.at).strip("/").replace("/", ".")
        lines += ["", f"{at} = {_value(field.value)}", f"  {field.meaning}", *_spots(field)]
        if field.lost:
            lines.append(f"  {'in the remainder' if field.lost.kept else 'left out'}: {field.why or field.lost.reason}")
        yield "\n".join(lines) + "\n"
    if len(few) > _FIELDS:
        yield "\n… and more: name one of them, as in items[2].field, or take all of them with --json\n"


def _spots(field: Field) -> Iterator[str]:
    for note, group in groupby(field.spots[:_SPOTS], lambda spot: spot.note):
        for spot in group:
            yield f"  → {_place(spot)}"
        if note:
            yield f"    ({note})"
    if len(field.spots) > _SPOTS:
        yield f"  … and {len(field.spots) - _SPOTS} more places: --json has them"


def _place(spot: Spot) -> str:
    if spot.value is None:
        return f"{spot.path}, with other fields"
    return f"{spot.resource} {spot.path} = {_value(spot.value)}"


def _value(value: Any) -> str:
    import orjson

    text = line(orjson.dumps(value).decode())
    return text if len(text) <= _WIDE else f"{text[:_WIDE]}…"


def _nothing(conversion: Conversion, path: str) -> None:
    """Say what would stand there, or where the field would go if the record had it."""
    from fhir_adapter.explanation import destinations, remarks
    from fhir_adapter.version import find

    version = find(conversion.fhir)
    words = f"{conversion.id} has no value in {path}"
    if path[:1].isupper():
        words += "".join(f"; {note}" for note in remarks(path, version))
    else:
        places = [spot.path for spot in destinations(path, version)]
        words += f"; it would go to {', '.join(places) or 'the remainder'}"
    print(line(words), file=sys.stderr)
