"""What a target says about one trial: a receipt for a push, the trial for a pull."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from fhir_adapter.issues import Issue
from fhir_adapter.tree import Tree

__all__ = ["Expected", "Pulled", "Receipt", "Written"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of the resources of one trial that was pushed.

    `id` is the ResearchStudy's id, "" where the bundle has none. The numbers count resources: `unchanged`
    ones were not written, `deleted` ones belonged to an earlier push and are no longer in the trial.
    `failed` ones are each explained by an error among `issues`. `attempts` is 1 plus the number of
    requests that had to be sent again; a folder always needs 1. `versions` are those that the target now has
    of the trial's resources, by name (`Location/NCT00000000-loc-1`), where it tells them.
    """

    id: str
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    deleted: int = 0
    failed: int = 0
    issues: tuple[Issue, ...] = ()
    attempts: int = 1
    versions: Mapping[str, str | None] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Say whether the target now holds the trial as it was pushed."""
        return self.failed == 0

    @property
    def written(self) -> int:
        """Count the resources that the push changed."""
        return self.created + self.updated + self.deleted


class Expected(Generic[T]):
    """What is noted of trials on their way until their receipts come: in order, where one of them comes again."""

    def __init__(self) -> None:
        self._noted: dict[str, list[T]] = {}

    def __contains__(self, trial: str) -> bool:
        return trial in self._noted

    def add(self, trial: str, noted: T) -> None:
        """Note something of a trial that is sent."""
        self._noted.setdefault(trial, []).append(noted)

    def take(self, trial: str) -> T | None:
        """Give what was noted first, and forget it; None where nothing was."""
        noted = self._noted.pop(trial, [])
        if len(noted) > 1:
            self._noted[trial] = noted[1:]
        return noted[0] if noted else None


@dataclass(frozen=True, slots=True)
class Written:
    """What a target did with resources, trial by trial."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    deleted: int = 0
    failed: int = 0

    @property
    def changed(self) -> int:
        """Count the resources that were written or deleted."""
        return self.created + self.updated + self.deleted

    def plus(self, receipt: Receipt) -> Written:
        return Written(
            self.created + receipt.created,
            self.updated + receipt.updated,
            self.unchanged + receipt.unchanged,
            self.deleted + receipt.deleted,
            self.failed + receipt.failed,
        )

    def as_dict(self) -> dict[str, int]:
        return {
            "created": self.created,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "deleted": self.deleted,
            "failed": self.failed,
        }


@dataclass(frozen=True, slots=True)
class Pulled:
    """One trial as a target holds it.

    `bundle` is a transaction Bundle, the ResearchStudy first; None where there is no such study, and then
    `issues` says why. `id` is the study's id, or the place (`Location.ndjson:7`) of what cannot be read.
    """

    id: str
    bundle: Tree | None
    issues: tuple[Issue, ...] = ()
