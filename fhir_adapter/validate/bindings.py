"""Codes that an element is bound to: an error, a warning or a hint where the value set lacks them."""

from __future__ import annotations

import difflib
import re
from functools import lru_cache
from typing import Any

from fhir_adapter.issues import Issue, Severity
from fhir_adapter.tree import Tree
from fhir_adapter.validate.primitives import shorten
from fhir_adapter.validate.registries import LANGUAGES, REGISTRIES
from fhir_adapter.validate.report import HINTED, Report
from fhir_adapter.validate.shapes import Binding
from fhir_adapter.validate.terminology import load
from fhir_adapter.validate.ucum import SYSTEM as UCUM

__all__ = ["LANGUAGE", "check_code", "check_concept", "is_language"]

BCP_47 = "urn:ietf:bcp:47"
SEVERITIES = {"required": Severity.ERROR, "extensible": Severity.WARNING, "preferred": Severity.INFORMATION}

# BCP 47: language, extended language, script, region, variants, extensions, private use (RFC 5646, 2.1).
LANGUAGE = re.compile(
    r"(?:[A-Za-z]{2,3}(?:-[A-Za-z]{3}){0,3})(?:-[A-Za-z]{4})?(?:-(?:[A-Za-z]{2}|[0-9]{3}))?"
    r"(?:-(?:[A-Za-z0-9]{5,8}|[0-9][A-Za-z0-9]{3}))*(?:-[A-WY-Za-wy-z0-9](?:-[A-Za-z0-9]{2,8})+)*"
    r"(?:-[xX](?:-[A-Za-z0-9]{1,8})+)?|[xX](?:-[A-Za-z0-9]{1,8})+"
)


def check_code(report: Report, binding: Binding, code: str, path: str) -> None:
    """Report a code that isn't in the value set."""
    if not binding.codes:
        if not is_language(code.replace("_", "-") if report.fhir == "r5" else code):
            report.error("code-invalid", path, f"{shorten(code)} is not a language tag such as 'en' or 'pt-BR'")
    elif not any(load(report.fhir).holds(system, codes, code) for system, codes in binding.systems.items()):
        _report(report, binding, path, f"{shorten(code)} {_allowed(binding, code, len(report.issues) < HINTED)}")


def check_concept(report: Report, binding: Binding, value: Tree, path: str) -> None:
    """Report a Coding that isn't in the value set, or a CodeableConcept none of whose codings is.

    A text alone is an error where the value set is required, and a warning where it is extensible.
    """
    whole = "coding" in value or "text" in value
    codings: list[Any] = value.get("coding", []) if whole else [value]
    if not binding.codes and any(_odd(coding) for coding in codings):
        return report.error("code-invalid", path, f"a language is a tag such as 'en' of the system {BCP_47}")
    if any(_has(report.fhir, binding, coding) for coding in codings):
        return None
    if codings or binding.strength != "preferred":
        codes = ", ".join(shorten(coding.get("code")) for coding in codings) or "no coding"
        _report(
            report,
            binding,
            path,
            f"{codes} {_elsewhere(binding, codings) or _allowed(binding, codes, len(report.issues) < HINTED)}",
        )
    return None


def _elsewhere(binding: Binding, codings: list[Any]) -> str | None:
    """Say that a code is right and its system isn't; None where that is not so."""
    for coding in codings:
        code, system = coding.get("code"), coding.get("system")
        right = next((each for each, codes in binding.systems.items() if code in codes and each != system), None)
        if right is not None and isinstance(code, str):
            stands = f"of {shorten(system)}" if system else "without a system"
            return f"{stands} {_standing(binding)}; the system of {shorten(code)} is {right}"
    return None


def _standing(binding: Binding) -> str:
    return "is not allowed here" if binding.insists else f"is not of the value set ({binding.strength})"


def is_language(code: Any) -> bool:
    """Say whether a code is a tag of BCP 47 with a language of ISO 639-1, or with one of three letters."""
    if not isinstance(code, str) or not LANGUAGE.fullmatch(code):
        return False
    language = code.partition("-")[0].lower()
    return language in LANGUAGES or len(language) == 3


def _odd(coding: Tree) -> bool:
    """Say whether a Coding has a code, but is no language; of units and countries HL7's engine asks nothing more."""
    system = coding.get("system")
    if "code" not in coding or system == UCUM or (isinstance(system, str) and system in REGISTRIES):
        return False
    return not (system == BCP_47 and is_language(coding["code"]))


def _report(report: Report, binding: Binding, path: str, message: str) -> None:
    severity = SEVERITIES[binding.strength]
    report.issues.append(Issue(severity, "code-invalid", path, message))


def _has(fhir: str, binding: Binding, coding: Tree) -> bool:
    if not binding.codes:
        return not _odd(coding) and "code" in coding
    system = coding.get("system", "")
    codes = binding.systems.get(system)
    return codes is not None and load(fhir).holds(system, codes, coding.get("code"))


@lru_cache(maxsize=1024)
def _near(code: str, codes: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(difflib.get_close_matches(code, codes, 3))


def _allowed(binding: Binding, code: str, hinting: bool) -> str:
    """Name the codes, the nearest ones when there are many."""
    said = _standing(binding)
    codes = sorted(binding.codes)
    if len(codes) <= 12:
        return f"{said}; one of {', '.join(codes)}"
    near = _near(code, tuple(codes)) if len(code) < 100 and hinting else ()
    hint = f", for example {', '.join(near)}" if near else ""
    return f"{said}; one of the {len(codes)} codes of {binding.url}{hint}"
