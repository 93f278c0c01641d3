"""How far a trial is, as others write it: states, dates of the trial and of its record."""

from __future__ import annotations

from collections.abc import Iterator

from fhir_adapter.issues import Issue
from fhir_adapter.mappings.fhir.codes import STATUS
from fhir_adapter.mappings.fhir.common import REGISTRATION
from fhir_adapter.mappings.fhir.foreign.words import (
    Node,
    codes,
    concept,
    date,
    lookup,
    node,
    objects,
    spoken,
    text,
    touch,
)
from fhir_adapter.mappings.fhir.shapes import STATUS_BACK
from fhir_adapter.table import Scope
from fhir_adapter.tree import Tree

# R5's publication states: never the recruitment. `active` is in both lists.
_PUBLICATION = frozenset(("draft", "retired", "unknown"))
# States of review: a trial that is past them says so by another state.
_REVIEW = frozenset(("approved", "in-review", "disapproved"))
_OLDER = {code.replace("-", " "): STATUS.back[state] for code, state in STATUS_BACK.items()}
# What other registries and profiles call a state: DRKS, NFDI4Health.
_CALLED = {
    **_OLDER,
    "pending": "NOT_YET_RECRUITING",
    "planned": "NOT_YET_RECRUITING",
    "at the planning stage": "NOT_YET_RECRUITING",
    "recruiting ongoing": "RECRUITING",
    "recruiting planned": "NOT_YET_RECRUITING",
    "ongoing i recruitment ongoing but data collection not yet started": "RECRUITING",
    "ongoing ii recruitment and data collection ongoing": "RECRUITING",
    "ongoing iii recruitment completed but data collection ongoing": "ACTIVE_NOT_RECRUITING",
    "recruiting complete study continuing": "ACTIVE_NOT_RECRUITING",
    "recruiting complete study complete": "COMPLETED",
    "recruiting stopped after recruiting started": "TERMINATED",
    "recruiting withdrawn before recruiting started": "WITHDRAWN",
    "recruiting suspended on hold": "SUSPENDED",
}
# R5 names an end of the study; what a profile calls the opening of recruitment is marked `opened` (shape.py).
_ACTIVITIES = frozenset(
    ("registration-submission", "registration-submission-qc", "registration-posting", "results-submission",
     "results-submission-qc", "results-posting", "disposition-submission", "disposition-submission-qc",
     "disposition-posting", "update-submission", "update-posting", "record-verification",
     "primary-outcome-data-collection")
)  # fmt: skip


def progress(study: Node, modern: bool, scope: Scope) -> Iterator[Tree]:
    """Give the state of the study and each of its dates, with its kind; the one to believe comes first.

    `modern` says whether the study is of R5 or later: its status is then that of the publication.
    """
    items = objects(study.get("progressStatus"))
    state = _state(items) or _by_status(text(study.get("status")), modern, scope)
    if state:
        yield {"kind": "state", "code": state}
    yield from _ends([own for own in items if "overall-study" in codes(own.get("state"))])
    yield from _ends([Node(period=study.get("period"))] if study.get("period") else [])
    yield from _openings(items)
    for own in items:
        yield from _activity(codes(own.get("state")), own.get("period"), own.get("actual"))
    for extension in objects(study.get("extension")):
        if dict.get(extension, "url") == REGISTRATION:
            extension.get("url")
            parts = {text(part.get("url")): part for part in objects(extension.get("extension"))}
            code = codes(parts.get("activity", Node()).get("valueCodeableConcept"))
            period = parts.get("period", Node()).get("valuePeriod")
            yield from _activity(code, period, parts.get("actual", Node()).get("valueBoolean"))
    _unplaced(items, scope)
    changed = date(study.get("date"))
    if changed:
        yield {"kind": "update-posting", "date": changed}


def _state(items: list[Node]) -> str | None:
    """Choose the state that holds: one without a period, or with the latest start; review only where nothing else."""
    found = []
    for place, own in enumerate(items):
        state = concept(own.get("state"))
        code = lookup(STATUS, state, _CALLED)
        if code and "overall-study" not in codes(state):
            review = not _REVIEW.isdisjoint(codes(state))
            period = node(own.get("period"))
            start = date(period.get("start")) or ""
            past = bool(date(period.get("end"))) and own.get("actual") is not False
            found.append(((not review, not past, not period, start, -place), code))
    return max(found)[1] if found else None


def _unplaced(items: list[Node], scope: Scope) -> None:
    """Name the states that no field is for, and the end of recruitment, which is not the end of the study."""
    said = []
    for own in items:
        state, names = concept(own.get("state")), codes(own.get("state"))
        ended = date(node(own.get("period")).get("end"))
        known = lookup(STATUS, state, _CALLED) or "opened" in names
        if not known and _ACTIVITIES.isdisjoint(names) and "overall-study" not in names:
            began = date(node(own.get("period")).get("start"))
            said.append(" ".join(filter(None, (next(spoken(state), "a state without words"), began))))
            touch(own)
        elif known and ended:
            said.append(f"{next(spoken(state), '')} until {ended}")
    if said:
        words = f"no place for {', '.join(dict.fromkeys(said))}"
        scope.issues.append(Issue.information("not-supported", "ResearchStudy.progressStatus", words))


def _by_status(code: str | None, modern: bool, scope: Scope) -> str | None:
    """Read R4's only status: it mixes recruitment and life cycle, so the answer is the nearest."""
    if code is None or modern or code in _PUBLICATION:
        return None
    state = STATUS.back.get(STATUS_BACK.get(code, ""))
    if state is None:
        words = f"no study status {code!r} is known: the study is left without one"
        scope.issues.append(Issue.warning("code-invalid", "ResearchStudy.status", words))
        return None
    words = f"R4's status {code!r} says less than a registry does: read as {state}"
    scope.issues.append(Issue.warning("value", "ResearchStudy.status", words))
    return state


def _ends(items: list[Node]) -> Iterator[Tree]:
    for own in items:
        period = node(own.get("period"))
        for end in ("start", "end"):
            found = date(period.get(end))
            if found:
                yield {"kind": end, "date": found, **_kind_of(own.get("actual"))}


def _openings(items: list[Node]) -> Iterator[Tree]:
    """Give when recruitment opened: the registry's start of the study, where nobody says it."""
    for own in items:
        state = own.get("state")
        names = codes(state)
        open_now = "opened" in names or lookup(STATUS, state, _CALLED) in ("RECRUITING", "NOT_YET_RECRUITING")
        found = date(node(own.get("period")).get("start")) if open_now else None
        if found and _REVIEW.isdisjoint(names):
            yield {"kind": "start", "date": found, **_kind_of(own.get("actual"))}


def _activity(names: list[str], period: object, actual: object) -> Iterator[Tree]:
    for name in names:
        if name in _ACTIVITIES:
            own = node(period)
            found = date(own.get("end") if "end" in own else own.get("start"))
            if found:
                yield {"kind": name, "date": found, **_kind_of(actual)}


def _kind_of(actual: object) -> Tree:
    return {"type": "ACTUAL" if actual else "ESTIMATED"} if isinstance(actual, bool) else {}


def stopped(study: Node) -> str | None:
    """Give why the study was stopped, in words."""
    return next(spoken(concept(study.get("whyStopped"))), None)
