"""Trials as a page of labels, each with its value on the lines below it, one trial a text.

    Overview              the title
    Status:               Recruiting
    Trial end date:       2026-12-31
    Target enrollment:    40
    Participant gender:   All
    Summary               …
    Phase:                Phase 1/Phase 2
    Accepts Healthy Volunteers?    No
    Details
    Lead Sponsor:         …
    Collaborator:         … one a line
    Treatments:           … one a line
    Criteria              Inclusion Criteria: …

Labels may be absent or in another order. The record has each value under a name, broken lines joined.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from fhir_adapter.codecs import Codes
from fhir_adapter.issues import Issue
from fhir_adapter.mappings.sources._wrapped import unwrap
from fhir_adapter.source import Source
from fhir_adapter.table import Codec, Row, Table
from fhir_adapter.tree import Tree

_LABELS = {
    "Overview": "title",
    "Status:": "status",
    "Trial end date:": "endDate",
    "Target enrollment:": "enrollment",
    "Participant gender:": "gender",
    "Summary": "summary",
    "Phase:": "phase",
    "Accepts Healthy Volunteers?": "healthyVolunteers",
    "Details": "",
    "Lead Sponsor:": "leadSponsor",
    "Collaborator:": "collaborators",
    "Collaborators:": "collaborators",
    "Treatments:": "treatments",
    "Criteria": "criteria",
}
_NAMES = frozenset(_LABELS.values()) - {""} | {"other"}
_LISTS = frozenset({"collaborators", "treatments"})
_TEXTS = frozenset({"summary", "criteria"})
_OWN = frozenset({"status", "endDate", "gender", "leadSponsor", "treatments", "criteria"})
_LABEL_LIKE = re.compile(r"[A-Z][\w /()'-]{1,40}[:?]$")

STATUS = Codes(
    {
        "ACTIVE_NOT_RECRUITING": "Active, not recruiting",
        "APPROVED_FOR_MARKETING": "Approved for marketing",
        "AVAILABLE": "Available",
        "COMPLETED": "Completed",
        "ENROLLING_BY_INVITATION": "Enrolling by invitation",
        "NOT_YET_RECRUITING": "Not yet recruiting",
        "NO_LONGER_AVAILABLE": "No longer available",
        "RECRUITING": "Recruiting",
        "SUSPENDED": "Suspended",
        "TEMPORARILY_NOT_AVAILABLE": "Temporarily not available",
        "TERMINATED": "Terminated",
        "UNKNOWN": "Unknown status",
        "WITHDRAWN": "Withdrawn",
        "WITHHELD": "Withheld",
    }
)
SEX = Codes({"ALL": "All", "FEMALE": "Female", "MALE": "Male"})
PHASE = Codes(
    {
        "NA": "N/A",
        "EARLY_PHASE1": "Early Phase 1",
        "PHASE1": "Phase 1",
        "PHASE2": "Phase 2",
        "PHASE3": "Phase 3",
        "PHASE4": "Phase 4",
    }
)
_ACCEPTED = "Accepts Healthy Volunteers"
_VOLUNTEERS = {_ACCEPTED: True, "Yes": True, "No": False}


def write_phases(phases: list[str]) -> str:
    return "/".join(PHASE.write(phase) for phase in phases)


def read_phases(text: str) -> list[str]:
    """Take phases apart.

    >>> read_phases("Phase 1/Phase 2"), read_phases("N/A")
    (['PHASE1', 'PHASE2'], ['NA'])
    """
    return [PHASE.read(part) for part in ([text] if text == "N/A" else text.split("/"))]


def read_count(text: str) -> int:
    """Read a whole number.

    >>> read_count("0"), read_count("1,200")
    (0, 1200)
    """
    return int(text.replace(",", ""))


def read_volunteers(text: str) -> bool:
    if text not in _VOLUNTEERS:
        raise ValueError(f"neither yes nor no: {text!r}")
    return _VOLUNTEERS[text]


def write_volunteers(accepted: bool) -> str:
    return _ACCEPTED if accepted else "No"


def write_names(things: list[Tree]) -> list[str]:
    return [thing["name"] for thing in things if "name" in thing]


def read_names(names: list[str]) -> list[Tree]:
    return [{"name": name} for name in names]


COUNT = Codec(str, read_count, coding="number")
VOLUNTEERS = Codec(write_volunteers, read_volunteers, coding="No, Accepts …")
PHASES = Codec(write_phases, read_phases, coding="Phase 1/Phase 2")
NAMES = Codec(write_names, read_names, fields=("name",), coding="one a line")

TABLE = Table(
    # study                                         record               coding         note
    Row("identificationModule.officialTitle",       "title",             note="so in 118 of 120 pages"),
    Row("statusModule.overallStatus",               "status",            STATUS.codec),
    Row("statusModule.completionDateStruct.date",   "endDate",           note="not of the primary outcome"),
    Row("designModule.enrollmentInfo.count",        "enrollment",        COUNT,         "0 is a number like any other"),
    Row("eligibilityModule.sex",                    "gender",            SEX.codec),
    Row("descriptionModule.briefSummary",           "summary"),
    Row("designModule.phases",                      "phase",             PHASES),
    Row("eligibilityModule.healthyVolunteers",      "healthyVolunteers", VOLUNTEERS),
    Row("sponsorCollaboratorsModule.leadSponsor.name", "leadSponsor"),
    Row("sponsorCollaboratorsModule.collaborators", "collaborators",     NAMES),
    Row("armsInterventionsModule.interventions",    "treatments",        NAMES,         "MeSH terms, without a type"),
    Row("eligibilityModule.eligibilityCriteria",    "criteria"),
    root="protocolSection",
)  # fmt: skip


def parse(text: str) -> Tree:
    """Give each value its name; what stands under a label that we don't know is kept in `other`."""
    record: Tree = {}
    other: Tree = {}
    for label, lines in _blocks(text.replace("\r\n", "\n").split("\n")):
        name = _LABELS.get(label)
        value = _value(name, lines)
        if not value:
            continue
        if name and name not in record:
            record[name] = value
        else:
            other[label] = f"{other[label]}\n{value}" if label in other else value
    if other:
        record["other"] = other
    if not record:
        raise ValueError("no label with a value")
    return record


