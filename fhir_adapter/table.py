"""Two-way mapping tables: the one idea of the project.

A table ties paths of one tree (left: the study, or FHIR R5) to paths of another (right: FHIR, a registry's
record, or an older FHIR version). `write` goes left to right, `read` goes right to left; printed, the rows
are the documentation. A path is dotted keys; "" is the tree itself; a final `[]` marks a list that several
rows share: a codec adds its own items when writing and is given its own items when reading.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from fhir_adapter.errors import TableError
from fhir_adapter.issues import Issue
from fhir_adapter.tree import Tree

__all__ = ["MALFORMED", "REST", "Codec", "Row", "Scope", "Table", "Writable", "same", "under"]

# What a codec raises on a value of a shape that it does not know. Anything else is a programmer's mistake.
MALFORMED = (AttributeError, IndexError, KeyError, TypeError, ValueError)
# The mark of a row that is given the items of a shared list that no other row claims.
REST = "*"


@dataclass(slots=True)
class Scope:
    """What a codec may know beyond its own value: the whole record, its id, and where trouble is noted.

    `id` is the id of the main resource, `base` the canonical base url without a final slash.
    """

    study: Tree = field(default_factory=dict)
    id: str = ""
    base: str = ""
    issues: list[Issue] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Codec:
    """Two functions that undo each other: left value to right value, and back.

    `write=None` or `read=None` makes a one-way row, which must carry a note. `fields` are the paths below the
    row's left that it covers ("()": the value as a whole). `marks` say which items of a shared list are its own.
    `wide`: `read(value, node)` puts what it finds into the left node itself. `scoped`: both functions take the
    `Scope` as their last argument. `coding` is a word for the documentation; `table` the table of a nested level.
    """

    write: Callable[..., Any] | None
    read: Callable[..., Any] | None
    fields: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    wide: bool = False
    scoped: bool = False
    coding: str = ""
    table: Writable | None = None


def _as_is(value: Any) -> Any:
    return value


same = Codec(_as_is, _as_is)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table: where a thing lives on each side, how it is coded, and why."""

    left: str
    right: str
    codec: Codec = same
    note: str = ""


def under(root: str, *rows: Row) -> tuple[Row, ...]:
    """Put a common start before the left paths of rows."""
    return tuple(Row(_join(root, row.left), row.right, row.codec, row.note) for row in rows)


class Writable(Protocol):
    """What can be nested in a row: a table, or something that acts as one."""

    @property
    def rows(self) -> tuple[Row, ...]: ...

    def write(self, left: Tree, scope: Scope) -> Tree: ...

    def read(self, right: Tree, scope: Scope) -> Tree: ...


Keys = Callable[[Any], Iterable[str]]
_Writer = tuple[Callable[[Tree], Any], Callable[..., Any], Callable[[Tree, Any], None], bool, str]
_Reader = tuple[Callable[[Tree], Any], Callable[..., Any], Callable[[Tree, Any], None], Codec, str]


