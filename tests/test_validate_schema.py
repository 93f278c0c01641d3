"""The fast half of validation lets nothing pass that the careful half calls an error."""

from __future__ import annotations

import calendar
import re
from datetime import date
from typing import Any

import pytest

from fhir_adapter.issues import blocking
from fhir_adapter.validate import formats, validate
from fhir_adapter.validate.gate import accepts
from fhir_adapter.validate.inspection import inspect
from fhir_adapter.validate.references import Given
from mutations import mutations
from validate_examples import VERSIONS, trial


def fits(fhir: str, kind: str, **elements: Any) -> bool:
    """Ask the fast half about a sound trial of which the resource of a type has these elements."""
    return accepts([{**item, **(elements if item["resourceType"] == kind else {})} for item in trial(fhir)], fhir)


@pytest.mark.parametrize("fhir", VERSIONS)
def test_a_sound_trial_needs_no_close_look(fhir):
    """What we write ourselves passes the fast half, so that it costs microseconds."""
    assert accepts(trial(fhir), fhir)


@pytest.mark.parametrize("fhir", VERSIONS)
def test_nothing_that_passes_the_schema_has_an_error(fhir):
    """Each resource of a trial, broken in each place in each way: accepted only where nothing is wrong."""
    resources = trial(fhir)
    tried = accepted = 0
    for index, resource in enumerate(resources):
        for what, broken in mutations(resource):
            together = [*resources[:index], broken, *resources[index + 1 :]]
            tried += 1
            if accepts(together, fhir):
                accepted += 1
                given = Given(frozenset((str(item["resourceType"]), str(item["id"])) for item in together))
                errors = [str(issue) for issue in inspect(broken, fhir, given) if blocking([issue])]
                assert not errors, f"{resource['resourceType']}: {what}"
    assert tried > 3000
    assert accepted < tried / 4


@pytest.mark.parametrize("fhir", VERSIONS)
def test_most_defects_are_named(fhir):
    """Deleting a required element, misspelling one or emptying one never goes unnoticed."""
    for resource in trial(fhir):
        for what, broken in mutations(resource):
            if what.endswith((" misspelt", " with unknown", "= ''", "= []", "= {}", "= None")):
                issues = validate(broken, fhir)
                if what == "meta.profile = []":
                    # HL7's engine accepts an empty array of primitives, which FHIR's JSON has not: a warning.
                    assert ("warning", "meta.profile") in [(str(issue.severity), issue.path[-12:]) for issue in issues]
                else:
                    assert any(blocking([issue]) for issue in issues), what


@pytest.mark.parametrize("fhir", VERSIONS)
@pytest.mark.parametrize(
    ("start", "end", "right"),
    [
        ("2024-01-31", "2024-02-01", True),
        ("2024-02-01", "2024-02-01", True),
        ("2024-03", "2024-01", False),
        ("2024-02-10", "2024-01-31", False),
        ("2024-02-01", "2023", False),
        ("2024-02-01T10:00:00Z", "2024-02-01T09:59:59Z", False),
    ],
)
def test_a_period_ends_after_it_starts(fhir, start, end, right):
    """Both halves agree on dates in order and out of order, as exact as each other or not."""
    period = {"start": start, "end": end}
    study = {**trial(fhir)[0], "period": period}

    assert fits(fhir, "ResearchStudy", period=period) == right
    assert any(issue.rule == "per-1" for issue in validate(study, fhir)) != right


@pytest.mark.parametrize("fhir", VERSIONS)
def test_an_element_id_is_used_once(fhir):
    """Elements of a plan with one id are refused, those of which each has its own are not."""
    action = {"title": "Arm", "id": "arm-1"}
    for other, right in (("arm-2", True), ("arm-1", False)):
        assert fits(fhir, "PlanDefinition", action=[action, {**action, "id": other}]) == right


def test_a_decimal_of_r5_has_no_more_digits_than_it_may():
    """Whatever its size, a number is refused for its digits alone."""
    for number in (0, 0.0, -0.5, 0.05, 1, 12.345678, -7.25, 1e15, 1e16):
        assert fits("r5", "Location", position={"longitude": number, "latitude": 1}), number
    for number in (0.012345678901234568, 10**18, float("nan")):
        assert not fits("r5", "Location", position={"longitude": number, "latitude": 1}), number


@pytest.mark.parametrize("fhir", VERSIONS)
@pytest.mark.parametrize(
    ("system", "right"),
    [
        ("https://invented.example/codes", True),
        ("http://terminology.hl7.org/CodeSystem/v3-NullFlavor", False),  # it has no such code
        ("urn:oid:1.2.x", False),
        ("codes", False),
        ("http://invented.example/my codes", False),
    ],
)
def test_a_code_system_is_an_address(fhir, system, right):
    """A system is absolute and without spaces, and where its codes are known it has the code."""
    kind = {"coding": [{"system": system, "code": "kind"}]}

    assert fits(fhir, "ResearchStudy", condition=[kind]) == right


def test_dates_are_real_days():
    """The pattern of the schema and the calendar agree on every day of leap and common years and centuries."""
    pattern = re.compile(formats.PATTERNS["date"])
    for year in (1896, 1900, 1904, 2000, 2023, 2024, 2100):
        for month in range(1, 13):
            days = calendar.monthrange(year, month)[1]
            found = [day for day in range(33) if pattern.search(f"{year}-{month:02}-{day:02}")]
            assert found == list(range(1, days + 1)), (year, month)
    assert pattern.search(date.max.isoformat())
    assert not pattern.search("2024-13-01")
