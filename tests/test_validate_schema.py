"""The fast half of validation lets nothing pass that the careful half calls an error."""

from __future__ import annotations

import calendar
import re
from datetime import date

import pytest

from fhir_adapter.issues import blocking
from fhir_adapter.validate import formats, validate
from fhir_adapter.validate.gate import accepts
from fhir_adapter.validate.inspection import inspect
from fhir_adapter.validate.references import Given
from mutations import mutations
from validate_examples import VERSIONS, trial


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