class Table:
    """A two-way mapping between two kinds of tree, checked when it is made.

    `root` is put before every left path. `keys` gives for each shared list (its path without `[]`) the function
    that names the marks of an item. `fixed` are constant right values; `omits` and `ignore` are left and right
    paths that are left out on purpose, each with its reason. Raises TableError where the rows contradict each
    other.
    """

    __slots__ = ("_readers", "_shared", "_writers", "fixed", "ignore", "keys", "omits", "root", "rows")

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
        self.omits = {_join(root, path): why for path, why in (omits or {}).items()}
        self.ignore = dict(ignore or {})
        _check(self)
        self._writers = [_writer(row) for row in self.rows if row.codec.write]
        self._readers = [_reader(row) for row in self.rows if row.codec.read and not row.right.endswith("[]")]
        self._shared = [_sharer(path, self.rows, keys) for path, keys in self.keys.items()]

    def write(self, left: Tree, scope: Scope) -> Tree:
        """Build the right tree. A value that its codec cannot write is noted and left out."""
        right: Tree = dict(self.fixed)
        for get, encode, put, scoped, path in self._writers:
            try:
                value = get(left)
                if value is None:
                    continue
                value = encode(value, scope) if scoped else encode(value)
                if value or value is False or value == 0:  # nothing empty is ever written
                    put(right, value)
            except MALFORMED as error:
                scope.issues.append(Issue.warning("processing", path, f"cannot write: {_reason(error)}"))
        return right

    def read(self, right: Tree, scope: Scope) -> Tree:
        """Build the left tree. A value that its codec cannot read is noted and left out."""
        if not isinstance(right, dict):
            raise TypeError("expected an object")
        left: Tree = {}
        for get, decode, put, codec, path in self._readers:
            try:
                value = get(right)
                if value is not None:
                    _take(value, left, decode, put, codec, scope)
            except MALFORMED as error:
                scope.issues.append(Issue.warning("processing", path, f"cannot read: {_reason(error)}"))
        for share in self._shared:
            share(right, left, scope)
        return left

    def claims(self) -> Iterator[str]:
        """Every left path that a row covers, nested tables included, lists transparent."""
        for row in self.rows:
            if row.codec.read:
                yield from _covered(row)

    def unwritten(self, left: Tree) -> set[str]:
        """Paths of a left tree that no row covers and nothing omits."""
        return set(_unclaimed(left, _trie([*self.claims(), *self.omits]), ""))

    def unread(self, right: Tree) -> set[str]:
        """Paths of a right tree that no row reads and nothing ignores."""
        paths = [row.right.removesuffix("[]") for row in self.rows if row.codec.read]
        return set(_unclaimed(right, _trie([*paths, *self.ignore, *self.fixed]), ""))

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


def _join(root: str, path: str) -> str:
    return f"{root}.{path}" if root and path else root or path


def _reason(error: Exception) -> str:
    return f"no {error}" if isinstance(error, KeyError) else str(error)


def _take(
    value: Any,
    left: Tree,
    decode: Callable[..., Any],
    put: Callable[[Tree, Any], None],
    codec: Codec,
    scope: Scope,
) -> None:
    """Read one value with its codec, and store what comes out."""
    if codec.wide:
        put(left, (value, scope) if codec.scoped else (value,))
        return
    value = decode(value, scope) if codec.scoped else decode(value)
    if value is not None:
        put(left, value)


def getter(path: str) -> Callable[[Tree], Any]:
    """Compile a path into a function that looks it up, or gives None."""
    keys = tuple(path.removesuffix("[]").split(".")) if path else ()
    if not keys:
        return lambda node: node
    if len(keys) == 1:
        (only,) = keys
        return lambda node: node.get(only)

    def get(node: Any) -> Any:
        for key in keys:
            node = node.get(key)
            if node is None:
                return None
        return node

    return get


def setter(path: str) -> Callable[[Tree, Any], None]:
    """Compile a path into a function that stores a value, making parents as needed."""
    shared = path.endswith("[]")
    if not path:
        return lambda node, value: node.update(value)
    *parents, last = path.removesuffix("[]").split(".")

    def put(node: Tree, value: Any) -> None:
        for key in parents:
            child = node.get(key)
            if child is None:
                child = node[key] = {}
            node = child
        if not shared:
            node[last] = value
        elif last in node:
            node[last].extend(value)
        elif value:
            node[last] = list(value)

    return put


def _wide_setter(path: str, read: Callable[..., Any]) -> Callable[[Tree, Any], None]:
    """Compile a path into a function that lets a wide codec put things into the node there."""
    keys = tuple(path.split(".")) if path else ()

    def put(node: Tree, arguments: tuple[Any, ...]) -> None:
        found: Tree = node
        for key in keys:
            found = found.get(key) or {}
        value, *scope = arguments
        before = len(found)
        read(value, found, *scope)
        if keys and not before and found:
            setter(path)(node, found)

    return put


