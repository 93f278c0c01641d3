"""Issues become an OperationOutcome that is valid itself, and come back from one."""

from __future__ import annotations

import pytest

from fhir_adapter.issues import Issue, Severity, blocking, from_outcome, to_outcome
from fhir_adapter.validate import validate
from validate_examples import VERSIONS

ISSUES = [
    Issue.error("invariant", "ResearchStudy.contained[0]", "nothing refers to it", "dom-3"),
    Issue.warning("invalid", "ResearchStudy.title", "only white space"),
    Issue.information("informational", "", "a list without records"),
    Issue.fatal("structure", "", "not JSON: cut off"),
]


def test_issues_come_back_from_an_outcome() -> None:
    """Severity, kind, place, words and rule; not which record it was."""
    assert from_outcome(to_outcome(ISSUES, about="ResearchStudy/a")) == ISSUES


@pytest.mark.parametrize("fhir", VERSIONS)
def test_an_outcome_is_valid(fhir: str) -> None:
    """With issues of any kind, with none, and with a code that a server invented."""
    odd = Issue(Severity.ERROR, "made-up", "", "")

    for issues in (ISSUES, [], [odd], [issue.of("x:7") for issue in ISSUES]):
        assert not blocking(validate(to_outcome(issues, "file.ndjson:7"), fhir))
        assert not blocking(validate(to_outcome(issues), fhir))


@pytest.mark.parametrize("fhir", VERSIONS)
def test_what_is_said_of_a_broken_resource_is_a_valid_outcome(fhir: str) -> None:
    """Whatever was in the resource."""
    broken = {
        "resourceType": "Location",
        "id": "a b",
        "\ud800": 1,
        "mode": "\u0000\ud800",
        "name": " ",
        "alias": [None, 7, ""],
        "x" * 1000: {},
    }
    assert not blocking(validate(to_outcome(validate(broken, fhir)), fhir))


@pytest.mark.parametrize(
    "body", [None, 7, [], {}, {"resourceType": "OperationOutcome", "issue": [None, {}, {"code": 7}]}]
)
def test_any_body_is_taken(body: object) -> None:
    """What is none gives none, what is odd an error."""
    assert all(issue.severity is Severity.ERROR for issue in from_outcome(body))


@pytest.mark.parametrize("extension", [7, [7], [{"url": 1}], [{"url": "x"}], [{"valueString": 5}]])
def test_an_odd_extension_names_no_rule(extension: object) -> None:
    """Servers write what they like."""
    issue = {"severity": "error", "code": "invalid", "diagnostics": "x", "extension": extension}
    (found,) = from_outcome({"resourceType": "OperationOutcome", "issue": [issue]})
    assert (found.rule, found.message) == (None, "x")
