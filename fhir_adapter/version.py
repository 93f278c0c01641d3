"""One FHIR version: the table that writes it, and how it differs from the version that it revises."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Protocol, cast

from fhir_adapter.assembly import assemble, dismantle, index
from fhir_adapter.errors import ConfigError
from fhir_adapter.profile import Profile
from fhir_adapter.row import Row, Scope, Vocabulary
from fhir_adapter.table import Table
from fhir_adapter.tree import Tree

__all__ = ["BASE", "VERSIONS", "Shape", "Version", "find", "others"]

BASE = "https://fhir-adapter.example/fhir"
VERSIONS = ("R5", "R4B", "R4")


class Shape(Table):
    """A table of differences: what no row names goes through unchanged, both ways."""

    __slots__ = ()

    def __init__(self, *rows: Row, **rules: Mapping[str, object]) -> None:
        super().__init__(*rows, **rules)  # type: ignore[arg-type]
        self._lefts = frozenset(_first(path) for row in rows if row.codec.read for path in _lefts(row))
        self._rights = frozenset(_first(row.right) for row in rows if row.right)


def _first(path: str) -> str:
    return path.removesuffix("[]").partition(".")[0]


def _lefts(row: Row) -> Iterable[str]:
    return row.codec.fields if row.codec.fields and not row.left else (row.left,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A FHIR version as the project writes and reads it.

    `table` maps the study to parts (assembly says which). `shapes` hold, per resource type, how this version
    differs from R5; `extra` adds the resources that only this version needs, given all R5 resources of a trial,
    and `terms` are the lists of codes that it writes. `profiles` say what every resource of a type has.
    """

    name: str
    number: str
    table: Table
    shapes: Mapping[str, Table] = field(default_factory=dict)
    extra: Callable[[list[Tree], Scope], list[Tree]] | None = None
    terms: tuple[Vocabulary, ...] = ()
    profiles: tuple[Profile, ...] = ()

    def revise(
        self,
        *,
        name: str,
        number: str,
        shapes: Mapping[str, Table],
        extra: Callable[[list[Tree], Scope], list[Tree]] | None = None,
        terms: tuple[Vocabulary, ...] = (),
        profiles: tuple[Profile, ...] = (),
    ) -> Version:
        """Make the version that differs from this one by these shapes, and by the profiles of these types."""
        types = {profile.type: profile for profile in (*self.profiles, *profiles)}
        return Version(
            name=name,
            number=number,
            table=self.table,
            shapes={**self.shapes, **shapes},
            extra=extra or self.extra,
            terms=(*self.terms, *terms),
            profiles=tuple(types.values()),
        )

    def write(self, scope: Scope) -> list[Tree]:
        """Write `scope.study` as resources of this version, the ResearchStudy first."""
        resources = assemble(self.table.write(scope.study, scope), scope)
        if self.extra:
            resources = self.extra(resources, scope)  # noqa: S610  (no Django here)
        if not self.shapes:
            return resources
        shapes = self.shapes
        return [
            shapes[kind].write(resource, scope) if (kind := resource["resourceType"]) in shapes else resource
            for resource in resources
        ]

    def read(self, resources: list[Tree], scope: Scope, entries: Iterable[Tree] = ()) -> Tree:
        """Read a study back from its resources of this version: the first ResearchStudy and what it refers to."""
        if self.shapes:
            resources = [self._unshape(resource, scope) for resource in resources]
        study = next((own for own in resources if own.get("resourceType") == "ResearchStudy"), None)
        if study is None:
            return {}
        return self.table.read(dismantle(study, index(resources, entries)), scope)

    def _unshape(self, resource: Tree, scope: Scope) -> Tree:
        shape = self.shapes.get(resource.get("resourceType", ""))
        return shape.read(resource, scope) if shape else resource


@cache
def find(name: str) -> Version:
    """Load a FHIR version by its name, in any case; raises ConfigError for an unknown one."""
    known = name.upper()
    if known not in VERSIONS:
        raise ConfigError(f"no FHIR version {name!r}; choose one of {', '.join(VERSIONS)}")
    module = importlib.import_module(f"fhir_adapter.mappings.fhir.{known.lower()}")
    version = module.VERSION
    if not isinstance(version, Version):
        raise TypeError(f"{module.__name__}.VERSION is no Version")
    return version


class Others(Protocol):
    """What reads the resources that this project did not write."""

    def ours(self, resources: list[Tree]) -> bool: ...

    def read(self, resources: list[Tree], scope: Scope, entries: Iterable[Tree] = ()) -> Tree: ...


def others() -> Others:
    """Load what reads resources of any version and profile that others wrote, and tells them from ours."""
    return cast(Others, importlib.import_module("fhir_adapter.mappings.fhir.foreign"))
