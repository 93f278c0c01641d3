"""What is wrong with a resource is said once, at the right place, in words that help."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import orjson
import pytest

from fhir_adapter.errors import ConfigError
from fhir_adapter.issues import Issue, Severity, blocking
from fhir_adapter.validate import checker, opinion, validate
from pace import soon
from validate_examples import CROSS, STUDY, VERSIONS, Tree, bundle, cross, parts, trial


def errors(resource: Any, fhir: str = "auto") -> list[tuple[str, str]]:
    """Give (path, message) of the errors."""
    return [(issue.path, issue.message) for issue in validate(resource, fhir) if blocking([issue])]


def beyond_codes(issues: list[Issue]) -> list[Issue]:
    """Leave out what is said of codes that may be used, but are not of an extensible or preferred value set."""
    return [issue for issue in issues if issue.code != "code-invalid" or blocking([issue])]


def change(resources: list[Tree], kind: str, **values: Any) -> Tree:
    """Give the first resource of a type with other values; None leaves an element out."""
    found = next(resource for resource in resources if resource["resourceType"] == kind)
    changed = {**found, **values}
    return {key: value for key, value in changed.items() if value is not None}


@pytest.mark.parametrize("fhir", VERSIONS)
def test_a_sound_trial_has_no_issue(fhir):
    """As a list, as single resources and as a transaction; its own codes are not of the milder value sets."""
    assert beyond_codes(validate(trial(fhir), fhir)) == []
    assert beyond_codes(validate(trial(fhir), fhir.upper())) == []
    assert beyond_codes(validate(trial(fhir))) == []
    assert checker(fhir)(trial(fhir)) == []
    assert [issue for resource in trial(fhir) for issue in beyond_codes(validate(resource, fhir))] == []
    assert beyond_codes(validate(bundle(fhir), fhir)) == []


DEFECTS = [
    ({"titel": "x"}, "ResearchStudy", "ResearchStudy has no element 'titel'; did you mean 'title'"),
    ({"status": "bogus"}, "ResearchStudy.status", "one of active, draft, retired, unknown"),
    ({"status": None}, "ResearchStudy", "status is missing"),
    ({"title": ""}, "ResearchStudy.title", "an empty string"),
    ({"title": ["x"]}, "ResearchStudy.title", "an array where a single value belongs"),
    ({"title": 7}, "ResearchStudy.title", "7 is not a string"),
    ({"title": "x" * 1_048_577}, "ResearchStudy.title", "1048577 characters; 1048576 are allowed"),
    ({"title": "a\ud800"}, "ResearchStudy.title", "half a surrogate pair"),
    ({"_title": {"extension": []}}, "ResearchStudy.title.extension", "an empty array"),
    ({"identifier": {"value": "x"}}, "ResearchStudy.identifier", "an object where an array belongs"),
    ({"keyword": []}, "ResearchStudy.keyword", "an empty array; leave it out"),
    ({"period": {}}, "ResearchStudy.period", "an empty object; leave it out"),
    ({"id": "x" * 65}, "ResearchStudy.id", "1 to 64 of the characters"),
    ({"id": "a_b"}, "ResearchStudy.id", "1 to 64 of the characters"),
    ({"date": "2023-02-29"}, "ResearchStudy.date", "a real day"),
    ({"date": "2023-2-1"}, "ResearchStudy.date", "'2023-2-1' is not a valid dateTime"),
    ({"date": "2023-02-01T10:00:00"}, "ResearchStudy.date", "with a time zone"),
    ({"url": "a b"}, "ResearchStudy.url", "a URI without spaces"),
    ({"language": "english"}, "ResearchStudy.language", "not a language tag"),
    ({"recruitment": {"targetNumber": -1}}, "ResearchStudy.recruitment.targetNumber", "not from 0 to"),
    ({"recruitment": {"targetNumber": 1.0}}, "ResearchStudy.recruitment.targetNumber", "not a whole number"),
    ({"site": [{"reference": "Patient/1"}]}, "ResearchStudy.site[0]", "a Patient; Location or ResearchStudy or"),
    ({"site": [{"reference": "#lead"}]}, "ResearchStudy.site[0]", "is a PractitionerRole"),
    ({"site": [{"reference": "#nobody"}]}, "ResearchStudy.site[0]", "nothing contained has the id 'nobody'"),
    ({"site": [{"reference": "Location/a b"}]}, "ResearchStudy.site[0]", "it holds a space"),
    ({"associatedParty": None}, "ResearchStudy.contained[0]", "nothing refers to the contained resource 'lead'"),
    ({"extension": [{"url": "https://x.example"}]}, "ResearchStudy.extension[0]", "neither a value nor extensions"),
    ({"extension": [{"url": "rel", "valueCode": "a"}]}, "ResearchStudy.extension[0]", "'rel' is not absolute"),
    ({"label": [{"id": "a"}, {"id": "a", "value": "x"}]}, "ResearchStudy.label[1]", "the element id 'a' is used twice"),
    ({"site": [{"reference": "Location/1", "type": "Patient"}]}, "ResearchStudy.site[0]", "its type says Patient"),
]


@pytest.mark.parametrize(("values", "path", "words"), DEFECTS)
def test_one_defect_is_one_error(values, path, words):
    """The error stands at the element, or at the one that lacks it, and says what is allowed."""
    broken = change(trial("r5"), "ResearchStudy", **values)

    ((found, message),) = errors(broken, "r5")

    assert found == path
    assert words in message


def test_choices_exclude_each_other():
    """Of value[x] one type may be there; of a characteristic's definitions one."""
    group = change(trial("r4"), "Group")
    group["characteristic"] = [{**group["characteristic"][0], "valueQuantity": {"value": 1}}]
    assert errors(group, "r4") == [
        ("Group.characteristic[0]", "valueBoolean and valueQuantity together; value may be one of them")
    ]

    one = {"definitionId": "a", "definitionCodeableConcept": {"text": "b"}}
    found = validate(change(trial("r5"), "EvidenceVariable", characteristic=[one]), "r5")
    assert [(issue.rule, issue.path) for issue in found] == [("evv-1", "EvidenceVariable.characteristic[0]")]


