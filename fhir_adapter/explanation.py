"""Where the values of one record went: each field with the FHIR elements that its value stands in, and why.

A value is followed, not looked up: the record is written once more with that value changed, and what is no longer
there is where it went. So it is told for all versions alike, and for copies and codes that are made from it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from fhir_adapter import study as hub
from fhir_adapter.claims import covered
from fhir_adapter.contrast import Leaf, Way, contrast
from fhir_adapter.convert import Conversion, Loss
from fhir_adapter.parts import counterpart, place
from fhir_adapter.path import getter
from fhir_adapter.row import MALFORMED, Row, Scope
from fhir_adapter.spelling import INDEX, below, dotted, field, fits, spelled
from fhir_adapter.table import Table
from fhir_adapter.tree import Tree, canonical, leaves, patch
from fhir_adapter.version import Version, find
from fhir_adapter.vocabulary import meaning

__all__ = ["Field", "Spot", "destinations", "explain", "explain_element", "remarks"]

_DATE = re.compile(r"(\d{4})(-.*)?$")
_AGE = re.compile(r"(\d+)( [A-Za-z]+)$")
_RESULTS = "resultsSection"
_LONG = 200


@dataclass(frozen=True, slots=True)
class Spot:
    """One place in FHIR: the resource as `Type/id`, the path in it, the value there, and what the row says of it.

    The value is None where the place holds several fields joined, so that no single value can be shown.
    """

    resource: str
    path: str
    value: Any
    note: str = ""

    def as_dict(self) -> Tree:
        return {"resource": self.resource, "path": self.path, "value": self.value, "note": self.note}


@dataclass(frozen=True, slots=True)
class Field:
    """One value of the study: `at` is its JSON Pointer. `lost` says that no FHIR element holds it, and why."""

    at: str
    value: Any
    meaning: str
    spots: tuple[Spot, ...] = ()
    lost: Loss | None = None
    why: str = ""

    def as_dict(self) -> Tree:
        own: Tree = {"at": self.at, "value": self.value, "meaning": self.meaning}
        own["places"] = [spot.as_dict() for spot in self.spots]
        return own | ({"lost": {**self.lost.as_dict(), "why": self.why}} if self.lost else {})


def explain(conversion: Conversion, path: str) -> Iterator[Field]:
    """Say where the values of a field went, one by one, in the order of the record.

    `path` is dotted, may start anywhere (`overallStatus`), may name one of several (`locations[2].city`) and may be
    a JSON Pointer. Raises ConfigError where the study has no such field, or several end so.
    """
    trace = _Trace(conversion)
    full, wanted = field(path)
    for at, value in leaves(conversion.study):
        if below(dotted(at), full) and fits(at, wanted) and value not in ({}, []):
            yield trace.follow(at, value)


def explain_element(conversion: Conversion, path: str) -> Iterator[Field]:
    """Say which values of the study stand in a FHIR element, such as `ResearchStudy.phase`.

    In R4 and R4B the path of an element of R5 means the place where it is there.
    """
    trace = _Trace(conversion)
    kind = path.partition(".")[0]
    plain = INDEX.sub("", path)
    paths = {plain, counterpart(plain, trace.version)}
    found = list(_in_element(trace, trace.rows_of(kind, paths), paths))
    # What is there whatever a row writes, such as R4's status, is made from a code.
    yield from found or _in_element(trace, trace.rows(), paths, coded=True)


def _in_element(trace: _Trace, rows: Iterable[Row], paths: set[str], *, coded: bool = False) -> Iterator[Field]:
    for row in rows:
        for at, value in leaves(trace.study):
            if below(dotted(at), row.left) and (not coded or hub.enum_of(dotted(at))):
                spots = dict.fromkeys(spot for spot in trace.spots(at, value, row) if _named(spot, paths))
                if spots:
                    yield Field(at, value, meaning(dotted(at)), tuple(spots))


def destinations(path: str, version: Version) -> list[Spot]:
    """Give the elements that a field goes to where a record has it, without values.

    Raises ConfigError where the study has no such field, or several end so.
    """
    full, _ = field(path)
    rows = [row for row in version.table.rows if row.codec.write and row.codec.read and _claims(row, full)]
    return [Spot("", place(row.right, version).path, None, row.note) for row in rows]


def remarks(path: str, version: Version) -> list[str]:
    """Give what the rows that write a FHIR element say of it."""
    own = counterpart(INDEX.sub("", path), version)
    return [row.note for row in version.table.rows if row.note and place(row.right, version).path == own]


class _Trace:
    """One record as it was written, to be written again with one value changed."""

    def __init__(self, conversion: Conversion) -> None:
        self.version = find(conversion.fhir)
        self._losses = conversion.losses
        whole = {key: value for key, value in conversion.study.items() if key != _RESULTS}
        self.study = hub.check(whole).study
        self._id, self._base = conversion.id, conversion.base
        self._before = self._write(self.version, self.study)
        self._changed: Tree | None = None
        self._versions: dict[int, Version] = {}

    def _write(self, version: Version, study: Tree) -> dict[str, Tree]:
        scope = Scope(study=study, id=self._id, base=self._base)
        return {f"{own['resourceType']}/{own['id']}": own for own in version.write(scope)}

    def rows(self) -> list[Row]:
        """Give the rows that write."""
        return [row for row in self.version.table.rows if row.codec.write]

    def follow(self, at: str, value: Any) -> Field:
        """Follow one value through every row that may have seen it."""
        path = dotted(at)
        lost = next((loss for loss in self._losses if at == loss.path or at.startswith(f"{loss.path}/")), None)
        why = next((why for own, why in self.version.table.omits.items() if below(path, own)), "")
        rows = [row for row in self.rows() if below(path, row.left)]
        spots = [spot for row in rows for spot in self.spots(at, value, row)] if not why else []
        if not spots and lost is None:
            spots = destinations(path, self.version)
        return Field(at, value, meaning(path), tuple(dict.fromkeys(spots)), lost, why)

    def spots(self, at: str, value: Any, row: Row) -> Iterator[Spot]:
        """Find where one row puts a value."""
        path = dotted(at)
        apart = isinstance(value, str) and (_loose(value) or not _claims(row, path))
        either = len(hub.enums().get(hub.enum_of(path) or "", ())) == 2
        for number, other in enumerate(_others(value, path)):
            for resource, leaf in self._gone(row, patch(self.study, {at: other})):
                # Another code of the list may change what else is written: what it only takes away is not this value.
                told = number == 0 or either or leaf.instead is not None
                if told and (not apart or _akin(value, leaf.value)):
                    yield Spot(resource, spelled(self._before[resource], leaf.way), leaf.value, row.note)

    def rows_of(self, kind: str, paths: set[str]) -> Iterator[Row]:
        """Find the rows that write an element: without them it is not there, or nothing is."""
        for row in self.rows():
            try:
                if any(self._writes(row, kind, paths)):
                    yield row
            except MALFORMED:
                yield row

    def _writes(self, row: Row, kind: str, paths: set[str]) -> Iterator[bool]:
        for resource, leaf in self._gone(row, None):
            if resource.startswith(f"{kind}/"):
                yield _named(Spot(resource, spelled(self._before[resource], leaf.way), None), paths)

    def _gone(self, row: Row, study: Tree | None) -> Iterator[tuple[str, Leaf]]:
        """Give the leaves that are not there when one row is given another study, or (None) nothing."""
        if canonical(self._put(row, study)) == canonical(self._put(row, self.study)):
            return
        self._changed = study
        after = self._write(self._rerouted(row), self.study)
        for resource, before in self._before.items():
            for leaf in contrast(before, after.get(resource)):
                if not _constant(leaf.way):
                    yield resource, leaf

    def _put(self, row: Row, study: Tree | None) -> Any:
        """Give what a row writes of a study."""
        value = getter(row.left)(study) if study is not None else None
        if value is None or row.codec.write is None:
            return None
        scope = Scope(study=study or {}, id=self._id, base=self._base)
        try:
            return row.codec.write(value, scope) if row.codec.scoped else row.codec.write(value)
        except MALFORMED:
            return None

    def _rerouted(self, row: Row) -> Version:
        """Make the version in which one row is given the changed study; each once, as tables are slow to make."""
        if id(row) not in self._versions:
            table = self.version.table
            codec = replace(row.codec, scoped=False, write=lambda _: self._put(row, self._changed))
            rows = (replace(each, codec=codec) if each is row else each for each in table.rows)
            self._versions[id(row)] = replace(self.version, table=Table(*rows, keys=table.keys, fixed=table.fixed))
        return self._versions[id(row)]


def _claims(row: Row, path: str) -> bool:
    return any(below(path, own) for own in covered(row))


# --- values ----------------------------------------------------------------------------------------------------


def _others(value: Any, path: str) -> tuple[Any, ...]:
    """Give other values of the same kind."""
    if isinstance(value, bool):
        return (not value,)
    if isinstance(value, (int, float)):
        return (value + 1,)
    enumeration = hub.enum_of(path)
    if enumeration:
        return ("ANOTHER", *(code for code in hub.enums()[enumeration] if code != value))[:3]
    for form in (_DATE, _AGE):
        match = form.match(value)
        if match:
            return (f"{int(match[1]) + 1:0{len(match[1])}}{match[2] or ''}",)
    return ("another",)


def _loose(value: str) -> bool:
    """Say whether a value is one beside which others may go when it changes: a date of a period, a text in pieces."""
    return len(value) > _LONG or _DATE.match(value) is not None


def _akin(value: str, found: Any) -> bool:
    """Say whether a value and what stands in FHIR are the same words, or one is in the other."""
    own, words = (text.replace("\\", "").casefold() for text in (value, str(found)))
    return bool(words) and (words in own or own in words)


def _constant(way: Way) -> bool:
    """Say whether a leaf only names what stands beside it; the narrative tells everything, so it tells nothing here."""
    return way[0] == "text" or way[-1] in ("system", "linkId") or (way[-1] == "url" and way[-3:-2] == ("extension",))


def _named(spot: Spot, paths: set[str]) -> bool:
    """Say whether a place is one of these elements, or in it."""
    own = f"{spot.resource.partition('/')[0]}.{INDEX.sub('', spot.path)}"
    return any(own == path or own.startswith((f"{path}.", f"{path}(")) for path in paths)
