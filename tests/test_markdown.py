"""What would be read as HTML in FHIR's markdown is escaped, and the record's own words come back."""

from __future__ import annotations

import re

import pytest

from fhir_adapter import convert, restore
from fhir_adapter.tree import leaves

TEXTS = {
    "a tag": ("Take <b>two</b> a day", r"Take \<b>two\</b> a day"),
    "a comment": ("Age <!-- years --> 18", r"Age \<\!-- years --> 18"),
    "a comment that the registry escaped in part": (r"Age \<!-- years --> 18", r"Age \<\!-- years --> 18"),
    "an instruction": ("<?xml?> Adults", r"\<\?xml?> Adults"),
    "an escaped tag": (r"Take \<b\>two", r"Take \<b\>two"),
    "a link": ("See <https://invented.example/a> or <me@invented.example>",) * 2,
    "a comparison": ("Age < 65 and weight <90 kg", "Age < 65 and weight <90 kg"),
}


@pytest.mark.parametrize(("text", "expected"), TEXTS.values(), ids=TEXTS)
def test_no_html_is_left_in_a_description(text: str, expected: str) -> None:
    record = {
        "protocolSection": {
            "identificationModule": {"nctId": "NCT99990001", "briefTitle": "An invented trial"},
            "statusModule": {"overallStatus": "RECRUITING"},
            "descriptionModule": {"briefSummary": text},
        }
    }
    for fhir in ("R5", "R4B", "R4"):
        made = convert(record, fhir)
        assert expected in [value for _, value in leaves(made.resources)]
        assert restore(made.resources).record == record


TAGGED = "Take <b>two</b> daily"
PLACES = {
    "a citation": {"referencesModule": {"references": [{"citation": TAGGED}]}},
    "a retraction": {"referencesModule": {"references": [{"retractions": [{"source": TAGGED}]}]}},
    "available data": {"referencesModule": {"availIpds": [{"comment": TAGGED}]}},
    "another name": {"armsInterventionsModule": {"interventions": [{"otherNames": [TAGGED]}]}},
    "a population": {"eligibilityModule": {"studyPopulation": TAGGED}},
    "a gender": {"eligibilityModule": {"genderDescription": TAGGED}},
    "a criterion": {"eligibilityModule": {"eligibilityCriteria": f"Inclusion Criteria:\n\n* {TAGGED}"}},
    "a cohort": {"eligibilityModule": {"eligibilityCriteria": f"{TAGGED} Inclusion Criteria:\n\n* Adult"}},
    "an outcome": {"outcomesModule": {"primaryOutcomes": [{"measure": "Pain", "description": TAGGED}]}},
    "an arm": {"armsInterventionsModule": {"armGroups": [{"label": "A", "description": TAGGED}]}},
}
# What FHIR R5 has as markdown in these places.
MARKDOWN = re.compile(r"/(?:description|citation|note/[0-9]+/text)$")


@pytest.mark.parametrize("modules", PLACES.values(), ids=PLACES)
def test_no_html_is_left_in_any_markdown(modules: dict[str, object]) -> None:
    """The element that is markdown has it escaped; a string beside it may have the words as they are."""
    record = {"protocolSection": {"identificationModule": {"nctId": "NCT99990001"}, **modules}}
    made = convert(record, "R5")
    told = [
        value
        for at, value in leaves(made.resources)
        if MARKDOWN.search(at) and isinstance(value, str) and "two" in value
    ]

    assert told
    assert all(r"\<b>two\</b>" in value for value in told)
    assert restore(made.resources).record == record
