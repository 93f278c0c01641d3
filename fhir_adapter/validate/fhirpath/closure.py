"""Turn the tree of an expression into nested Python functions, once; they run on one object at a time."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

from fhir_adapter.validate.fhirpath.comparison import UCUM, UnconvertibleError, compare, equal
from fhir_adapter.validate.fhirpath.functions import FUNCTIONS, LAZY, Items, boolean, exist, truth, unique
from fhir_adapter.validate.fhirpath.node import Node, named
from fhir_adapter.validate.fhirpath.syntax import Call, Literal, Name, Operation, Syntax, Variable, parse

__all__ = ["Scope", "compile_expression", "compile_rule"]


class Scope(NamedTuple):
    """Where an expression stands: `$this`, the object it began at, its resource, and the one that contains that."""

    this: Items
    context: Node
    resource: Node
    root: Node

    @classmethod
    def at(cls, node: Node, resource: Node | None = None, root: Node | None = None) -> Scope:
        return cls([node], node, resource or node, root or resource or node)


Closure = Callable[[Scope], Items]
VARIABLES: dict[str, Closure] = {
    "this": lambda scope: scope.this,
    "context": lambda scope: [scope.context],
    "resource": lambda scope: [scope.resource],
    "rootResource": lambda scope: [scope.root],
    "ucum": lambda _scope: [Node(UCUM, "string")],
}


@cache
def compile_rule(fhir: str, expression: str) -> Callable[[Scope], bool]:
    """Compile an invariant: whether it holds. As in HL7's engine, what can't be told (nothing) is a breach.

    Raises ValueError for an expression that is not understood.
    """
    closure = compile_expression(fhir, expression)

    def holds(scope: Scope) -> bool:
        try:
            return bool(truth(closure(scope)))
        except UnconvertibleError:
            return False

    return holds


@cache
def compile_expression(fhir: str, expression: str) -> Closure:
    """Compile an expression to a function from a scope to a collection."""
    return _Compiler(fhir).compile(parse(expression))


class _Compiler:
    """Knows the version, whose definitions say what a step leads to."""

    def __init__(self, fhir: str) -> None:
        self.fhir = fhir

    def compile(self, tree: Syntax) -> Closure:
        if isinstance(tree, Literal):
            return _constant(tree)
        if isinstance(tree, Variable):
            if tree.name not in VARIABLES:
                raise ValueError(f"no variable {tree.name!r} is known to FHIRPath here")
            return VARIABLES[tree.name]
        if isinstance(tree, Name):
            return self.step(tree)
        return self.call(tree) if isinstance(tree, Call) else self.operation(tree)

    def target(self, tree: Syntax | None) -> Closure:
        return VARIABLES["this"] if tree is None else self.compile(tree)

    def step(self, tree: Name) -> Closure:
        fhir, name, target = self.fhir, tree.name, self.target(tree.target)
        if tree.target is None and name[:1].isupper():
            return lambda scope: [item for item in scope.this if item.kind == name]
        return lambda scope: [child for item in target(scope) for child in named(fhir, item, name)]

    def call(self, tree: Call) -> Closure:
        target, name = self.target(tree.target), tree.name
        if name in ("is", "as", "ofType") and len(tree.arguments) == 1:
            return self.typed(name, target, tree.arguments[0])
        if name == "iif":
            return self.choice([self.compile(argument) for argument in tree.arguments])
        if name == "trace":
            return target
        if name in LAZY and tree.arguments:
            return self.lazy(name, target, self.compile(tree.arguments[0]))
        if name == "exists":
            return lambda scope: boolean(exist(target(scope)))
        if name not in FUNCTIONS:
            raise ValueError(f"no function {name!r} is known to FHIRPath here")
        return self.eager(name, target, [self.compile(argument) for argument in tree.arguments])

    def eager(self, name: str, target: Closure, arguments: list[Closure]) -> Closure:
        fhir, function = self.fhir, FUNCTIONS[name]
        if not arguments:
            return lambda scope: function(fhir, target(scope))
        return lambda scope: function(fhir, target(scope), *(argument(scope) for argument in arguments))

    def lazy(self, name: str, target: Closure, argument: Closure) -> Closure:
        function = LAZY[name]

        def run(scope: Scope) -> Items:
            def each(items: Items) -> list[Items]:
                return [argument(scope._replace(this=[item])) for item in items]

            return function(target(scope), each)

        return run

    def choice(self, parts: list[Closure]) -> Closure:
        test, yes = parts[0], parts[1]
        no = parts[2] if len(parts) > 2 else _constant(Literal(None))
        return lambda scope: yes(scope) if truth(test(scope)) else no(scope)

    def typed(self, how: str, target: Closure, kind: Syntax) -> Closure:
        name = kind.name if isinstance(kind, Name) else ""
        if not name:
            raise ValueError(f"{how!r} needs the name of a type")
        if how == "is":
            return lambda scope: boolean(items[0].kind == name if len(items := target(scope)) == 1 else None)
        return lambda scope: [item for item in target(scope) if item.kind == name]

    def operation(self, tree: Operation) -> Closure:
        symbol, left = tree.symbol, self.compile(tree.left)
        if symbol in ("is", "as"):
            return self.typed(symbol, left, tree.right)
        right = self.compile(tree.right)
        if symbol in LOGIC:
            logic = LOGIC[symbol]
            return lambda scope: boolean(logic(left, right, scope))
        if symbol not in OPERATIONS:
            raise ValueError(f"no operator {symbol!r} is known to FHIRPath here")
        operation = OPERATIONS[symbol]
        return lambda scope: operation(left(scope), right(scope))


def _constant(tree: Literal) -> Closure:
    items: Items = []
    if tree.value is not None:
        kinds = {bool: "boolean", int: "integer", float: "decimal", str: "string"}
        items = [Node(tree.value, kinds[type(tree.value)])]
    return lambda _scope: items


def _and(left: Closure, right: Closure, scope: Scope) -> bool | None:
    one = truth(left(scope))
    if one is False:
        return False
    other = truth(right(scope))
    return False if other is False else None if one is None else other


def _or(left: Closure, right: Closure, scope: Scope) -> bool | None:
    one = truth(left(scope))
    if one:
        return True
    other = truth(right(scope))
    return True if other else None if one is None else other


def _xor(left: Closure, right: Closure, scope: Scope) -> bool | None:
    one, other = truth(left(scope)), truth(right(scope))
    return None if one is None or other is None else one is not other


def _implies(left: Closure, right: Closure, scope: Scope) -> bool | None:
    one = truth(left(scope))
    if one is False:
        return True
    other = truth(right(scope))
    return True if other else None if one is None else other


LOGIC: dict[str, Callable[[Closure, Closure, Scope], bool | None]] = {
    "and": _and,
    "or": _or,
    "xor": _xor,
    "implies": _implies,
}


def _same(left: Items, right: Items) -> bool | None:
    if not left or not right:
        return None
    return len(left) == len(right) and all(map(equal, left, right))


def _differ(left: Items, right: Items) -> Items:
    same = _same(left, right)
    return boolean(None if same is None else not same)


def _in(left: Items, right: Items) -> Items:
    return boolean(any(equal(left[0], item) for item in right)) if left else []


def _ordered(test: Callable[[int], bool]) -> Callable[[Items, Items], Items]:
    def apply(left: Items, right: Items) -> Items:
        order = compare(left[0], right[0]) if len(left) == len(right) == 1 else None
        return boolean(None if order is None else test(order))

    return apply


def _joined(left: Items, right: Items) -> Items:
    return [Node("".join(str(item.value) for item in (*left, *right)), "string")]


def _sum(left: Items, right: Items) -> Items:
    """Add numbers, or put strings together; nothing with nothing gives nothing."""
    if not left or not right:
        return []
    return [Node(left[0].value + right[0].value, left[0].kind)]


OPERATIONS: dict[str, Callable[[Items, Items], Items]] = {
    "=": lambda left, right: boolean(_same(left, right)),
    "!=": _differ,
    "in": _in,
    "contains": lambda left, right: _in(right, left),
    "<": _ordered(lambda order: order < 0),
    "<=": _ordered(lambda order: order <= 0),
    ">": _ordered(lambda order: order > 0),
    ">=": _ordered(lambda order: order >= 0),
    "|": lambda left, right: unique(left + right),
    "&": _joined,
    "+": _sum,
    "-": lambda left, right: [Node(left[0].value - right[0].value, left[0].kind)] if left and right else [],
}
