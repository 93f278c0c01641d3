"""The functions of FHIRPath that HL7's invariants call, on lists of nodes."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from fhir_adapter.validate.fhirpath.comparison import QUANTITIES, boundary, comparable, equal
from fhir_adapter.validate.fhirpath.node import Node, children, descendants, is_primitive, is_void
from fhir_adapter.validate.xhtml import has_content, is_plain

__all__ = ["FUNCTIONS", "LAZY", "Items", "boolean", "exist", "truth", "unique"]

Items = list[Node]
# What an argument is evaluated to for each item in turn.
Each = Callable[[Items], list[Items]]
TRUE, FALSE = [Node(True, "boolean")], [Node(False, "boolean")]


def boolean(value: bool | None) -> Items:
    return [] if value is None else TRUE if value else FALSE


def truth(items: Items) -> bool | None:
    """Read a collection as a boolean: None when it is empty; a single value that is none is true."""
    if not items:
        return None
    value = items[0].value
    return value if len(items) == 1 and isinstance(value, bool) else True


def unique(items: Items) -> Items:
    """Drop what occurred before; quick for strings, of which there may be many."""
    seen: set[str] = set()
    found: Items = []
    rest: Items = []
    for item in items:
        if isinstance(item.value, str):
            if item.value in seen:
                continue
            seen.add(item.value)
        elif any(equal(item, other) for other in rest):
            continue
        else:
            rest.append(item)
        found.append(item)
    return found


def _text(items: Items) -> str:
    return items[0].value if items and isinstance(items[0].value, str) else ""


def _on_text(work: Callable[..., Items]) -> Callable[..., Items]:
    """Apply to one string; nothing comes of an empty collection."""

    def apply(_fhir: str, items: Items, *arguments: Items) -> Items:
        if len(items) != 1 or not isinstance(items[0].value, str) or any(not found for found in arguments):
            return []
        return work(items[0].value, *(found[0].value for found in arguments))

    return apply


def _string(value: str) -> Items:
    return [Node(value, "string")]


def _substring(text: str, start: int, length: int | None = None) -> Items:
    if not 0 <= start < len(text):
        return []
    return _string(text[start:] if length is None else text[start : start + length])


def exist(items: Items) -> bool:
    """Say whether one of them holds anything; HL7's engine doesn't see an empty object here, though elsewhere."""
    return any(not is_void(item.value) or bool(item.shadow) for item in items)


def _has_value(fhir: str, items: Items) -> Items:
    """Ask for the value of a primitive; HL7's engine finds one in a Quantity too."""
    if len(items) != 1:
        return boolean(False)
    value, kind, _ = items[0]
    if kind in QUANTITIES and isinstance(value, dict):
        value = value.get("value")
    return boolean(value not in (None, "") and (is_primitive(fhir, kind) or kind in QUANTITIES))


def _to_integer(_fhir: str, items: Items) -> Items:
    text = str(items[0].value) if len(items) == 1 else ""
    return [Node(int(text), "integer")] if re.fullmatch(r"[+-]?[0-9]{1,10}", text) else []


def _to_string(_fhir: str, items: Items) -> Items:
    value: Any = items[0].value if len(items) == 1 else None
    if isinstance(value, bool):
        return _string(str(value).lower())
    return _string(str(value)) if isinstance(value, str | int | float | Decimal) else []


def _boundary(high: bool) -> Callable[[str, Items], Items]:
    def apply(_fhir: str, items: Items) -> Items:
        found = boundary(items[0], high) if len(items) == 1 else None
        return [found] if found else []

    return apply


def _comparable(_fhir: str, items: Items, other: Items) -> Items:
    return boolean(comparable(items[0], other[0])) if len(items) == len(other) == 1 else []


def _html(check: Callable[[str], bool]) -> Callable[[str, Items], Items]:
    return lambda _fhir, items: boolean(len(items) == 1 and check(_text(items)))


FUNCTIONS: dict[str, Callable[..., Items]] = {
    "empty": lambda _fhir, items: boolean(not exist(items)),
    "not": lambda _fhir, items: boolean(None if (said := truth(items)) is None else not said),
    "hasValue": _has_value,
    "count": lambda _fhir, items: [Node(len(items), "integer")],
    "first": lambda _fhir, items: items[:1],
    "last": lambda _fhir, items: items[-1:],
    "tail": lambda _fhir, items: items[1:],
    "distinct": lambda _fhir, items: unique(items),
    "isDistinct": lambda _fhir, items: boolean(len(unique(items)) == len(items)),
    "children": lambda fhir, items: [child for item in items for child in children(fhir, item)],
    "descendants": lambda fhir, items: [below for item in items for below in descendants(fhir, item)],
    "allTrue": lambda _fhir, items: boolean(all(item.value is True for item in items)),
    "allFalse": lambda _fhir, items: boolean(all(item.value is False for item in items)),
    "combine": lambda _fhir, items, other: items + other,
    "union": lambda _fhir, items, other: unique(items + other),
    "intersect": lambda _fhir, items, other: unique([i for i in items if any(equal(i, o) for o in other)]),
    "[]": lambda _fhir, items, index: items[index[0].value :][:1] if index and index[0].value >= 0 else [],
    "-": lambda _fhir, items: [Node(-item.value, item.kind) for item in items],
    "length": _on_text(lambda text: [Node(len(text), "integer")]),
    "startsWith": _on_text(lambda text, start: boolean(text.startswith(start))),
    "endsWith": _on_text(lambda text, end: boolean(text.endswith(end))),
    "contains": _on_text(lambda text, part: boolean(part in text)),
    "matches": _on_text(lambda text, pattern: boolean(re.search(pattern, text, re.DOTALL) is not None)),
    "replaceMatches": _on_text(lambda text, pattern, new: _string(re.sub(pattern, new, text))),
    "substring": _on_text(_substring),
    "toInteger": _to_integer,
    "toString": _to_string,
    "lowBoundary": _boundary(False),
    "highBoundary": _boundary(True),
    "comparable": _comparable,
    "htmlChecks": _html(is_plain),
    "htmlChecks2": _html(has_content),
}


def _where(items: Items, each: Each) -> Items:
    return [item for item, found in zip(items, each(items), strict=True) if truth(found)]


def _repeat(items: Items, each: Each) -> Items:
    found: Items = []
    level = items
    while level := [below for part in each(level) for below in part]:
        found += level
    return found


# Functions whose argument is evaluated for each item, with `$this`.
LAZY: dict[str, Callable[[Items, Each], Items]] = {
    "where": _where,
    "exists": lambda items, each: boolean(exist(_where(items, each))),
    "all": lambda items, each: boolean(all(truth(found) for found in each(items))),
    "select": lambda items, each: [below for found in each(items) for below in found],
    "repeat": _repeat,
}
