"""sync: records in, converted and pushed so that a target holds exactly them. Composition only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from fhir_adapter.convert import Conversion, convert
from fhir_adapter.issues import Issue, blocking
from fhir_adapter.memory import Memory
from fhir_adapter.readers import Reading
from fhir_adapter.receipt import Pulled, Receipt
from fhir_adapter.report import Report, Tally
from fhir_adapter.resource import STUDY, family
from fhir_adapter.target import Target, open_target
from fhir_adapter.tree import Tree
from fhir_adapter.version import BASE

__all__ = ["LEAVE", "Record", "conversions", "deliver", "sound", "sync", "withdraw"]

LEAVE = "leave"
Record = Reading | Tree | str | bytes


def sync(
    records: Iterable[Record],
    target: Target | str | Path,
    *,
    source: str = "auto",
    base: str = BASE,
    results: str = "drop",
    state: Path | None = None,
    workers: int = 1,
    tally: Tally | None = None,
) -> Report:
    """Convert records for a target and push them: what is there already is not written again.

    `records` are dicts, texts or bytes with one record each, or readings. `target` is an open Target, or the address
    or folder of one, which is then opened and closed. The target says which FHIR version is made. `source`, `base`
    and `results` are those of `convert`, `state` and `workers` those of `open_target`: with a ledger a record that
    came before is not even converted. A record with an error is not pushed and is named in the report; trouble
    with the run raises (ServerError, ConfigError, SourceError), and what was pushed until then stays.
    """
    if isinstance(target, (str, Path)):
        with open_target(target, state=state, workers=workers) as opened:
            return sync(records, opened, source=source, base=base, results=results, tally=tally)
    tally = tally or Tally("sync")
    tally.fhir = target.fhir
    tally.meter = tally.meter or target.meter
    memory = Memory(target.ledger, target.fhir, base, results)
    made = conversions(records, target.fhir, tally, source=source, base=base, results=results, memory=memory)
    deliver((conversion.bundle() for conversion in made), target, tally, memory)
    return tally.report()


def conversions(
    records: Iterable[Record],
    fhir: str,
    tally: Tally,
    *,
    source: str = "auto",
    base: str = BASE,
    results: str = "drop",
    memory: Memory | None = None,
) -> Iterator[Conversion]:
    """Convert records one at a time; those with errors are counted, the others given.

    What `memory` knows to be on the target is counted and not converted.
    """
    memory = memory or Memory(None)
    for record in records:
        what, form, where, issues = _parts(record, source)
        if what is None:
            tally.refuse(where, issues)
            continue
        mark = memory.mark(what)
        if not blocking(issues) and (held := memory.recall(mark)):
            tally.issues(issues, held.id)
            tally.finish()
            tally.receive(held)
            continue
        conversion = convert(what, fhir, form, base=base, results=results)
        tally.issues(issues, conversion.id or where)
        if not conversion.ok or blocking(issues):
            tally.fail(conversion.id or where, conversion.issues, where)
            memory.fail(conversion.id, where, (*issues, *conversion.issues))
            continue
        tally.convert(conversion)
        tally.expect(conversion.id, where)
        memory.expect(conversion.id, mark, where)
        yield conversion


def _parts(record: Record, source: str) -> tuple[Tree | str | bytes | None, str, str, tuple[Issue, ...]]:
    """Give the record itself, its format, its place in the input and what reading it found."""
    if isinstance(record, Reading):
        return record.record, record.source, record.where, record.issues
    return record, source, "", ()


def sound(
    trials: Iterable[Pulled], fhir: str, tally: Tally, where: str = "", memory: Memory | None = None
) -> Iterator[Tree]:
    """Check trials that are FHIR already; those with errors are counted, the Bundles of the others given.

    `where` is the input that they come from.
    """
    for trial in trials:
        bundle = trial.bundle
        issues = trial.issues if bundle is None else (*trial.issues, *_faults(bundle, fhir))
        if bundle is None or blocking(issues):
            tally.fail(trial.id, issues, where)
            if bundle is not None and memory is not None:
                memory.fail(trial.id, where, issues)
            continue
        tally.issues(issues, trial.id)
        tally.expect(trial.id, where)
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


def deliver(bundles: Iterable[Tree], target: Target, tally: Tally, memory: Memory | None = None) -> None:
    """Push trials and count what became of them."""
    for receipt in target.push_all(bundles):
        tally.receive(receipt)
        if memory is not None:
            memory.settle(receipt)


def withdraw(ids: Sequence[str], how: str, target: Target, tally: Tally) -> None:
    """Retire or delete trials that are gone from their registry, or (`leave`) only say which they are."""
    if how == LEAVE:
        words = "the registry no longer has this trial; --withdrawn retire or delete says so on the target"
        for each in ids:
            tally.issues([Issue.warning("not-found", "", words)], each)
        return
    left = set(ids)
    for receipt in target.apply(target.withdrawal(ids, how)):
        left.discard(receipt.id)
        tally.withdraw(receipt)
    for each in left:  # the target has nothing of it
        tally.withdraw(Receipt(each))
        if target.ledger is not None:
            target.ledger.withdraw(each)
