"""Keywords that JSON Schema lacks, as jsonschema-rs takes them: a class that raises ValueError for what it refuses."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from fhir_adapter.tree import Tree
from fhir_adapter.validate.codings import is_relative
from fhir_adapter.validate.defined import is_sound
from fhir_adapter.validate.primitives import check_r5
from fhir_adapter.validate.terminology import lacks, load

if TYPE_CHECKING:
    from jsonschema_rs import KeywordValidator

__all__ = ["KEYWORDS", "noting"]


class Whole:
    """The number is written without a fraction, which JSON Schema's integer doesn't ask (1.0)."""

    def __init__(self, parent_schema: Tree, value: Any, schema_path: list[str | int]) -> None:
        pass

    def validate(self, instance: Any) -> None:
        if not isinstance(instance, int):
            raise ValueError("not a whole number")


class Short:
    """The number has no more digits than R5 allows."""

    def __init__(self, _schema: Tree, _value: Any, _path: list[str | int]) -> None:
        pass

    def validate(self, instance: Any) -> None:
        if isinstance(instance, bool) or check_r5("decimal", instance):
            raise ValueError("too many digits")


class Coded:
    """A Coding or Quantity has no code that its system lacks in this FHIR version; nor a system without a code."""

    def __init__(self, _schema: Tree, fhir: str, _path: list[str | int]) -> None:
        self.fhir = fhir
        self.systems = load(fhir).systems

    def validate(self, instance: Any) -> None:
        system, code = instance.get("system"), instance.get("code", "")
        if code not in self.systems.get(system, ()) and (is_relative(system) or lacks(self.fhir, system, code)):
            raise ValueError("not a code of its system")


class Placed:
    """An extension that HL7 defines may stand on this type, and holds what HL7 defines."""

    def __init__(self, _schema: Tree, place: list[str], _path: list[str | int]) -> None:
        self.fhir, self.names = place[0], tuple(place[1:])

    def validate(self, instance: Any) -> None:
        if not is_sound(self.fhir, instance, self.names):
            raise ValueError("not where or what HL7 defines")


# Of the thread that validates, and there only while it does.
_NOTED: ContextVar[dict[str, list[Any]] | None] = ContextVar("noted", default=None)


@contextmanager
def noting() -> Iterator[dict[str, list[Any]]]:
    """Collect the values that the keyword `noted` meets, by what it calls them."""
    found: dict[str, list[Any]] = {"reference": [], "id": []}
    token = _NOTED.set(found)
    try:
        yield found
    finally:
        _NOTED.reset(token)


class Noted:
    """Any value is fine, and is told to whoever is `noting`."""

    def __init__(self, _schema: Tree, name: str, _path: list[str | int]) -> None:
        self.name = name

    def validate(self, instance: Any) -> None:
        if (found := _NOTED.get()) is not None:
            found[self.name].append(instance)


KEYWORDS: dict[str, type[KeywordValidator]] = {
    "whole": Whole,
    "short": Short,
    "coded": Coded,
    "placed": Placed,
    "noted": Noted,
}
