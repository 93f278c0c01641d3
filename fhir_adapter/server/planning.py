"""Plans for a server: made by looking only, and carried out only where nothing moved since."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from fhir_adapter.issues import Issue
from fhir_adapter.ledger import Ledger
from fhir_adapter.plan import CREATE, DELETE, Plan, Step, deletion, writing
from fhir_adapter.receipt import Receipt
from fhir_adapter.resource import content, name, version
from fhir_adapter.server.answer import Answer
from fhir_adapter.server.changes import Changes, guarded, ordered, remembered
from fhir_adapter.server.delivery import Delivery
from fhir_adapter.tree import Tree, digest
from fhir_adapter.trial import Trial, put

__all__ = ["apply", "plan"]


def plan(trials: Sequence[Trial], delivery: Delivery, url: str, fhir: str, ledger: Ledger | None) -> Iterator[Plan]:
    """Say what would be done so that a server holds trials; of what the ledger knows to be there nothing is read."""
    settled = {trial.id: trial for trial in trials if trial.issues or _known(trial, ledger)}
    looked = iter(delivery.compare([trial for trial in trials if trial.id not in settled]))
    for trial in trials:
        if trial.id in settled:
            yield Plan(trial=trial.id, target=url, fhir=fhir, unchanged=len(trial.entries), issues=trial.issues)
        else:
            yield _planned(next(looked), url, fhir)


def _known(trial: Trial, ledger: Ledger | None) -> bool:
    held = ledger.resources(trial.id) if ledger else None
    found = remembered(trial, trial.digests, held) if held else None
    return found is not None and not found.entries


def _planned(changes: Changes, url: str, fhir: str) -> Plan:
    steps = tuple(_step(entry, changes.found, fhir) for entry in changes.entries)
    return Plan(trial=changes.trial.id, target=url, fhir=fhir, unchanged=changes.unchanged, steps=steps)


def _step(entry: Tree, found: Mapping[str, Tree], fhir: str) -> Step:
    request = entry["request"]
    before = found.get(request["url"])
    seen = version(before) if before else None
    if request["method"] == "DELETE":
        return deletion(request["url"], before or {}, seen, fhir)
    return writing(entry["resource"], before, seen, fhir)


def apply(plans: Iterable[Plan], delivery: Delivery, url: str, fhir: str) -> Iterator[Receipt]:
    """Carry out plans one trial after the other. A trial that moved since its plan was made is left as it is."""
    for each in plans:
        now = delivery.read([step.resource for step in each.steps])
        moved = [issue for step in each.steps if (issue := _moved(step, now[step.resource], fhir))]
        if moved:
            issues = tuple(issue.of(each.trial) for issue in moved)
            yield Receipt(each.trial, unchanged=each.unchanged, failed=len(moved), issues=issues)
        elif each.steps:
            (receipt,) = delivery.write([_changes(each, now, url)], again=False)
            yield replace(receipt, unchanged=each.unchanged)
        else:
            yield Receipt(each.trial, unchanged=each.unchanged)


def _moved(step: Step, now: Answer, fhir: str) -> Issue | None:
    """Say that a resource is no longer as the plan found it."""
    there = now.resource if now.ok else None
    found = digest(content(there, fhir)) if there else None
    if found == step.was:
        return None
    if not there:
        words = "gone since the plan was made"
    elif step.action == CREATE:
        words = f"there since the plan was made, in version {now.version}"
    else:
        words = f"changed since the plan was made: version {now.version} instead of {step.version}"
    return Issue.error("conflict", step.resource, f"{words}; plan again")


def _changes(own: Plan, now: Mapping[str, Answer], url: str) -> Changes:
    """Turn a plan into requests, guarded by the versions that were just read."""
    puts = [_guarded(step, now[step.resource], url) for step in own.steps if step.action != DELETE]
    gone = [step.resource for step in own.steps if step.action == DELETE]
    return ordered(Trial(own.trial, tuple(puts)), puts, gone)


def _guarded(step: Step, now: Answer, url: str) -> Tree:
    body = step.body or {}
    return guarded(put(body, f"{url}/{name(body)}"), None if step.action == CREATE else now.version)
