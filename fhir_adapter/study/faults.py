"""Faults that pydantic finds in a record: the issue for people, and the place that has to be left out."""

import re
from functools import reduce
from operator import getitem
from typing import Any

from pydantic_core import ErrorDetails

from fhir_adapter.issues import Issue
from fhir_adapter.study.fields import Entry, index

__all__ = ["Cuts", "Place", "about_names", "cut", "fault", "misnamed", "shown", "spell", "without"]

Place = tuple[int | str, ...]
Cuts = dict[int | str, "Cuts | None"]
"""Places to leave out, as a tree of keys and indices; None: this one."""

_LONGEST_SHOWN = 60
_PLAIN_KEY = re.compile(r"[\w$-]{1,80}", re.ASCII)
# FHIR's code, and no character that FHIR forbids in a string. Rust found no match, so Python may look closer.
_CODE = re.compile(r"[^\s\x00-\x1f\x7f\ufffe\uffff\ud800-\udfff]+( [^\s\x00-\x1f\x7f\ufffe\uffff\ud800-\udfff]+)*")
_LONGEST_CODE = 200


def fault(error: ErrorDetails) -> tuple[Place | None, Issue]:
    """Tell which place one error costs, None where the value stays, and what to say about it."""
    place, value = error["loc"], error["input"]
    path = spell(place)
    if error["type"] == "extra_forbidden":
        return place, Issue.information("structure", path, "the study has no such field; left out")
    entry = index()[".".join(part for part in place if isinstance(part, str))]
    if error["type"] == "literal_error" and _is_code(value):
        known = ", ".join(entry.values)
        message = f"unknown {entry.enumeration} {shown(value)}; known: {known}"
        return None, Issue.warning("code-invalid", path, message)
    if isinstance(place[-1], int):  # an item left out would move its neighbours
        message = f"expected {_expected(error, entry)}, got {shown(value)}; the whole list is left out"
        return place[:-1], Issue.warning(_code(error), path, message)
    message = f"expected {_expected(error, entry)}, got {shown(value)}; left out"
    if value is None:
        return place, Issue.information("structure", path, message)
    return place, Issue.warning(_code(error), path, message)


def about_names(record: Any, error: ErrorDetails) -> Place | None:
    """Give the object some of whose field names are not text (no strict JSON has that); None for any other error."""
    place, kind = error["loc"], error["type"]
    if place[1:] and place[0] == "resultsSection":
        return place[:1]
    if kind == "invalid_key":
        return place[:-1]
    if kind == "string_unicode" and isinstance(reduce(getitem, place, record), dict):
        return place
    return None


def misnamed(record: Any, places: list[Place]) -> tuple[Cuts, list[Issue]]:
    """Note the field names that are not text in the objects at these places."""
    cuts: Cuts = {}
    issues = []
    for place in dict.fromkeys(places):
        structure = reduce(getitem, place, record)
        names = [name for name in structure if not _is_text(name)]
        for name in names:
            cut(cuts, (*place, name))
        message = f"field names must be text, {len(names)} of {len(structure)} are not; these fields are left out"
        issues.append(Issue.warning("structure", spell(place), message))
    return cuts, issues


def cut(cuts: Cuts, place: Place) -> bool:
    """Note a place that is to be left out; False if it, or something around it, was noted before."""
    for part in place[:-1]:
        below = cuts.setdefault(part, {})
        if below is None:
            return False
        cuts = below
    known = place[-1] in cuts and cuts[place[-1]] is None
    cuts[place[-1]] = None
    return not known


def without(tree: Any, cuts: Cuts) -> Any:
    """Copy a tree without the noted places; what is not on the way to one is shared, not copied."""
    if isinstance(tree, list):
        items = list(tree)
        for place, below in cuts.items():
            items[int(place)] = without(tree[int(place)], below or {})
        return items
    kept = {key: value for key, value in tree.items() if not (key in cuts and cuts[key] is None)}
    return {key: without(value, below) if (below := cuts.get(key)) else value for key, value in kept.items()}


def spell(place: Place) -> str:
    """Write a place as people read it: `designModule.phases[1]`; an odd key stands in brackets, quoted."""
    path = ""
    for part in place:
        if isinstance(part, int):
            path += f"[{part}]"
        elif _PLAIN_KEY.fullmatch(part):
            path += f".{part}" if path else part
        else:
            path += f"[{shown(part)}]"
    return path


def shown(value: Any) -> str:
    """Show a value in a message: JSON's words, at most 60 characters of a text, no content of lists and objects."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str):
        return repr(value) if len(value) <= _LONGEST_SHOWN else f"{value[:_LONGEST_SHOWN]!r}…"
    if isinstance(value, float) or (isinstance(value, int) and abs(value) < 10**_LONGEST_SHOWN):
        return repr(value)
    names = {list: "a list", dict: "an object", int: "a number of more than 60 digits"}
    return names.get(type(value), f"a value of type {type(value).__name__}")


def _is_text(name: Any) -> bool:
    try:
        return isinstance(name, str) and bool(name.encode() or True)
    except UnicodeEncodeError:
        return False


def _is_code(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= _LONGEST_CODE and bool(_CODE.fullmatch(value))


def _expected(error: ErrorDetails, entry: Entry) -> str:
    if error["type"] == "list_type":
        return "a list"
    return entry.expected


def _code(error: ErrorDetails) -> str:
    """Name the trouble as FHIR does: `structure` for a wrong type, `value` for wrong content."""
    kind = error["type"]
    wrong_type = kind.endswith("_type") or (kind == "literal_error" and not isinstance(error["input"], str))
    return "structure" if wrong_type else "value"