@pytest.mark.parametrize("fhir", ["r4", "r4b"])
def test_a_characteristic_of_r4_needs_its_definition(fhir):
    """R4 and R4B ask for definition[x], which R5 leaves open."""
    broken = change(trial(fhir), "EvidenceVariable", characteristic=[{"description": "x"}])

    ((path, message),) = errors(broken, fhir)

    assert path == "EvidenceVariable.characteristic[0]"
    assert message.startswith("definition is missing (definitionReference, definitionCanonical")


CROSSING = [
    ({"valueInteger": 1}, "url", "", "valueInteger where valueUri belongs"),
    ({"valueString": "x"}, "nothing", "", "'ResearchStudy.nothing' is no element of R5"),
    ({"valueString": "x"}, "label", "", "extensions for the parts of ResearchStudy.label belong"),
    ({"extension": parts(name_String="x")}, "associatedParty", "", "the part 'role' of ResearchStudy.associatedParty"),
    ({"extension": parts(nam_String="x", name_String="y")}, "outcomeMeasure", ".extension[0]", "has no part 'nam'"),
    ({"extension": parts(value_String=["x", "y"])}, "label", "", "2 times the part 'value'"),
    (
        {"extension": parts(eligibility_Reference={"reference": "Patient/1"})},
        "recruitment",
        ".extension[0].value.ofType(Reference)",
        "'Patient/1' is a Patient; Group or EvidenceVariable belongs here",
    ),
]


@pytest.mark.parametrize("fhir", ["r4", "r4b"])
@pytest.mark.parametrize(("value", "element", "below", "words"), CROSSING)
def test_cross_version_extensions_hold_what_the_r5_element_holds(fhir, value, element, below, words):
    """HL7's engine checks some of this, servers nothing."""
    study = change(trial(fhir), "ResearchStudy")
    study["extension"] = [*study["extension"], cross(f"ResearchStudy.{element}", **value)]
    if element in ("url", "recruitment"):
        study["extension"] = [part for part in study["extension"] if part["url"] != CROSS + f"ResearchStudy.{element}"]
        study["extension"].append(cross(f"ResearchStudy.{element}", **value))

    ((path, message),) = [
        (issue.path, issue.message) for issue in validate(study, fhir) if issue.code != "code-invalid"
    ]

    assert path == f"ResearchStudy.extension[{len(study['extension']) - 1}]{below}"
    assert words in message


@pytest.mark.parametrize("fhir", ["r4", "r4b"])
def test_a_combination_in_an_extension_is_checked_all_the_way_down(fhir):
    """The recursive shape that HL7's engine lets pass: code, characteristics, their parts."""
    inner = parts(linkId_Id="a", descripton_Markdown="x")
    both = [*parts(code_Code="any-of"), {"url": "characteristic", "extension": inner}]
    extension = [cross("EvidenceVariable.characteristic.definitionByCombination", extension=both)]
    characteristic = [{"definitionCodeableConcept": {"text": "x"}, "extension": extension}]

    ((path, message),) = errors(change(trial(fhir), "EvidenceVariable", characteristic=characteristic), fhir)

    assert path == "EvidenceVariable.characteristic[0].extension[0].extension[1].extension[1]"
    assert message == "EvidenceVariable.characteristic has no part 'descripton'"


def test_a_reference_to_a_resource_that_is_not_there_is_an_error():
    """Among the resources of a trial each relative reference must lead to one, inside extensions too."""
    for fhir in VERSIONS:
        without = [resource for resource in trial(fhir) if resource["resourceType"] != "Location"]
        (issue,) = checker(fhir)(without)
        assert (issue.record, issue.path, issue.code) == (
            f"ResearchStudy/{STUDY}",
            "ResearchStudy.site[0]",
            "not-found",
        )

    drugless = [resource for resource in trial("r4") if resource["id"] != f"{STUDY}-int-1"]
    paths = [issue.path for issue in checker("r4")(drugless)]
    assert "ResearchStudy.arm[0].extension[1].value.ofType(Reference)" in paths
    assert "ResearchStudy.extension[6].extension[2].value.ofType(Reference)" in paths


