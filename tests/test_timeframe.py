"""Time frames are parsed only where they are certain."""

from __future__ import annotations

from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_adapter.mappings.fhir.timeframe import parse

SCRIPT = Path(__file__).resolve().parents[1] / "scripts" / "accuracy_of_text"


def quantity(value: float, unit: str, code: str) -> dict[str, Any]:
    return {"value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": code}


@pytest.mark.parametrize(
    ("text", "value", "unit", "code"),
    [
        ("12 weeks", 12, "weeks", "wk"),
        ("6 months", 6, "months", "mo"),
        ("1 Year", 1, "Year", "a"),
        ("24 hours.", 24, "hours", "h"),
        ("90 minutes", 90, "minutes", "min"),
        ("30 sec", 30, "sec", "s"),
        ("28 Days", 28, "Days", "d"),
        ("6-month", 6, "month", "mo"),
        ("4weeks", 4, "weeks", "wk"),
        ("1.5 years", 1.5, "years", "a"),
        ("One year", 1, "year", "a"),
        ("forty-eight weeks", 48, "weeks", "wk"),
        ("At 3 months", 3, "months", "mo"),
        ("after 6 months", 6, "months", "mo"),
        ("33 weeks after randomization", 33, "weeks", "wk"),
        ("24 months from baseline", 24, "months", "mo"),
        ("  12\n weeks ", 12, "weeks", "wk"),
    ],
)
def test_a_point_in_time_is_a_quantity(text: str, value: float, unit: str, code: str) -> None:
    """The unit stays the source's word, the code is UCUM's; whole numbers stay integers."""
    found = parse(text)

    assert found == {"quantity": quantity(value, unit, code)}
    assert type(found["quantity"]["value"]) is type(value)


@pytest.mark.parametrize(
    ("text", "high"),
    [
        ("Up to 2 years", quantity(2, "years", "a")),
        ("upto 25 weeks", quantity(25, "weeks", "wk")),
        ("Within 30 days", quantity(30, "days", "d")),
        ("Baseline up to 24 weeks", quantity(24, "weeks", "wk")),
        ("From baseline through 12 months", quantity(12, "months", "mo")),
        ("Until 24 months from baseline", quantity(24, "months", "mo")),
        ("through study completion, up to 2 years", quantity(2, "years", "a")),
        ("Through study completion (up to 2 years)", quantity(2, "years", "a")),
        (
            "From date of randomization until the date of death, assessed up to 100 months",
            quantity(100, "months", "mo"),
        ),
    ],
)
def test_a_limit_is_the_high_end_of_a_range(text: str, high: dict[str, Any]) -> None:
    """Counted from the participant's entry, so the low end stays open."""
    assert parse(text) == {"range": {"high": high}}


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("6 to 12 months", quantity(6, "months", "mo"), quantity(12, "months", "mo")),
        ("6-12 months", quantity(6, "months", "mo"), quantity(12, "months", "mo")),
        ("0 – 24 hours", quantity(0, "hours", "h"), quantity(24, "hours", "h")),
        ("between 1 and 4.5 years", quantity(1, "years", "a"), quantity(4.5, "years", "a")),
        ("1 month to 6 months", quantity(1, "months", "mo"), quantity(6, "months", "mo")),
    ],
)
def test_two_ends_are_a_range(text: str, low: dict[str, Any], high: dict[str, Any]) -> None:
    """A unit said once holds for both ends."""
    assert parse(text) == {"range": {"low": low, "high": high}}


def test_a_least_time_is_the_low_end() -> None:
    """ "At least 24 weeks" has no high end."""
    assert parse("At least 24 weeks") == {"range": {"low": quantity(24, "weeks", "wk")}}


@pytest.mark.parametrize(
    "text",
    [
        "Baseline, Week 12",
        "Baseline and 12 weeks",
        "Week 12",
        "Day 1",
        "Month 6",
        "12th week",
        "Day 1, Day 8 and Day 29",
        "6 and 12 months",
        "6, 12, 24 months",
        "6 months, 12 months",
        "6 months after surgery",
        "30 days after the last dose",
        "12 weeks of treatment",
        "1 year follow-up",
        "through study completion, an average of 1 year",
        "approximately 12 months",
        "Up to approximately 27 months",
        "every 3 months",
        "for 12 weeks",
        "12-6 months",
        "6 months to 1 year",  # rng-2: HL7's engine cannot compare the two units
        "3-months- 6-months",
        "0 months",
        "6±1 months",
        "3 months of age",
        "2003 pollen season",
        "up to 30 days after last treatment",
        "from admission to discharge, up to 8 weeks",
        "Baseline",
        "",
        "at least",
        "1" * 500 + " weeks",
        "İ2 weeks",
    ],
)
def test_what_is_not_certain_stays_text(text: str) -> None:
    """Visits, several points, other events, averages, rhythms, estimates."""
    assert parse(text) is None


@given(st.text(max_size=60))
def test_any_text_is_parsed_or_left(text: str) -> None:
    """Never an exception; what is claimed has the shape of one of FHIR's two choices."""
    found = parse(text)

    assert found is None or list(found) in (["quantity"], ["range"])


@given(st.integers(1, 999), st.sampled_from(["day", "days", "weeks", "Months", "YEARS", "hours", "min"]))
def test_every_number_and_unit_comes_out_as_written(number: int, unit: str) -> None:
    """Value and unit word are the source's."""
    found = parse(f"{number} {unit}")

    assert found is not None
    assert (found["quantity"]["value"], found["quantity"]["unit"]) == (number, unit)


def test_hand_checked_time_frames_are_right(shared: Path) -> None:
    """At least 99 % of what the parser claims is what a reader says, on 200 claims of the corpus."""
    loader = SourceFileLoader("accuracy_of_text", str(SCRIPT))
    spec = spec_from_loader("accuracy_of_text", loader)
    assert spec is not None
    script = module_from_spec(spec)
    loader.exec_module(script)

    counts = script.frame_accuracy()
    print(
        f"{counts['claimed']} of {counts['all']} claimed; {counts['right claims']} of {counts['checked claims']} right"
    )

    assert counts["checked claims"] >= 190
    assert counts["right claims"] >= 0.99 * counts["checked claims"]
    assert counts["claimed"] >= 0.25 * counts["all"]
