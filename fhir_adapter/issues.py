"""Trouble with data, in the words of FHIR's OperationOutcome.issue."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

__all__ = ["Issue", "Severity", "blocking", "from_outcome", "to_outcome"]

_HL7 = "http://hl7.org/fhir/StructureDefinition/operationoutcome-"
_ABOUT, _RULE = f"{_HL7}file", f"{_HL7}message-id"
# FHIR's IssueType, as R4 and R5 have it.
_CODES = frozenset(
    (
        *("invalid", "structure", "required", "value", "invariant", "security", "login", "unknown", "expired"),
        *("forbidden", "suppressed", "processing", "not-supported", "duplicate", "multiple-matches", "not-found"),
        *("deleted", "too-long", "code-invalid", "extension", "too-costly", "business-rule", "conflict", "transient"),
        *("lock-error", "no-store", "exception", "timeout", "incomplete", "throttled", "informational"),
    )
)


class Severity(StrEnum):
    """How bad an issue is: FHIR's IssueSeverity."""

    FATAL = "fatal"
    ERROR = "error"
    WARNING = "warning"
    INFORMATION = "information"


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing that is wrong with one place of one record or resource.

    `code` is FHIR's IssueType (`invalid`, `structure`, `required`, `value`, `code-invalid`, `not-found`,
    `processing` …). `path` is a FHIRPath for a resource (`ResearchStudy.phase`), a dotted path with indices
    for a study or record (`protocolSection.designModule.phases[1]`), "" for the whole. `rule` names the
    broken rule where it has a name (`dom-3`). `record` is the registry number or the place in the input.
    """

    severity: Severity
    code: str
    path: str
    message: str
    rule: str | None = None
    record: str | None = None

    @classmethod
    def fatal(cls, code: str, path: str, message: str, rule: str | None = None) -> Issue:
        return cls(Severity.FATAL, code, path, message, rule)

    @classmethod
    def error(cls, code: str, path: str, message: str, rule: str | None = None) -> Issue:
        return cls(Severity.ERROR, code, path, message, rule)

    @classmethod
    def warning(cls, code: str, path: str, message: str, rule: str | None = None) -> Issue:
        return cls(Severity.WARNING, code, path, message, rule)

    @classmethod
    def information(cls, code: str, path: str, message: str, rule: str | None = None) -> Issue:
        return cls(Severity.INFORMATION, code, path, message, rule)

    def of(self, record: str | None) -> Issue:
        """Say which record this is about."""
        return Issue(self.severity, self.code, self.path, self.message, self.rule, record)

    def as_dict(self) -> dict[str, str]:
        """Give the issue as plain JSON, absent parts left out, in a fixed order."""
        parts = {
            "record": self.record,
            "severity": self.severity.value,
            "code": self.code,
            "path": self.path or None,
            "rule": self.rule,
            "message": self.message,
        }
        return {key: value for key, value in parts.items() if value is not None}

    def __str__(self) -> str:
        place = " ".join(part for part in (self.record, self.path) if part)
        return f"{self.severity.value}: {place + ': ' if place else ''}{self.message}"


def blocking(issues: Iterable[Issue]) -> bool:
    """Say whether a record with these issues must not be sent."""
    return any(issue.severity in (Severity.FATAL, Severity.ERROR) for issue in issues)


def to_outcome(issues: Iterable[Issue], about: str | None = None) -> dict[str, Any]:
    """Put issues into an OperationOutcome, valid in R4, R4B and R5.

    What it is `about` (`Location/x`, or a place in a file) and the rules are in HL7's own extensions for it.
    """
    items = [_item(issue) for issue in issues]
    if not items:
        items = [{"severity": "information", "code": "informational", "diagnostics": "no issues"}]
    start: dict[str, Any] = {"resourceType": "OperationOutcome"}
    if about:
        start["extension"] = [{"url": _ABOUT, "valueString": about}]
    return {**start, "issue": items}


def _item(issue: Issue) -> dict[str, Any]:
    item: dict[str, Any] = {"extension": [{"url": _RULE, "valueString": issue.rule}]} if issue.rule else {}
    item["severity"] = issue.severity.value
    item["code"] = issue.code if issue.code in _CODES else "processing"
    words = issue.message or "no details given"
    item["diagnostics"] = f"{issue.rule}: {words}" if issue.rule else words
    return {**item, "expression": [issue.path]} if issue.path else item


def from_outcome(outcome: Any) -> list[Issue]:
    """Read the issues of an OperationOutcome; a body that is none gives none."""
    if not isinstance(outcome, dict) or outcome.get("resourceType") != "OperationOutcome":
        return []
    entries = outcome.get("issue")
    return list(_read(entries)) if isinstance(entries, list) else []


def _read(entries: list[Any]) -> Iterator[Issue]:
    for entry in entries:
        if not isinstance(entry, dict):
            continue
        severity = entry.get("severity")
        known = severity if severity in set(Severity) else Severity.ERROR
        details = entry.get("details")
        text = details.get("text") if isinstance(details, dict) else None
        places = entry.get("expression") or entry.get("location") or []
        path = places[0] if isinstance(places, list) and places and isinstance(places[0], str) else ""
        message = str(entry.get("diagnostics") or text or "no details given")
        rule = _rule(entry.get("extension"))
        words = message.removeprefix(f"{rule}: ") if rule else message
        yield Issue(Severity(known), str(entry.get("code") or "processing"), path, words, rule)


def _rule(extensions: Any) -> str | None:
    """Read the rule that an issue is about; HL7's engine, and so HAPI, name theirs there too."""
    for each in extensions if isinstance(extensions, list) else ():
        if isinstance(each, dict) and each.get("url") == _RULE and isinstance(each.get("valueString"), str):
            return str(each["valueString"])
    return None