def _writer(row: Row) -> _Writer:
    assert row.codec.write is not None  # noqa: S101  (checked by the caller)
    return getter(row.left), row.codec.write, setter(row.right), row.codec.scoped, row.left


def _reader(row: Row) -> _Reader:
    read = row.codec.read
    assert read is not None  # noqa: S101  (checked by the caller)
    put = _wide_setter(row.left, read) if row.codec.wide else setter(row.left)
    return getter(row.right), read, put, row.codec, row.right


def _sharer(path: str, rows: tuple[Row, ...], keys: Keys) -> Callable[[Tree, Tree, Scope], None]:
    """Compile the reading of a shared list: one pass gives every item to the row that claims it."""
    readers = [_reader(row) for row in rows if row.right == f"{path}[]" and row.codec.read]
    slots = {mark: slot for slot, reader in enumerate(readers) for mark in reader[3].marks}
    rest = slots.get(REST)
    get = getter(path)

    def share(right: Tree, left: Tree, scope: Scope) -> None:
        try:
            items = get(right)
            if not items:
                return
            buckets: dict[int, list[Any]] = {}
            for item in items:
                slot = next((slots[key] for key in keys(item) if key in slots), rest)
                if slot is not None:
                    buckets.setdefault(slot, []).append(item)
        except MALFORMED as error:
            scope.issues.append(Issue.warning("processing", path, f"cannot read: {_reason(error)}"))
            return
        for slot, (_, decode, put, codec, _) in enumerate(readers):
            if slot in buckets:
                try:
                    _take(buckets[slot], left, decode, put, codec, scope)
                except MALFORMED as error:
                    scope.issues.append(Issue.warning("processing", path, f"cannot read: {_reason(error)}"))

    return share


# --- what is checked when a table is made --------------------------------------------------------------------


def _check(table: Table) -> None:
    """Refuse a table that contradicts itself."""
    seen: set[tuple[str, str, tuple[str, ...]]] = set()
    marks: dict[tuple[str, str], str] = {}
    for row in table.rows:
        codec = row.codec
        place = (row.left, row.right, codec.fields)
        if place in seen:
            raise TableError(f"two rows for {row.left!r} and {row.right!r}; keep one")
        seen.add(place)
        if not (codec.write and codec.read) and not row.note:
            raise TableError(f"the one-way row {row.left!r} to {row.right!r} needs a note that says why")
        if row.right.endswith("[]") and codec.read:
            if row.right.removesuffix("[]") not in table.keys:
                raise TableError(f"{row.right!r} is shared, but nothing says how to tell its items apart (keys)")
            for mark in codec.marks or (_no_marks(row),):
                other = marks.setdefault((row.right, mark), row.left)
                if other != row.left:
                    raise TableError(f"{row.left!r} and {other!r} both claim {mark!r} in {row.right!r}")
    _check_left(table)


def _no_marks(row: Row) -> str:
    raise TableError(f"{row.left!r} shares {row.right!r} and has no mark to find its items by")


def _check_left(table: Table) -> None:
    """Refuse two rows that read into the same left place, or one into a part of another's value."""
    places: dict[str, str] = {}
    for row in table.rows:
        if row.codec.read:
            for path in _covered(row):
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
            yield _join(row.left, name)
    else:
        yield row.left


def _covered(row: Row) -> Iterator[str]:
    table = row.codec.table
    if table is None:
        yield from _own(row)
        return
    for inner in table.rows:
        if inner.codec.read:
            for path in _covered(inner):
                yield _join(row.left, path)


def _trie(paths: Iterable[str]) -> Tree:
    trie: Tree = {}
    for path in paths:
        node = trie
        for key in path.split("."):
            node = node.setdefault(key, {})
    return trie


def _unclaimed(node: Any, claims: Tree, at: str) -> Iterator[str]:
    for item in node if isinstance(node, list) else [node]:
        if not isinstance(item, dict):
            continue
        for key, child in item.items():
            path = f"{at}.{key}" if at else key
            if key not in claims:
                yield path
            elif claims[key]:
                yield from _unclaimed(child, claims[key], path)
