"""Codes that a required binding insists on."""

from __future__ import annotations

import difflib
import re
from typing import Any

from fhir_adapter.tree import Tree
from fhir_adapter.validate.primitives import shorten
from fhir_adapter.validate.report import Report
from fhir_adapter.validate.shapes import Binding

__all__ = ["LANGUAGE", "check_code", "check_concept"]

# BCP 47: language, extended language, script, region, variants, extensions, private use (RFC 5646, 2.1).
LANGUAGE = re.compile(
    r"(?:[A-Za-z]{2,3}(?:-[A-Za-z]{3}){0,3})(?:-[A-Za-z]{4})?(?:-(?:[A-Za-z]{2}|[0-9]{3}))?"
    r"(?:-(?:[A-Za-z0-9]{5,8}|[0-9][A-Za-z0-9]{3}))*(?:-[A-WY-Za-wy-z0-9](?:-[A-Za-z0-9]{2,8})+)*"
    r"(?:-[xX](?:-[A-Za-z0-9]{1,8})+)?|[xX](?:-[A-Za-z0-9]{1,8})+"
)


def check_code(report: Report, binding: Binding, code: str, path: str) -> None:
    """Report a code that isn't in the value set."""
    if not binding.codes:
        _check_language(report, code, path)
    elif code not in binding.codes:
        report.error("code-invalid", path, f"{shorten(code)} is not allowed here; {_allowed(binding, code)}")


def check_concept(report: Report, binding: Binding, value: Tree, path: str) -> None:
    """Report a Coding that isn't in the value set, or a CodeableConcept none of whose codings is."""
    codings: Any = value.get("coding", []) if "coding" in value or "text" in value else [value]
    if any(_has(binding, coding) for coding in codings):
        return
    codes = ", ".join(shorten(coding.get("code")) for coding in codings) or "no coding"
    report.error("code-invalid", path, f"{codes} is not allowed here; {_allowed(binding, codes)}")


def _check_language(report: Report, code: str, path: str) -> None:
    if not LANGUAGE.fullmatch(code):
        report.error("code-invalid", path, f"{shorten(code)} is not a language tag such as 'en' or 'pt-BR'")


def _has(binding: Binding, coding: Tree) -> bool:
    return coding.get("code") in binding.systems.get(coding.get("system", ""), ())


def _allowed(binding: Binding, code: str) -> str:
    """Name the codes, the nearest ones when there are many."""
    codes = sorted(binding.codes)
    if len(codes) <= 12:
        return f"one of {', '.join(codes)}"
    near = difflib.get_close_matches(code, codes, 3) if len(code) < 100 else []
    hint = f", for example {', '.join(near)}" if near else ""
    return f"one of the {len(codes)} codes of {binding.url}{hint}"
