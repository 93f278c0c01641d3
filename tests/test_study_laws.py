"""Laws of the study's check: over any JSON, over spoiled records, over the real ones."""

from __future__ import annotations

import copy
import gzip
import json
import os
from pathlib import Path
from typing import Any

import jsonschema_rs
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from fhir_adapter import study
from fhir_adapter.study.grammar import is_sound

SHARED = Path(__file__).parents[2] / "shared"
CLOSE = TypeAdapter(study.Study)

# Invented: no such trial, person, place or number exists.
RECORD: dict[str, Any] = {
    "protocolSection": {
        "identificationModule": {
            "nctId": "NCT99999901",
            "nctIdAliases": ["NCT99999902"],
            "orgStudyIdInfo": {"id": "U01 XX 0001", "type": "NIH", "link": "https://example.org/grant/1"},
            "secondaryIdInfos": [{"id": "2024-599999-01-00", "type": "CTIS", "domain": "EU"}],
            "briefTitle": "Blue light for winter tiredness",
            "organization": {"fullName": "Example Hospital", "class": "OTHER"},
        },
        "statusModule": {
            "overallStatus": "RECRUITING",
            "expandedAccessInfo": {"hasExpandedAccess": False},
            "startDateStruct": {"date": "2024-02-29", "type": "ACTUAL"},
            "completionDateStruct": {"date": "2026-11"},
        },
        "sponsorCollaboratorsModule": {"leadSponsor": {"name": "Example Hospital", "class": "OTHER"}},
        "conditionsModule": {"conditions": ["Fatigue", "Saisonale Müdigkeit\u00a0☀"], "keywords": []},
        "designModule": {
            "studyType": "INTERVENTIONAL",
            "phases": ["PHASE1", "PHASE2"],
            "designInfo": {"maskingInfo": {"masking": "DOUBLE", "whoMasked": ["PARTICIPANT", "INVESTIGATOR"]}},
            "enrollmentInfo": {"count": 0, "type": "ESTIMATED"},
        },
        "armsInterventionsModule": {
            "armGroups": [{"label": "Light", "type": "EXPERIMENTAL", "interventionNames": ["Device: Lamp"]}],
            "interventions": [{"type": "DEVICE", "name": "Lamp", "armGroupLabels": ["Light"]}],
        },
        "outcomesModule": {"primaryOutcomes": [{"measure": "Tiredness", "timeFrame": "Week 6"}]},
        "eligibilityModule": {
            "eligibilityCriteria": "Inclusion Criteria:\n\n* \ttired\r\n",
            "healthyVolunteers": False,
            "minimumAge": "1 Year",
            "maximumAge": "65 Years",
            "stdAges": ["CHILD", "ADULT"],
        },
        "contactsLocationsModule": {
            "centralContacts": [{"name": "Front Desk", "role": "CONTACT", "phone": "555-0100"}],
            "locations": [
                {"facility": "North Ward", "city": "Exampleton", "geoPoint": {"lat": 51, "lon": -0.25}},
                {"facility": "South Ward", "contacts": [{"name": "Desk Two", "role": "CONTACT"}]},
            ],
        },
        "referencesModule": {"references": [{"pmid": "1", "type": "BACKGROUND", "citation": "Nobody et al."}]},
    },
    "resultsSection": {"anything": [{"goes": None}]},
    "documentSection": {
        "largeDocumentModule": {"largeDocs": [{"uploadDate": "2025-01-31T23:59", "size": 5_000_000_000}]}
    },
    "derivedSection": {"conditionBrowseModule": {"meshes": [{"id": "D005221", "term": "Fatigue"}]}},
    "hasResults": False,
}


def left_out(checked: study.Checked) -> list[str]:
    """List the paths of the issues about what was left out."""
    return [issue.path for issue in checked.issues if issue.code != "code-invalid"]


def test_a_well_formed_record_comes_back_as_the_same_object():
    checked = study.check(RECORD)

    assert checked.study is RECORD
    assert checked.issues == ()


