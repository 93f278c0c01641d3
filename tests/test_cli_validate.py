"""validate on the command line: engines, profiles, what fails, and in which form the issues come."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from command_line import Run, lines, records
from command_line_fixtures import cli, here
from fhir_adapter.issues import blocking
from fhir_adapter.validate import validate
from validate_examples import Tree, trial

__all__ = ["cli", "here"]

GOOD: Tree = {"resourceType": "Location", "id": "good", "status": "active", "name": "Ward 1"}
BAD: Tree = {"resourceType": "Location", "id": "bad", "mode": "here", "name": 7}
BLANK: Tree = {"resourceType": "Location", "id": "blank", "name": " "}


# --- what fails, and what is written ---------------------------------------------------------------------------


@pytest.mark.parametrize(("words", "code"), [((), 0), (("--fail-on", "error"), 0), (("--fail-on", "warning"), 1)])
def test_a_warning_fails_where_it_is_told_to(cli: Run, words: tuple[str, ...], code: int) -> None:
    """--fail-on warning makes exit code 1 of a warning, and says so."""
    ran = cli("validate", "-", *words, stdin=lines([GOOD, BLANK]))

    assert ran.code == code
    assert [issue["severity"] for issue in ran.trees] == ["warning"]
    assert ("1 with errors or warnings" in ran.err) == bool(code)


def test_milder_issues_can_be_left_out(cli: Run) -> None:
    """--min-severity error: warnings are neither written nor counted, and fail only where they are told to."""
    ran = cli("validate", "-", "--min-severity", "error", "--json", stdin=lines([BLANK, BAD]))

    assert {issue["severity"] for issue in ran.trees} == {"error"}
    assert {rule["severity"] for rule in json.loads(ran.err)["rules"]} == {"error"}
    assert cli("validate", "-", "--min-severity", "error", "--fail-on", "warning", stdin=lines([BLANK])).code == 1


def test_issues_are_counted_by_rule(cli: Run) -> None:
    """HL7's rule where there is one, else the kind of trouble: in the summary, in --json and in the report."""
    orphan = {"resourceType": "Location", "id": "in"}
    studies = [{**trial("r5")[0], "id": f"s{n}", "contained": [orphan]} for n in range(3)]

    ran = cli("validate", "-", "--fhir", "r5", "--json", "--report", "log", stdin=lines([*studies, BAD]))

    rules = {rule["rule"]: rule["count"] for rule in json.loads(ran.err)["rules"]}
    assert rules["dom-3"] == 3
    assert rules == {rule["rule"]: rule["count"] for rule in json.loads(Path("log/report.json").read_bytes())["rules"]}
    assert "dom-3 3" in cli("validate", "-", "--fhir", "r5", stdin=lines(studies)).err


@pytest.mark.parametrize("fhir", ["r4", "r4b", "r5"])
def test_issues_come_as_operation_outcomes(cli: Run, fhir: str) -> None:
    """--as outcome: one a resource in the order of the input, each of them valid FHIR of every version."""
    orphan = {"resourceType": "Location", "id": "out", "contained": [{"resourceType": "Location", "id": "in"}]}
    given = lines([GOOD, BAD, BLANK, orphan]) + b'{"resourceType": "Location"\n' + b'{"no": "type"}\n'

    ran = cli("validate", "-", "--fhir", fhir, "--as", "outcome", stdin=given)

    about = [each["extension"][0]["valueString"] for each in ran.trees]
    assert about == ["Location/good", "Location/bad", "Location/blank", "Location/out", "-:5", "-:6"]
    assert ran.trees[0]["issue"][0]["code"] == "informational"
    assert {issue["severity"] for issue in ran.trees[1]["issue"]} == {"error"}
    assert not any(blocking(validate(each, fhir)) for each in ran.trees)


@pytest.mark.parametrize(
    "words",
    [("--fail-on", "information"), ("--min-severity", "loud"), ("--as", "xml"), ("--engine", "java"), ("--fhir", "r6")],
)
def test_a_slip_is_answered_with_the_choices(cli: Run, words: tuple[str, str]) -> None:
    """Exit code 2 and one line."""
    ran = cli("validate", "-", *words, stdin=lines([GOOD]))

    assert (ran.code, ran.out) == (2, b"")
    assert "choose one of" in ran.last


def test_a_key_that_is_written_twice_is_an_error(cli: Run) -> None:
    """At the object that holds it; the rest of the resource is looked at all the same."""
    twice = b'{"resourceType": "Location", "id": "a", "address": {"city": "A", "city": "B"}, "mode": "here"}\n'

    ran = cli("validate", "-", stdin=twice + lines([GOOD]))

    assert ran.code == 1
    assert [issue["path"] for issue in ran.trees] == ["Location.address", "Location.mode"]
    assert "'city' is written twice" in ran.trees[0]["message"]


# --- folders ---------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(cli: Run, here: Path) -> Path:
    """Three trials as convert writes them."""
    assert cli("convert", "-", "-o", "out", stdin=lines(records(3))).code == 0
    return here / "out"


