"""What a walk over a resource collects: issues, and what can be judged only when the walk is over."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from fhir_adapter.issues import Issue
from fhir_adapter.validate.primitives import LONGEST

__all__ = ["DEEPEST", "HINTED", "Mention", "Report"]

DEEPEST = 100
HINTED = 100  # issues of a resource, after which none says what may have been meant: to find it takes long


@dataclass(frozen=True, slots=True)
class Mention:
    """A Reference, or a local canonical or uri (`#id`), that was met; `targets` () means any type."""

    path: str
    text: str
    targets: tuple[str, ...]
    declared: str | None = None
    kind: str = "Reference"


@dataclass(frozen=True, slots=True)
class Report:
    """Collects what one walk over one resource finds.

    `marks` are (path, id) of elements, `entries` (path, value) of the resources in a Bundle, not yet walked.
    """

    fhir: str
    issues: list[Issue] = field(default_factory=list)
    mentions: list[Mention] = field(default_factory=list)
    marks: list[tuple[str, Any]] = field(default_factory=list)
    entries: list[tuple[str, Any]] = field(default_factory=list)

    def fatal(self, code: str, path: str, message: str, rule: str | None = None) -> None:
        self.issues.append(Issue.fatal(code, path, message, rule))

    def error(self, code: str, path: str, message: str, rule: str | None = None) -> None:
        self.issues.append(Issue.error(code, path, message, rule))

    def warning(self, code: str, path: str, message: str, rule: str | None = None) -> None:
        self.issues.append(Issue.warning(code, path, message, rule))

    def mention(self, reference: Any, targets: tuple[str, ...], path: str) -> None:
        """Note a Reference; one without `reference` leads nowhere and is fine, an endless one is an error already."""
        text = reference.get("reference") if isinstance(reference, dict) else None
        if isinstance(text, str) and len(text) <= LONGEST:
            declared = reference.get("type")
            said = str(declared) if isinstance(declared, str | int) else None
            self.mentions.append(Mention(path, text, targets, said))
