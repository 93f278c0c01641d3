"""Two-way mapping tables: the one idea of the project.

A table ties paths of one tree (left: the study, or FHIR R5) to paths of another (right: FHIR, a registry's
record, or an older FHIR version). `write` goes left to right, `read` goes right to left; printed, the rows
are the documentation. A path is dotted keys; "" is the tree itself; a final `[]` marks a list that several
rows share: a codec adds its own items when writing and is given its own items when reading.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from fhir_adapter.claims import check, covered, trie, unclaimed
from fhir_adapter.path import join
from fhir_adapter.program import Keys, Program, reading, writing
from fhir_adapter.row import MALFORMED, REST, Codec, Row, Scope, Writable, same, under
from fhir_adapter.tree import Tree

__all__ = ["MALFORMED", "REST", "Codec", "Row", "Scope", "Table", "Writable", "same", "under"]


class Table:
    """A two-way mapping between two kinds of tree, checked when it is made.

    `root` is put before every left path. `keys` gives for each shared list (its path without `[]`) the member whose
    value is an item's mark, or a function that gives its marks. `fixed` are constant right values; `omits` and
    `ignore` are left and right paths that are left out on purpose, each with its reason. Raises TableError where the
    rows contradict each other.
    """

    __slots__ = ("_lefts", "_read", "_rights", "_write", "fixed", "ignore", "keys", "omits", "root", "rows")

    def __init__(
        self,
        *rows: Row,
        root: str = "",
        keys: Mapping[str, Keys] | None = None,
        fixed: Mapping[str, Any] | None = None,
        omits: Mapping[str, str] | None = None,
        ignore: Mapping[str, str] | None = None,
    ) -> None:
        self.root = root
        self.rows = under(root, *rows) if root else rows
        self.keys = dict(keys or {})
        self.fixed = dict(fixed or {})
        self.omits = {join(root, path): why for path, why in (omits or {}).items()}
        self.ignore = dict(ignore or {})
        check(self.rows, self.keys)
        self._lefts: frozenset[str] | None = None  # the keys that rows are about, where others go through unchanged
        self._rights: frozenset[str] | None = None
        self._write: Program | None = None  # compiled when first needed: that takes as long as ten conversions
        self._read: Program | None = None

    def write(self, left: Tree, scope: Scope) -> Tree:
        """Build the right tree. A value that its codec cannot write is noted and left out; nothing empty is written."""
        if self._write is None:
            self._write = writing(self.rows, self.fixed, self._lefts)
        return self._write(left, scope)

    def read(self, right: Tree, scope: Scope) -> Tree:
        """Build the left tree. A value that its codec cannot read is noted and left out."""
        if not isinstance(right, dict):
            raise TypeError("expected an object")
        if self._read is None:
            self._read = reading(self.rows, self.keys, self._rights)
        return self._read(right, scope)

    def claims(self) -> Iterator[str]:
        """Every left path that a row covers, nested tables included, lists transparent."""
        for row in self.rows:
            if row.codec.read:
                yield from covered(row)

    def unwritten(self, left: Tree) -> set[str]:
        """Paths of a left tree that no row covers and nothing omits."""
        return set(unclaimed(left, trie([*self.claims(), *self.omits])))

    def unread(self, right: Tree) -> set[str]:
        """Paths of a right tree that no row reads and nothing ignores."""
        paths = [row.right.removesuffix("[]") for row in self.rows if row.codec.read]
        return set(unclaimed(right, trie([*paths, *self.ignore, *self.fixed])))

    def revise(self, *rows: Row, without: Iterable[str] = (), keys: Mapping[str, Keys] | None = None) -> Table:
        """Make a table that differs by these rows: one with the same left and right stands in place of the old,
        others come last; `without` names left paths to leave out."""
        gone = set(without)
        new = {(row.left, row.right): row for row in rows}
        kept = [new.pop((row.left, row.right), row) for row in self.rows if row.left not in gone]
        return type(self)(
            *kept,
            *new.values(),
            keys={**self.keys, **(keys or {})},
            fixed=self.fixed,
            omits=self.omits,
            ignore=self.ignore,
        )
