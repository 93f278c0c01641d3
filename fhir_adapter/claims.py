"""What the rows of a table cover, and the contradictions that it is refused for."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from typing import Any

from fhir_adapter.errors import TableError
from fhir_adapter.path import join
from fhir_adapter.row import Row
from fhir_adapter.tree import Tree

__all__ = ["check", "covered", "trie", "unclaimed"]


def check(rows: Sequence[Row], shared: Container[str]) -> None:
    """Refuse rows that contradict each other; `shared` are the lists whose items can be told apart."""
    seen: set[tuple[str, str, tuple[str, ...]]] = set()
    marks: dict[tuple[str, str], str] = {}
    for row in rows:
        codec = row.codec
        place = (row.left, row.right, codec.fields)
        if place in seen:
            raise TableError(f"two rows for {row.left!r} and {row.right!r}; keep one")
        seen.add(place)
        if not (codec.write and codec.read) and not row.note:
            raise TableError(f"the one-way row {row.left!r} to {row.right!r} needs a note that says why")
        if row.right.endswith("[]") and codec.read:
            if row.right.removesuffix("[]") not in shared:
                raise TableError(f"{row.right!r} is shared, but nothing says how to tell its items apart (keys)")
            for mark in codec.marks or (_no_marks(row),):
                other = marks.setdefault((row.right, mark), row.left)
                if other != row.left:
                    raise TableError(f"{row.left!r} and {other!r} both claim {mark!r} in {row.right!r}")
    _check_left(rows)


def _no_marks(row: Row) -> str:
    raise TableError(f"{row.left!r} shares {row.right!r} and has no mark to find its items by")


def _check_left(rows: Sequence[Row]) -> None:
    """Refuse two rows that read into the same left place, or one into a part of another's value."""
    places: dict[str, str] = {}
    for row in rows:
        if row.codec.read:
            for path in covered(row):
                if path in places:
                    raise TableError(f"{path!r} is read from both {places[path]!r} and {row.right!r}")
                places[path] = row.right
    for path in places:
        parts = path.split(".")
        for count in range(1, len(parts)):
            parent = ".".join(parts[:count])
            if parent in places:
                raise TableError(f"{path!r} lies inside {parent!r}, which another row reads as a whole")


def _own(row: Row) -> Iterator[str]:
    """The left paths that a row covers at its own level."""
    if row.codec.fields:
        for name in row.codec.fields:
            yield join(row.left, name)
    else:
        yield row.left


def covered(row: Row) -> Iterator[str]:
    """Every left path that a row covers, nested tables included, lists transparent."""
    table = row.codec.table
    if table is None:
        yield from _own(row)
        return
    for inner in table.rows:
        if inner.codec.read:
            for path in covered(inner):
                yield join(row.left, path)


def trie(paths: Iterable[str]) -> Tree:
    """Lay paths out as a tree of their keys."""
    root: Tree = {}
    for path in paths:
        node = root
        for key in path.split("."):
            node = node.setdefault(key, {})
    return root


def unclaimed(node: Any, claims: Tree, at: str = "") -> Iterator[str]:
    """Name the paths of a tree, lists transparent, that a tree of claimed keys does not have."""
    for item in node if isinstance(node, list) else [node]:
        if not isinstance(item, dict):
            continue
        for key, child in item.items():
            path = f"{at}.{key}" if at else key
            if key not in claims:
                yield path
            elif claims[key]:
                yield from unclaimed(child, claims[key], path)
