"""HL7's invariants: which hold where, compiled, and a walk over a resource that says which are broken.

`scripts/constraints.py` names the few that are checked elsewhere or not at all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from fhir_adapter.issues import Issue, Severity
from fhir_adapter.validate import xhtml
from fhir_adapter.validate.definitions import load
from fhir_adapter.validate.fhirpath import Node, Scope, compile_rule
from fhir_adapter.validate.fhirpath.node import node_of, spread
from fhir_adapter.validate.primitives import shorten
from fhir_adapter.validate.report import DEEPEST, Report
from fhir_adapter.validate.shapes import shape_of

__all__ = ["Rule", "check_rules", "rules_at", "rules_of_member"]

# What a value of a wrong type may raise on the way; the structure has reported it.
MALFORMED = (TypeError, ValueError, AttributeError, KeyError, IndexError, ArithmeticError)


@dataclass(frozen=True, slots=True)
class Rule:
    """One invariant of one FHIR version, in HL7's words and as a function."""

    key: str
    severity: Severity
    words: str
    expression: str
    holds: Callable[[Scope], bool]


@cache
def rules_at(fhir: str, place: str) -> tuple[Rule, ...]:
    """Give the invariants of a type, or of an element (`Narrative.div`)."""
    definitions = load(fhir)
    return tuple(_rule(fhir, number) for number in definitions.places.get(place, ()))


@cache
def _rule(fhir: str, number: int) -> Rule:
    key, severity, words, expression = load(fhir).rules[number]
    return Rule(key, Severity(severity), words, expression, compile_rule(fhir, expression))


@cache
def rules_of_member(fhir: str, name: str, key: str) -> tuple[Rule, ...]:
    """Give the invariants of one property of a type, beside those of its own type."""
    member = shape_of(fhir, name).members[key]
    place = f"{name}.{member.step.partition('.ofType(')[0]}"
    if member.shadow or place in load(fhir).types:
        return ()
    return rules_at(fhir, place) + rules_at(fhir, f"{place}:{member.kind.name}")


def check_rules(report: Report, resource: Any, path: str) -> None:
    """Report the invariants that a resource and what it contains break; not those inside a Bundle's entries."""
    root = node_of(resource)
    _Walk(report, root, root).visit(root, path, 0)


@dataclass(frozen=True, slots=True)
class _Walk:
    """Goes over one resource; `root` is the one that contains it, or itself."""

    report: Report
    resource: Node
    root: Node

    def visit(self, node: Node, path: str, depth: int) -> None:
        """Look at an object and at all below."""
        fhir = self.report.fhir
        if not isinstance(node.value, dict) or depth > DEEPEST or node.kind not in load(fhir).types:
            return
        for rule in rules_at(fhir, node.kind):
            self.try_rule(rule, node, path)
        members = shape_of(fhir, node.kind).members
        for key in node.value:
            name = key.removeprefix("_") if isinstance(key, str) else ""
            member = members.get(name)
            if member is None or (name != key and name in node.value):
                continue
            place = f"{path}.{member.step}"
            for index, child in spread(node.value, name, member):
                self.look(node.kind, name, child, place if index is None else f"{place}[{index}]", depth)

    def look(self, name: str, key: str, child: Node, place: str, depth: int) -> None:
        for rule in rules_of_member(self.report.fhir, name, key):
            self.try_rule(rule, child, place)
        if child.shadow is not None:
            self.visit(Node(child.shadow, "Element"), place, depth + 1)
        if child.kind == "xhtml" and isinstance(child.value, str):
            for fault in xhtml.faults(child.value):
                self.report.error("invalid", place, fault)
        elif shape_of(self.report.fhir, name).members[key].kind.name != "Resource":
            self.visit(child, place, depth + 1)
        elif key == "contained":
            _Walk(self.report, child, self.root).visit(child, place, depth + 1)

    def try_rule(self, rule: Rule, node: Node, path: str) -> None:
        try:
            if rule.holds(Scope.at(node, self.resource, self.root)):
                return
        except MALFORMED:
            return
        message = f"{rule.words.rstrip('.')}; found {_found(node.value)}"
        self.report.issues.append(Issue(rule.severity, "invariant", path, message, rule.key))


def _found(value: Any) -> str:
    """Spell what an object holds, without its resource type and id."""
    if not isinstance(value, dict):
        return shorten(value)
    told = [f"{key} {shorten(item)}" for key, item in value.items() if key not in ("resourceType", "id", "extension")]
    return ", ".join(told[:4]) + (" …" if len(told) > 4 else "") if told else "nothing"
