"""The period of a study is a copy, for search, of two dates of any exactness; it never breaks per-1, an HL7 rule."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from fhir_adapter import convert, restore

DATES = ("2023", "2024", "2024-01", "2024-02", "2024-02-29", "2024-03-01")


def periods(start: str, end: str, fhir: str) -> Any:
    """Give the study's period, after the record came back and nothing was found wrong."""
    record = {
        "protocolSection": {
            "identificationModule": {"nctId": "NCT99990001", "briefTitle": "An invented trial"},
            "statusModule": {"startDateStruct": {"date": start}, "completionDateStruct": {"date": end}},
        }
    }
    made = convert(record, fhir)
    assert made.ok, made.issues
    assert restore(made.resources).record == record
    return made.resources[0].get("period")


@pytest.mark.parametrize("fhir", ["R5", "R4B", "R4"])
def test_any_two_dates_make_a_sound_study(fhir: str) -> None:
    """Earlier, later, or one within the other."""
    for start, end in product(DATES, DATES):
        periods(start, end, fhir)


@pytest.mark.parametrize(
    ("start", "end", "same"),
    [("2024", "2024-02-29", "2024"), ("2024-02-29", "2024-02", "2024-02"), ("2024-01", "2024", "2024")],
)
def test_r4_compares_dates_that_are_equally_exact(start: str, end: str, same: str) -> None:
    """R5 keeps both as they are; R4 finds no order between a year and a day in it."""
    assert periods(start, end, "R5") == {"start": start, "end": end}
    assert periods(start, end, "R4B") == periods(start, end, "R4") == {"start": same, "end": same}


def test_dates_that_have_an_order_stay_as_they_are() -> None:
    assert periods("2023", "2024-02-29", "R4") == {"start": "2023", "end": "2024-02-29"}


def test_a_study_that_ends_before_it_starts_has_no_period() -> None:
    for fhir in ("R5", "R4B", "R4"):
        assert periods("2024-03-01", "2024-02", fhir) is None
