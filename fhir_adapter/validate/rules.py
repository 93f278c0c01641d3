"""HL7's invariants, as checks by type; `schema` learns here what it must not let pass."""

from __future__ import annotations

from collections.abc import Callable

from fhir_adapter.tree import Tree
from fhir_adapter.validate.report import Report

__all__ = ["check", "exclusive"]

DEFINITIONS = (
    *("definitionReference", "definitionCanonical", "definitionCodeableConcept", "definitionExpression"),
    *("definitionId", "definitionByTypeAndValue", "definitionByCombination"),
)
# evv-1 lets definitionExpression stand beside another one; a characteristic that says two things is an error to us.
_EXCLUSIVE = {("r5", "EvidenceVariable.characteristic"): (DEFINITIONS,)}


def exclusive(fhir: str, name: str) -> tuple[tuple[str, ...], ...]:
    """Give the sets of properties of a type of which one at most may be there."""
    return _EXCLUSIVE.get((fhir, name), ())


def check(report: Report, name: str, value: Tree, path: str) -> None:
    """Report the invariants that an object of a type breaks."""
    rule = _RULES.get(name)
    if rule is not None:
        rule(report, value, path)


def _characteristic(report: Report, value: Tree, path: str) -> None:
    if report.fhir != "r5":
        return
    found = [name for name in DEFINITIONS if name in value or f"_{name}" in value]
    if len(found) > 1:
        report.error("invariant", path, f"{' and '.join(found)} together; a characteristic has one definition", "evv-1")
    elif not found:
        report.warning("incomplete", path, "the characteristic has no definition")


_RULES: dict[str, Callable[[Report, Tree, str], None]] = {"EvidenceVariable.characteristic": _characteristic}
