"""Profiles: what a StructureDefinition demands beyond the base, checked on resources.

A differential is understood as far as the published profiles go (fhir_adapter/conformance.py): cardinality, fixed
and pattern values, types, constraints that are listed here. Anything else raises TableError when the profile is read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from fhir_adapter.errors import TableError
from fhir_adapter.issues import Issue
from fhir_adapter.tree import Tree
from fhir_adapter.validate.definitions import load
from fhir_adapter.validate.primitives import shorten

__all__ = ["Demand", "Profile", "check_profiles", "read_profile"]

_WORDS = {"id", "path", "short", "definition"}
_RULES = {"min", "max", "type", "constraint"}
_TESTS: dict[str, Callable[[Tree], bool]] = {
    "contentType = 'application/json' and data.exists()": lambda value: (
        value.get("contentType") == "application/json" and "data" in value
    )
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What a profile demands of one element: `steps` lead to it from the resource, `most` None means any number.

    `pattern` must be part of each value, `exact` be all of it. `constraints` are (key, words, test).
    """

    steps: tuple[str, ...]
    least: int = 0
    most: int | None = None
    pattern: Any = None
    exact: bool = False
    types: tuple[str, ...] = ()
    constraints: tuple[tuple[str, str, Callable[[Tree], bool]], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A profile that can be checked: of a resource type, or of the extension with its url."""

    url: str
    name: str
    type: str
    contexts: tuple[str, ...] = ()
    demands: tuple[Demand, ...] = ()


def read_profile(structure: Tree, fhir: str) -> Profile:
    """Read what a StructureDefinition (differential) demands beyond the base of a FHIR version."""
    kind, elements = structure["type"], structure["differential"]["element"]
    demands = [_demand(element, kind, fhir.lower()) for element in elements if element["path"] != kind]
    contexts = tuple(each["expression"] for each in structure.get("context", ()))
    return Profile(url=structure["url"], name=structure["id"], type=kind, contexts=contexts, demands=tuple(demands))


def _demand(element: Tree, kind: str, fhir: str) -> Demand:
    values = [key for key in element if key.startswith(("pattern", "fixed"))]
    unread = element.keys() - _WORDS - _RULES - set(values)
    if unread or len(values) > 1:
        raise TableError(f"{element['path']}: no way to check {', '.join(sorted(unread) or values)}")
    steps = tuple(element["path"].split(".")[1:])
    base = load(fhir).types.get(kind, {}).get(steps[0]) if len(steps) == 1 else None
    least = element.get("min", 0)
    most = element.get("max", "*")
    return Demand(
        steps=steps,
        least=0 if base and base[0] >= least else least,
        most=None if most == "*" else int(most),
        pattern=element[values[0]] if values else None,
        exact=bool(values) and values[0].startswith("fixed"),
        types=tuple(each["code"] for each in element.get("type", ())),
        constraints=tuple(_constraint(each) for each in element.get("constraint", ())),
    )


def _constraint(constraint: Tree) -> tuple[str, str, Callable[[Tree], bool]]:
    test = _TESTS.get(constraint["expression"])
    if test is None:
        raise TableError(f"{constraint['key']}: no way to check {constraint['expression']!r}")
    return constraint["key"], constraint["human"], test


def check_profiles(resource: Any, profiles: Iterable[Profile]) -> list[Issue]:
    """Give what a resource, or each resource of a Bundle, lacks of the profiles of its type and its extensions."""
    chosen = list(profiles)
    return [issue for path, own in _resources(resource) for issue in _check(own, path, chosen)]


def _resources(resource: Any) -> Iterator[tuple[str, Tree]]:
    kind = resource.get("resourceType") if isinstance(resource, dict) else None
    if not isinstance(kind, str):
        return
    yield kind, resource
    entries = resource.get("entry") if kind == "Bundle" else None
    for index, entry in enumerate(entries if isinstance(entries, list) else ()):
        own = entry.get("resource") if isinstance(entry, dict) else None
        if isinstance(own, dict) and isinstance(own.get("resourceType"), str):
            yield f"Bundle.entry[{index}].resource", own


def _check(resource: Tree, path: str, profiles: list[Profile]) -> Iterator[Issue]:
    for profile in profiles:
        if profile.type == resource["resourceType"]:
            yield from _compare(profile, resource, path)
        elif profile.type == "Extension":
            yield from _extensions(profile, resource, path)


def _extensions(profile: Profile, resource: Tree, path: str) -> Iterator[Issue]:
    found = resource.get("extension")
    for index, extension in enumerate(found if isinstance(found, list) else ()):
        if not isinstance(extension, dict) or extension.get("url") != profile.url:
            continue
        place = f"{path}.extension[{index}]"
        if profile.contexts and resource["resourceType"] not in profile.contexts:
            where = " or ".join(profile.contexts)
            yield Issue.error("structure", place, f"the extension {profile.name} belongs on {where}", profile.name)
        yield from _compare(profile, extension, place)


def _compare(profile: Profile, own: Tree, path: str) -> Iterator[Issue]:
    for demand in profile.demands:
        *above, last = demand.steps
        for parent, place in _below([(own, path)], above):
            yield from _meet(demand, profile.name, parent, last, place)


def _below(parents: list[tuple[Tree, str]], steps: list[str]) -> list[tuple[Tree, str]]:
    for step in steps:
        parents = [
            (value, place)
            for parent, path in parents
            for value, place in _values(parent, step, path)
            if isinstance(value, dict)
        ]
    return parents


def _values(parent: Tree, step: str, path: str) -> list[tuple[Any, str]]:
    """Give the values of an element with their places; `value[x]` is any of its properties."""
    if step.endswith("[x]"):
        stem = step.removesuffix("[x]")
        named = [key for key in parent if key.startswith(stem) and key[len(stem) :][:1].isupper()]
        return [(parent[key], f"{path}.{stem}") for key in named]
    found = parent.get(step, parent.get(f"_{step}"))
    if isinstance(found, list):
        return [(value, f"{path}.{step}[{index}]") for index, value in enumerate(found)]
    return [] if found is None else [(found, f"{path}.{step}")]


def _meet(demand: Demand, name: str, parent: Tree, step: str, path: str) -> Iterator[Issue]:
    found = _values(parent, step, path)
    stem = step.removesuffix("[x]")
    if len(found) < demand.least:
        yield Issue.error("required", path, f"{stem} is missing; the profile {name} demands it", name)
    if demand.most is not None and len(found) > demand.most:
        allowed = f"{demand.most} are" if demand.most else "none is"
        yield Issue.error("structure", f"{path}.{stem}", f"{len(found)} values; {allowed} allowed by {name}", name)
    keys = {f"{stem}{code[0].upper()}{code[1:]}" for code in demand.types}
    if demand.types and found and not keys & parent.keys():
        allowed = " or ".join(demand.types)
        yield Issue.error("structure", f"{path}.{stem}", f"{allowed} belongs here, says the profile {name}", name)
        return
    for value, place in found:
        yield from _suit(demand, name, value, place)


def _suit(demand: Demand, name: str, value: Any, path: str) -> Iterator[Issue]:
    fits = _equal(value, demand.pattern) if demand.exact else _holds(value, demand.pattern)
    if demand.pattern is not None and not fits:
        words = f"{shorten(value)} is not what the profile {name} demands: {shorten(demand.pattern)}"
        yield Issue.error("value", path, words, name)
    for key, human, test in demand.constraints:
        if not isinstance(value, dict) or not test(value):
            yield Issue.error("invariant", path, f"{human[:1].lower()}{human[1:]}: demanded by {name}", key)


def _equal(value: Any, other: Any) -> bool:
    return type(value) is type(other) and bool(value == other)


def _holds(value: Any, pattern: Any) -> bool:
    """Say whether a value has all that a pattern has; each item of a list in one of its own."""
    if isinstance(pattern, dict):
        return isinstance(value, dict) and all(key in value and _holds(value[key], pattern[key]) for key in pattern)
    if isinstance(pattern, list):
        return isinstance(value, list) and all(any(_holds(own, item) for own in value) for item in pattern)
    return _equal(value, pattern)
