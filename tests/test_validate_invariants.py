"""Each invariant of HL7's that is an error is kept and broken as HL7's engine says, and never slips through."""

from __future__ import annotations

import pytest

import invariants_of_resources
import invariants_of_types
from fhir_adapter.issues import blocking
from fhir_adapter.validate import validate
from fhir_adapter.validate.definitions import load
from fhir_adapter.validate.fhirpath import compile_rule
from fhir_adapter.validate.gate import accepts
from fhir_adapter.validate.rules import rules_at
from fhir_adapter.validate.shapes import shape_of
from invariant_builders import Example
from validate_examples import VERSIONS

SUPPORTED = (
    *("ResearchStudy", "PlanDefinition", "EvidenceVariable", "Location", "Group", "Organization", "Practitioner"),
    *("ActivityDefinition", "Bundle", "OperationOutcome"),
)
EXAMPLES = [*invariants_of_types.EXAMPLES, *invariants_of_resources.EXAMPLES]
CASES = [pytest.param(example, fhir, id=f"{fhir}: {example}") for example in EXAMPLES for fhir in example.versions]
# ElementDefinition belongs to no supported type, but every datatype is among those an extension may reach.
ELSEWHERE = ("ElementDefinition",)
# It asks whether a Quantity has a value as a primitive has one: never, so that it always holds.
UNBREAKABLE = {"ratrng-2"}


def broken(resource: dict, fhir: str) -> set[tuple[str, str]]:
    """Give the rules that are errors, with their places; empty things and extensions are told otherwise."""
    return {(str(issue.rule), issue.path) for issue in validate(resource, fhir) if issue.rule and blocking([issue])}


@pytest.mark.parametrize(("example", "fhir"), CASES)
def test_an_invariant_is_kept_or_broken(example: Example, fhir: str):
    """Reported at the object that breaks it; a value that keeps it is no error."""
    assert (example.rule, example.path) in broken(example.broken, fhir)
    assert example.rule not in {rule for rule, _ in broken(example.kept, fhir)}


@pytest.mark.parametrize(("example", "fhir"), CASES)
def test_the_fast_half_knows_every_invariant(example: Example, fhir: str):
    """What breaks one isn't accepted, and what is accepted has no error."""
    assert not accepts([example.broken], fhir)
    if accepts([example.kept], fhir):
        assert not blocking(validate(example.kept, fhir))


@pytest.mark.parametrize("fhir", VERSIONS)
def test_every_invariant_has_an_example(fhir: str):
    """Of all types that a supported resource may hold."""
    tried = {example.rule for example in EXAMPLES if fhir in example.versions} | UNBREAKABLE
    missing = {
        (place, rule.key)
        for place in load(fhir).places
        if _belongs(fhir, place)
        for rule in rules_at(fhir, place)
        if rule.severity == "error" and rule.key not in tried
    }
    assert not missing


def _belongs(fhir: str, place: str) -> bool:
    kind = place.partition(":")[0].partition(".")[0]
    if kind in ELSEWHERE or (kind in load(fhir).resources and kind not in SUPPORTED):
        return False
    return kind in SUPPORTED or kind in _held(fhir)


def _held(fhir: str) -> set[str]:
    """Give all datatypes that the supported resources and their extensions hold, at any depth."""
    found: set[str] = set()
    waiting = list(SUPPORTED)
    while waiting:
        for member in shape_of(fhir, waiting.pop()).members.values():
            kind = member.kind.name
            if kind not in found and kind in load(fhir).types and kind not in load(fhir).resources:
                found.add(kind)
                waiting.append(kind)
    return {kind for kind in found if "." not in kind}


@pytest.mark.parametrize("fhir", VERSIONS)
def test_every_rule_compiles(fhir: str):
    """Of all types; one that FHIRPath here doesn't understand would show now and not later."""
    rules = load(fhir).rules
    assert len(rules) > 200
    for _key, _severity, _words, expression in rules:
        compile_rule(fhir, expression)


@pytest.mark.parametrize("fhir", ["r4b", "r5"])
def test_a_warning_is_a_warning(fhir: str):
    """A name that isn't fit for programs, at the resource; nothing that blocks."""
    plan = {"resourceType": "PlanDefinition", "id": "any", "status": "draft", "name": "bad name"}
    found = [issue for issue in validate(plan, fhir) if issue.rule == "cnl-0"]
    assert [(issue.severity, issue.path) for issue in found] == [("warning", "PlanDefinition")]


def test_a_message_says_what_was_found():
    """HL7's words and the values."""
    (issue,) = validate(EXAMPLES[0].broken, "r5")
    assert issue.message.endswith("found start '2025-03-05', end '2024-03-05'")


@pytest.mark.parametrize("value", [7, "x", [], {"start": 5, "end": {}}, {"start": ["2024"], "end": None}])
def test_a_malformed_value_is_the_business_of_the_structure(value):
    """An invariant neither crashes nor hides what is wrong."""
    location = {**EXAMPLES[0].broken, "extension": [{"url": "https://example.org/any", "valuePeriod": value}]}
    assert blocking(validate(location, "r5"))
