"""The check of a study: what is well-formed stays as it is, the rest is left out and named."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import ErrorDetails

from fhir_adapter.issues import Issue
from fhir_adapter.study.faults import about_names, cut, fault, misnamed, shown, without
from fhir_adapter.study.grammar import is_sound
from fhir_adapter.study.record import Study
from fhir_adapter.tree import Tree

__all__ = ["Checked", "check", "schema"]


@dataclass(frozen=True, slots=True)
class Checked:
    """A study in which every value is well-formed, and what was noticed on the way.

    `study` is the very object that came in where nothing had to be left out. An issue with the code
    `code-invalid` is about a value that stays; every other issue is about something left out.
    """

    study: Tree
    issues: tuple[Issue, ...] = ()


def check(record: Any) -> Checked:
    """Check a trial record, a tree as orjson gives it, against the study's vocabulary; never raises, never edits.

    A code that the registry added since is kept and reported. An unknown field, a null and a malformed value
    are left out and reported; a malformed item of a list takes its whole list along, so that no index moves.
    """
    if not isinstance(record, dict):
        message = f"expected one trial record as a JSON object, got {shown(record)}"
        return Checked({}, (Issue.error("structure", "", message),))
    if is_sound(record):
        return Checked(record)
    try:
        _validate()(record)
    except ValidationError as error:
        return _sort(record, error.errors(include_url=False, include_context=False))
    return Checked(record)


def _sort(record: Tree, errors: list[ErrorDetails]) -> Checked:
    """Part what stays from what is left out."""
    unreadable = [place for error in errors if (place := about_names(record, error)) is not None]
    if unreadable:  # pydantic looks no further into an object with such a name: leave them out, then look again
        cuts, noticed = misnamed(record, unreadable)
        again = check(without(record, cuts))
        return Checked(again.study, (*noticed, *again.issues))
    cuts = {}
    issues = []
    for error in errors:
        place, issue = fault(error)
        if place is None or cut(cuts, place):
            issues.append(issue)
    return Checked(without(record, cuts) if cuts else record, tuple(issues))


def schema() -> dict[str, Any]:
    """Give the published JSON Schema (2020-12) of the study."""
    body = _adapter().json_schema(schema_generator=_Untitled)
    opening = {"$schema": GenerateJsonSchema.schema_dialect, "title": "Study"}
    return opening | {key: value for key, value in body.items() if key not in opening}


class _Untitled(GenerateJsonSchema):
    """Leave out the titles made from field names: they say nothing."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002
        return False


@cache
def _adapter() -> TypeAdapter[Study]:
    return TypeAdapter(Study)


@cache
def _validate() -> Callable[[Any], Any]:
    return _adapter().validator.validate_python
