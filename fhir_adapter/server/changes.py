"""What a server must do so that it holds a trial as it is now: no more than that."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from fhir_adapter.resource import STUDY, name, same
from fhir_adapter.server.answer import Answer
from fhir_adapter.server.chunks import levels
from fhir_adapter.tree import Tree
from fhir_adapter.trial import Trial, gather, owned

__all__ = ["Changes", "compare"]

Read = Callable[[list[str]], Mapping[str, Answer]]


@dataclass(frozen=True, slots=True)
class Changes:
    """Bundle entries for what differs: `companions` in order of dependence, then the study, then deletions."""

    trial: Trial
    companions: tuple[Tree, ...] = ()
    study: Tree | None = None
    deletes: tuple[Tree, ...] = ()

    @property
    def entries(self) -> list[Tree]:
        return [*self.companions, *([self.study] if self.study else []), *self.deletes]

    @property
    def unchanged(self) -> int:
        return len(self.trial.entries) - len(self.companions) - (self.study is not None)


def compare(trials: Sequence[Trial], read: Read, fhir: str, base: str) -> list[Changes]:
    """Compare trials with what a server holds now; `read` gives its answers by resource name.

    A resource that says the same is left alone, so that no server makes a new version of it; one that was
    read is overwritten only in the version that was read (`If-Match`). Companions that the server's study
    still refers to and the new one lacks are deleted.
    """
    found = _there(read([each for trial in trials for each in trial.names]))
    lost = _orphans(trials, found, read, base)
    return [_changes(trial, found, lost.get(trial.id, []), fhir) for trial in trials]


def _there(answers: Mapping[str, Answer]) -> dict[str, Answer]:
    return {each: answer for each, answer in answers.items() if answer.ok and answer.resource}


def _changes(trial: Trial, found: Mapping[str, Answer], lost: Sequence[str], fhir: str) -> Changes:
    puts = [entry for entry in trial.entries if not _holds(found.get(name(entry["resource"])), entry, fhir)]
    guarded = [_guard(entry, found.get(name(entry["resource"]))) for entry in puts]
    study = next((entry for entry in guarded if entry["resource"]["resourceType"] == STUDY), None)
    rest = [entry for level in levels([e for e in guarded if e is not study]) for entry in level]
    deletes = tuple({"request": {"method": "DELETE", "url": each}} for each in lost)
    return Changes(trial, tuple(rest), study, deletes)


def _holds(answer: Answer | None, entry: Tree, fhir: str) -> bool:
    return answer is not None and answer.resource is not None and same(entry["resource"], answer.resource, fhir)


def _guard(entry: Tree, answer: Answer | None) -> Tree:
    if answer is None or answer.version is None:
        return entry
    return {**entry, "request": {**entry["request"], "ifMatch": f'W/"{answer.version}"'}}


def _orphans(trials: Sequence[Trial], found: Mapping[str, Answer], read: Read, base: str) -> dict[str, list[str]]:
    """Find each trial's own companions that it has on the server and no longer in its Bundle."""
    known = {each: answer.resource for each, answer in found.items() if answer.resource}
    mine = {trial.id: set(trial.names) for trial in trials if f"{STUDY}/{trial.id}" in known}

    def look(names: list[str]) -> dict[str, Tree]:
        ours = {each for study in mine for each in owned(names, study)}
        unread = [each for each in names if each in ours and each not in known]
        more = {each: answer.resource for each, answer in _there(read(unread)).items() if answer.resource}
        return more | {each: known[each] for each in names if each in known}

    stored = gather([known[f"{STUDY}/{study}"] for study in mine], look, base)
    return {
        study: [each for each in owned(map(name, resources), study) if each not in mine[study]]
        for study, (resources, _) in zip(mine, stored, strict=True)
    }
