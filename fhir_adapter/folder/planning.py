"""Plans for a folder: what would be written to its files, and whether they moved since."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from fhir_adapter.issues import Issue
from fhir_adapter.plan import DELETE, Plan, Step, deletion, writing
from fhir_adapter.receipt import Pulled, Receipt
from fhir_adapter.resource import STUDY, content, name, same
from fhir_adapter.tree import Tree, digest
from fhir_adapter.trial import Trial, owned, write_trial

__all__ = ["apply", "plan", "stored"]


def stored(pulled: Pulled | None) -> list[Tree]:
    """Give the resources of a trial as the folder has them, the study first; [] where it hasn't."""
    bundle = pulled.bundle if pulled else None
    return [entry["resource"] for entry in bundle["entry"]] if bundle else []


def plan(trials: Sequence[Trial], pulled: Mapping[str, Pulled], folder: str, fhir: str) -> Iterator[Plan]:
    """Say what would be done so that a folder holds trials."""
    for trial in trials:
        there = {name(each): each for each in stored(pulled.get(trial.id))}
        steps = [*_writes(trial, there, fhir), *_deletions(trial, there, fhir)]
        unchanged = len(trial.entries) - sum(step.action != DELETE for step in steps)
        yield Plan(
            trial=trial.id, target=folder, fhir=fhir, unchanged=unchanged, steps=tuple(steps), issues=trial.issues
        )


def _writes(trial: Trial, there: Mapping[str, Tree], fhir: str) -> Iterator[Step]:
    for each in trial.resources:
        before = there.get(name(each))
        if before is None or not same(each, before, fhir):
            yield writing(each, before, None, fhir)


def _deletions(trial: Trial, there: Mapping[str, Tree], fhir: str) -> Iterator[Step]:
    for own in owned(there, trial.id):
        if own not in trial.names:
            yield deletion(own, there[own], None, fhir)


def apply(
    own: Plan,
    there: Sequence[Tree],
    fhir: str,
    base: str,
    push: Callable[[Tree], Receipt],
    drop: Callable[[str], Receipt],
) -> Receipt:
    """Carry out one plan, unless the trial moved since it was made. `push` stores a trial, `drop` takes one out."""
    found = {name(each): each for each in there}
    moved = [step.resource for step in own.steps if _digest(found.get(step.resource), fhir) != step.was]
    if moved:
        words = "changed since the plan was made; plan again"
        issues = tuple(Issue.error("conflict", each, words).of(own.trial) for each in moved)
        return Receipt(own.trial, unchanged=own.unchanged, failed=len(moved), issues=issues)
    if not own.steps:
        return Receipt(own.trial, unchanged=own.unchanged)
    then = _after(own.steps, found)
    if f"{STUDY}/{own.trial}" not in then:
        return drop(own.trial)
    return push(write_trial(then.values(), base))


def _digest(resource: Tree | None, fhir: str) -> str | None:
    return digest(content(resource, fhir)) if resource else None


def _after(steps: Iterable[Step], found: Mapping[str, Tree]) -> dict[str, Tree]:
    then = dict(found)
    for step in steps:
        if step.body is None:
            then.pop(step.resource, None)
        else:
            then[step.resource] = step.body
    return then
