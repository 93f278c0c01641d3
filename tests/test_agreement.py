"""We call an error what HL7's engine calls one, at the same element: its verdicts are recorded (scripts/verdicts)."""

from __future__ import annotations

import pytest

import published
from agreement import element, measure
from fhir_adapter.validate.gate import accepts
from verdicts import Verdict, read

VERSIONS = ("r4", "r4b", "r5")


@pytest.mark.parametrize("fhir", VERSIONS)
def test_we_agree_with_hl7(fhir):
    """We find 99 % of HL7's errors at their elements, and at most 0.1 % of ours are none to HL7."""
    found = measure(fhir)

    assert found.recall >= 0.99
    assert found.false_rate <= 0.001
    assert found.clean_rate <= 0.001


@pytest.mark.parametrize("fhir", VERSIONS)
def test_we_agree_with_hl7_on_what_others_published(fhir, shared):
    """The same holds for real resources of the supported types."""
    found = measure(fhir, published.read(shared / "data", fhir))

    assert found.resources >= 50
    assert found.recall >= 0.99
    assert found.false_rate <= 0.001
    assert found.clean_rate <= 0.001


@pytest.mark.parametrize("fhir", VERSIONS)
def test_the_fast_check_lets_no_hl7_error_pass(fhir):
    """Of all that HL7 calls wrong, the check before sending accepts only what the careful half misses too."""
    faulty = [verdict for verdict in read(fhir) if verdict.errors and isinstance(verdict.resource, dict)]
    passed = [verdict for verdict in faulty if accepts([verdict.resource], fhir)]

    assert len(faulty) >= 5000
    assert len(passed) <= len(faulty) / 100
    for verdict in passed:
        assert measure(fhir, [verdict]).ours == 0, f"{verdict.base}: {verdict.name}"


def test_only_the_spelling_of_paths_is_evened_out():
    """Comments, types of choices and slices go; indices and names stay."""
    long = "Bundle.entry[1].resource/*Location/x*/.extension[0][url='a'].value.ofType(Period).start"
    assert element(long) == "Bundle.entry[1].resource.extension[0].value.start"
    assert element("Group.characteristic[2].value[x]") == "Group.characteristic[2].value"


def test_an_error_at_another_element_is_missed():
    """An error of ours elsewhere in the resource is false, and HL7's is missed."""
    resource = {"resourceType": "Location", "mode": "here"}
    same = measure("r5", [Verdict("", "", resource, (("Location.mode", "code", ""),))])
    other = measure("r5", [Verdict("", "", resource, (("Location.status", "code", ""),))])

    assert (same.recall, same.false) == (1.0, 0)
    assert (other.recall, other.false) == (0.0, 1)


def test_a_resource_that_hl7_cannot_read_needs_any_error():
    """Where HL7's engine names no element, any error of ours is the same."""
    found = measure("r5", [Verdict("", "", {"resourceType": "Unheard"}, (("", "unknown", ""),))])

    assert (found.recall, found.false) == (1.0, 0)
