"""Tables compiled to straight-line Python: one function to write, one to read, one block of lines a row.

Walking a table row by row costs as much as what the rows do. So the lines that a row stands for are written out
once, when its table is first used, as dataclasses do with `__init__`.
"""

from __future__ import annotations

import linecache
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count, groupby
from typing import Any

from fhir_adapter.issues import Issue
from fhir_adapter.path import parent
from fhir_adapter.row import MALFORMED, REST, Row, Scope, same
from fhir_adapter.tree import Tree

__all__ = ["Keys", "Program", "reading", "writing"]

# How the items of a shared list are told apart: by the member whose value is the mark, or a function that gives marks.
Keys = str | Callable[[Any], Iterable[str]]
Program = Callable[[Tree, Scope], Tree]

_NUMBER = count(1)


class _Lines:
    """Lines of Python under way: how deep they stand, and the objects that they name."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.depth = 1
        self.names: dict[str, Any] = {"MALFORMED": MALFORMED, "cannot": _cannot}

    def add(self, *lines: str) -> None:
        self.lines += ["    " * self.depth + line for line in lines]

    def name(self, value: Any) -> str:
        """Give a name under which the lines reach an object."""
        made = f"own{len(self.names)}"
        self.names[made] = value
        return made

    @contextmanager
    def under(self, head: str) -> Iterator[None]:
        """Put the lines of the with block below this one."""
        self.add(head)
        self.depth += 1
        yield
        self.depth -= 1

    @contextmanager
    def trying(self, word: str, path: str, *otherwise: str) -> Iterator[None]:
        """Let trouble with the lines of the with block cost an issue that names the path."""
        with self.under("try:"):
            yield
        with self.under("except MALFORMED as error:"):
            self.add(f"cannot(scope, {word!r}, {path!r}, error)", *otherwise)

    def function(self, head: str) -> Program:
        """Compile the lines to a function; a traceback shows them."""
        text = "\n".join([head, *self.lines, ""])
        file = f"<table {next(_NUMBER)}>"
        linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
        exec(compile(text, file, "exec"), self.names)  # noqa: S102  (the text is made above, of the project's own rows)
        made: Program = self.names["program"]
        return made


def _cannot(scope: Scope, word: str, path: str, error: Exception) -> None:
    reason = f"no {error}" if isinstance(error, KeyError) else str(error)
    scope.issues.append(Issue.warning("processing", path, f"cannot {word}: {reason}"))


def writing(rows: Iterable[Row], fixed: Mapping[str, Any], named: Collection[str] | None) -> Program:
    """Compile rows to write: neighbours in one object share the way there.

    `named` are the keys that the rows are about, where all others go through unchanged.
    """
    out = _Lines()
    out.add(f"right = {_through(out, 'left', named)}", f"right |= {out.name(fixed)}")
    written = (row for row in rows if row.codec.write)
    for place, group in groupby(written, lambda row: parent(row.left)[0]):
        own = list(group)
        node = _reach(out, "write", "left", place, own[0].left)
        with out.under(f"if {node} is not None:"):
            for row in own:
                _write(out, node, row)
    out.add("return right")
    return out.function("def program(left, scope):")


def _through(out: _Lines, tree: str, named: Collection[str] | None) -> str:
    if named is None:
        return "{}"
    return f"{{key: value for key, value in {tree}.items() if key not in {out.name(named)}}}"


def _write(out: _Lines, node: str, row: Row) -> None:
    key = parent(row.left)[1]
    with out.trying("write", row.left):
        out.add(f"value = {node}.get({key!r})" if key else f"value = {node}")
        with out.under("if value is not None:"):
            if row.codec is not same:
                out.add(f"value = {_call(out, row, row.codec.write, 'value')}")
            with out.under("if value or value == 0:"):
                _store(out, "right", row.right, "value")


def reading(rows: Sequence[Row], keys: Mapping[str, Keys], named: Collection[str] | None) -> Program:
    """Compile rows to read: plain ones, then those that put things beside others, then the shared lists.

    `named` are the keys that the rows are about, where all others go through unchanged.
    """
    out = _Lines()
    out.add(f"left = {_through(out, 'right', named)}")
    own = [row for row in rows if row.codec.read and not row.right.endswith("[]")]
    for wide in (False, True):
        chosen = [row for row in own if row.codec.wide is wide]
        for place, group in groupby(chosen, lambda row: parent(row.right)[0]):
            _read_group(out, place, list(group))
    for path, key in keys.items():
        _read_shared(out, path, key, [row for row in rows if row.right == f"{path}[]" and row.codec.read])
    out.add("return left")
    return out.function("def program(right, scope):")


def _read_group(out: _Lines, place: str, rows: list[Row]) -> None:
    node = _reach(out, "read", "right", place, rows[0].right)
    with out.under(f"if {node} is not None:"):
        for row in rows:
            key = parent(row.right)[1]
            with out.trying("read", row.right):
                out.add(f"value = {node}.get({key!r})" if key else f"value = {node}")
                with out.under("if value is not None:"):
                    _take(out, row)


def _read_shared(out: _Lines, path: str, keys: Keys, rows: list[Row]) -> None:
    """Read a shared list: one pass gives every item to the row that claims it."""
    slots = {mark: slot for slot, row in enumerate(rows) for mark in row.codec.marks}
    with out.trying("read", path, "found = None"):
        place, last = parent(path)
        _descend(out, "found", "right", [*place.split("."), last] if place else [last])
        with out.under("if found:"):
            sort = _sorted_by if isinstance(keys, str) else _sorted_out
            out.add(f"found = {out.name(sort)}(found, {out.name(keys)}, {out.name(slots)})")
    with out.under("if found:"):
        for slot, row in enumerate(rows):
            with out.under(f"if {slot} in found:"), out.trying("read", path):
                out.add(f"value = found[{slot}]")
                _take(out, row)


def _take(out: _Lines, row: Row) -> None:
    """Read `value` with the codec of a row, and store what comes out."""
    codec = row.codec
    if codec.wide:
        _take_wide(out, row)
        return
    if codec is not same:
        out.add(f"value = {_call(out, row, codec.read, 'value')}")
        with out.under("if value is not None:"):
            _store(out, "left", row.left, "value")
    else:
        _store(out, "left", row.left, "value")


def _take_wide(out: _Lines, row: Row) -> None:
    """Let a codec put things into the left node, which is made where something was put into it."""
    if not row.left:
        out.add(_call(out, row, row.codec.read, "value", "left"))
        return
    out.add("node = left")
    for key in row.left.split("."):
        out.add(f"node = node.get({key!r}) or {{}}")
    out.add("new = not node", _call(out, row, row.codec.read, "value", "node"))
    with out.under("if new and node:"):
        _store(out, "left", row.left, "node")


def _call(out: _Lines, row: Row, function: Any, *arguments: str) -> str:
    """Call a function of a row's codec; the comment tells the row in a traceback."""
    given = [*arguments, "scope"] if row.codec.scoped else arguments
    return f"{out.name(function)}({', '.join(given)})  # {row.left} -> {row.right}"


