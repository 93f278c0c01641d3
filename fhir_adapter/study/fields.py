"""The fields of the study as a flat index: path -> what it is, read once from the type annotations."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Annotated, Any, get_args, get_origin

from pydantic.fields import FieldInfo
from typing_extensions import get_type_hints, is_typeddict

from fhir_adapter.study.codes import Enumeration
from fhir_adapter.study.leaves import Kind
from fhir_adapter.study.record import Study

__all__ = ["Entry", "describe", "enum_of", "enums", "index", "paths"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One field: its description, what its value (or list item) must look like, its enumeration if it has one."""

    description: str
    expected: str
    enumeration: str | None = None
    values: tuple[str, ...] = ()


@cache
def index() -> MappingProxyType[str, Entry]:
    """Give every field by its dotted path, parents first; lists are transparent."""
    return MappingProxyType(dict(_walk(Study, "")))


@cache
def paths() -> frozenset[str]:
    """Give every path of the study, dotted, parents included, lists transparent."""
    return frozenset(index())


def describe(path: str) -> str:
    """Say in one line what a field is; "" for a path that the study does not have."""
    entry = index().get(path)
    return entry.description if entry else ""


def enum_of(path: str) -> str | None:
    """Name the enumeration of a coded field; None for any other."""
    entry = index().get(path)
    return entry.enumeration if entry else None


def enums() -> dict[str, tuple[str, ...]]:
    """Give the enumerations in use, by the registry's names, with the known values in the registry's order."""
    found = {entry.enumeration: entry.values for entry in index().values() if entry.enumeration}
    return dict(sorted(found.items()))


def _walk(structure: Any, above: str) -> Iterator[tuple[str, Entry]]:
    for name, annotation in get_type_hints(structure, include_extras=True).items():
        path = f"{above}.{name}" if above else name
        inner, notes = split(annotation)
        description = next((note.description for note in notes if isinstance(note, FieldInfo) and note.description), "")
        if get_origin(inner) is list:
            inner, notes = split(get_args(inner)[0])
        yield path, _entry(description, inner, notes)
        if is_typeddict(inner):
            yield from _walk(inner, path)


def split(annotation: Any) -> tuple[Any, tuple[Any, ...]]:
    """Part a type from what is noted on it."""
    if get_origin(annotation) is Annotated:
        inner, *notes = get_args(annotation)
        return inner, tuple(notes)
    return annotation, ()


def _entry(description: str, inner: Any, notes: tuple[Any, ...]) -> Entry:
    for note in notes:
        if isinstance(note, Kind):
            return Entry(description, note.expected)
        if isinstance(note, Enumeration):
            values = get_args(inner)
            return Entry(description, f"one of {', '.join(values)}", note.name, values)
    return Entry(description, "an object")