def test_two_resources_with_one_id_are_an_error():
    """A trial that makes the same Type/id twice would overwrite itself."""
    resources = trial("r5")
    assert [issue.code for issue in checker("r5")([*resources, resources[-1]])] == ["duplicate"]


def test_contained_resources_keep_their_rules():
    """An id, no resource in a resource, no version of its own."""
    lead = {"resourceType": "PractitionerRole", "id": "lead"}
    for inner, rule in [
        ({**lead, "contained": [lead]}, "dom-2"),
        ({**lead, "meta": {"versionId": "1"}}, "dom-4"),
        ({**lead, "meta": {"security": [{"code": "R"}]}}, "dom-5"),
    ]:
        found = validate(change(trial("r5"), "ResearchStudy", contained=[inner]), "r5")
        assert rule in [issue.rule for issue in found]


@pytest.mark.parametrize("value", [None, 7, "x", [[]], {}, {"resourceType": "Nope"}, {"resourceType": 5}])
def test_what_is_no_resource_is_said_to_be_none(value):
    """An issue, never an exception."""
    assert any(blocking([issue]) for issue in validate(value, "r5"))
    assert checker("r5")([value])


@pytest.mark.parametrize(
    "value",
    [
        {"title": {"a": {"b": object()}}},
        {"title": "x", 5: "y"},
        {"title": float("nan")},
        {"extension": [{"url": "https://x.example", "valueDecimal": float("inf")}]},
    ],
)
def test_what_is_no_json_is_an_issue(value):
    """Python values that JSON hasn't."""
    study = {"resourceType": "ResearchStudy", "id": "a", "status": "active", **value}
    assert errors(study, "r5")
    assert checker("r5")([study])


def test_endless_nesting_ends():
    """Two thousand extensions in each other, or a value in itself, are one issue."""
    deep: Tree = {"url": "https://x.example", "valueString": "x"}
    for _ in range(2000):
        deep = {"url": "https://x.example", "extension": [deep]}
    study = {"resourceType": "ResearchStudy", "id": "a", "status": "active", "extension": [deep]}

    assert any(issue.code == "too-costly" for issue in soon(lambda: validate(study, "r5"), 5))
    assert soon(lambda: checker("r5")([study]), 5)


@pytest.mark.parametrize("fhir", VERSIONS)
def test_the_version_is_told_from_the_shape(fhir):
    """An element of one version only gives it away; a resource that fits all is taken for R5."""
    assert errors(change(trial(fhir), "ResearchStudy")) == []
    assert validate({"resourceType": "Location", "name": "x"}) == []


def test_a_blank_string_is_a_warning():
    """As HL7's engine says; it doesn't block."""
    (issue,) = validate({"resourceType": "Location", "name": " "})
    assert issue.severity is Severity.WARNING


def test_an_unknown_version_is_named():
    """The choices are in the message."""
    with pytest.raises(ConfigError, match=r"no FHIR version 'r6'; choose one of r4, r4b, r5"):
        validate({}, "r6")
    with pytest.raises(ConfigError, match="r4, r4b, r5"):
        checker("stu3")


def test_fhir_resources_gives_a_second_opinion():
    """It finds what it can; R4 4.0.1 it doesn't know."""
    assert [issue for resource in trial("r5") for issue in opinion(resource, "r5")] == []
    (issue,) = opinion(change(trial("r5"), "ResearchStudy", site=[{"reference": 5}]), "r5")
    assert issue.path.startswith("ResearchStudy.site[0]")
    with pytest.raises(ConfigError, match=r"fhir\.resources has no 'r4'"):
        opinion({}, "r4")


@pytest.mark.parametrize("fhir", VERSIONS)
def test_the_sample_has_no_error(shared, fhir):
    """What HL7's engine accepted without error is accepted here."""
    for path in sorted((shared / "docs" / "sample" / fhir).iterdir()):
        data = path.read_bytes()
        resources = [orjson.loads(line) for line in data.splitlines()] if path.suffix == ".ndjson" else None
        assert errors(resources or orjson.loads(data), fhir) == [], path.name
        assert not resources or checker(fhir)(resources) == []


def test_validation_starts_with_little():
    """Importing loads no schema and no model classes, the first check no models; `scripts/bench` times it."""
    code = (
        "import sys; from fhir_adapter.validate import checker, validate;"
        "assert not {'jsonschema_rs', 'pydantic', 'fhir'} & set(sys.modules);"
        "checker('r4')([{'resourceType': 'Location', 'id': 'a'}]);"
        "validate({'resourceType': 'Location', 'id': 'a'}, 'r4');"
        "assert 'pydantic' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
