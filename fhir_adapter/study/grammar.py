"""A first look at a record: whether all of it is well-formed, and no more.

The study's types as one JSON Schema for jsonschema-rs, which says yes in half of pydantic's time. Most records need
no more; pydantic looks again at one that does not pass, and says where and what.
"""

from collections.abc import Callable
from functools import cache
from typing import Any, Literal, get_args, get_origin

from typing_extensions import get_type_hints, is_typeddict

from fhir_adapter.study.fields import split
from fhir_adapter.study.record import Study
from fhir_adapter.tree import Tree

__all__ = ["is_sound"]

_TYPES: dict[type, Tree] = {
    bool: {"type": "boolean"},
    # To jsonschema-rs an int of more than 4,300 digits, which Python won't write out, is an integer but no number.
    int: {"allOf": [{"type": "number"}, {"type": "integer"}]},
    float: {"type": "number"},
    str: {"type": "string"},
}
# Rules of a leaf: pydantic's name, JSON Schema's name.
_RULES = {"pattern": "pattern", "max_length": "maxLength", "ge": "minimum", "le": "maximum"}
_UNSEEN = "resultsSection"  # nothing in it is checked but its names, and those only pydantic can


def is_sound(record: Any) -> bool:
    """Say whether a tree is a well-formed study without results; False also where a closer look has to tell."""
    try:
        return _validate()(record)
    except ValueError:  # a text, a name or a type that JSON does not have
        return False


@cache
def _validate() -> Callable[[Any], bool]:
    from jsonschema_rs import Draft4Validator, RegexOptions  # an integer of Draft 4 has no fraction: 1.0 is none

    return Draft4Validator(_object(Study), pattern_options=RegexOptions()).is_valid


def _object(structure: Any) -> Tree:
    hints = get_type_hints(structure, include_extras=True)
    fields = {name: _value(annotation) for name, annotation in hints.items() if name != _UNSEEN}
    return {"type": "object", "properties": fields, "additionalProperties": False}


def _value(annotation: Any) -> Tree:
    inner, notes = split(annotation)
    if is_typeddict(inner):
        return _object(inner)
    if get_origin(inner) is list:
        return {"type": "array", "items": _value(*get_args(inner))}
    if get_origin(inner) is Literal:
        return {"enum": list(get_args(inner))}
    rules = [rule for note in notes for rule in getattr(note, "metadata", ())]
    limits = {word: getattr(rule, name) for name, word in _RULES.items() for rule in rules if hasattr(rule, name)}
    return {**_TYPES[inner], **limits}
