"""The study: what a trial record may say, and what happens to what it may not say."""

from __future__ import annotations

from typing import Any

import pytest

from fhir_adapter import study
from fhir_adapter.issues import Severity

DESIGN = "protocolSection.designModule"
SITES = "protocolSection.contactsLocationsModule.locations"
BRIEF_TITLE = "protocolSection.identificationModule.briefTitle"
NUMBER = "protocolSection.identificationModule.nctId"
ALIAS = "protocolSection.statusModule.expandedAccessInfo.nctId"
START = "protocolSection.statusModule.startDateStruct.date"
UNITS = "Years, Months, Weeks, Days, Hours or Minutes"
AGE = "protocolSection.eligibilityModule.minimumAge"
COUNT = f"{DESIGN}.enrollmentInfo.count"
FLAG = "protocolSection.oversightModule.isPpsd"
LINK = "protocolSection.ipdSharingStatementModule.url"
BMI = "derivedSection.miscInfoModule.modelPredictions.bmiLimits.minBmi"


def record(path: str, value: Any) -> dict[str, Any]:
    """Make the record that holds this one value."""
    for key in reversed(path.split(".")):
        value = {key: value}
    return value


def label(value: Any) -> str | None:
    """Name a parameter shortly: some are a megabyte long, or longer than Python prints."""
    if isinstance(value, str):
        return ascii(value[:60])
    return "a long number" if isinstance(value, int) and value > 10**60 else None


def left_out(checked: study.Checked) -> list[str]:
    """List the paths of the issues about what was left out."""
    return [issue.path for issue in checked.issues if issue.code != "code-invalid"]


def test_nothing_is_required():
    assert study.check({}) == study.Checked({}, ())


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ([{}], "a list"),
        (None, "null"),
        ("NCT99999901", "'NCT99999901'"),
        (7, "7"),
        (b"{}", "a value of type bytes"),
    ],
)
def test_what_is_no_object_is_no_record(value, words):
    checked = study.check(value)

    assert checked.study == {}
    (issue,) = checked.issues
    assert (issue.severity, issue.code, issue.path) == (Severity.ERROR, "structure", "")
    assert issue.message == f"expected one trial record as a JSON object, got {words}"


@pytest.mark.parametrize("code", ["PHASE5", "Phase 2/Phase 3", "é", "X" * 200], ids=label)
def test_a_code_that_the_registry_added_is_reported_and_stays(code):
    trial = record(f"{DESIGN}.phases", ["PHASE1", code])

    checked = study.check(trial)

    assert checked.study is trial
    (issue,) = checked.issues
    assert (issue.severity, issue.code, issue.path) == (Severity.WARNING, "code-invalid", f"{DESIGN}.phases[1]")
    assert issue.message.startswith("unknown Phase '")
    assert issue.message.endswith("known: NA, EARLY_PHASE1, PHASE1, PHASE2, PHASE3, PHASE4")


@pytest.mark.parametrize(
    "code", ["", " ", " A", "A ", "A  B", "A\nB", "A\tB", "A\x00", "A\x7f", "A\ufffe", "X" * 201, "\ud800"], ids=label
)
def test_what_fhir_could_not_hold_as_a_code_is_left_out(code):
    checked = study.check(record(f"{DESIGN}.studyType", code))

    assert checked.study == {"protocolSection": {"designModule": {}}}
    assert [(issue.code, issue.path) for issue in checked.issues] == [("value", f"{DESIGN}.studyType")]


def test_an_unknown_field_is_left_out_with_a_remark():
    checked = study.check({"hasResults": True, "studyType": "x", "protocolSection": {"designModule": {"Phase": []}}})

    assert checked.study == {"hasResults": True, "protocolSection": {"designModule": {}}}
    assert {(issue.severity, issue.code) for issue in checked.issues} == {(Severity.INFORMATION, "structure")}
    assert sorted(left_out(checked)) == [f"{DESIGN}.Phase", "studyType"]


def test_a_key_that_looks_like_a_path_is_only_a_key():
    checked = study.check({DESIGN: {}, "": 1})

    assert checked.study == {}
    assert left_out(checked) == [f"[{DESIGN!r}]", "['']"]


def test_a_null_is_left_out_with_a_remark():
    checked = study.check(record(f"{DESIGN}.enrollmentInfo", None))

    assert checked.study == {"protocolSection": {"designModule": {}}}
    (issue,) = checked.issues
    assert (issue.severity, issue.path) == (Severity.INFORMATION, f"{DESIGN}.enrollmentInfo")


WELL_FORMED = {
    BRIEF_TITLE: ["x", " \u0085\u00a0\tx\r\n\u2028\ufeff\u200b\x7f\x9f\ufffd\U0010ffff", "x" * 1_048_576],
    NUMBER: ["ISRCTN99999901", "ChiCTR-TRC-99999901"],
    START: ["0001", "1999-12", "1999-12-31", "2000-02-29", "2024-02-29"],
    AGE: ["0 Years", "36 Months", "1 Minute"],
    COUNT: [0, 2_147_483_647],
    LINK: ["https://example.org/ä?q=1#x"],
    BMI: [18, 18.5],
    FLAG: [False],
}


