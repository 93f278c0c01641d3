"""How far our validator says what HL7's engine says: counted over recorded verdicts, error by error.

An error is a pair (resource, element): several errors at one element are one. Elements are compared by FHIRPath
after `element`, which only evens out the spelling. An error without an element (HL7's engine could not read the
resource) is found when we report any error in the resource, and nothing that we report there is false. The indices
of the errors in MISCOUNTED are not compared; GIVEN_UP are no errors, and a resource with one of them is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from fhir_adapter.issues import Issue, blocking
from fhir_adapter.validate import validate
from verdicts import Verdict, read

_COMMENT = re.compile(r"(?s:/\*.*?\*/)|\.ofType\(\w+\)|\[x\]|\[url='[^']*'\]")
_INDEX = re.compile(r"\[[0-9]+\]")
# HL7's engine counts wrongly here: it says entry[0] whichever entry it is, or counts from 1.
MISCOUNTED = {
    *("BUNDLE_ENTRY_URL_MATCHES_TYPE_ID", "BUNDLE_ENTRY_URL_MATCHES_NO_ID", "BUNDLE_ENTRY_URL_ABSOLUTE"),
    "Bundle_BUNDLE_Entry_NotFound",
    *("BUNDLE_BUNDLE_ENTRY_NOTFOUND_CANNOT", "Bundle_BUNDLE_Entry_Orphan_DOCUMENT"),
}
# The engine says here that it could not go on, not that something is wrong.
GIVEN_UP = {"SLICING_CANNOT_BE_EVALUATED", "ORACLE_ENGINE_EXCEPTION"}


def element(location: str) -> str:
    """Even out the spelling of a FHIRPath: no comments, no `ofType(...)`, no `[x]`, no `[url='...']`."""
    return _COMMENT.sub("", location)


@dataclass(slots=True)
class Kind:
    """One kind of disagreement: how often, and the first that was met."""

    count: int = 0
    example: str = ""

    def add(self, example: str) -> None:
        self.count += 1
        self.example = self.example or example


@dataclass(slots=True)
class Agreement:
    """Counts over one FHIR version: errors are pairs of resource and element."""

    resources: int = 0
    faulty: int = 0
    theirs: int = 0
    found: int = 0
    ours: int = 0
    false: int = 0
    clean_blamed: int = 0
    left_out: int = 0
    missed: dict[str, Kind] = field(default_factory=dict)
    extra: dict[str, Kind] = field(default_factory=dict)

    @property
    def recall(self) -> float:
        return self.found / self.theirs if self.theirs else 1.0

    @property
    def false_rate(self) -> float:
        return self.false / self.ours if self.ours else 0.0

    @property
    def clean_rate(self) -> float:
        """The share of the resources without an HL7 error in which we report one."""
        return self.clean_blamed / max(self.resources - self.faulty, 1)


def measure(fhir: str, verdicts: Iterable[Verdict] | None = None) -> Agreement:
    """Compare what we say with the recorded verdicts of a version."""
    out = Agreement()
    for verdict in read(fhir) if verdicts is None else verdicts:
        issues = [issue for issue in validate(verdict.resource, fhir) if blocking([issue])]
        _count(out, verdict, issues)
    return out


def _count(out: Agreement, verdict: Verdict, issues: list[Issue]) -> None:
    if any(message in GIVEN_UP for _, message, _ in verdict.errors):
        out.left_out += 1
        return
    theirs = _theirs(verdict)
    ours = {element(issue.path): issue for issue in reversed(issues)}
    where = f"{verdict.base}: {verdict.name}"
    out.resources += 1
    out.faulty += bool(theirs)
    out.clean_blamed += bool(ours and not theirs)
    out.theirs += len(theirs)
    met: set[str] = set()
    for place, message in theirs.items():
        hits = _hits(place, message, ours)
        met |= hits
        out.found += bool(hits)
        if not hits:
            out.missed.setdefault(message, Kind()).add(f"{where} -> {place}; ours: {sorted(ours)[:3]}")
    out.ours += len(ours)
    for place in ours.keys() - met:
        issue = ours[place]
        out.false += 1
        name = issue.rule or f"{issue.code}: {re.sub(r'[^ ]*[^a-z ,;:.()][^ ]*', '_', issue.message)[:60]}"
        out.extra.setdefault(name, Kind()).add(
            f"{where} -> {place}: {issue.message[:80]}; theirs: {sorted(theirs)[:3]}"
        )


def _theirs(verdict: Verdict) -> dict[str, str]:
    found: dict[str, str] = {}
    for location, message, rule in sorted(verdict.errors, key=lambda error: error[1] not in MISCOUNTED):
        found.setdefault(element(location), " ".join(filter(None, (message, rule))))
    return found


def _hits(place: str, message: str, ours: dict[str, Issue]) -> set[str]:
    """Give those of our elements that are the one of HL7's error."""
    if place == "":
        return set(ours)
    if message in MISCOUNTED:
        return {own for own in ours if _INDEX.sub("", own) == _INDEX.sub("", place)}
    return {place} & ours.keys()
