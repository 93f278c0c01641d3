"""Requests of a legal size: what goes together, and in which order when it can't all go at once."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import orjson

from fhir_adapter.resource import name, references
from fhir_adapter.tree import Tree

__all__ = ["Chunk", "Limits", "levels", "pack", "weigh"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Limits:
    """The largest request: number of entries, and bytes of JSON. The smallest known server takes 160 entries."""

    entries: int = 150
    size: int = 4_000_000


class Chunk(Generic[T]):
    """What goes together into the next request: items in order, as many as the limits allow.

    An item beyond the limits stands alone. Two items with the same key never share a request: a transaction must
    not name a resource twice.
    """

    def __init__(self, entries: Callable[[T], Sequence[Tree]], key: Callable[[T], Hashable] = id) -> None:
        self._entries, self._key = entries, key
        self._empty()

    def _empty(self) -> None:
        self._items: list[T] = []
        self._keys: set[Hashable] = set()
        self._count = self._size = 0

    def __contains__(self, key: Hashable) -> bool:
        return key in self._keys

    def add(self, item: T, limits: Limits) -> list[T]:
        """Take an item in; give the items before it where it doesn't go with them, else []."""
        parts = self._entries(item)
        weight = sum(map(weigh, parts))
        full = self._count + len(parts) > limits.entries or self._size + weight > limits.size
        before = self.take() if self._items and (full or self._key(item) in self._keys) else []
        self._items.append(item)
        self._keys.add(self._key(item))
        self._count, self._size = self._count + len(parts), self._size + weight
        return before

    def take(self) -> list[T]:
        """Give the items that were taken in last, [] where there are none."""
        items = self._items
        self._empty()
        return items


def weigh(entry: Tree) -> int:
    """Give the bytes of an entry's JSON."""
    return len(orjson.dumps(entry))


def pack(
    items: Iterable[T],
    limits: Limits,
    entries: Callable[[T], Sequence[Tree]],
    key: Callable[[T], Hashable] = id,
) -> Iterator[list[T]]:
    """Group items in order, as a `Chunk` does."""
    chunk = Chunk(entries, key)
    for item in items:
        if before := chunk.add(item, limits):
            yield before
    if rest := chunk.take():
        yield rest


def levels(entries: Sequence[Tree]) -> list[list[Tree]]:
    """Sort PUT entries so that none refers to a later level; what refers to each other shares the last one."""
    needs = {name(entry["resource"]): set(references(entry["resource"])) for entry in entries}
    waiting = list(entries)
    out: list[list[Tree]] = []
    while waiting:
        names = {name(entry["resource"]) for entry in waiting}
        free = [e for e in waiting if not (needs[own := name(e["resource"])] & names - {own})] or waiting
        out.append(free)
        waiting = [entry for entry in waiting if entry not in free] if free is not waiting else []
    return out
