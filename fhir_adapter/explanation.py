"""Where the values of one record went: each field with the FHIR elements that its value stands in, and why.

A value is followed, not looked up: the record is written once more with that value changed, and what is no longer
there is where it went. So it is told for all versions alike, and for copies and codes that are made from it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from fhir_adapter import study as hub
from fhir_adapter.claims import covered
from fhir_adapter.contrast import Leaf, Way, contrast
from fhir_adapter.convert import Conversion, Loss
from fhir_adapter.errors import ConfigError
from fhir_adapter.parts import place, short
from fhir_adapter.path import getter
from fhir_adapter.row import MALFORMED, Row, Scope
from fhir_adapter.table import Table
from fhir_adapter.tree import Tree, leaves, patch
from fhir_adapter.version import Version, find
from fhir_adapter.vocabulary import meaning

__all__ = ["Field", "Spot", "explain", "explain_element"]

_INDEX = re.compile(r"\[(\d+)\]")
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
        own["fhir"] = [spot.as_dict() for spot in self.spots]
        return own | ({"lost": {**self.lost.as_dict(), "why": self.why}} if self.lost else {})


def explain(conversion: Conversion, path: str) -> Iterator[Field]:
    """Say where the values of a field went, one by one, in the order of the record.

    `path` is dotted, may start anywhere (`overallStatus`), may name one of several (`locations[2].city`) and may be
    a JSON Pointer. Raises ConfigError where the study has no such field, or several end so.
    """
    trace = _Trace(conversion)
    dotted, wanted = _field(path)
    for at, value in leaves(conversion.study):
        if _below(_dotted(at), dotted) and _fits(at, wanted):
            yield trace.field(at, value)


def explain_element(conversion: Conversion, path: str) -> Iterator[Field]:
    """Say which values of the study stand in a FHIR element, such as `ResearchStudy.phase`.

    In R4 and R4B the path of an element of R5 means the place where it is there.
    """
    trace = _Trace(conversion)
    kind = path.partition(".")[0]
    paths = {_INDEX.sub("", path), _INDEX.sub("", place_of(path, trace.version))}
    found = list(_in_element(trace, trace.rows_of(kind, paths), paths))
    # What is there whatever a row writes, such as R4's status, is made from a code.
    yield from found or _in_element(trace, trace.rows(), paths, coded=True)


def _in_element(trace: _Trace, rows: Iterable[Row], paths: set[str], *, coded: bool = False) -> Iterator[Field]:
    for row in rows:
        for at, value in leaves(trace.study):
            if _below(_dotted(at), row.left) and (not coded or hub.enum_of(_dotted(at))):
                spots = dict.fromkeys(spot for spot in trace.spots(at, value, row) if _named(spot, paths))
                if spots:
                    yield Field(at, value, meaning(_dotted(at)), tuple(spots))


def place_of(path: str, version: Version) -> str:
    """Give the place of an R5 element in a version."""
    kind, _, rest = path.partition(".")
    part = {"ResearchStudy": "study", "PlanDefinition": "plan", "Location": "sites"}.get(kind, "eligibility")
    return place(f"{part}.{rest}", version).path if rest else kind


class _Trace:
    """One record as it was written, to be written again with one value changed."""

    def __init__(self, conversion: Conversion) -> None:
        self.version = find(conversion.fhir)
        self._losses = conversion.losses
        whole = {key: value for key, value in conversion.study.items() if key != _RESULTS}
        self.study = hub.check(whole).study
        self._id, self._base = conversion.id, conversion.base
        self._before = self._write(self.version, self.study)

    def _write(self, version: Version, study: Tree) -> dict[str, Tree]:
        scope = Scope(study=study, id=self._id, base=self._base)
        return {f"{own['resourceType']}/{own['id']}": own for own in version.write(scope)}

    def rows(self) -> list[Row]:
        """Give the rows that write."""
        return [row for row in self.version.table.rows if row.codec.write]

    def field(self, at: str, value: Any) -> Field:
        """Follow one value through every row that may have seen it."""
        path = _dotted(at)
        lost = next((loss for loss in self._losses if at == loss.path or at.startswith(f"{loss.path}/")), None)
        why = next((why for own, why in self.version.table.omits.items() if _below(path, own)), "")
        rows = [row for row in self.rows() if _below(path, row.left)]
        spots = [spot for row in rows for spot in self.spots(at, value, row)] if not why else []
        if not spots and lost is None:
            spots = [
                Spot("", str(place(row.right, self.version)), None, row.note) for row in rows if _claims(row, path)
            ]
        return Field(at, value, meaning(path), tuple(dict.fromkeys(spots)), lost, why)

    def spots(self, at: str, value: Any, row: Row) -> Iterator[Spot]:
        """Find where one row puts a value."""
        path = _dotted(at)
        apart = isinstance(value, str) and (_loose(value) or not _claims(row, path))
        for number, other in enumerate(_others(value, path)):
            for resource, leaf in self._gone(row, patch(self.study, {at: other})):
                # Another code of the list may change what else is written: what it only takes away is not this value.
                if (not apart or _akin(value, leaf.value)) and (number == 0 or leaf.instead is not None):
                    yield Spot(resource, _spelled(self._before[resource], leaf.way), leaf.value, row.note)

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
                yield _named(Spot(resource, _spelled(self._before[resource], leaf.way), None), paths)

    def _gone(self, row: Row, study: Tree | None) -> Iterator[tuple[str, Leaf]]:
        """Give the leaves that are not there when one row is given another study, or (None) nothing."""
        table = _rerouted(self.version.table, row, study, Scope(study=study or {}, id=self._id, base=self._base))
        after = self._write(replace(self.version, table=table), self.study)
        for resource, before in self._before.items():
            for leaf in contrast(before, after.get(resource)):
                if not _constant(leaf.way):
                    yield resource, leaf


def _rerouted(table: Table, row: Row, study: Tree | None, scope: Scope) -> Table:
    """Make a table in which one row reads from another study."""
    codec, find_left = row.codec, getter(row.left)

    def write(*_: Any) -> Any:
        value = find_left(study) if study is not None else None
        if value is None or codec.write is None:
            return None
        return codec.write(value, scope) if codec.scoped else codec.write(value)

    own = Row(row.left, row.right, replace(codec, write=write), row.note)
    return Table(*(own if each is row else each for each in table.rows), keys=table.keys, fixed=table.fixed)


def _claims(row: Row, path: str) -> bool:
    return any(_below(path, own) for own in covered(row))


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


# --- paths -----------------------------------------------------------------------------------------------------


def _dotted(at: str) -> str:
    """Spell a JSON Pointer as the tables do, lists transparent."""
    return ".".join(token for token in at.split("/")[1:] if not token.isdigit())


def _below(path: str, above: str) -> bool:
    return not above or path == above or path.startswith(f"{above}.")


def _field(path: str) -> tuple[str, list[tuple[str, str]]]:
    """Give the full path of a field, and which items of its lists are wanted."""
    if path.startswith("/"):
        path = re.sub(r"/(\d+)(?=/|$)", r"[\1]", path).strip("/").replace("/", ".")
    plain = _INDEX.sub("", path)
    known = [own for own in hub.paths() if own == plain or own.endswith(f".{plain}")]
    full = plain if plain in known else known[0] if len(known) == 1 else ""
    if _below(plain, _RESULTS):
        full = plain
    if not full and known:
        raise ConfigError(f"several fields end with {plain!r}; choose one of {', '.join(sorted(known))}")
    if not full:
        raise ConfigError(f"the study has no field {plain!r}; `fhir-adapter tables r5` lists them")
    indexed = (part for part in path.split(".") if _INDEX.search(part))
    return full, [(_INDEX.sub("", part), _INDEX.findall(part)[0]) for part in indexed]


def _fits(at: str, wanted: list[tuple[str, str]]) -> bool:
    tokens = at.split("/")
    return all((name, number) in pairwise(tokens) for name, number in wanted)


def _spelled(resource: Tree, way: Way) -> str:
    """Spell the way to a leaf for people: an extension by its name, its number only where there are several."""
    words, node = "", resource
    for token in way:
        child = node[token]  # type: ignore[index]
        if isinstance(token, int):
            words += _number(node, token)
        else:
            words += f".{token}" if words else token
        node = child
    return words


def _number(items: Any, index: int) -> str:
    url = items[index].get("url") if isinstance(items[index], dict) else None
    if not isinstance(url, str):
        return f"[{index}]"
    alike = [number for number, item in enumerate(items) if item.get("url") == url]
    return f"({short(url)})" + (f"[{alike.index(index)}]" if len(alike) > 1 else "")


def _named(spot: Spot, paths: set[str]) -> bool:
    """Say whether a place is one of these elements, or in it."""
    own = f"{spot.resource.partition('/')[0]}.{_INDEX.sub('', spot.path)}"
    return any(own == path or own.startswith((f"{path}.", f"{path}(")) for path in paths)
