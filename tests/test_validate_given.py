"""What may be given to `validate`: trees, JSON as text or bytes, objects of fhir.resources, and many of them."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from fhir_adapter.issues import blocking
from fhir_adapter.validate import validate
from fhir_adapter.validate.references import Given
from validate_examples import STUDY, VERSIONS, bundle, trial

BAD = {"resourceType": "Location", "id": "a", "mode": "here"}


def errors(given: Any, fhir: str, among: Given | None = None) -> list[str]:
    """The places of the errors; how a resource is given has nothing to do with warnings."""
    return [issue.path for issue in validate(given, fhir, among) if blocking([issue])]


@pytest.mark.parametrize("fhir", VERSIONS)
def test_text_is_as_good_as_a_tree(fhir: str) -> None:
    """Bytes, text, with a byte order mark, in any spelling: the same issues."""
    for tree in (bundle(fhir), trial(fhir), BAD, [BAD, BAD]):
        expected = validate(tree, fhir)
        data = orjson.dumps(tree)
        pretty = orjson.dumps(tree, option=orjson.OPT_INDENT_2)
        for given in (data, bytearray(data), data.decode(), pretty, b"\xef\xbb\xbf" + data, pretty.decode()):
            assert validate(given, fhir) == expected


@pytest.mark.parametrize(("fhir", "package"), [("r5", "fhir.resources"), ("r4b", "fhir.resources.R4B")])
def test_typed_objects_are_as_good_as_trees(fhir: str, package: str) -> None:
    """Alone, as a Bundle, and in a list."""
    from importlib import import_module

    def typed(tree: dict[str, Any]) -> Any:
        kind = tree["resourceType"]
        return getattr(import_module(f"{package}.{kind.lower()}"), kind).model_validate(tree)

    assert errors(typed(bundle(fhir)), fhir) == []
    assert errors([typed(each) for each in trial(fhir)], fhir) == []
    assert errors(typed(trial(fhir)[0] | {"status": "nope"}), fhir) == ["ResearchStudy.status"]


@pytest.mark.parametrize("text", ["", " ", "{", "Location", '{"a": 1} {"b": 2}', b"\xff\xfe{}", "\ud800", "null", "7"])
def test_what_is_no_resource_is_a_fatal_issue(text: str | bytes) -> None:
    """And nothing is raised."""
    issues = validate(text)
    assert blocking(issues)
    assert len(issues) == 1


def test_the_input_stays_as_it_was() -> None:
    """Also what is wrong with it."""
    given = [*trial("r5"), BAD]
    before = orjson.dumps(given)

    validate(given)

    assert orjson.dumps(given) == before


def test_a_resource_can_be_looked_at_among_others() -> None:
    """A reference that leads to a resource of a known study must lead to one that is there."""
    study, *others = trial("r5")
    names = {(each["resourceType"], each["id"]) for each in others}
    elsewhere = {**study, "site": [{"reference": "Location/elsewhere"}]}

    assert errors(study, "r5", Given(names, {STUDY})) == []
    assert errors(elsewhere, "r5", Given(names, {STUDY})) == []
    assert errors(elsewhere, "r5", Given(names)) == ["ResearchStudy.site[0]"]
    assert "ResearchStudy.site[0]" in errors(study, "r5", Given(set(), {STUDY, "INV"}))
    assert "ResearchStudy.site[0]" in errors(study, "r5", Given(set(), {"INV00", "INV001-loc", "V001"}))
    assert errors(study, "r5", Given(set(), {"INV00", "V001"})) == []