def _blocks(lines: list[str]) -> Iterator[tuple[str, list[str]]]:
    """Cut the page at its labels: each label with the lines below it; "" is what stands before the first."""
    label, seen = "", {""}
    block: list[str] = []
    for number, line in enumerate(lines):
        after = lines[number + 1].strip() if number + 1 < len(lines) else ""
        if _begins(line.strip(), after, label, block, seen):
            yield label, block
            label, block = line.strip(), []
            seen.add(_LABELS.get(label, label))
        else:
            block.append(line)
    yield label, block


def _begins(line: str, after: str, label: str, block: list[str], seen: set[str]) -> bool:
    """Say whether a line is a label. Inside a text only a known one that was not yet there is."""
    if line in _LABELS and (not _LABELS[line] or _LABELS[line] not in seen):
        return True
    if _LABELS.get(label) in _TEXTS or not _LABEL_LIKE.match(line) or not after:
        return False
    return _LABELS.get(label) != "title" or any(block)


def _value(name: str | None, lines: list[str]) -> Any:
    if name in _LISTS:
        return [line.strip() for line in lines if line.strip()]
    if name in _TEXTS:
        return unwrap("\n".join(lines).strip("\n"))
    return " ".join(line.strip() for line in lines if line.strip())


def render(record: Tree) -> str:
    """Write the page, its labels in the usual order, lines not broken."""
    names = dict.fromkeys(_LABELS.values())
    labels = {name: next(label for label, own in _LABELS.items() if own == name) for name in names}
    if len(record.get("collaborators", [])) > 1:
        labels["collaborators"] = "Collaborators:"
    parts = []
    for name in names:
        if name == "criteria":
            parts += [f"{label}\n{text}\n" for label, text in record.get("other", {}).items()]
        if name == "title":
            parts.append(f"{labels[name]}\n\n{record.get(name, '')}\n\n")
        elif not name:
            parts.append("Details\n")
        elif name not in _LISTS:
            parts.append(f"{labels[name]}\n{record.get(name, '')}\n")
        elif name in record:
            parts.append("\n".join([labels[name], *record[name], ""]))
    return "".join(parts)


def recognise(record: Any) -> bool:
    """Know the layout by three of its labels, each alone on its line."""
    if isinstance(record, dict):
        return record.keys() <= _NAMES and not _OWN.isdisjoint(record)
    lines = {line.strip() for line in record.split("\n")} if isinstance(record, str) else set()
    return len(lines & _LABELS.keys()) >= 3


def check(record: Tree) -> list[Issue]:
    """Name the labels that we don't know."""
    words = "unknown label; its text is kept, but not mapped"
    return [Issue.warning("not-supported", f"other.{label}", words) for label in record.get("other", {})]


SOURCE = Source(
    id="registry_page",
    title="a page of labels a trial",
    recognise=recognise,
    table=TABLE,
    parse=parse,
    render=render,
    check=check,
)
