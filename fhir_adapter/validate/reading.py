"""What is left of a resource when it is read by its shape: what has the wrong JSON form counts as absent.

HL7's engine reads before it checks, so an element that it cannot read is missing afterwards, and its rules see
the resource without it.
"""

from __future__ import annotations

from typing import Any

from fhir_adapter.tree import Tree
from fhir_adapter.validate.definitions import load
from fhir_adapter.validate.fhirpath.node import is_void
from fhir_adapter.validate.report import DEEPEST
from fhir_adapter.validate.shapes import Member, Shape, shape_of

__all__ = ["fits", "readable", "readable_of", "rivals"]


def readable(fhir: str, resource: Any, depth: int = 0) -> Any:
    """Give a resource without the elements that cannot be read; it shares all that can."""
    kind = resource.get("resourceType") if isinstance(resource, dict) else None
    if not isinstance(kind, str) or kind not in load(fhir).resources or depth > DEEPEST:
        return resource
    return {"resourceType": kind, **_object(fhir, shape_of(fhir, kind), resource, depth)}


def readable_of(fhir: str, name: str, value: Tree) -> Tree:
    """Give an object of a type without what cannot be read, and without what then holds nothing."""
    return {key: item for key, item in _object(fhir, shape_of(fhir, name), value, 0).items() if not is_void(item)}


def rivals(shape: Shape, value: Tree) -> set[str]:
    """Give the properties that stand beside another type of the same choice: all but the first to be written."""
    out: set[str] = set()
    if len(shape.choosing.intersection(value)) < 2:
        return out
    for _, names in shape.choices:
        present = dict.fromkeys(key.lstrip("_") for key in value if key.lstrip("_") in names)
        out.update(key for name in list(present)[1:] for key in (name, f"_{name}"))
    return out


def fits(shape: Shape, value: Tree, key: str) -> bool:
    """Say whether a property can be read; a primitive and its `_property` stand and fall together."""
    key = key.lstrip("_")
    member = shape.members[key]
    if not member.kind.primitive:
        found = value.get(key)
        return isinstance(found, dict) or (member.many and isinstance(found, list) and _holds(member, found))
    shadow = f"_{key}"
    if member.many:
        return all(isinstance(value[name], list) for name in (key, shadow) if name in value)
    return not isinstance(value.get(key, ""), list | dict | None) and isinstance(value.get(shadow, {}), dict)


def _holds(member: Member, items: list[Any]) -> bool:
    return not items or member.shadow or any(isinstance(item, dict) for item in items)


def _object(fhir: str, shape: Shape, value: Tree, depth: int) -> Tree:
    names = {key for key in value if key in shape.members and fits(shape, value, key)} - rivals(shape, value)
    return {key: _member(fhir, shape.members[key], value[key], depth) for key in value if key in names}


def _member(fhir: str, member: Member, value: Any, depth: int) -> Any:
    if member.kind.primitive or depth > DEEPEST:
        return value
    if isinstance(value, list):
        return [_value(fhir, member, item, depth) for item in value if isinstance(item, dict) or member.shadow]
    return _value(fhir, member, value, depth)


def _value(fhir: str, member: Member, value: Any, depth: int) -> Any:
    if not isinstance(value, dict):
        return value
    if member.kind.name == "Resource":
        kind = value.get("resourceType")
        known = isinstance(kind, str) and kind in load(fhir).resources
        return readable(fhir, value, depth + 1) if known else {}
    return _object(fhir, shape_of(fhir, member.kind.name), value, depth + 1)
