"""Codes, units and addresses are judged as HL7's engine judges them, in each FHIR version."""

from __future__ import annotations

import pytest

from fhir_adapter.issues import blocking
from fhir_adapter.validate import validate
from fhir_adapter.validate.ucum import SYSTEM, is_unit
from validate_examples import VERSIONS

THO = "http://terminology.hl7.org/CodeSystem/"
STATUS = "http://hl7.org/fhir/publication-status"


def wrong(value, fhir):
    """Give the paths of errors of an invented resource with one extension."""
    resource = {"resourceType": "Basic", "code": {"text": "x"}, "extension": [{"url": "https://x.example/e", **value}]}
    return {issue.path for issue in validate(resource, fhir) if blocking([issue])}


CODINGS = [
    ({"system": f"{THO}v3-ActCode", "code": "AMB"}, True),
    ({"system": f"{THO}v3-ActCode", "code": "amb"}, False),
    ({"system": STATUS, "code": "bogus"}, False),
    ({"system": "https://x.example/cs", "code": "bogus"}, True),
    ({"system": "http://snomed.info/sct", "code": "bogus"}, True),
    ({"system": "relative", "code": "x"}, False),
    ({"system": "urn:iso:std:iso:3166", "code": "NL"}, True),
    ({"system": "urn:iso:std:iso:3166", "code": "XX"}, False),
    ({"system": "urn:iso:std:iso:4217", "code": "XYZ"}, False),
    ({"system": SYSTEM, "code": "foo"}, False),
    ({"code": "x"}, True),
]


@pytest.mark.parametrize("fhir", VERSIONS)
@pytest.mark.parametrize(("coding", "right"), CODINGS)
def test_a_code_must_be_in_a_system_that_is_known(fhir, coding, right):
    """Of a Coding anywhere; systems that nobody publishes whole are not looked at."""
    path = "Basic.extension[0].value.ofType(Coding)"
    assert wrong({"valueCoding": coding}, fhir) == (set() if right else {path})


@pytest.mark.parametrize("fhir", VERSIONS)
def test_a_concept_needs_the_codes_that_it_names_a_system_for(fhir):
    """The error stands at the CodeableConcept."""
    path = "Basic.extension[0].value.ofType(CodeableConcept)"
    assert wrong({"valueCodeableConcept": {"coding": [{"system": STATUS}]}}, fhir) == {path}
    assert wrong({"valueCodeableConcept": {"coding": [{"system": "https://x.example"}]}}, fhir) == set()


@pytest.mark.parametrize(
    "code", ["mg", "mm[Hg]", "10*3/uL", "kcal", "/min", "m.s-1", "1.m", "{x}", "m2{x}", "(m)", "%"]
)
def test_a_unit_is_right(code):
    """Prefixes, exponents, notes, brackets."""
    assert is_unit(code)


@pytest.mark.parametrize("code", ["hours", "lb", "mcg", "m/", "m g", "k%", "k[in_i]", "{x}m", "m(s)", "(m", "IU", "µg"])
def test_a_unit_is_wrong(code):
    """Unknown atoms, prefixes where none belong, and bad grammar."""
    assert not is_unit(code)


ADDRESSES = [
    ({"valueIdentifier": {"system": "relative", "value": "x"}}, False),
    ({"valueIdentifier": {"system": "urn:ietf:rfc:3986", "value": "x"}}, False),
    ({"valueIdentifier": {"system": "urn:ietf:rfc:3986", "value": "https://x.example"}}, True),
    ({"valueUri": "relative"}, True),
    ({"valueUri": "urn:oid:1.02.3.4"}, False),
    ({"valueUri": "urn:oid:1.2.3.4.5"}, True),
    ({"valueUri": "urn:uuid:x"}, False),
    ({"valueCanonical": "relative"}, False),
    ({"valueCanonical": "https://x.example|1.0"}, True),
    ({"valueMoney": {"value": 1, "currency": "eur"}}, False),
]


@pytest.mark.parametrize("fhir", VERSIONS)
@pytest.mark.parametrize(("value", "right"), ADDRESSES)
def test_addresses_are_absolute_where_they_must_be(fhir, value, right):
    """Identifier.system, canonicals, and the urns of object and unique identifiers."""
    assert (wrong(value, fhir) == set()) is right
