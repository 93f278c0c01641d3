"""The value of an extension, read as the type that HL7 defines for it: HL7's engine goes on with that type."""

from __future__ import annotations

import re
from typing import Any

from fhir_adapter.issues import Severity
from fhir_adapter.tree import Tree
from fhir_adapter.validate import primitives
from fhir_adapter.validate.bindings import check_code
from fhir_adapter.validate.definitions import load
from fhir_adapter.validate.primitives import shorten
from fhir_adapter.validate.report import Report
from fhir_adapter.validate.shapes import Binding, binding_of, shape_of

__all__ = ["check_as"]

_NUMBERS = {"decimal": r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?", **dict.fromkeys(primitives.RANGES, "-?[0-9]+")}
_FREE = ("id", "extension")


def check_as(report: Report, kind: str, valueset: str, value: Any, key: str, path: str) -> None:
    """Report what is wrong with the value of `key` as a value of `kind` with a required value set ("": none)."""
    known = load(report.fhir)
    binding = binding_of(report.fhir, "required", valueset) if valueset else None
    if isinstance(value, dict):
        if key[5:] in known.types:
            _check_object(report, kind, value, key[5:], path)
        if valueset and value and kind in known.primitives:
            report.error("code-invalid", path, f"no code of {valueset}")
    elif kind in known.primitives and isinstance(value, str | int | float) and value != "":
        _check_text(report, kind, str(value).lower() if isinstance(value, bool) else str(value), binding, path)


def _check_object(report: Report, kind: str, value: Tree, own: str, path: str) -> None:
    """Report the elements that the other type doesn't have."""
    primitive = kind in load(report.fhir).primitives
    allowed = {*_FREE, *(() if primitive else shape_of(report.fhir, kind).members)}
    members = shape_of(report.fhir, own).members
    for name, item in value.items():
        if name in members and name not in allowed:
            count = len(item) if isinstance(item, list) else 0
            for mark in [f"[{index}]" for index in range(count)] or [""]:
                place = f"{path}.{members[name].step}{mark}"
                report.error("structure", place, f"{kind} has no element {shorten(name)}")


def _check_text(report: Report, kind: str, text: str, binding: Binding | None, path: str) -> None:
    if kind in _NUMBERS:
        right = re.fullmatch(_NUMBERS[kind], text) is not None
    elif kind == "boolean":
        right = text in ("true", "false")
    else:
        fault = primitives.check(kind, text)
        right = fault is None or fault.severity is not Severity.ERROR
    if not right:
        report.error("value", path, f"{shorten(text)} is not a valid {kind}")
    elif binding:
        check_code(report, binding, text, path)