@pytest.mark.parametrize(
    ("path", "value"), [(path, value) for path, values in WELL_FORMED.items() for value in values], ids=label
)
def test_a_well_formed_value_stays(path, value):
    assert study.check(record(path, value)).issues == ()


MALFORMED = {
    BRIEF_TITLE: [
        "",
        " \t\r\n\u00a0\u2003",
        "a\x00b",
        "a\x0bb",
        "a\x1f",
        "\x0ca",
        "a\ufffeb",
        "a\uffff",
        "a\ud800",
        "x" * 1_048_577,
        1,
        ["x"],
        {"x": "x"},
    ],
    NUMBER: ["NCT 99999901", "N" * 201],
    ALIAS: ["NCT9999990", "NCT٩٩٩٩٩٩٩٩"],
    START: [
        "0000",
        "1999-13",
        "1999-00",
        "1999-02-29",
        "1900-02-29",
        "1999-04-31",
        "1999-1-1",
        "1999-01-01T00:00",
        "January 1999",
        "1999-01-01\n",
    ],
    AGE: ["18", "18 years", "N/A", "-1 Years"],
    COUNT: [-1, 2_147_483_648, 10**5000, 1.0, True, "1"],
    FLAG: [0, "No"],
    LINK: ["see our page"],
    BMI: [float("nan"), float("inf"), 10**400, "18", True],
    "documentSection.largeDocumentModule": [[]],
    "resultsSection": [[]],
}


@pytest.mark.parametrize(
    ("path", "value"), [(path, value) for path, values in MALFORMED.items() for value in values], ids=label
)
def test_a_malformed_value_is_left_out_and_named(path, value):
    checked = study.check(record(path, value))

    above = path.rpartition(".")[0]
    assert checked.study == (record(above, {}) if above else {})
    (issue,) = checked.issues
    assert issue.path == path
    assert issue.severity is Severity.WARNING
    assert issue.message.startswith("expected ")
    assert len(issue.message) < 300


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (
            AGE,
            "x" * 100,
            f"expected a number and {UNITS}, such as '18 Years', got '{'x' * 60}'…; left out",
        ),
        (f"{DESIGN}.phases", "PHASE1", "expected a list, got 'PHASE1'; left out"),
        (DESIGN, [], "expected an object, got a list; left out"),
        (START, "1999-02-30", "expected a real date as YYYY, YYYY-MM or YYYY-MM-DD, got '1999-02-30'; left out"),
        (f"{DESIGN}.studyType", 1, "expected one of EXPANDED_ACCESS, INTERVENTIONAL, OBSERVATIONAL, got 1; left out"),
    ],
    ids=label,
)
def test_the_message_says_what_was_expected_and_what_came(path, value, message):
    (issue,) = study.check(record(path, value)).issues

    assert issue.message == message


@pytest.mark.parametrize("items", [["a", " "], [None, "a"], ["a", 1, 2, 3], ["a", {}]])
def test_a_bad_item_takes_its_list_along_and_is_said_once(items):
    checked = study.check(record("protocolSection.conditionsModule", {"keywords": items, "conditions": ["b"]}))

    assert checked.study["protocolSection"]["conditionsModule"] == {"conditions": ["b"]}
    (issue,) = checked.issues
    assert issue.severity is Severity.WARNING
    assert issue.path.startswith("protocolSection.conditionsModule.keywords[")
    assert issue.message.endswith("; the whole list is left out")


def test_an_item_that_is_no_object_takes_its_list_along():
    checked = study.check(record(SITES, [{"city": "Exampleton"}, "Exampleton"]))

    assert checked.study == {"protocolSection": {"contactsLocationsModule": {}}}
    assert left_out(checked) == [f"{SITES}[1]"]


def test_a_bad_field_costs_its_item_that_field_only():
    sites = [{"city": " ", "zip": "1"}, {"contacts": [{"name": "A", "email": 1}], "geoPoint": {"lat": 91, "lon": 1}}]

    checked = study.check(record(SITES, sites))

    assert checked.study == record(SITES, [{"zip": "1"}, {"contacts": [{"name": "A"}], "geoPoint": {"lon": 1}}])
    assert left_out(checked) == [f"{SITES}[0].city", f"{SITES}[1].contacts[0].email", f"{SITES}[1].geoPoint.lat"]


def test_names_that_are_not_text_are_left_out():
    trial = {"hasResults": True, 1: 2, "\ud800": 3, "protocolSection": {None: 1}, "resultsSection": {2: 3, "a": 1}}

    checked = study.check(trial)

    assert checked.study == {"hasResults": True, "protocolSection": {}, "resultsSection": {"a": 1}}
    assert {issue.severity for issue in checked.issues} == {Severity.WARNING}
