"""The codecs that any table can use: code lists, nested tables, copies, ages and dates."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Mapping
from typing import Any

from fhir_adapter.errors import TableError
from fhir_adapter.issues import Issue
from fhir_adapter.row import MALFORMED, Codec, Scope, Vocabulary, Writable
from fhir_adapter.tree import Tree

__all__ = ["Codes", "Each", "copy", "iso_date", "nested", "parts"]


def copy(write: Callable[..., Any], *, scoped: bool = False, coding: str = "") -> Codec:
    """Make a codec that only writes: the value can be read from another row."""
    return Codec(write, None, scoped=scoped, coding=coding)


def parts(
    write: Callable[..., Any],
    read: Callable[..., Any] | None,
    *fields: str,
    marks: tuple[str, ...] = (),
    scoped: bool = False,
    coding: str = "",
    terms: tuple[Vocabulary, ...] = (),
) -> Codec:
    """Make a codec that ties several fields of one object to one right value.

    `write(node)` is given the whole left object; `read(value, node)` puts the fields into it.
    """
    return Codec(write, read, fields=fields, marks=marks, wide=True, scoped=scoped, coding=coding, terms=terms)


class Codes:
    """A closed list of codes and what each becomes.

    Refuses two left codes for one right code when it is made, because reading could not tell them apart.
    Values that it does not know pass through unchanged, both ways.

    >>> sex = Codes({"FEMALE": "female", "MALE": "male"})
    >>> sex.write("MALE"), sex.read("female"), sex.write("NEW")
    ('male', 'FEMALE', 'NEW')
    """

    def __init__(self, pairs: Mapping[str, str]) -> None:
        self.pairs = dict(pairs)
        self.back: dict[str, str] = {}
        for left, right in self.pairs.items():
            if right in self.back:
                raise TableError(f"{left!r} and {self.back[right]!r} both become {right!r}: reading is ambiguous")
            self.back[right] = left

    def write(self, value: str) -> str:
        return self.pairs.get(value, value)

    def read(self, value: str) -> str:
        return self.back.get(value, value)

    # What the documentation asks of a Vocabulary: these codes are words of a format, no coding.
    name = uri = system = ""

    @property
    def values(self) -> Mapping[str, tuple[str, str | None]]:
        return {left: (right, None) for left, right in self.pairs.items()}

    @property
    def codec(self) -> Codec:
        return Codec(self.write, self.read, coding=f"{len(self.pairs)} codes", terms=(self,))


def nested(table: Writable, *, coding: str = "") -> Codec:
    """Make a codec that applies a table to one object."""

    def write(value: Tree, scope: Scope) -> Tree | None:
        return table.write(value, scope) or None

    def read(value: Tree, scope: Scope) -> Tree | None:
        return table.read(value, scope) or None

    return Codec(write, read, scoped=True, coding=coding, table=table)


def Each(table: Writable, *, coding: str = "each") -> Codec:  # noqa: N802  (reads as a noun in a row)
    """Make a codec that applies a table to every item of a list. A bad item costs that item and one issue."""

    def through(apply: Callable[[Tree, Scope], Tree], word: str) -> Callable[[Any, Scope], Any]:
        def run(items: list[Tree], scope: Scope) -> list[Tree] | None:
            out = []
            for index, item in enumerate(items):
                try:
                    out.append(apply(item, scope))
                except MALFORMED as error:
                    scope.issues.append(Issue.warning("processing", f"[{index}]", f"cannot {word}: {error}"))
            return out or None

        return run

    return Codec(through(table.write, "write"), through(table.read, "read"), scoped=True, coding=coding, table=table)


_MONTHS = {name.lower(): number for number, name in enumerate(calendar.month_name) if name}
_MONTHS.update({name.lower(): number for number, name in enumerate(calendar.month_abbr) if name})
_WORDS = re.compile(r"(?P<month>[A-Za-z]+)\.?\s+(?:(?P<day>\d{1,2}),?\s+)?(?P<year>\d{4})$")
_NUMBERS = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?$")


def iso_date(text: str) -> str:
    """Turn a registry's date in words into an ISO date of the same precision; ISO dates stay.

    Raises ValueError for what is no date.

    >>> iso_date("March 5, 2024"), iso_date("March 2024"), iso_date("2024-03")
    ('2024-03-05', '2024-03', '2024-03')
    """
    text = text.strip()
    if _NUMBERS.match(text):
        return text
    match = _WORDS.match(text)
    month = _MONTHS.get(match["month"].lower()) if match else None
    if match is None or month is None:
        raise ValueError(f"no date: {text!r}; use YYYY, YYYY-MM or YYYY-MM-DD")
    date = f"{match['year']}-{month:02}"
    return f"{date}-{int(match['day']):02}" if match["day"] else date
