"""Mutants: sound resources with one thing broken in each, in a fixed order, to be judged by HL7's engine and by us."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from fhir_adapter.validate.definitions import load
from fhir_adapter.validate.shapes import shape_of
from wrong_objects import WHOLES, wrong_objects
from wrong_values import wrong_values

Tree = dict[str, Any]
Steps = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Mutant:
    """A resource with one thing broken: `name` says where and what, `sort` the same without the place's indices."""

    name: str
    sort: str
    resource: Any


@dataclass(frozen=True, slots=True)
class Place:
    """A value in a resource: the type that owns its property, and its own type (`code`, `Period`, `Bundle.entry`)."""

    steps: Steps
    value: Any
    owner: str
    kind: str
    targets: tuple[str, ...]
    many: bool

    @property
    def key(self) -> str:
        return next(step for step in reversed(self.steps) if isinstance(step, str))


def mutants(fhir: str, resource: Tree) -> Iterator[Mutant]:
    """Give the mutants of a resource, each name once."""
    seen: set[str] = set()
    for mutant in _mutants(fhir, resource):
        if mutant.name not in seen:
            yield mutant
        seen.add(mutant.name)


def _mutants(fhir: str, resource: Tree) -> Iterator[Mutant]:
    kind = resource["resourceType"]
    for what, broken in wrong_objects(resource, kind, fhir):
        yield Mutant(f"whole: {what}", f"{kind}: {what}", broken)
    for what, change in WHOLES.get(kind, {}).items():
        broken = change(resource)
        if broken is not None:
            yield Mutant(f"whole: {what}", f"{kind}: {what}", broken)
    for place in _places(fhir, kind, resource, ()):
        where = ".".join(map(str, place.steps))
        item = "[]" if isinstance(place.steps[-1], int) else ""
        for what, broken in _broken(fhir, resource, place):
            yield Mutant(f"{where} {what}", f"{place.owner}.{place.key}{item} {what}", broken)


def _places(fhir: str, owner: str, tree: Tree, steps: Steps) -> Iterator[Place]:
    members = shape_of(fhir, owner).members
    for key, value in tree.items():
        member = members.get(key)
        if member is None:
            continue
        kind, targets = member.kind.name, member.kind.targets
        yield Place((*steps, key), value, owner, kind, targets, member.many)
        items = value[:2] if isinstance(value, list) else []
        for index, item in enumerate(items):
            yield Place((*steps, key, index), item, owner, kind, targets, False)
        inner = [(index, item) for index, item in enumerate(value)] if isinstance(value, list) else [(None, value)]
        for index, item in inner:
            if isinstance(item, dict):
                place = (*steps, key) if index is None else (*steps, key, index)
                yield from _places(fhir, item.get("resourceType", kind) if kind == "Resource" else kind, item, place)


def _broken(fhir: str, resource: Tree, place: Place) -> Iterator[tuple[str, Any]]:
    steps, value = place.steps, place.value
    for what, other in _others(fhir, place):
        yield what, put(resource, steps, other)
    if isinstance(steps[-1], int):
        yield "null", put(resource, steps, None)
        return
    yield "deleted", put(resource, steps, GONE)
    yield "misspelt", _renamed(resource, place, f"{place.key}x")
    yield "capital", _renamed(resource, place, place.key[0].upper() + place.key[1:])
    yield "null", put(resource, steps, None)
    yield "retyped", put(resource, steps, (value or [{}])[0] if place.many else [value])
    yield "empty array", put(resource, steps, [])
    if place.many:
        yield from _lists(resource, place)
    shadow: Steps = (*steps[:-1], f"_{place.key}")
    if place.key[0] != "_":
        for what, other in _shadows(fhir, place):
            yield f"shadow {what}", put(resource, shadow, other)
    for key in _rivals(fhir, place):
        yield f"beside {key}", put(resource, (*steps[:-1], key), value)
        yield f"as {key}", _renamed(resource, place, key)


def _others(fhir: str, place: Place) -> Iterator[tuple[str, Any]]:
    value = place.value
    if isinstance(value, dict) and place.kind == "Resource":
        yield from wrong_objects(value, str(value.get("resourceType")), fhir)
    elif isinstance(value, dict):
        yield from wrong_objects(value, place.kind, fhir)
    elif not isinstance(value, list):
        yield from wrong_values(place.kind, value)


def _lists(resource: Tree, place: Place) -> Iterator[tuple[str, Any]]:
    value, steps = place.value, place.steps
    yield "repeated", put(resource, steps, [*value, *value])
    yield "with null", put(resource, steps, [*value, None])
    yield "with {}", put(resource, steps, [*value, {}])
    yield "nested", put(resource, steps, [value])
    if len(value) > 1:
        yield "without its first", put(resource, steps, value[1:])
        yield "first only", put(resource, steps, value[:1])


def _shadows(fhir: str, place: Place) -> Iterator[tuple[str, Any]]:
    good = {"extension": [{"url": "https://invented.example/why", "valueCode": "unknown"}]}
    wrap: Callable[[Any], Any] = (lambda each: [each]) if place.many else (lambda each: each)
    yield "id", wrap({"id": "a1"})
    yield "extension", wrap(good)
    if place.kind in load(fhir).primitives:
        yield "empty", wrap({})
        yield "unheard", wrap({"unheard": 1})
        yield "other form", good if place.many else [good]
        yield "text", "a"
        yield "longer", [None, None, None, good] if place.many else {"id": "a b"}


def _rivals(fhir: str, place: Place) -> list[str]:
    """Give properties that stand for another type of a choice, and one that no version allows."""
    for _, names in shape_of(fhir, place.owner).choices:
        if place.key in names:
            others = [name for name in names if name != place.key]
            stem = next((key for key in ("value", "author", "onset", "timing") if place.key.startswith(key)), "")
            return [*others[:2], others[-1], *([f"{stem}Unheard"] if stem else [])]
    return []


GONE = object()


def put(tree: Any, steps: Steps, value: Any) -> Any:
    """Give the tree with another value at a place, the rest shared; GONE takes the place away."""
    if not steps:
        return value
    key, rest = steps[0], steps[1:]
    if isinstance(tree, list):
        assert isinstance(key, int)
        return [*tree[:key], put(tree[key], rest, value), *tree[key + 1 :]]
    out = {**tree, key: put(tree.get(key), rest, value)}
    if out[key] is GONE:
        del out[key]
    return out


def _renamed(resource: Tree, place: Place, key: str) -> Any:
    without = put(resource, place.steps, GONE)
    return put(without, (*place.steps[:-1], key), place.value)
