"""A page of labels becomes a study, in whatever order its labels stand; no text of it is lost."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from fhir_adapter.issues import Severity
from fhir_adapter.mappings.fhir.criteria import split
from fhir_adapter.mappings.sources._wrapped import unwrap
from fhir_adapter.readers import readings
from fhir_adapter.source import find

PAGE = find("registry_page")
EXAMPLE = (Path(__file__).resolve().parents[1] / "examples" / "layouts" / "page.txt").read_text(encoding="utf-8")


def parse(text: str) -> dict[str, Any]:
    assert PAGE.parse
    return PAGE.parse(text)


def render(record: dict[str, Any]) -> str:
    assert PAGE.render
    return PAGE.render(record)


def study(text: str) -> dict[str, Any]:
    read: dict[str, Any] = PAGE.read(parse(text))["protocolSection"]
    return read


def test_the_example_is_read_into_its_parts() -> None:
    """Every label lands in its place, and nothing else is there."""
    read = study(EXAMPLE)

    assert read["identificationModule"] == {
        "officialTitle": "A Randomized Study of Zorvatib Tablets in Adults With Fictional Migraine"
    }
    assert read["statusModule"] == {"overallStatus": "RECRUITING", "completionDateStruct": {"date": "2031-06"}}
    assert read["designModule"] == {"enrollmentInfo": {"count": 120}, "phases": ["PHASE2", "PHASE3"]}
    assert read["sponsorCollaboratorsModule"] == {
        "leadSponsor": {"name": "Zzyzx Institute of Imaginary Medicine"},
        "collaborators": [{"name": "Examplecorp Fictional Pharma"}, {"name": "University of Nowhere"}],
    }
    assert read["armsInterventionsModule"] == {"interventions": [{"name": "Zorvatib"}]}
    assert (read["eligibilityModule"]["sex"], read["eligibilityModule"]["healthyVolunteers"]) == ("ALL", False)


def test_broken_lines_of_criteria_are_joined() -> None:
    """Items, blank lines and headings stay; sentences go on."""
    assert study(EXAMPLE)["eligibilityModule"]["eligibilityCriteria"] == (
        "Inclusion Criteria:\n\n"
        "* Age from 18 to 75 years, and a diagnosis of fictional migraine that was made at least one year before the"
        " first visit\n"
        "* Four to fourteen migraine days a month\n\n"
        "Exclusion Criteria:\n\n"
        "1. Any other imaginary headache disorder, or a treatment for one within the last 30 days of the first visit\n"
        "\n2. Pregnant or breast-feeding"
    )


FULL = "x" * 80 + " words"


@pytest.mark.parametrize(
    ("text", "joined"),
    [
        (f"{FULL}\ngo on", f"{FULL} go on"),
        ("short\nlines", "short\nlines"),
        (f"{FULL}\n* item", f"{FULL}\n* item"),
        (f"{FULL}\n\nparagraph", f"{FULL}\n\nparagraph"),
        (f"{FULL}\n   indented", f"{FULL}\n   indented"),
        (f"{FULL}\nExclusion Criteria:", f"{FULL}\nExclusion Criteria:"),
        (f"1. {FULL}\n2. next", f"1. {FULL}\n2. next"),
        (f"1. {FULL}\n7. of the week", f"1. {FULL} 7. of the week"),
        (f"{'x' * 80} anti-\nbody", f"{'x' * 80} anti-body"),
        (f"{'long ' * 30}\n{FULL}\ngo on", f"{'long ' * 30}\n{FULL}\ngo on"),
    ],
)
def test_only_full_lines_go_on(text: str, joined: str) -> None:
    """A line goes on when the next word had no room on it."""
    assert unwrap(text) == joined


def test_labels_may_stand_in_another_order() -> None:
    """Each value is known by its label, not by its place."""
    parts = re.split(
        r"\n(?=Status:|Trial end|Target|Participant|Summary|Phase:|Accepts|Details|Lead|Coll|Treat|Criteria)", EXAMPLE
    )
    shuffled = "\n".join(part.strip("\n") for part in [*parts[::-1]])

    assert parse(shuffled) == parse(EXAMPLE)


@pytest.mark.parametrize("label", ["Status:", "Target enrollment:", "Summary", "Collaborators:", "Treatments:"])
def test_labels_may_be_absent(label: str) -> None:
    """What the page doesn't say is not in the record; the rest is."""
    whole = parse(EXAMPLE)
    less = parse(re.sub(rf"{label}\n(.+\n)+?(?=[A-Z][\w ]+[:?]\n|Summary\n|Details\n|Criteria\n)", "", EXAMPLE))

    assert len(less) == len(whole) - 1
    assert less.items() <= whole.items()


