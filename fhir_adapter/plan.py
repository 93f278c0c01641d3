"""What would be done to a target, trial by trial, kept as lines of JSON until someone lets it happen.

{"trial": "NCT…", "target": "https://…", "fhir": "R5", "action": "update", "unchanged": 41, "steps": [
  {"action": "update", "resource": "ResearchStudy/NCT…", "version": "3", "was": "<digest>",
   "changes": [{"path": "ResearchStudy.title", "from": "…", "to": "…"}], "body": {…}}]}
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from fhir_adapter.contrast import Way, contrast
from fhir_adapter.errors import ConfigError
from fhir_adapter.issues import Issue
from fhir_adapter.resource import STUDY, content, name, plain, version
from fhir_adapter.tree import Tree, digest
from fhir_adapter.trial import owned

__all__ = ["CREATE", "DELETE", "RETIRED", "UPDATE", "Change", "Plan", "Step", "deletion", "withdrawal", "writing"]

CREATE, UPDATE, DELETE = "create", "update", "delete"
UNCHANGED, WITHDRAW = "unchanged", "withdraw"
# What ResearchStudy.status says of a trial that its registry no longer has: R5's publication status; before R5 there
# is only the state of the study itself.
RETIRED = {"R5": "retired", "R4B": "withdrawn", "R4": "withdrawn"}
_GENERATED = "text"  # the narrative only repeats what other elements say


@dataclass(frozen=True, slots=True)
class Change:
    """One element: its FHIRPath, the value there now and the value there will be; None: not there."""

    path: str
    before: Any
    after: Any

    def as_dict(self) -> Tree:
        return {"path": self.path, "from": self.before, "to": self.after}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One resource: `action` is create, update or delete, `resource` its name (`Location/NCT…-loc-1`).

    `version` and `was` (a digest of the content) tell what was found there, `body` is what will be there.
    """

    action: str
    resource: str
    version: str | None = None
    was: str | None = None
    changes: tuple[Change, ...] = ()
    body: Tree | None = None

    def as_dict(self) -> Tree:
        told = {"action": self.action, "resource": self.resource, "version": self.version, "was": self.was}
        whole = {**told, "changes": [change.as_dict() for change in self.changes], "body": self.body}
        return {key: value for key, value in whole.items() if value is not None and value != []}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What would be done to one trial. `unchanged` counts the resources that stay as they are.

    `withdraw` says that the trial is gone from its registry; `issues` why it can't be sent at all.
    """

    trial: str
    target: str
    fhir: str
    unchanged: int = 0
    steps: tuple[Step, ...] = ()
    withdraw: bool = False
    issues: tuple[Issue, ...] = ()

    @property
    def action(self) -> str:
        """Say in one word what becomes of the trial: create, update, unchanged or withdraw."""
        if self.withdraw:
            return WITHDRAW
        if any(step.action == CREATE and step.resource == f"{STUDY}/{self.trial}" for step in self.steps):
            return CREATE
        return UPDATE if self.steps else UNCHANGED

    def as_dict(self) -> Tree:
        told = {"trial": self.trial, "target": self.target, "fhir": self.fhir, "action": self.action}
        return {**told, "unchanged": self.unchanged, "steps": [step.as_dict() for step in self.steps]}

    @classmethod
    def read(cls, line: Any) -> Plan:
        """Read what `as_dict` wrote. Raises ConfigError for anything else."""
        try:
            steps = tuple(_step(each) for each in line["steps"])
            trial, target, fhir = (str(line[key]) for key in ("trial", "target", "fhir"))
            unchanged, withdraw = int(line["unchanged"]), line["action"] == WITHDRAW
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            words = f"no line of a plan ({type(error).__name__}: {error})"
            raise ConfigError(f"{words}; make one with: fhir-adapter plan INPUT --to TARGET -o plan.ndjson") from None
        return cls(trial=trial, target=target, fhir=fhir, unchanged=unchanged, steps=steps, withdraw=withdraw)


def _step(told: Tree) -> Step:
    body = told.get("body")
    resource = told["resource"]
    if told["action"] not in (CREATE, UPDATE, DELETE) or (told["action"] != DELETE and name(body or {}) != resource):
        raise ValueError(f"step for {resource!r}")
    return Step(action=told["action"], resource=resource, version=told.get("version"), was=told.get("was"), body=body)


def writing(after: Tree, before: Tree | None, version: str | None, fhir: str) -> Step:
    """Plan to create a resource, or to update the one that is there."""
    if before is None:
        return Step(action=CREATE, resource=name(after), body=after)
    was = digest(content(before, fhir))
    changes = tuple(_changes(content(after, fhir), content(before, fhir)))
    return Step(action=UPDATE, resource=name(after), version=version, was=was, changes=changes, body=after)


def deletion(own: str, before: Tree, version: str | None, fhir: str) -> Step:
    """Plan to delete a resource that is no longer part of its trial."""
    return Step(action=DELETE, resource=own, version=version, was=digest(content(before, fhir)))


def withdrawal(resources: Sequence[Tree], how: str, fhir: str) -> Iterator[Step]:
    """Plan what becomes of a trial that is gone from its registry; its resources as they are there, the study first.

    `how` is `retire` (its status says so, all else stays) or `delete` (the study and the companions made for it).
    """
    study = resources[0]
    if how == "retire":
        if study.get("status") != RETIRED[fhir]:
            yield writing({**plain(study, fhir), "status": RETIRED[fhir]}, study, version(study), fhir)
        return
    mine = {name(study), *owned(map(name, resources), str(study["id"]))}
    for each in resources:
        if name(each) in mine:
            yield deletion(name(each), each, version(each), fhir)


def _changes(after: Tree, before: Tree) -> Iterator[Change]:
    """Give what differs, element by element: what will be there, then what will be gone."""
    kind = after["resourceType"]
    new, old = _told(after), _told(before)
    seen = set()
    for leaf in contrast(new, old):
        path = _fhirpath(kind, leaf.way)
        seen.add(path)
        yield Change(path, leaf.instead, leaf.value)
    for leaf in contrast(old, new):
        path = _fhirpath(kind, leaf.way)
        if path not in seen:
            yield Change(path, leaf.value, None)


def _told(resource: Tree) -> Tree:
    return {key: value for key, value in resource.items() if key != _GENERATED}


def _fhirpath(kind: str, way: Way) -> str:
    return kind + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in way)
