"""Walk a resource along its shape: properties, cardinality, choices, primitives, required codes, empties.

This is the slow half of validation that finds and words what is wrong; `schema` is the fast half that says
whether anything is. What `schema` accepts has no error here (tests/test_validate_schema.py).
"""

from __future__ import annotations

import difflib
import re
from decimal import Decimal
from typing import Any

from fhir_adapter.issues import Issue, Severity
from fhir_adapter.tree import Tree
from fhir_adapter.validate import bindings, codings, defined, extensions, primitives
from fhir_adapter.validate.attachment import check_attachment
from fhir_adapter.validate.definitions import load
from fhir_adapter.validate.primitives import shorten
from fhir_adapter.validate.reading import fits, rivals
from fhir_adapter.validate.report import DEEPEST, HINTED, Mention, Report
from fhir_adapter.validate.shapes import Member, Shape, shape_of

__all__ = ["walk_resource"]

_LAST = re.compile(r"\[[0-9]+\]$")
CODED = ("Coding", "CodeableConcept", "Quantity")
NUMBERS = {"decimal", *primitives.RANGES}
NAMES = {dict: "an object", list: "an array", str: "a string", bool: "a boolean", type(None): "null"}


def walk_resource(report: Report, resource: Any, path: str, depth: int = 0) -> None:
    """Report on one resource of any type and on what it contains; Bundle entries are only noted."""
    if not isinstance(resource, dict):
        return report.error("structure", path, f"{_named(resource)} where a resource belongs")
    kind = resource.get("resourceType")
    if not isinstance(kind, str) or kind not in load(report.fhir).resources:
        said = f"no resource type {shorten(kind)}" if "resourceType" in resource else "no resourceType"
        return report.fatal("invalid", path, f"{said} in FHIR {report.fhir.upper()}")
    walk_object(report, shape_of(report.fhir, kind), resource, path or kind, depth)
    defined.check_profiles(report, resource, path or kind)
    defined.check_address(report, resource, path or kind)
    return None


def walk_object(report: Report, shape: Shape, value: Any, path: str, depth: int, names: tuple[str, ...] = ()) -> None:
    """Report on one object of a complex type."""
    if not isinstance(value, dict):
        return report.error("invalid", path, f"{_named(value)} where an object ({shape.name}) belongs")
    if not value:
        return report.error("invalid", path, "an empty object; leave it out")
    if depth > DEEPEST:
        return report.error("too-costly", path, f"nested deeper than {DEEPEST} levels: not looked at")
    if shape.resource and isinstance(value.get("id"), str) and value["id"].isspace():
        report.error("value", f"{path}.id", f"{shorten(value['id'])} is no id")
    if "id" in value and not shape.resource:
        report.marks.append((path, value["id"]))
    unread = rivals(shape, value)
    for key, item in value.items():
        member = shape.members.get(key)
        if key in unread:
            continue
        if member is not None:
            walk_member(report, member, item, path, depth, value.get(f"_{key}"))
        elif key != "resourceType" or not shape.resource:
            # HL7's engine names no index of what stands beside a primitive.
            held = _LAST.sub("", path) if shape.name == "Element" else path
            report.error("structure", held, _unknown(report, shape, key))
    _check_presence(report, shape, value, path, unread)
    extensions.walk_family(report, value.get("extension"), path)
    for key in ("extension", "modifierExtension"):
        if key in value:
            defined.check_place(report, key, value[key], path, (shape.name, *names))
    return None


def _check_presence(report: Report, shape: Shape, value: Tree, path: str, unread: set[str]) -> None:
    for element, names in shape.required:
        there = (name for name in names if value.get(name) is not None and name not in unread)
        if not any(fits(shape, value, name) for name in there):
            allowed = f" ({', '.join(names)})" if len(names) > 2 and len(names) < 16 else ""
            report.error("required", path, f"{element} is missing{allowed}")
    for element, names in shape.choices if unread else ():
        found = [name for name in names if name in value or f"_{name}" in value]
        if len(found) > 1:
            report.error("structure", path, f"{' and '.join(found)} together; {element} may be one of them")


def _unknown(report: Report, shape: Shape, key: Any) -> str:
    hint = _meant(shape, key) if isinstance(key, str) and len(report.issues) < HINTED else ""
    return f"{shape.name} has no element {shorten(key)}{hint}"


