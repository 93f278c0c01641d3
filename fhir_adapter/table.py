"""Two-way mapping tables: the one idea of the project.

A table ties paths of one tree (left: the study, or FHIR R5) to paths of another (right: FHIR, a registry's
record, or an older FHIR version). `write` goes left to right, `read` goes right to left; printed, the rows
are the documentation. A path is dotted keys; "" is the tree itself; a final `[]` marks a list that several
rows share: a codec adds its own items when writing and is given its own items when reading.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any, NamedTuple

from fhir_adapter.claims import check, covered, trie, unclaimed
from fhir_adapter.issues import Issue
from fhir_adapter.path import getter, join, parent, setter
from fhir_adapter.row import MALFORMED, REST, Codec, Row, Scope, Writable, same, under
from fhir_adapter.tree import Tree

__all__ = ["MALFORMED", "REST", "Codec", "Row", "Scope", "Table", "Writable", "same", "under"]

Keys = Callable[[Any], Iterable[str]]


class _Writer(NamedTuple):
    """A row, compiled to write: its key in the object above, its codec, its place on the right."""

    key: str
    encode: Callable[..., Any] | None  # None: the value as it is
    put: Callable[[Tree, Any], None]
    scoped: bool
    path: str


class _Reader(NamedTuple):
    """A row, compiled to read."""

    get: Callable[[Tree], Any]
    decode: Callable[..., Any] | None  # None: the value as it is
    put: Callable[[Tree, Any], None]
    wide: bool
    scoped: bool
    path: str


class Table:
    """A two-way mapping between two kinds of tree, checked when it is made.

    `root` is put before every left path. `keys` gives for each shared list (its path without `[]`) the function
    that names the marks of an item. `fixed` are constant right values; `omits` and `ignore` are left and right
    paths that are left out on purpose, each with its reason. Raises TableError where the rows contradict each
    other.
    """

    __slots__ = ("_readers", "_shared", "_wide", "_writers", "fixed", "ignore", "keys", "omits", "root", "rows")

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
        self._writers = _grouped(row for row in self.rows if row.codec.write)
        own = [_reader(row) for row in self.rows if row.codec.read and not row.right.endswith("[]")]
        self._readers = [reader for reader in own if not reader.wide]
        self._wide = [reader for reader in own if reader.wide]
        self._shared = [_sharer(path, self.rows, keys) for path, keys in self.keys.items()]

    def write(self, left: Tree, scope: Scope) -> Tree:
        """Build the right tree. A value that its codec cannot write is noted and left out; nothing empty is written."""
        right: Tree = dict(self.fixed)
        for find, writers in self._writers:
            try:
                node = find(left)
            except MALFORMED as error:
                scope.issues.append(_cannot("write", writers[0].path, error))
                continue
            if node is None:
                continue
            for key, encode, put, scoped, path in writers:
                try:
                    value = node.get(key) if key else node
                    if value is None:
                        continue
                    if encode is not None:
                        value = encode(value, scope) if scoped else encode(value)
                    if value or value is False or value == 0:
                        put(right, value)
                except MALFORMED as error:
                    scope.issues.append(_cannot("write", path, error))
        return right

    def read(self, right: Tree, scope: Scope) -> Tree:
        """Build the left tree. A value that its codec cannot read is noted and left out."""
        if not isinstance(right, dict):
            raise TypeError("expected an object")
        left: Tree = {}
        for get, decode, put, _, scoped, path in self._readers:
            try:
                value = get(right)
                if value is None:
                    continue
                if decode is not None:
                    value = decode(value, scope) if scoped else decode(value)
                if value is not None:
                    put(left, value)
            except MALFORMED as error:
                scope.issues.append(_cannot("read", path, error))
        for reader in self._wide:
            try:
                value = reader.get(right)
                if value is not None:
                    _take(value, left, reader, scope)
            except MALFORMED as error:
                scope.issues.append(_cannot("read", reader.path, error))
        for share in self._shared:
            share(right, left, scope)
        return left

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


def _cannot(word: str, path: str, error: Exception) -> Issue:
    reason = f"no {error}" if isinstance(error, KeyError) else str(error)
    return Issue.warning("processing", path, f"cannot {word}: {reason}")


def _grouped(rows: Iterable[Row]) -> list[tuple[Callable[[Tree], Any], list[_Writer]]]:
    """Compile rows to write: neighbours in one object share the way there, and what is not there costs one look."""
    return [
        (getter(root), [_writer(row) for row in group])
        for root, group in groupby(rows, lambda row: parent(row.left)[0])
    ]


def _writer(row: Row) -> _Writer:
    codec = row.codec
    encode = None if codec is same else codec.write
    return _Writer(parent(row.left)[1], encode, setter(row.right), codec.scoped, row.left)


def _reader(row: Row) -> _Reader:
    codec = row.codec
    assert codec.read is not None  # noqa: S101  (checked by the caller)
    put = _wide_setter(row.left, codec.read) if codec.wide else setter(row.left)
    decode = None if codec is same else codec.read
    return _Reader(getter(row.right), decode, put, codec.wide, codec.scoped, row.right)


def _take(value: Any, left: Tree, reader: _Reader, scope: Scope) -> None:
    """Read one value with its codec, and store what comes out."""
    _, decode, put, wide, scoped, _ = reader
    if wide:
        put(left, (value, scope) if scoped else (value,))
        return
    if decode is not None:
        value = decode(value, scope) if scoped else decode(value)
    if value is not None:
        put(left, value)


def _wide_setter(path: str, read: Callable[..., Any]) -> Callable[[Tree, Any], None]:
    """Compile a path into a function that lets a wide codec put things into the node there."""
    keys = tuple(path.split(".")) if path else ()
    store = setter(path)

    def put(node: Tree, arguments: tuple[Any, ...]) -> None:
        found: Tree = node
        for key in keys:
            found = found.get(key) or {}
        value, *scope = arguments
        before = len(found)
        read(value, found, *scope)
        if keys and not before and found:
            store(node, found)

    return put


def _sharer(path: str, rows: tuple[Row, ...], keys: Keys) -> Callable[[Tree, Tree, Scope], None]:
    """Compile the reading of a shared list: one pass gives every item to the row that claims it."""
    own = [row for row in rows if row.right == f"{path}[]" and row.codec.read]
    readers = [_reader(row) for row in own]
    slots = {mark: slot for slot, row in enumerate(own) for mark in row.codec.marks}
    get = getter(path)

    def share(right: Tree, left: Tree, scope: Scope) -> None:
        try:
            items = get(right)
            if not items:
                return
            buckets = _sorted_out(items, keys, slots)
        except MALFORMED as error:
            scope.issues.append(_cannot("read", path, error))
            return
        for slot in sorted(buckets):
            try:
                _take(buckets[slot], left, readers[slot], scope)
            except MALFORMED as error:
                scope.issues.append(_cannot("read", path, error))

    return share


def _sorted_out(items: list[Any], keys: Keys, slots: Mapping[str, int]) -> dict[int, list[Any]]:
    """Give each row, by its slot, the items of a shared list that are its own."""
    buckets: dict[int, list[Any]] = {}
    rest = slots.get(REST)
    for item in items:
        slot = rest
        for key in keys(item):
            if key in slots:
                slot = slots[key]
                break
        if slot is None:
            continue
        if slot in buckets:
            buckets[slot].append(item)
        else:
            buckets[slot] = [item]
    return buckets
