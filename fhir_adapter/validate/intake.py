"""What may be given to be checked: plain trees, JSON as text or bytes, objects of fhir.resources."""

from __future__ import annotations

from codecs import BOM_UTF8
from typing import Any

import orjson

from fhir_adapter.issues import Issue
from fhir_adapter.keys import Doubled, loads, twice

__all__ = ["Plain", "plain"]

# A tree, or a list of trees, and what was wrong with its text.
Plain = tuple[Any, tuple[Issue, ...]]

_UNREADABLE = (UnicodeError, ValueError, RecursionError)


def plain(given: Any) -> Plain:
    """Give the plain tree of a resource, or of a list of them, and what was wrong with its text.

    A text that is no JSON gives None with a fatal issue.
    """
    if isinstance(given, list):
        return _together([plain(item) for item in given])
    if hasattr(given, "model_dump_json"):
        return orjson.loads(given.model_dump_json()), ()
    if not isinstance(given, (str, bytes, bytearray)):
        return given, ()
    try:
        text = given.encode() if isinstance(given, str) else bytes(given)
        value = loads(text.removeprefix(BOM_UTF8))
    except _UNREADABLE as error:
        return None, (Issue.fatal("structure", "", f"not JSON: {error}"),)
    return _together([_single(item) for item in value]) if isinstance(value, list) else _single(value)


def _single(value: Any) -> Plain:
    return twice(value) if isinstance(value, Doubled) else (value, ())


def _together(found: list[Plain]) -> Plain:
    return [tree for tree, _ in found], tuple(issue for _, issues in found for issue in issues)