def test_references_lead_from_file_to_file(cli: Run, folder: Path) -> None:
    """A resource of a trial that isn't in the folder is missed, wherever it was referred to."""
    assert cli("validate", "out").code == 0
    (folder / "Location.ndjson").unlink()

    ran = cli("validate", "out", "--min-severity", "error")

    assert ran.code == 1
    assert [issue["path"] for issue in ran.trees] == ["ResearchStudy.site[0]"] * 3
    assert "'Location/NCT00000001-loc-1' is not among the resources given" in ran.trees[0]["message"]


def test_two_resources_of_a_folder_with_one_id_are_an_error(cli: Run, folder: Path) -> None:
    """Both are named."""
    path = folder / "Location.ndjson"
    path.write_bytes(path.read_bytes() + path.read_bytes().splitlines(keepends=True)[0])

    ran = cli("validate", "out", "--min-severity", "error")

    assert [issue["code"] for issue in ran.trees] == ["duplicate"] * 2


def test_a_reference_beyond_the_trials_of_a_folder_is_fine(cli: Run, folder: Path) -> None:
    """Not everything that a hospital refers to is in the folder."""
    path = folder / "Location.ndjson"
    place = json.loads(path.read_bytes().splitlines()[0])
    path.write_bytes(lines([{**place, "managingOrganization": {"reference": "Organization/hospital"}}]))
    kept = folder / "ResearchStudy.ndjson"
    kept.write_bytes(kept.read_bytes().splitlines(keepends=True)[0])

    assert cli("validate", "out").code == 0


# --- profiles --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fhir", ["r5", "r4b", "r4"])
def test_what_convert_writes_keeps_to_its_profiles(cli: Run, fhir: str) -> None:
    """All of them, in a folder and in Bundles."""
    cli("convert", "-", "-o", "out", "--fhir", fhir, stdin=lines(records(2)))
    bundles = cli("convert", "-", "--fhir", fhir, stdin=lines(records(2))).out

    assert cli("validate", "out", "--profile", "trial").code == 0
    assert cli("validate", "-", "--fhir", fhir, "--profile", "trial", stdin=bundles).code == 0


def test_a_profile_demands_more_than_the_base(cli: Run) -> None:
    """What is valid FHIR lacks what the profile wants: each of it is an error with the profile as its rule."""
    label = {"system": "https://elsewhere.example", "type": {"text": "label"}}
    place = {**GOOD, "identifier": [label], "mode": "kind"}
    base = "https://fhir-adapter.example/fhir"

    ran = cli("validate", "-", "--profile", f"{base}/StructureDefinition/trial-Location", stdin=lines([place]))

    assert ran.code == 1
    own = [issue for issue in ran.trees if issue.get("rule") == "trial-Location"]
    assert {(issue["path"], issue["code"]) for issue in own} == {
        ("Location", "required"),
        ("Location.identifier[0]", "required"),
        ("Location.identifier[0].system", "value"),
        ("Location.mode", "value"),
    }
    assert "trial-Location" not in cli("validate", "-", stdin=lines([place])).out.decode()


def test_a_profile_follows_its_base(cli: Run) -> None:
    """By a url under one's own base, or by name with --base."""
    own = "https://fhir.hospital.example/trials"
    bundles = cli("convert", "-", "--base", own, stdin=lines(records(1))).out

    url = f"{own}/StructureDefinition/trial-PlanDefinition"
    assert cli("validate", "-", "--profile", url, stdin=bundles).code == 0
    assert cli("validate", "-", "--profile", "trial", "--base", own, stdin=bundles).code == 0
    assert cli("validate", "-", "--profile", "trial", stdin=bundles).code == 1


def test_an_unknown_profile_is_answered_with_those_that_there_are(cli: Run) -> None:
    """One line, exit code 2; Group has a profile in the older versions only."""
    ran = cli("validate", "-", "--profile", "trial-Study", stdin=lines([GOOD]))

    assert (ran.code, len(ran.err.splitlines())) == (2, 1)
    assert "no profile 'trial-Study'; choose one of trial-ResearchStudy, trial-PlanDefinition" in ran.last
    assert cli("validate", "-", "--fhir", "r5", "--profile", "trial-Group", stdin=lines([GOOD])).code == 2
    assert cli("validate", "-", "--fhir", "r4", "--profile", "trial-Group", stdin=lines([GOOD])).code == 0


def test_a_profile_that_nothing_was_held_against_is_told(cli: Run) -> None:
    """A check that checked nothing doesn't look like one that passed."""
    ran = cli("validate", "-", "--profile", "trial-ResearchStudy", stdin=lines([GOOD]))

    assert "no ResearchStudy was read: nothing was held against the profile 'trial-ResearchStudy'" in ran.err


# --- names of files ---------------------------------------------------------------------------------------------------


def test_a_file_may_have_any_name(cli: Run, here: Path) -> None:
    """Bytes that are no UTF-8 in a file's name don't end the run."""
    (here / "in").mkdir()
    (here / "in" / "\udcff.json").write_bytes(b'{"resourceType": "Location", "mode": 7}')

    ran = cli("validate", "in", "--report", "log")

    assert ran.code == 1
    assert [issue["path"] for issue in ran.trees] == ["Location.mode"]