def _meant(shape: Shape, key: str) -> str:
    names = [name for name in shape.members if name[0] != "_"]
    near = difflib.get_close_matches(key, names, 1) if len(key) < 100 else []
    return f"; did you mean {near[0]!r}" if near else ""


def walk_member(report: Report, member: Member, value: Any, path: str, depth: int, shadow: Any = None) -> None:
    """Report on the value of one property; `shadow` is the value of its `_property`."""
    place = f"{path}.{member.step}"
    if not member.many:
        if isinstance(value, list):
            return report.error("invalid", place, "an array where a single value belongs")
        return walk_value(report, member, value, place, depth)
    if not isinstance(value, list):
        report.error("invalid", place, f"{_named(value)} where an array belongs")
        if isinstance(value, dict) and value and not member.kind.primitive and not member.shadow:
            walk_value(report, member, value, f"{place}[0]", depth)
        return None
    if not value and not member.kind.primitive:
        return report.error("invalid", place, "an empty array; leave it out")
    if not value:
        # HL7's engine says nothing of an empty array of primitives, though JSON of FHIR has no empty arrays.
        return report.warning("invalid", place, "an empty array; leave it out")
    if member.maximum and len(value) > member.maximum:
        report.error("structure", place, f"{len(value)} items; {member.maximum} are allowed")
    for index, item in enumerate(value):
        if item is None and (member.shadow or _filled(shadow, index)):
            continue
        # HL7's engine names no index where it cannot read an item of a list of primitives.
        unread = member.kind.primitive and not _has_form(member.kind.name, item)
        unread = unread or (member.shadow and item == {})
        walk_value(report, member, item, place if unread else f"{place}[{index}]", depth)
        if unread and isinstance(item, int | float) and member.kind.name not in NUMBERS:
            # It goes on with the text of a number.
            _walk_primitive(report, member, shorten(item), f"{place}[{index}]")
    return None


def _has_form(kind: str, value: Any) -> bool:
    """Say whether a value has the JSON form of a primitive type."""
    if kind == "boolean" or isinstance(value, bool):
        return kind == "boolean" and isinstance(value, bool)
    return isinstance(value, (int, float, Decimal) if kind in NUMBERS else str)


def _filled(shadow: Any, index: int) -> bool:
    """Say whether a null in an array of primitives stands for an element that has extensions only."""
    return isinstance(shadow, list) and index < len(shadow) and isinstance(shadow[index], dict)


def walk_value(report: Report, member: Member, value: Any, path: str, depth: int) -> None:
    """Report on one value: one item of a list, or the value of a single property."""
    kind = member.kind
    if value is None:
        return report.error("invalid", path, "null; leave the element out")
    if kind.primitive:
        return _walk_primitive(report, member, value, path)
    if kind.name == "Resource":
        if member.step != "contained":
            return report.entries.append((path, value))
        return walk_resource(report, value, path, depth + 1)
    before = len(report.issues)
    walk_object(report, shape_of(report.fhir, kind.name), value, path, depth + 1, member.names)
    if kind.name in CODED and not (kind.name == "Coding" and member.step == "coding"):
        codings.check_codes(report, kind.name, value, path, member.binding is not None)
    if kind.name == "Identifier":
        codings.check_identifier(report, value, path)
    if kind.name == "Extension":
        extensions.walk_extension(report, value, path, depth)
        defined.check_extension(report, value, path)
    elif kind.name == "Attachment":
        check_attachment(report, value, path)
    elif kind.name == "Reference":
        report.mention(value, kind.targets, path)
    elif member.binding and len(report.issues) == before:
        bindings.check_concept(report, member.binding, value, path)
    return None


def _walk_primitive(report: Report, member: Member, value: Any, path: str) -> None:
    kind = member.kind
    fault = primitives.check(kind.name, value)
    if fault is None and report.fhir == "r5":
        fault = primitives.check_r5(kind.name, value)
    # A blank is a warning, but no code of a value set.
    blank = fault is not None and fault.severity is Severity.WARNING
    if fault and not (blank and member.binding and member.binding.insists):
        report.issues.append(Issue(fault.severity, fault.code, path, fault.message, fault.rule))
    elif member.binding:
        bindings.check_code(report, member.binding, value, path)
    elif kind.name in ("canonical", "uri", "url") and value.startswith("#"):
        report.mentions.append(Mention(path, value, kind.targets, kind=kind.name))


def _named(value: Any) -> str:
    return NAMES.get(type(value), "a number")
