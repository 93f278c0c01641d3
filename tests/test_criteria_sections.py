"""Cohorts, sections, remarks and texts without a heading. All texts here are invented."""

from __future__ import annotations

from pathlib import Path

import pytest

from criteria_outline import read
from fhir_adapter.mappings.fhir.criteria import Criterion, plain, split


def test_cohorts_become_notes() -> None:
    """A cohort in a heading, a title of its own, or a bullet that only names it."""
    text = (
        "Inclusion Criteria for Part A:\n* A1\n\nDonor Inclusion Criteria:\n* D1\n\nInclusion Criteria:\n\n"
        "Cohort 2:\n\n* C1\n\nHealthy volunteers\n\n* H1\n\nExclusion Criteria (Controls):\n* X1\n"
        "Exclusion Criteria:\n* Arm 3\n  * Y1\n  * Y2"
    )

    assert [(criterion.text, criterion.note) for criterion in split(text).criteria] == [
        ("A1", "Part A"),
        ("D1", "Donor"),
        ("C1", "Cohort 2"),
        ("H1", "Healthy volunteers"),
        ("X1", "Controls"),
        ("Y1", "Arm 3"),
        ("Y2", "Arm 3"),
    ]


def test_older_oncology_records_are_headed_by_their_sections() -> None:
    """Their headers become notes, sub-headers too; all criteria include; "Not specified" is none."""
    text = (
        "DISEASE CHARACTERISTICS:\n\n* Invented sarcoma\n\nPATIENT CHARACTERISTICS:\n\nAge:\n\n* 18 and over\n\n"
        "Renal:\n\n* Not specified\n\nPRIOR CONCURRENT THERAPY:\n\n* See Disease Characteristics"
    )
    found = split(text)

    assert found.headed
    assert [(criterion.text, criterion.exclude, criterion.note) for criterion in found.criteria] == [
        ("Invented sarcoma", False, "DISEASE CHARACTERISTICS"),
        ("18 and over", False, "PATIENT CHARACTERISTICS: Age"),
        ("See Disease Characteristics", False, "PRIOR CONCURRENT THERAPY"),
    ]


def test_oncology_characteristics_in_one_paragraph_are_cut() -> None:
    """The run of `Age: … Sex: …` is one criterion for each that is specified."""
    text = "PATIENT CHARACTERISTICS: Age: 18 and over Sex: Not specified Renal: Creatinine normal"

    assert read(text) == ["+ Age: 18 and over", "+ Renal: Creatinine normal"]


def test_sections_between_dashes_and_conditions_for_ineligibility_count() -> None:
    """Two more forms of old records."""
    text = "PROTOCOL ENTRY CRITERIA:\n\n--Disease Characteristics--\n\n - Invented ataxia\n\n - Renal: Not specified"
    found = split(text)

    assert found.headed
    assert found.criteria == (Criterion("Invented ataxia", False, None, (), "Disease Characteristics"),)
    assert read(
        "Conditions for Patient Eligibility:\n\n- Zebra\n\nConditions for Patient Ineligibility:\n\n- Horse"
    ) == ["+ Zebra", "- Horse"]


def test_lead_ins_without_content_are_no_criteria() -> None:
    """ "Subjects must meet all of the following:" is dropped; an any-of under inclusion groups its list."""
    assert read("Inclusion Criteria:\n\nSubjects must meet all of the following criteria:\n\n* A\n* B") == [
        "+ A",
        "+ B",
    ]
    assert read("Inclusion Criteria:\n\nPatients with any of the following are eligible:\n\n* A\n* B") == [
        "+ Patients with any of the following are eligible:",
        "+> A",
        "+> B",
    ]


@pytest.mark.parametrize("nothing", ["None", "N/A", "-", "*", "Not applicable.", "none specified", "\\-", ""])
def test_what_names_no_criterion_is_dropped(nothing: str) -> None:
    """FHIR takes no empty text, and "exclude: None" would be nonsense."""
    assert read(f"Inclusion Criteria:\n\n* Zebra\n\nExclusion Criteria:\n\n* {nothing}") == ["+ Zebra"]


def test_remarks_are_dropped() -> None:
    """A paragraph that only says that there are more criteria is none."""
    text = "Inclusion Criteria:\n\n* Zebra\n\nNote: Other protocol-defined inclusion/exclusion criteria may apply."

    assert read(text) == ["+ Zebra"]
    assert read("Please contact site for information.") == []


def test_without_a_heading_everything_includes() -> None:
    """The caller is told by `headed`."""
    found = split("Children living with or without a cat.")

    assert not found.headed
    assert found.criteria == (Criterion("Children living with or without a cat.", False, None, (), None),)


def test_the_text_stays_escaped_and_plain_reads_it() -> None:
    """The criterion keeps the registry's backslashes; `plain` takes CommonMark's away and no others."""
    (found,) = split("Inclusion Criteria:\n\n* BP \\> 160 \\[mmHg\\]").criteria

    assert found.text == "BP \\> 160 \\[mmHg\\]"
    assert plain(found.text) == "BP > 160 [mmHg]"
    assert plain("a\\b \\\\ c") == "a\\b \\ c"


def test_the_invented_sample_splits_as_published(shared: Path) -> None:
    """The worked example of the mapping spec."""
    import json

    record = json.loads((shared / "docs" / "sample" / "trial.json").read_text())
    text = record["protocolSection"]["eligibilityModule"]["eligibilityCriteria"]

    assert read(text) == [
        "+ Fictional migraine for \\>= 1 year",
        "+ At least one of the following:",
        "+> 4 or more headache days a month",
        "+> Prior preventive drug failed",
        "+ Able to give consent",
        "- Pregnancy or breastfeeding",
        "- Any of:",
        "-> Uncontrolled hypertension (BP \\> 160/100)",
        "-> Stroke within 6 months",
    ]
