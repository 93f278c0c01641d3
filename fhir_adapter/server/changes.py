"""What a server must do so that it holds a trial as it is now: no more than that."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from fhir_adapter.ledger import Held
from fhir_adapter.resource import STUDY, name, rank, same
from fhir_adapter.server.answer import Answer
from fhir_adapter.server.chunks import levels
from fhir_adapter.tree import Tree
from fhir_adapter.trial import Trial, gather, owned

__all__ = ["Changes", "compare", "guarded", "ordered", "remembered"]

Read = Callable[[list[str]], Mapping[str, Answer]]


@dataclass(frozen=True, slots=True)
class Changes:
    """Bundle entries for what differs: `companions` in order of dependence, then the study, then deletions.

    `held` gives the versions of what stays as it is, `found` what was read of the rest, both by name.
    """

    trial: Trial
    companions: tuple[Tree, ...] = ()
    study: Tree | None = None
    deletes: tuple[Tree, ...] = ()
    held: Mapping[str, str | None] = field(default_factory=dict)
    found: Mapping[str, Tree] = field(default_factory=dict)

    @property
    def entries(self) -> list[Tree]:
        return [*self.companions, *([self.study] if self.study else []), *self.deletes]

    @property
    def unchanged(self) -> int:
        return len(self.held)


def remembered(trial: Trial, digests: Mapping[str, str], known: Mapping[str, Held]) -> Changes | None:
    """Say what differs from what a ledger knows of a trial; None where a version isn't known: then `compare`."""
    puts = [entry for entry in trial.entries if not _noted(known.get(own := name(entry["resource"])), digests[own])]
    before = {own: known[own].version for entry in puts if (own := name(entry["resource"])) in known}
    if None in before.values():
        return None
    changed = {name(entry["resource"]) for entry in puts}
    held = {own: known[own].version for own in digests if own not in changed}
    gone = [own for own in known if own not in digests]
    return ordered(trial, [guarded(entry, before.get(name(entry["resource"]))) for entry in puts], gone, held)


def _noted(held: Held | None, digest: str) -> bool:
    return held is not None and held.digest == digest


def compare(
    trials: Sequence[Trial],
    read: Read,
    fhir: str,
    base: str,
    fresh: Collection[str] = (),
    traces: Mapping[str, Collection[str]] | None = None,
) -> list[Changes]:
    """Compare trials with what a server holds now; `read` gives its answers by resource name.

    A resource that says the same is left alone, so that no server makes a new version of it; one that was
    read is overwritten only in the version that was read (`If-Match`). Companions that the server's study
    still refers to and the new one lacks are deleted. `fresh` are studies that were never sent: where such a one
    isn't there, its companions are not asked for. `traces` names by study what may be there though no study refers
    to it: a run that was killed left it.
    """
    loose = {trial.id: sorted({*(traces or {}).get(trial.id, ())} - {*trial.names}) for trial in trials}
    studies = {trial.id: f"{STUDY}/{trial.id}" for trial in trials if trial.entries}
    asked = [each for trial in trials for each in (trial.names if trial.id not in fresh else _first(trial))]
    found = _there(read(list(dict.fromkeys([*asked, *(each for own in loose.values() for each in own)]))))
    late = [trial for trial in trials if trial.id in fresh and studies.get(trial.id) in found]
    if late:
        found |= _there(read([each for trial in late for each in trial.names if each not in found]))
    known = [trial for trial in trials if studies.get(trial.id) in found]
    lost = _orphans(known, found, read, base)
    left = {own: {each: tree for each in names if (tree := _resource(found, each))} for own, names in loose.items()}
    return [_compared(trial, found, {**lost.get(trial.id, {}), **left[trial.id]}, fhir) for trial in trials]


def _resource(found: Mapping[str, Answer], own: str) -> Tree | None:
    return found[own].resource if own in found else None


def _first(trial: Trial) -> list[str]:
    return trial.names[:1]


def _there(answers: Mapping[str, Answer]) -> dict[str, Answer]:
    return {each: answer for each, answer in answers.items() if answer.ok and answer.resource}


def _compared(trial: Trial, found: Mapping[str, Answer], lost: Mapping[str, Tree], fhir: str) -> Changes:
    puts = [entry for entry in trial.entries if not _holds(found.get(name(entry["resource"])), entry, fhir)]
    written = {own: found.get(own) for own in (name(entry["resource"]) for entry in puts)}
    safe = [guarded(entry, each.version if (each := written[name(entry["resource"])]) else None) for entry in puts]
    held = {own: found[own].version for own in trial.names if own not in written}
    before = {own: each.resource for own, each in written.items() if each and each.resource}
    return ordered(trial, safe, lost, held, {**before, **lost})


def ordered(
    trial: Trial,
    puts: Sequence[Tree],
    lost: Iterable[str],
    held: Mapping[str, str | None] | None = None,
    found: Mapping[str, Tree] | None = None,
) -> Changes:
    """Put writes and deletions of a trial in the order in which a server must do them."""
    study = next((entry for entry in puts if entry["resource"]["resourceType"] == STUDY), None)
    rest = [entry for level in levels([e for e in puts if e is not study]) for entry in level]
    deletes = tuple({"request": {"method": "DELETE", "url": each}} for each in sorted(lost, key=rank))
    return Changes(trial, tuple(rest), study, deletes, held or {}, found or {})


def _holds(answer: Answer | None, entry: Tree, fhir: str) -> bool:
    return answer is not None and answer.resource is not None and same(entry["resource"], answer.resource, fhir)


def guarded(entry: Tree, version: str | None) -> Tree:
    """Let an entry write over one version only (`If-Match`), or over any where none is known."""
    if version is None:
        return entry
    return {**entry, "request": {**entry["request"], "ifMatch": f'W/"{version}"'}}


def _orphans(trials: Sequence[Trial], found: Mapping[str, Answer], read: Read, base: str) -> dict[str, dict[str, Tree]]:
    """Find each trial's own companions that it has on the server and no longer in its Bundle."""
    known = {each: answer.resource for each, answer in found.items() if answer.resource}
    mine = {trial.id: set(trial.names) for trial in trials}

    def look(names: list[str]) -> dict[str, Tree]:
        ours = {each for study in mine for each in owned(names, study)}
        unread = [each for each in names if each in ours and each not in known]
        more = {each: answer.resource for each, answer in _there(read(unread)).items() if answer.resource}
        return more | {each: known[each] for each in names if each in known}

    stored = gather([known[f"{STUDY}/{study}"] for study in mine], look, base)
    return {
        study: {each: by_name[each] for each in owned(by_name, study) if each not in mine[study]}
        for study, by_name in zip(mine, ({name(own): own for own in found} for found, _ in stored), strict=True)
    }