REFUSED = {
    "identificationModule": {"briefTitle": " "},
    "statusModule": {"startDateStruct": {"date": "1999-02-29"}},
    "designModule": {"enrollmentInfo": {"count": -1}},
    "eligibilityModule": {"minimumAge": "18"},
    "ipdSharingStatementModule": {"url": "a b"},
    "noSuchModule": {},
}


def test_the_published_schema_is_stable_and_says_what_check_says():
    schema = study.schema()

    assert json.dumps(schema) == json.dumps(study.schema())
    assert schema["title"] == "Study"
    validator = jsonschema_rs.validator_for(schema)
    assert validator.is_valid(RECORD)
    for section, body in REFUSED.items():
        assert not validator.is_valid({"protocolSection": {section: body}}), section


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["", " ", "NCT99999901", "2024", "PHASE1", "Phase 1"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


def places(tree: Any, above: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """List every place of a tree, branches included."""
    branches = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    below = [place for key, value in branches for place in places(value, (*above, key))]
    return [*([above] if above else []), *below]


@st.composite
def spoiled(draw: st.DrawFn) -> dict[str, Any]:
    """Spoil an invented record in a few places."""
    trial = copy.deepcopy(RECORD)
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.sampled_from(places(trial)))
        branch: Any = trial
        for key in place[:-1]:
            branch = branch[key]
        name = draw(st.text()) if isinstance(branch, dict) and draw(st.booleans()) else place[-1]
        branch[name] = draw(JSON)
    return trial


@given(JSON | spoiled())
def test_any_json_is_checked_without_an_exception_and_not_touched(value):
    before = repr(value)

    study.check(value)

    assert repr(value) == before


@given(JSON | spoiled())
def test_what_stays_is_well_formed(value):
    first = study.check(value)

    second = study.check(first.study)

    assert second.study is first.study
    assert left_out(second) == []


@given(spoiled())
def test_an_issue_that_is_not_about_a_kept_code_means_something_is_missing(value):
    checked = study.check(value)

    assert bool(left_out(checked)) == (checked.study is not value)
    assert all(issue.path and issue.message for issue in checked.issues)


@given(JSON | spoiled())
def test_the_first_look_passes_what_the_close_look_passes(value):
    tree = {key: own for key, own in value.items() if key != "resultsSection"} if isinstance(value, dict) else value

    assert is_sound(tree) == passes(tree)


@pytest.mark.parametrize(
    "character", [*map(chr, range(0x20)), *"\x7f\x85\xa0\u1680\u180e\u2003\u2028\u3000\ufeff\ufffe"]
)
def test_the_first_look_knows_the_same_white_space(character):
    for text in (character, f"a{character}", f"{character}a", f"a{character}b"):
        for module in ({"briefTitle": text}, {"nctId": text}):
            tree = {"protocolSection": {"identificationModule": module}}
            assert is_sound(tree) == passes(tree), repr(text)


def passes(tree: Any) -> bool:
    """Say whether pydantic finds no fault in a tree."""
    return CLOSE.validator.isinstance_python(tree)


def shared(path: str) -> Path:
    """Find a file beside the checkout; skip where there is none, fail in CI."""
    file = SHARED / path
    if not file.is_file():
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(f"no {path} in the folder `shared`")
    return file


@pytest.mark.corpus
def test_real_records_are_well_formed():
    with gzip.open(shared("data/ctgov_v2.ndjson.gz")) as lines:
        for line in lines:
            trial = orjson.loads(line)
            checked = study.check(trial)
            assert checked.study is trial
            assert left_out(checked) == []


@pytest.mark.corpus
@pytest.mark.parametrize("name", ["ctgov_v2_partial", "ctgov_v2_edited"])
def test_real_records_that_someone_changed_come_out_well_formed(name):
    with gzip.open(shared(f"data/{name}.ndjson.gz")) as lines:
        for line in lines:
            assert left_out(study.check(study.check(orjson.loads(line)).study)) == []
