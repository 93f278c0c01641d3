"""What a tree has that another does not: leaf by leaf, items of lists matched rather than counted."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Any, NamedTuple

from fhir_adapter.tree import canonical

__all__ = ["Leaf", "Way", "contrast"]

Way = tuple[str | int, ...]


class Leaf(NamedTuple):
    """A leaf: the keys and indices that lead to it, its value, and what stands there in the other tree, if anything."""

    way: Way
    value: Any
    instead: Any


def contrast(here: Any, there: Any, at: Way = ()) -> Iterator[Leaf]:
    """Give the leaves of `here` that `there` does not have, or has with another value.

    >>> [leaf[:] for leaf in contrast({"a": [1, 2], "b": 3}, {"a": [2], "b": 4})]
    [(('a', 0), 1, None), (('b',), 3, 4)]
    """
    if isinstance(here, dict):
        other = there if isinstance(there, dict) else {}
        for key, value in here.items():
            yield from contrast(value, other.get(key), (*at, key))
    elif isinstance(here, list):
        for index, match in _matched(here, there if isinstance(there, list) else []):
            yield from contrast(here[index], match, (*at, index))
    elif type(here) is not type(there) or here != there:
        yield Leaf(at, here, there)


def _matched(here: list[Any], there: list[Any]) -> Iterator[tuple[int, Any]]:
    """Give each item that has no equal in the other list, with the one that stands in its place, if any."""
    left, right = ([canonical(item) for item in items] for items in (here, there))
    if left == right:
        return
    for kind, start, end, other, stop in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        if kind in ("replace", "delete"):
            for index in range(start, end):
                place = other + index - start
                yield index, there[place] if place < stop else None
