"""Invariants in the fast half: as JSON Schema where a schema says enough, as a compiled function elsewhere.

A schema made here is sufficient: what it accepts keeps the rule. For what it refuses the rule itself is asked,
on this one object; that is rare (a Period with start and end, a Range with both limits).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any

import orjson

from fhir_adapter.issues import Severity
from fhir_adapter.tree import Tree
from fhir_adapter.validate import xhtml
from fhir_adapter.validate.fhirpath import Node, Scope
from fhir_adapter.validate.fhirpath.comparison import UCUM
from fhir_adapter.validate.fhirpath.syntax import Call, Literal, Name, Operation, Syntax, Variable, parse
from fhir_adapter.validate.rules import MALFORMED, Rule, rules_at, rules_of_member
from fhir_adapter.validate.shapes import Member, shape_of

__all__ = ["KEYWORDS", "exclusive", "tests_of", "tests_of_member"]

NEVER: Tree = {"not": True}
_DAY = len("2024-05-17")
_DATED = ("date", "dateTime")


class Holds:
    """A keyword: the rule of this version, place and number holds for the object."""

    def __init__(self, _parent: Tree, value: Any, _path: list[str | int]) -> None:
        self.place = tuple(value)

    def validate(self, instance: Any) -> None:
        if not _kept(*self.place, orjson.dumps(instance)):
            raise ValueError("an invariant is broken")


@lru_cache(maxsize=4096)
def _kept(fhir: str, name: str, key: str, number: int, value: bytes) -> bool:
    """Ask a rule; the same ranges of ages and the like come again and again."""
    kind = shape_of(fhir, name).members[key].kind.name if key else name
    rule = (rules_of_member(fhir, name, key) if key else rules_at(fhir, name))[number]
    try:
        return rule.holds(Scope.at(Node(orjson.loads(value), kind)))
    except MALFORMED:
        return False


class Narrative:
    """A keyword: the text is XHTML as a narrative may hold it."""

    def __init__(self, *_given: Any) -> None:
        pass

    def validate(self, instance: Any) -> None:
        text = str(instance)
        if not xhtml.is_plain(text) or not xhtml.has_content(text) or any(xhtml.faults(text)):
            raise ValueError("not a narrative")


class Ordered:
    """A keyword: two properties are dates without a time, as exact one as the other, and in order."""

    def __init__(self, _parent: Tree, keys: list[str], _path: list[str | int]) -> None:
        self.keys = keys

    def validate(self, instance: Any) -> None:
        first, second = (str(instance.get(key, "")) for key in self.keys)
        if len(first) != len(second) or len(first) > _DAY or first > second:
            raise ValueError("not surely in order")


KEYWORDS: dict[str, type] = {"holds": Holds, "narrative": Narrative, "ordered": Ordered}


@cache
def tests_of(fhir: str, name: str) -> tuple[Tree, ...]:
    """Give a schema for each invariant of a type that is an error."""
    return tuple(_tests(fhir, name, "", name, rules_at(fhir, name)))


@cache
def tests_of_member(fhir: str, name: str, key: str) -> tuple[Tree, ...]:
    """Give a schema for each invariant that a type asks of one of its properties."""
    kind = shape_of(fhir, name).members[key].kind.name
    if kind == "xhtml":
        # txt-1 and txt-2 are part of the keyword `narrative`.
        return ()
    return tuple(_tests(fhir, name, key, kind, rules_of_member(fhir, name, key)))


def _tests(fhir: str, name: str, key: str, kind: str, rules: tuple[Rule, ...]) -> list[Tree]:
    found = []
    for number, rule in enumerate(rules):
        if rule.severity is Severity.ERROR:
            enough = _sure(parse(rule.expression), fhir, kind, True)
            # Of one object alone the resource around it isn't known.
            alone = key or not shape_of(fhir, name).resource
            known = not (alone and ("%resource" in rule.expression or "%rootResource" in rule.expression))
            ask = {"holds": [fhir, name, key, number]} if known else NEVER
            found.append({"anyOf": [enough, ask]} if enough else ask)
    return found


def _sure(tree: Syntax, fhir: str, kind: str, wanted: bool) -> Tree | None:
    """Give a schema under which an expression surely is `wanted`, None where there is none."""
    if isinstance(tree, Call) and not tree.arguments and tree.target is not None:
        if tree.name == "not":
            return _sure(tree.target, fhir, kind, not wanted)
        if tree.name in ("exists", "hasValue", "empty"):
            return _presence(tree.target, fhir, kind, wanted != (tree.name == "empty"))
    if isinstance(tree, Operation) and tree.symbol in ("and", "or", "implies", "xor"):
        return _logic(tree, fhir, kind, wanted)
    if isinstance(tree, Operation) and tree.symbol == "=":
        return _value(tree, fhir, kind, wanted)
    if isinstance(tree, Operation) and tree.symbol == "<" and tree.right == Literal(2) and wanted:
        return _one_of(tree.left, fhir, kind)
    if isinstance(tree, Operation) and tree.symbol == "<=" and wanted:
        return _order(tree, fhir, kind)
    return None


def _logic(tree: Operation, fhir: str, kind: str, wanted: bool) -> Tree | None:
    yes = {side: _sure(side, fhir, kind, True) for side in (tree.left, tree.right)}
    no = {side: _sure(side, fhir, kind, False) for side in (tree.left, tree.right)}
    if tree.symbol == "xor":
        pairs = [_both(yes[tree.left], no[tree.right]), _both(no[tree.left], yes[tree.right])]
        if not wanted:
            pairs = [_both(yes[tree.left], yes[tree.right]), _both(no[tree.left], no[tree.right])]
        return _any(*pairs)
    if tree.symbol == "and":
        sides = yes if wanted else no
        return (_both if wanted else _any)(sides[tree.left], sides[tree.right])
    if tree.symbol == "or":
        sides = yes if wanted else no
        return (_any if wanted else _both)(sides[tree.left], sides[tree.right])
    return _any(no[tree.left], yes[tree.right]) if wanted else _both(yes[tree.left], no[tree.right])


def _both(left: Tree | None, right: Tree | None) -> Tree | None:
    return {"allOf": [left, right]} if left and right else None


def _any(left: Tree | None, right: Tree | None) -> Tree | None:
    return {"anyOf": [left, right]} if left and right else left or right


def _one_of(tree: Syntax, fhir: str, kind: str) -> Tree | None:
    """Ask that one at most of the counted elements is there: `(a.count() + b.count()) < 2`."""
    keys: list[str] = []
    while isinstance(tree, Operation) and tree.symbol == "+":
        keys += _counted(tree.right, fhir, kind)
        tree = tree.left
    return exclusive([*keys, *_counted(tree, fhir, kind)])


def exclusive(keys: Sequence[str]) -> Tree | None:
    """Ask that one at most of the properties is there; None where there are no two."""
    later = {key: [{"required": [other]} for other in keys[index:]] for index, key in enumerate(keys[:-1], 1)}
    return {"dependentSchemas": {key: {"not": {"anyOf": others}} for key, others in later.items()}} if later else None


def _order(tree: Operation, fhir: str, kind: str) -> Tree | None:
    """Ask for two dates in order, `start <= end`; then the first moment of one is before the last of the other too."""
    left, right = tree.left, tree.right
    if isinstance(left, Call) and isinstance(right, Call):
        if (left.name, right.name) != ("lowBoundary", "highBoundary") or not left.target or not right.target:
            return None
        left, right = left.target, right.target
    keys = [
        key
        for side in (left, right)
        for key, member in _keys(side, fhir, kind).items()
        if member.kind.name in _DATED and not member.many
    ]
    return {"required": keys, "ordered": keys} if len(keys) == 2 else None


def _counted(tree: Syntax, fhir: str, kind: str) -> list[str]:
    if isinstance(tree, Call) and tree.name == "count" and tree.target is not None:
        return list(_keys(tree.target, fhir, kind))
    raise ValueError(f"{tree} is no count")


def _keys(tree: Syntax, fhir: str, kind: str) -> dict[str, Member]:
    """Give the properties that a single step from the object leads to."""
    if not isinstance(tree, Name) or tree.target is not None:
        return {}
    members = shape_of(fhir, kind).members
    return {key: member for key, member in members.items() if member.step.partition(".ofType(")[0] == tree.name}


def _presence(tree: Syntax, fhir: str, kind: str, there: bool) -> Tree | None:
    """Ask for a property, or for none; a `_property` alone is neither."""
    if isinstance(tree, Name) and tree.target is not None:
        return None if there else _presence(tree.target, fhir, kind, False)
    keys = _keys(tree, fhir, kind)
    asked = [{"required": [key]} for key, member in keys.items() if not (there and member.shadow)]
    if not asked:
        return None
    found = asked[0] if len(asked) == 1 else {"anyOf": asked}
    return found if there else {"not": found}


def _value(tree: Operation, fhir: str, kind: str, wanted: bool) -> Tree | None:
    """Ask for a property with a constant value, or with another one."""
    keys = [key for key, member in _keys(tree.left, fhir, kind).items() if not member.shadow and not member.many]
    value = tree.right.value if isinstance(tree.right, Literal) else UCUM if tree.right == Variable("ucum") else None
    if len(keys) != 1 or not isinstance(value, str | bool):
        return None
    same = {"const": value}
    return {"required": keys, "properties": {keys[0]: same if wanted else {"not": same}}}
