"""What would be read as HTML in FHIR's markdown is escaped, and the record's own words come back."""

from __future__ import annotations

import pytest

from fhir_adapter import convert, restore
from fhir_adapter.tree import leaves

TEXTS = {
    "a tag": ("Take <b>two</b> a day", r"Take \<b>two\</b> a day"),
    "a comment": ("Age <!-- years --> 18", r"Age \<\!-- years --> 18"),
    "a comment that the registry escaped in part": (r"Age \<!-- years --> 18", r"Age \<\!-- years --> 18"),
    "an instruction": ("<?xml?> Adults", r"\<\?xml?> Adults"),
    "an escaped tag": (r"Take \<b\>two", r"Take \<b\>two"),
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
