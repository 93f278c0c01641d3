"""Codes anywhere: whether a code system that is known whole holds them, and how systems are spelt.

HL7's engine reports a Coding or Quantity at itself, a CodeableConcept's codings at the CodeableConcept, and looks
at neither Age, Duration nor the other kinds of Quantity.
"""

from __future__ import annotations

import re
from typing import Any

from fhir_adapter.tree import Tree
from fhir_adapter.validate.primitives import shorten
from fhir_adapter.validate.report import Report
from fhir_adapter.validate.terminology import lacks

__all__ = ["check_codes", "check_identifier", "is_relative"]

_SYSTEM = ("http:", "https:", "urn:")
_URI_VALUE = "urn:ietf:rfc:3986"
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9]*:")


def check_codes(report: Report, kind: str, value: Any, path: str, bound: bool = False) -> None:
    """Report codes of a Coding, Quantity or CodeableConcept that their system does not have.

    How the system of a Coding is spelt HL7's engine looks at where no value set is bound.
    """
    if not isinstance(value, dict):
        return
    if kind != "CodeableConcept":
        if not bound and (value.get("system") == "" or is_relative(value.get("system"))):
            report.error("value", path, f"the system {shorten(value['system'])} is not absolute")
        elif value.get("code") not in (None, "" if kind == "Quantity" else None):
            _check(report, value, path)
        return
    codings = value.get("coding")
    for coding in codings if isinstance(codings, list) else ():
        if isinstance(coding, dict):
            _check(report, coding, path)


def check_identifier(report: Report, value: Any, path: str) -> None:
    """Report an Identifier whose system isn't absolute, or whose value is no URI though its system says so."""
    if not isinstance(value, dict):
        return
    system, text = value.get("system"), value.get("value")
    if system == "" or is_relative(system):
        report.error("value", path, f"the system {shorten(system)} is not absolute (http:, https: or urn:)")
    elif system == _URI_VALUE and isinstance(text, str) and not _SCHEME.match(text):
        report.error("value", path, f"the system says that the value is a URI, which {shorten(text)} is not")


def is_relative(system: Any) -> bool:
    """Say whether the address of a system is not absolute."""
    return isinstance(system, str) and system != "" and not system.startswith(_SYSTEM)


def _check(report: Report, coding: Tree, path: str) -> None:
    system, code = coding.get("system"), coding.get("code")
    if lacks(report.fhir, system, code):
        said = "a code is missing" if code is None else f"{shorten(code)} is no code"
        report.error("code-invalid", path, f"{said} of {system}")