def test_an_unknown_label_is_named_and_its_text_kept() -> None:
    """The record keeps it, an issue names it, and the page has it again."""
    text = EXAMPLE.replace("Details\n", "Study type:\nImaginary\nDetails\n")
    (reading,) = readings(text.encode())

    assert (reading.record or {})["other"] == {"Study type:": "Imaginary"}
    assert [(issue.severity, issue.path) for issue in reading.issues] == [(Severity.WARNING, "other.Study type:")]
    assert "Study type:\nImaginary\n" in render(reading.record or {})
    assert PAGE.unread(reading.record or {}) == {"other"}


def test_text_before_the_first_label_is_kept() -> None:
    """A page may have a heading of its own."""
    assert parse("Printed from a page\n" + EXAMPLE)["other"] == {"": "Printed from a page"}


def test_words_of_a_text_are_no_labels() -> None:
    """Inside summary and criteria only a label that is still to come ends the text."""
    text = EXAMPLE.replace("Inclusion Criteria:\n", "Phase:\nInclusion Criteria:\n\nFor all groups:\n")

    assert parse(text)["criteria"].startswith("Phase:\nInclusion Criteria:\n\nFor all groups:\n")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("Recruiting", "RECRUITING"),
        ("Not yet recruiting", "NOT_YET_RECRUITING"),
        ("Active, not recruiting", "ACTIVE_NOT_RECRUITING"),
        ("Unknown status", "UNKNOWN"),
        ("Something new", "Something new"),
    ],
)
def test_status_words_become_codes(words: str, code: str) -> None:
    """A status that nobody knows goes through as it is."""
    assert study(EXAMPLE.replace("\nRecruiting\n", f"\n{words}\n"))["statusModule"]["overallStatus"] == code


@pytest.mark.parametrize(
    ("words", "codes"),
    [("Phase 1/Phase 2", ["PHASE1", "PHASE2"]), ("N/A", ["NA"]), ("Early Phase 1", ["EARLY_PHASE1"])],
)
def test_phases_become_codes(words: str, codes: list[str]) -> None:
    """Two phases are two codes."""
    assert study(EXAMPLE.replace("Phase 2/Phase 3", words))["designModule"]["phases"] == codes


def test_text_record_and_study_undo_each_other() -> None:
    """Nothing is lost on the way; a page whose lines are joined stays as it is."""
    record = parse(EXAMPLE)

    assert PAGE.write(PAGE.read(record)) == record
    assert PAGE.unread(record) == set()
    assert parse(render(record)) == record
    assert render(parse(render(record))) == render(record)
    assert parse(EXAMPLE.replace("\n", "\r\n")) == record


@pytest.mark.parametrize("text", ["", "Status:\nfine\n", "Dear all,\n\nPhase: 2\n"])
def test_other_texts_are_not_recognised(text: str) -> None:
    """Three labels make a page."""
    assert not PAGE.recognise(text)


def test_the_seed_is_read_as_the_issue_says(shared: Path) -> None:
    """Seed 003: status, date, enrolment 0, phases, sponsor, treatments, ten criteria a side, nothing invented."""
    (reading,) = readings(shared / "seeds" / "003_8e6aa14bad73fb76.txt")
    record = reading.record or {}
    read = PAGE.read(record)["protocolSection"]

    assert (reading.source, reading.issues) == ("registry_page", ())
    assert read["statusModule"] == {"overallStatus": "RECRUITING", "completionDateStruct": {"date": "2026-12-31"}}
    assert read["designModule"] == {"enrollmentInfo": {"count": 0}, "phases": ["PHASE1", "PHASE2"]}
    assert read["sponsorCollaboratorsModule"] == {
        "leadSponsor": {"name": "Chinese PLA General Hospital"},
        "collaborators": [{"name": "Wuxi Sinotide New Drug Discovery Institutes"}],
    }
    assert read["armsInterventionsModule"] == {
        "interventions": [
            {"name": name} for name in ("Antibodies", "Antibodies, Monoclonal", "Cyclophosphamide", "Paclitaxel")
        ]
    }
    assert (read["eligibilityModule"]["sex"], read["eligibilityModule"]["healthyVolunteers"]) == ("ALL", False)
    criteria = split(read["eligibilityModule"]["eligibilityCriteria"]).criteria
    assert [one.exclude for one in criteria] == [False] * 10 + [True] * 10
    assert not [one.text for one in criteria if "\n" in one.text]
    assert set(read["identificationModule"]) == {"officialTitle"}
    assert PAGE.write(PAGE.read(record)) == record


def test_every_real_text_keeps_its_words(shared: Path) -> None:
    """120 pages: recognised, nothing unread, the same page again but for broken lines."""
    texts = sorted((shared / "data" / "rendered_labelled_text").glob("*.txt"))
    assert len(texts) == 120

    for path in texts:
        text = path.read_text(encoding="utf-8")
        (reading,) = readings(path)
        record = reading.record or {}
        assert (reading.source, reading.issues) == ("registry_page", ())
        assert PAGE.write(PAGE.read(record)) == record
        assert PAGE.unread(record) == set()
        again = render(record)
        assert again.split("\nCriteria\n")[0] == text.split("\nCriteria\n")[0]
        assert "".join(again.split()) == "".join(text.split())
