"""A value inside a resource with its type, as FHIRPath walks over it: plain JSON below, nothing copied."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from itertools import zip_longest
from typing import Any, NamedTuple

from fhir_adapter.tree import Tree
from fhir_adapter.validate.definitions import load
from fhir_adapter.validate.shapes import Kind, Member, shape_of

__all__ = ["Node", "children", "descendants", "is_primitive", "is_void", "named", "node_of", "spread"]


NUMBERS = ("boolean", "integer", "positiveInt", "unsignedInt", "decimal")
_NUMBER = re.compile(r"-?[0-9]{1,40}(\.[0-9]{1,40})?")
_LONGEST = 10_000  # bits


class Node(NamedTuple):
    """A JSON value, its FHIR type, and for a primitive the object beside it (`_start`)."""

    value: Any
    kind: str
    shadow: Any = None


@cache
def _steps(fhir: str, name: str) -> dict[str, list[tuple[str, Member]]]:
    """Give the JSON properties of a type by FHIRPath name: a choice has several."""
    steps: dict[str, list[tuple[str, Member]]] = {}
    if name in load(fhir).types:
        for key, member in shape_of(fhir, name).members.items():
            if not member.shadow:
                steps.setdefault(member.step.partition(".ofType(")[0], []).append((key, member))
    return steps


def node_of(resource: Any) -> Node:
    """Give a resource as a node."""
    kind = resource.get("resourceType") if isinstance(resource, dict) else None
    return Node(resource, kind if isinstance(kind, str) else "Resource")


def is_primitive(fhir: str, kind: str) -> bool:
    return kind in load(fhir).primitives


def is_void(value: Any) -> bool:
    """Say whether JSON holds nothing: null, or objects and arrays of nothing."""
    if isinstance(value, dict):
        return all(map(is_void, value.values()))
    return value is None or (isinstance(value, list) and all(map(is_void, value)))


def named(fhir: str, node: Node, name: str) -> Iterator[Node]:
    """Give the children that a step leads to; nothing where there is no such step."""
    below, kind = _inside(fhir, node)
    if isinstance(below, dict):
        for key, member in _steps(fhir, kind).get(name, ()):
            for _, child in spread(below, key, member):
                yield child


def children(fhir: str, node: Node) -> Iterator[Node]:
    for name in _steps(fhir, _inside(fhir, node)[1]):
        yield from named(fhir, node, name)


def descendants(fhir: str, node: Node) -> Iterator[Node]:
    for child in children(fhir, node):
        yield child
        yield from descendants(fhir, child)


def _inside(fhir: str, node: Node) -> tuple[Any, str]:
    """Give the object with the children and its type: of a primitive the one beside it."""
    return (node.shadow, "Element") if is_primitive(fhir, node.kind) else (node.value, node.kind)


def spread(parent: Tree, key: str, member: Member) -> Iterator[tuple[int | None, Node]]:
    """Give the values of one property, with their place in a list.

    What can't be one isn't there, as to HL7's reader: an array or object for a single primitive, a text for an object.
    """
    value = parent.get(key)
    shadow = parent.get(f"_{key}") if member.kind.primitive else None
    if value is None and shadow is None:
        return
    if not member.many or not (isinstance(value, list) or isinstance(shadow, list)):
        if (node := _node(value, shadow, member.kind)) is not None:
            yield None, node
        return
    values, shadows = (item if isinstance(item, list) else [] for item in (value, shadow))
    for index, (item, beside) in enumerate(zip_longest(values, shadows)):
        if (node := _node(item, beside, member.kind)) is not None:
            yield index, node


def _node(value: Any, shadow: Any, kind: Kind) -> Node | None:
    shadow = shadow if isinstance(shadow, dict) else None
    if isinstance(value, dict) == kind.primitive or isinstance(value, list):
        value = None
    if value is None and shadow is None:
        return None
    if kind.name == "Resource":
        return node_of(value)
    if kind.primitive and isinstance(value, int | float) and kind.name not in NUMBERS:
        # Python spells no number of more than 4,300 digits.
        value = str(value) if isinstance(value, float) or value.bit_length() < _LONGEST else None
    if isinstance(value, str) and kind.name in NUMBERS and _NUMBER.fullmatch(value):
        # A number in quotes is reported by the structure, and read.
        value = Decimal(value)
    return Node(value, kind.name, shadow)