def _reach(out: _Lines, word: str, root: str, place: str, path: str) -> str:
    """Look up the object that neighbours share; give the name of the variable that holds it."""
    if not place:
        return root
    with out.trying(word, path, "found = None"):
        _descend(out, "found", root, place.split("."))
    return "found"


def _descend(out: _Lines, name: str, root: str, keys: list[str]) -> None:
    out.add(f"{name} = {root}.get({keys[0]!r})")
    for key in keys[1:]:
        out.add(f"if {name} is not None: {name} = {name}.get({key!r})")


def _store(out: _Lines, root: str, path: str, value: str) -> None:
    """Store a value at a path, parents made as needed; at "" it is laid over the root, at a shared list it is added."""
    if not path:
        out.add(f"{root}.update({value})")
        return
    *parents, last = path.removesuffix("[]").split(".")
    node = root
    for depth, key in enumerate(parents):
        inner = f"inner{depth}"
        out.add(f"{inner} = {node}.get({key!r})", f"if {inner} is None: {inner} = {node}[{key!r}] = {{}}")
        node = inner
    if path.endswith("[]"):
        out.add(f"if {last!r} in {node}: {node}[{last!r}].extend({value})", f"else: {node}[{last!r}] = list({value})")
    else:
        out.add(f"{node}[{last!r}] = {value}")


Buckets = dict[int, list[Any]]


def _sorted_out(items: list[Any], keys: Callable[[Any], Iterable[str]], slots: Mapping[str, int]) -> Buckets:
    """Give each row, by its slot, the items of a shared list that are its own."""
    buckets: Buckets = {}
    rest = slots.get(REST)
    for item in items:
        slot = rest
        for key in keys(item):
            if key in slots:
                slot = slots[key]
                break
        if slot in buckets:
            buckets[slot].append(item)
        elif slot is not None:
            buckets[slot] = [item]
    return buckets


def _sorted_by(items: list[Any], member: str, slots: Mapping[str, int]) -> Buckets:
    """Do the same where the value of one member is the mark."""
    buckets: Buckets = {}
    rest = slots.get(REST)
    for item in items:
        slot = slots.get(item.get(member), rest)
        if slot in buckets:
            buckets[slot].append(item)
        elif slot is not None:
            buckets[slot] = [item]
    return buckets
