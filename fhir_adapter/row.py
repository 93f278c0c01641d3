"""Rows and codecs: the words in which a mapping is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from fhir_adapter.issues import Issue
from fhir_adapter.path import join
from fhir_adapter.tree import Tree

__all__ = ["MALFORMED", "REST", "Codec", "Row", "Scope", "Vocabulary", "Writable", "same", "under"]

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


class Vocabulary(Protocol):
    """A list of codes: `values` gives each code's label ("": none of its own) and the standard code of that meaning.

    `uri` is the address of the code system, `system` that of the standard's; "" where the codes are no coding.
    Without values the codes are someone else's, under another name.
    """

    @property
    def name(self) -> str: ...

    @property
    def uri(self) -> str: ...

    @property
    def system(self) -> str: ...

    @property
    def values(self) -> Mapping[str, tuple[str, str | None]]: ...


@dataclass(frozen=True, slots=True)
class Codec:
    """Two functions that undo each other: left value to right value, and back.

    `write=None` or `read=None` makes a one-way row, which must carry a note. `fields` are the paths below the
    row's left that it covers ("()": the value as a whole). `marks` say which items of a shared list are its own.
    `wide`: `read(value, node)` puts what it finds into the left node itself. `scoped`: both functions take the
    `Scope` as their last argument. `coding` is a word for the documentation; `table` the table of a nested level;
    `terms` are the lists of codes that it writes.
    """

    write: Callable[..., Any] | None
    read: Callable[..., Any] | None
    fields: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    wide: bool = False
    scoped: bool = False
    coding: str = ""
    table: Writable | None = None
    terms: tuple[Vocabulary, ...] = ()


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
    return tuple(Row(join(root, row.left), row.right, row.codec, row.note) for row in rows)


class Writable(Protocol):
    """What can be nested in a row: a table, or something that acts as one."""

    @property
    def rows(self) -> tuple[Row, ...]: ...

    def write(self, left: Tree, scope: Scope) -> Tree: ...

    def read(self, right: Tree, scope: Scope) -> Tree: ...
