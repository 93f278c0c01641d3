"""JSON in which no key is written twice unseen: a parser keeps the last of them and says nothing."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import orjson

from fhir_adapter.issues import Issue
from fhir_adapter.tree import Tree

__all__ = ["Doubled", "loads", "twice"]


_DEEPEST = 250  # more than any resource has, less than Python's stack


class Doubled(dict[str, Any]):
    """An object of a text in which some object has a key twice; `again` are such keys of this one."""

    __slots__ = ("again",)

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        short = len(self) < len(pairs)
        self.again = tuple(key for key, n in Counter(key for key, _ in pairs).items() if n > 1) if short else ()


def loads(text: bytes) -> Any:
    """Parse JSON as orjson does; where a key is written twice in an object, every object comes as Doubled.

    Raises orjson.JSONDecodeError.
    """
    value = orjson.loads(text)
    if _spelt(value) == text:
        return value  # nothing was dropped: the usual case, text without spaces
    kept = True

    def look(pairs: list[tuple[str, Any]]) -> None:
        nonlocal kept
        kept = kept and len(dict(pairs)) == len(pairs)

    try:
        json.loads(text, object_pairs_hook=look)
        if kept:
            return value
        return json.loads(text, object_pairs_hook=Doubled, parse_int=orjson.loads, parse_float=orjson.loads)
    except RecursionError:
        return value  # nested deeper than any resource: refused for that


def _spelt(value: Any) -> bytes:
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError:  # it reads what it can't write: 255 levels and more
        return b""


def twice(value: Doubled) -> tuple[Tree, tuple[Issue, ...]]:
    """Give the object as a plain tree, and an error for each key that is written twice in it, at its FHIRPath."""
    words = "written twice in one object; the last value counts, leave the others out"
    kind = value.get("resourceType")
    issues = [
        Issue.error("invalid", place, f"{key[:60]!r} is {words}")
        for place, key in _places(value, kind if isinstance(kind, str) else "")
    ]
    plain: Tree = _plain(value, 0)
    return plain, tuple(issues)


def _plain(value: Any, depth: int) -> Any:
    if depth > _DEEPEST:
        return None
    if isinstance(value, dict):
        return {key: _plain(item, depth + 1) for key, item in value.items()}
    return [_plain(item, depth + 1) for item in value] if isinstance(value, list) else value


def _places(value: Any, path: str, depth: int = 0) -> Iterator[tuple[str, str]]:
    if depth > _DEEPEST:
        return
    if isinstance(value, Doubled):
        for key in value.again:
            yield path, key
        for key, item in value.items():
            yield from _places(item, f"{path}.{key}" if path else key, depth + 1)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _places(item, f"{path}[{index}]", depth + 1)
