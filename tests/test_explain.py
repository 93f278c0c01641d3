"""explain: where each value of a record went, in every version."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from command_line import Run, lines, record, records
from fhir_adapter.contrast import contrast
from fhir_adapter.convert import Conversion, convert
from fhir_adapter.errors import ConfigError
from fhir_adapter.explanation import Field, explain, explain_element
from fhir_adapter.tree import leaves, patch
from fhir_adapter.version import VERSIONS
from studies import studies

pytest_plugins = ["command_line_fixtures"]

Tree = dict[str, Any]
STATUS = "protocolSection.statusModule"
XV_STATUS = "extension(ResearchStudy.progressStatus)"


def converted(changes: Tree | None = None, fhir: str = "R5") -> Conversion:
    """Convert an invented trial, with changes by JSON Pointer."""
    return convert(patch(record(sites=2), changes or {}), fhir, "ctgov")


def places(fields: list[Field]) -> list[tuple[str, str, Any]]:
    return [(spot.resource, spot.path, spot.value) for field in fields for spot in field.spots]


@pytest.mark.parametrize(
    ("fhir", "status", "found"),
    [
        ("R5", "progressStatus[0].state", []),
        (
            "R4",
            f"{XV_STATUS}.extension(state).valueCodeableConcept",
            [("ResearchStudy/NCT00000001", "status", "active")],
        ),
    ],
)
def test_a_code_is_followed_to_its_codings_its_text_and_its_copies(fhir: str, status: str, found: list[Any]) -> None:
    (field,) = explain(converted(fhir=fhir), "overallStatus")

    study = "ResearchStudy/NCT00000001"
    assert (field.at, field.value) == ("/protocolSection/statusModule/overallStatus", "RECRUITING")
    assert field.meaning == "State of the trial as a whole"
    assert field.spots[0].note == "never lastKnownStatus"
    assert places([field]) == [
        (study, f"{status}.coding[0].code", "recruiting"),
        (study, f"{status}.coding[1].code", "RECRUITING"),
        (study, f"{status}.text", "Recruiting"),
        *found,
    ]


def test_one_of_several_can_be_named() -> None:
    """By its index, or with a JSON Pointer."""
    conversion = converted({"/protocolSection/contactsLocationsModule/locations/1/city": "Elsewhere"})

    (field,) = explain(conversion, "locations[1].city")

    assert places([field]) == [("Location/NCT00000001-loc-2", "address.city", "Elsewhere")]
    assert list(explain(conversion, field.at)) == [field]
    assert [own.value for own in explain(conversion, "locations.city")] == ["Nowhere", "Elsewhere"]


def test_copies_say_why_they_are_there() -> None:
    conversion = converted({"/protocolSection/statusModule/startDateStruct": {"date": "2024-02", "type": "ACTUAL"}})

    (field,) = explain(conversion, f"{STATUS}.startDateStruct.date")

    copy = next(spot for spot in field.spots if spot.path == "period.start")
    assert copy.note.startswith("a copy for search")
    assert [spot.value for spot in field.spots] == ["2024-02", "2024-02"]


def test_what_no_element_holds_is_in_the_remainder_with_the_reason() -> None:
    conversion = converted({"/derivedSection": {"miscInfoModule": {"removedCountries": ["Iceland"]}}})

    (field,) = explain(conversion, "removedCountries")

    assert field.spots == ()
    assert field.lost is not None
    assert field.lost.kept
    assert "remainder" in field.why


def test_what_is_left_out_says_so() -> None:
    conversion = converted({"/resultsSection": {"moreInfoModule": {"pointOfContact": {"title": "Nobody"}}}})

    (field,) = explain(conversion, "resultsSection")

    assert field.lost is not None
    assert not field.lost.kept


def test_a_field_is_found_by_its_end_alone_where_that_is_clear() -> None:
    conversion = converted()

    assert [field.value for field in explain(conversion, "briefTitle")] == ["Invented Trial 1 of Zorvatib"]
    with pytest.raises(ConfigError, match="several fields end with 'type'; choose one of annotationSection"):
        list(explain(conversion, "type"))
    with pytest.raises(ConfigError, match="the study has no field 'colour'"):
        list(explain(conversion, "colour"))


@pytest.mark.parametrize(
    ("fhir", "path", "values"),
    [
        ("R5", "ResearchStudy.phase", ["PHASE2"]),
        ("R4", "ResearchStudy.status", ["RECRUITING"]),
        ("R4", "ResearchStudy.sponsor", ["Nobody University"]),
        ("R4", "ResearchStudy.progressStatus", ["RECRUITING"]),
        ("R4B", "ResearchStudy.extension(ResearchStudy.progressStatus)", ["RECRUITING"]),
        ("R5", "EvidenceVariable.characteristic.timeFromEvent", ["6 months", "6 months"]),
        ("R5", "PlanDefinition.publisher", ["Nobody University"]),
        ("R5", "Location.name", ["Imaginary Hospital 0", "Imaginary Hospital 1"]),
        ("R5", "ResearchStudy.whyStopped", []),
    ],
)
def test_an_element_of_fhir_tells_which_values_stand_in_it(fhir: str, path: str, values: list[str]) -> None:
    """Also an element of R5, where an older version has it somewhere else."""
    found = list(explain_element(converted(fhir=fhir), path))

    assert [field.value for field in found] == values
    assert all(field.spots for field in found)


@pytest.mark.parametrize("fhir", VERSIONS)
def test_every_value_of_the_sample_is_accounted_for(fhir: str, shared: Path) -> None:
    """In an element with its value, joined with others, or in the remainder."""
    own = json.loads((shared / "docs" / "sample" / "trial.json").read_bytes())

    fields = [field for section in own for field in explain(convert(own, fhir), section)]

    assert {field.at for field in fields} == {pointer for pointer, _ in leaves(own)}
    assert all(field.spots or field.lost for field in fields)
    joined = {field.at for field in fields if field.spots and all(spot.value is None for spot in field.spots)}
    assert all("interventionNames" in at or "armGroupLabels" in at or "enrollmentInfo" in at for at in joined)


@given(studies())
@settings(max_examples=20, deadline=None)
def test_any_study_can_be_explained(own: Tree) -> None:
    """Whatever fields it has, and however odd their texts are."""
    conversion = convert(own, "R4", "ctgov", validate=False)

    for section in own:
        for field in islice(explain(conversion, section), 50):
            assert field.spots or field.lost


def test_contrast_matches_the_items_of_lists() -> None:
    """An item that is gone does not make its neighbours differ."""
    here = {"list": [{"a": 1}, {"a": 2}, {"a": 3}], "same": 0}

    assert [leaf[:] for leaf in contrast(here, {"list": [{"a": 1}, {"a": 3}], "same": 0})] == [
        (("list", 1, "a"), 2, None)
    ]
    assert [leaf[:] for leaf in contrast(here, {"list": [{"a": 1}, {"a": 9}, {"a": 3}], "same": 0})] == [
        (("list", 1, "a"), 2, 9)
    ]


# --- on the command line ---------------------------------------------------------------------------------------


def test_explain_reads_a_record_from_a_pipe_and_says_where_a_value_went(cli: Run) -> None:
    ran = cli("explain", "-", "phases", "--fhir", "r4", stdin=lines([record()]))

    assert (ran.code, ran.err) == (0, "")
    assert ran.out.decode().splitlines() == [
        "NCT00000001 in FHIR R4",
        "",
        'protocolSection.designModule.phases[0] = "PHASE2"',
        "  Phases; two for a combined phase, NA where phases do not apply",
        '  → ResearchStudy/NCT00000001 phase.coding[0].code = "phase-2"',
        '  → ResearchStudy/NCT00000001 phase.coding[1].code = "PHASE2"',
        '  → ResearchStudy/NCT00000001 phase.text = "Phase 2"',
    ]


def test_explain_takes_the_record_that_is_named(cli: Run, here: Path) -> None:
    (here / "in.ndjson").write_bytes(lines(records(3)))

    ran = cli("explain", "in.ndjson", "briefTitle", "--id", "NCT00000003", "--json")

    (field,) = ran.trees
    assert (field["id"], field["fhir"], field["value"]) == ("NCT00000003", "R5", "Invented Trial 3 of Zorvatib")
    assert {"resource": "ResearchStudy/NCT00000003", "path": "title"}.items() <= field["places"][0].items()
    assert cli("explain", "in.ndjson", "briefTitle", "--id", "NCT00000009").code == 3


@pytest.mark.parametrize("fhir", VERSIONS)
def test_explain_of_fhir_goes_back_to_the_record(cli: Run, here: Path, fhir: str) -> None:
    """What convert wrote is explained in the version that it is in."""
    cli("convert", "-", "-o", "out", "--fhir", fhir, stdin=lines(records(2)))

    ran = cli("explain", "out", "Location.name", "--id", "NCT00000002")

    assert ran.code == 0
    assert ran.out.decode().startswith(f"NCT00000002 in FHIR {fhir}\n")
    assert 'Location/NCT00000002-loc-1 name = "Imaginary Hospital 0"' in ran.out.decode()


def test_explain_says_where_a_field_would_go_that_the_record_lacks(cli: Run) -> None:
    ran = cli("explain", "-", "whyStopped", "--fhir", "r4", stdin=lines([record()]))

    assert (ran.code, ran.out) == (0, b"")
    assert ran.last == "NCT00000001 has no value in whyStopped; it would go to ResearchStudy.reasonStopped.text"
    ran = cli("explain", "-", "ResearchStudy.status", stdin=lines([record()]))
    assert ran.last.startswith("NCT00000001 has no value in ResearchStudy.status; R5's publication status: constant")


def test_explain_shows_what_people_read_and_json_the_rest(cli: Run) -> None:
    many = lines([record(sites=60)])

    assert cli("explain", "-", "locations.facility", stdin=many).out.decode().count("Name of the site") == 20
    assert len(cli("explain", "-", "locations.facility", "--json", stdin=many).trees) == 60


def test_explain_ends_with_one_line_where_it_cannot(cli: Run) -> None:
    assert cli("explain", "nothing.json", "phases").code == 3
    assert cli("explain", "-", "phases", stdin=b"no record").code == 3
    assert cli("explain", "-", "colour", stdin=lines([record()])).code == 2
