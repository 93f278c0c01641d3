"""A request and its reply, apart from any wire."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import orjson

from fhir_adapter.issues import Issue, Severity, to_outcome
from fhir_adapter.tree import Tree

__all__ = ["Reply", "Request", "dump", "outcome", "parse", "raw"]

# A decimal follows a key; inside a text this quote would be escaped, and nothing but time is lost.
_FRACTION = re.compile(rb'":\s*-?\d+(?:\.\d|[eE])')


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request. `path` is below the base (`ResearchStudy/x`), header names are in lower case.

    `base` is the server's address as the client wrote it, without a last slash.
    """

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    base: str = "http://twin.example/fhir"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One reply. `lost`: the connection breaks instead; `delay`: seconds that it takes."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    lost: bool = False
    delay: float = 0.0


def parse(body: bytes) -> Any:
    """Read JSON so that a decimal keeps its last zeros; ValueError where it is none."""
    if _FRACTION.search(body):
        return json.loads(body, parse_float=Decimal, parse_constant=_refuse)
    return orjson.loads(body)


def dump(tree: Any) -> bytes:
    """Write JSON; a Decimal as it was spelt."""
    return orjson.dumps(tree, default=_spell)


def raw(body: bytes) -> Any:
    """Let JSON that is spelt already stand in a tree."""
    return orjson.Fragment(body)


def outcome(words: str, *, code: str = "processing", severity: Severity = Severity.ERROR) -> Tree:
    """Make an OperationOutcome of one issue."""
    return to_outcome([Issue(severity, code, "", words)])


def _spell(value: Any) -> Any:
    if isinstance(value, Decimal):
        return orjson.Fragment(str(value).encode())
    raise TypeError(f"no JSON for {type(value).__name__}")


def _refuse(word: str) -> None:
    raise ValueError(f"{word} is no JSON")
