"""Read FHIRPath into a tree: the grammar of http://hl7.org/fhirpath/N1 as far as HL7's invariants use it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

__all__ = ["Call", "Literal", "Name", "Operation", "Syntax", "Variable", "parse"]


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant; `None` stands for the empty collection `{}`."""

    value: Any


@dataclass(frozen=True, slots=True)
class Variable:
    """`this`, `index`, or an environment variable such as `resource` or `ucum`."""

    name: str


@dataclass(frozen=True, slots=True)
class Name:
    """A step to children; without a target from `$this`."""

    target: Syntax | None
    name: str


@dataclass(frozen=True, slots=True)
class Call:
    """A function; without a target of `$this`. Indexing `a[i]` is the function `[]`, a sign `-a` the function `-`."""

    target: Syntax | None
    name: str
    arguments: tuple[Syntax, ...]


@dataclass(frozen=True, slots=True)
class Operation:
    """Two operands; the right one of `is` and `as` is the Name of a type."""

    symbol: str
    left: Syntax
    right: Syntax


Syntax = Literal | Variable | Name | Call | Operation

# From the loosest to the tightest binding.
LEVELS = (
    ("implies",),
    ("or", "xor"),
    ("and",),
    ("in", "contains"),
    ("=", "!=", "~", "!~"),
    ("<", "<=", ">", ">="),
    ("|",),
    ("is", "as"),
    ("+", "-", "&"),
    ("*", "/", "div", "mod"),
)
# HL7's definitions hold one string in double quotes (eld-11), which the engine takes.
_TOKEN = re.compile(
    r"(?P<space>\s+)|(?P<text>'(?:[^'\\]|\\.)*'|\"[^\"]*\")|(?P<number>[0-9]+(?:\.[0-9]+)?)"
    r"|(?P<variable>[%$][A-Za-z_][A-Za-z0-9_-]*)|(?P<name>[A-Za-z_][A-Za-z0-9_]*|`[^`]*`)"
    r"|(?P<symbol><=|>=|!=|!~|[-=~<>+*/|&().,\[\]{}])"
)
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "f": "\f"}


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str


def parse(expression: str) -> Syntax:
    """Read an expression.

    >>> parse("start.exists()")
    Call(target=Name(target=None, name='start'), name='exists', arguments=())

    Raises ValueError for what is not understood.
    """
    reader = _Reader(list(_tokens(expression)))
    tree = reader.read(0)
    if reader.here.kind != "end":
        raise ValueError(f"{reader.here.text!r} is not understood in {expression!r}")
    return tree


def _tokens(expression: str) -> Iterator[_Token]:
    at = 0
    while at < len(expression):
        match = _TOKEN.match(expression, at)
        if match is None:
            raise ValueError(f"{expression[at:]!r} is not understood in {expression!r}")
        at = match.end()
        if match.lastgroup and match.lastgroup != "space":
            yield _Token(match.lastgroup, match[0])
    yield _Token("end", "")


def _unquote(text: str) -> str:
    return _ESCAPE.sub(lambda m: chr(int(m[1], 16)) if m[1] else _ESCAPES.get(m[2], m[2]), text[1:-1])


class _Reader:
    """Goes through the tokens once, by recursive descent."""

    def __init__(self, tokens: list[_Token]) -> None:
        self.tokens = tokens
        self.at = 0

    @property
    def here(self) -> _Token:
        return self.tokens[self.at]

    def take(self, text: str) -> bool:
        if self.here.kind in ("symbol", "name") and self.here.text == text:
            self.at += 1
            return True
        return False

    def demand(self, text: str) -> None:
        if not self.take(text):
            raise ValueError(f"{self.here.text or 'the end'!r} where {text!r} belongs")

    def next(self) -> _Token:
        self.at += 1
        return self.tokens[self.at - 1]

    def read(self, level: int) -> Syntax:
        if level == len(LEVELS):
            return self.signed()
        left = self.read(level + 1)
        while symbol := next((symbol for symbol in LEVELS[level] if self.take(symbol)), ""):
            right = self.type() if symbol in ("is", "as") else self.read(level + 1)
            left = Operation(symbol, left, right)
        return left

    def type(self) -> Syntax:
        name = self.next().text
        return Name(None, self.next().text if self.take(".") else name)

    def signed(self) -> Syntax:
        if self.take("-"):
            return Call(self.signed(), "-", ())
        return self.signed() if self.take("+") else self.chain()

    def chain(self) -> Syntax:
        tree = self.term()
        while True:
            if self.take("."):
                tree = self.invocation(tree)
            elif self.take("["):
                tree = Call(tree, "[]", (self.read(0),))
                self.demand("]")
            else:
                return tree

    def invocation(self, target: Syntax | None) -> Syntax:
        token = self.next()
        if token.kind == "variable":
            return _variable(token.text)
        if token.kind != "name":
            raise ValueError(f"{token.text!r} where a name belongs")
        name = token.text.strip("`")
        return Call(target, name, self.arguments()) if self.take("(") else Name(target, name)

    def arguments(self) -> tuple[Syntax, ...]:
        found: list[Syntax] = []
        while not self.take(")"):
            if found:
                self.demand(",")
            found.append(self.read(0))
        return tuple(found)

    def term(self) -> Syntax:
        token = self.here
        if self.take("("):
            tree = self.read(0)
            self.demand(")")
            return tree
        if self.take("{"):
            self.demand("}")
            return Literal(None)
        if token.kind in ("name", "variable") and token.text not in ("true", "false"):
            return self.invocation(None)
        self.at += 1
        return Literal(_constant(token))


def _constant(token: _Token) -> str | bool | int | float:
    if token.kind == "text":
        return _unquote(token.text)
    if token.kind == "number":
        return float(token.text) if "." in token.text else int(token.text)
    if token.text in ("true", "false"):
        return token.text == "true"
    raise ValueError(f"{token.text or 'the end'!r} where a value belongs")


def _variable(text: str) -> Variable:
    return Variable(text[1:])
