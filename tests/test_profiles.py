"""What a profile demands is checked on resources: cardinality, values, types and constraints."""

from __future__ import annotations

from typing import Any

import pytest

from command_line import record
from fhir_adapter import conformance, remainder
from fhir_adapter.convert import convert
from fhir_adapter.errors import TableError
from fhir_adapter.validate.profiles import check_profiles, read_profile
from fhir_adapter.version import BASE, VERSIONS, find

Tree = dict[str, Any]
PLACE = {"resourceType": "Location", "identifier": [{"value": "1"}], "mode": "kind", "name": "x"}


def profile(*elements: Tree, kind: str = "Location", **more: Any) -> Tree:
    """Write a profile with these elements."""
    told = [{"id": kind, "path": kind, "short": "invented"}]
    told += [{"id": each["path"], **each} for each in elements]
    about = {"id": "invented", "url": "https://invented.example/StructureDefinition/invented", "type": kind}
    return {**about, **more, "differential": {"element": told}}


def found(resource: Tree, *elements: Tree, **more: Any) -> list[tuple[str, str]]:
    return [(i.path, i.code) for i in check_profiles(resource, [read_profile(profile(*elements, **more), "R5")])]


CONCEPT = {"coding": [{"system": "x:y", "code": "a"}]}


@pytest.mark.parametrize(
    ("element", "issues"),
    [
        ({"path": "Location.name", "min": 1}, []),
        ({"path": "Location.name", "max": "0"}, [("Location.name", "structure")]),
        ({"path": "Location.alias", "min": 1}, [("Location", "required")]),
        ({"path": "Location.identifier", "min": 2}, [("Location", "required")]),
        ({"path": "Location.identifier.system", "min": 1}, [("Location.identifier[0]", "required")]),
        ({"path": "Location.identifier.type", "min": 0, "max": "1"}, []),
        ({"path": "Location.alias.x", "min": 1}, []),
        ({"path": "Location.mode", "patternCode": "kind"}, []),
        ({"path": "Location.mode", "patternCode": "instance"}, [("Location.mode", "value")]),
        ({"path": "Location.mode", "fixedCode": "instance"}, [("Location.mode", "value")]),
        ({"path": "Location.identifier.value", "patternString": "2"}, [("Location.identifier[0].value", "value")]),
    ],
)
def test_a_demand_is_met_or_an_issue_at_its_place(element: Tree, issues: list[tuple[str, str]]) -> None:
    """Something missing is reported at what lacks it."""
    assert found(PLACE, element) == issues


def test_a_pattern_is_part_of_a_value_and_a_fixed_value_all_of_it() -> None:
    """More is fine for a pattern: other codings, a text."""
    resource = {"resourceType": "Location", "form": {"coding": [{"code": "b"}, *CONCEPT["coding"]], "text": "x"}}

    assert found(resource, {"path": "Location.form", "patternCodeableConcept": CONCEPT}) == []
    assert found(resource, {"path": "Location.form", "fixedCodeableConcept": CONCEPT}) == [("Location.form", "value")]
    assert found({**resource, "form": CONCEPT}, {"path": "Location.form", "fixedCodeableConcept": CONCEPT}) == []


def test_true_is_no_number() -> None:
    """Python thinks so, FHIR doesn't."""
    element = {"path": "Group.actual", "patternBoolean": False}
    assert found({"resourceType": "Group", "actual": 0}, element, kind="Group") == [("Group.actual", "value")]


@pytest.mark.parametrize(
    "element",
    [
        {"path": "Location.name", "mustSupport": True},
        {"path": "Location.name", "binding": {"strength": "required"}},
        {"path": "Location.name", "slicing": {}},
        {"path": "Location.name", "constraint": [{"key": "x-1", "human": "x", "expression": "x.exists()"}]},
    ],
)
def test_a_demand_that_cannot_be_checked_is_refused(element: Tree) -> None:
    """When the profile is read: nothing is passed over in silence."""
    with pytest.raises(TableError, match="no way to check"):
        read_profile(profile(element), "R5")


@pytest.mark.parametrize(
    "odd", [None, 7, [], "x", {}, {"resourceType": 5}, {"resourceType": "Bundle", "entry": [None]}]
)
def test_what_is_no_resource_is_left_to_the_validator(odd: Any) -> None:
    """No exception."""
    assert check_profiles(odd, [read_profile(profile(), "R5")]) == []


@pytest.mark.parametrize("name", VERSIONS)
def test_every_shipped_profile_can_be_checked(name: str) -> None:
    """And what is written keeps to them."""
    version = find(name)
    shipped = conformance.profiles(version)

    assert {each.type for each in shipped} == {"Extension", *(own.type for own in version.profiles)}
    made = convert(record(), name)
    assert check_profiles(made.bundle(), shipped) == []


@pytest.mark.parametrize(
    ("extension", "place", "codes"),
    [
        ({"valueAttachment": {"contentType": "application/json", "data": "e30="}}, "", []),
        ({"valueAttachment": {"contentType": "text/plain", "data": "e30="}}, ".value", ["invariant"]),
        ({"valueAttachment": {"contentType": "application/json"}}, ".value", ["invariant"]),
        ({"valueString": "x"}, ".value", ["structure"]),
        ({}, "", ["required"]),
        ({"extension": [{"url": "a", "valueCode": "b"}]}, "", ["structure", "required"]),
    ],
)
def test_our_extension_has_its_definition(extension: Tree, place: str, codes: list[str]) -> None:
    """One JSON object in an Attachment."""
    url = f"{BASE}/StructureDefinition/{remainder.NAME}"
    study = {"resourceType": "ResearchStudy", "extension": [{"url": url, **extension}]}
    (definition,) = [each for each in conformance.profiles(find("R5")) if each.type == "Extension"]

    issues = check_profiles(study, [definition])

    assert [issue.code for issue in issues] == codes
    assert all(issue.path.startswith(f"ResearchStudy.extension[0]{place}") for issue in issues)
    elsewhere = check_profiles({**study, "resourceType": "Location"}, [definition])
    assert any("belongs on ResearchStudy" in issue.message for issue in elsewhere)
