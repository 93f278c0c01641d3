"""sync: records in, converted and pushed so that a target holds exactly them. Composition only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from fhir_adapter.convert import Conversion, convert
from fhir_adapter.issues import Issue, blocking
from fhir_adapter.readers import Reading
from fhir_adapter.receipt import Pulled
from fhir_adapter.report import Report, Tally
from fhir_adapter.resource import STUDY, family
from fhir_adapter.target import Target, open_target
from fhir_adapter.tree import Tree
from fhir_adapter.version import BASE

__all__ = ["Record", "conversions", "deliver", "sound", "sync"]

Record = Reading | Tree | str | bytes


def sync(
    records: Iterable[Record],
    target: Target | str | Path,
    *,
    source: str = "auto",
    base: str = BASE,
    results: str = "drop",
    tally: Tally | None = None,
) -> Report:
    """Convert records for a target and push them: what is there already is not written again.

    `records` are dicts, texts or bytes with one record each, or readings. `target` is an open Target, or the address
    or folder of one, which is then opened and closed. The target says which FHIR version is made. `source`, `base`
    and `results` are those of `convert`. A record with an error is not pushed and is named in the report; trouble
    with the run raises (ServerError, ConfigError, SourceError), and what was pushed until then stays.
    """
    if isinstance(target, (str, Path)):
        with open_target(target) as opened:
            return sync(records, opened, source=source, base=base, results=results, tally=tally)
    tally = tally or Tally("sync")
    tally.fhir = target.fhir
    made = conversions(records, target.fhir, tally, source=source, base=base, results=results)
    deliver((conversion.bundle() for conversion in made), target, tally)
    return tally.report()


def conversions(
    records: Iterable[Record],
    fhir: str,
    tally: Tally,
    *,
    source: str = "auto",
    base: str = BASE,
    results: str = "drop",
) -> Iterator[Conversion]:
    """Convert records one at a time; those with errors are counted, the others given."""
    for record in records:
        what, form, where, issues = _parts(record, source)
        if what is None:
            tally.refuse(where, issues)
            continue
        conversion = convert(what, fhir, form, base=base, results=results)
        tally.issues(issues, conversion.id or where)
        if not conversion.ok or blocking(issues):
            tally.fail(conversion.id or where, conversion.issues)
            continue
        tally.convert(conversion)
        yield conversion


def _parts(record: Record, source: str) -> tuple[Tree | str | bytes | None, str, str, tuple[Issue, ...]]:
    """Give the record itself, its format, its place in the input and what reading it found."""
    if isinstance(record, Reading):
        return record.record, record.source, record.where, record.issues
    return record, source, "", ()


def sound(trials: Iterable[Pulled], fhir: str, tally: Tally) -> Iterator[Tree]:
    """Check trials that are FHIR already; those with errors are counted, the Bundles of the others given."""
    for trial in trials:
        bundle = trial.bundle
        issues = trial.issues if bundle is None else (*trial.issues, *_faults(bundle, fhir))
        if bundle is None or blocking(issues):
            tally.fail(trial.id, issues)
            continue
        tally.issues(issues, trial.id)
        tally.finish(entry["resource"] for entry in bundle.get("entry") or ())
        yield bundle


def _faults(bundle: Tree, fhir: str) -> list[Issue]:
    """Say what keeps a Bundle from a target of this FHIR version: the wrong version in one issue, not in hundreds."""
    from fhir_adapter.validate import validate

    held = (entry.get("resource") for entry in bundle.get("entry") or () if isinstance(entry, dict))
    study = next((own for own in held if isinstance(own, dict) and own.get("resourceType") == STUDY), None)
    written = family(study) if study else None
    if written and (written == "R5") != (fhir == "R5"):
        shape = "R5" if written == "R5" else "R4 or R4B"
        return [Issue.error("not-supported", STUDY, f"this is FHIR {shape}, and the target takes {fhir}")]
    return validate(bundle, fhir.lower())


def deliver(bundles: Iterable[Tree], target: Target, tally: Tally) -> None:
    """Push trials and count what became of them."""
    for receipt in target.push_all(bundles):
        tally.receive(receipt)
