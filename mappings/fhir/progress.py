"""Codecs for what a trial's status is and was: progressStatus, the study's period, the constant status."""

from __future__ import annotations

from fhir_adapter.issues import Issue
from fhir_adapter.mappings.fhir.codes import STATUS, STUDY_STATUS
from fhir_adapter.mappings.fhir.common import equally_exact
from fhir_adapter.mappings.fhir.terms import CT, marker
from fhir_adapter.table import Codec, Scope
from fhir_adapter.tree import Tree

LAST_KNOWN = marker("LastKnownStatus", "Last known status")


def progress_keys(progress: Tree) -> list[str]:
    """Name a progressStatus by its state's systems: the registry's, or HL7's where someone else wrote it."""
    systems = [coding.get("system", "") for coding in progress["state"].get("coding") or ()]
    return [system for system in systems if system.startswith(CT)] or systems


overall_status = Codec(
    lambda code: [{"state": STATUS.concept(code)}],
    lambda items: STATUS.code(items[0]["state"]),
    marks=(STATUS.uri, STUDY_STATUS, "http://terminology.hl7.org/CodeSystem/research-study-status"),
    coding="Status",
    terms=(STATUS,),
)


def _write_last(code: str) -> list[Tree]:
    *hl7, own = STATUS.codings(code)
    mark = LAST_KNOWN.codings(LAST_KNOWN.name)
    return [{"state": {"coding": [*hl7, *mark, own], "text": STATUS.label(code)}}]


last_known_status = Codec(
    _write_last,
    lambda items: STATUS.code(items[0]["state"]),
    marks=(LAST_KNOWN.uri,),
    coding="Status",
    terms=(LAST_KNOWN, STATUS),
)


def dated(mark: str, end: str, text: str) -> Codec:
    """Tie a date with its type to a progressStatus of the overall study; `end` is start or end."""
    terms = marker(mark, text)
    system = terms.uri

    def write(value: Tree) -> list[Tree]:
        codings = [{"system": STUDY_STATUS, "code": "overall-study"}, {"system": system, "code": mark}]
        item: Tree = {"state": {"coding": codings, "text": text}}
        if value.get("date"):
            item["period"] = {end: value["date"]}
        kind = value.get("type")
        if kind in ("ACTUAL", "ESTIMATED"):
            item["actual"] = kind == "ACTUAL"
        return [item]

    def read(items: list[Tree]) -> Tree | None:
        found: Tree = {}
        date = (items[0].get("period") or {}).get(end)
        if date:
            found["date"] = date
        if "actual" in items[0]:
            found["type"] = "ACTUAL" if items[0]["actual"] else "ESTIMATED"
        return found or None

    return Codec(write, read, fields=("date", "type"), marks=(system,), coding=mark, terms=(terms,))


def write_period(node: Tree, scope: Scope) -> Tree | None:
    """Write start and completion as the study's period, for search; nothing where they contradict (per-1)."""
    start = (node.get("startDateStruct") or {}).get("date")
    end = (node.get("completionDateStruct") or {}).get("date")
    if start and end:
        first, last = equally_exact(start, end)
        if first > last:
            words = f"the study starts {start} and ends {end}: no period written, both dates are in progressStatus"
            scope.issues.append(Issue.warning("business-rule", "protocolSection.statusModule.startDateStruct", words))
            return None
    period = {"start": start, "end": end}
    return {key: value for key, value in period.items() if value} or None


def write_status(node: Tree) -> str:
    """Give R5's publication status: never the recruitment, which is in progressStatus."""
    return "unknown" if node.get("overallStatus") == "WITHHELD" else "active"
