"""Requests of a legal size: what goes together, and in which order when it can't all go at once."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import orjson

from fhir_adapter.resource import name, references
from fhir_adapter.tree import Tree

__all__ = ["Limits", "levels", "pack"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Limits:
    """The largest request: number of entries, and bytes of JSON. The smallest known server takes 160 entries."""

    entries: int = 150
    size: int = 4_000_000

    def half(self) -> Limits:
        return Limits(max(1, self.entries // 2), max(1, self.size // 2))


def pack(
    items: Iterable[T],
    limits: Limits,
    entries: Callable[[T], Sequence[Tree]],
    key: Callable[[T], Hashable] = id,
) -> Iterator[list[T]]:
    """Group items in order, as many as the limits allow; an item beyond them stands alone.

    Two items with the same key never share a group: a transaction must not name a resource twice.
    """
    group: list[T] = []
    keys: set[Hashable] = set()
    count = size = 0
    for item in items:
        parts = entries(item)
        weight = sum(len(orjson.dumps(part)) for part in parts)
        full = count + len(parts) > limits.entries or size + weight > limits.size
        if group and (full or key(item) in keys):
            yield group
            group, keys, count, size = [], set(), 0, 0
        group.append(item)
        keys.add(key(item))
        count, size = count + len(parts), size + weight
    if group:
        yield group


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
