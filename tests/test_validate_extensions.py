"""HL7's own extensions stand and hold what HL7 says."""

from __future__ import annotations

import pytest

from fhir_adapter.issues import blocking
from fhir_adapter.validate import validate
from validate_examples import VERSIONS

HL7 = "http://hl7.org/fhir/StructureDefinition/"
GEO = f"{HL7}geolocation"
LATITUDE, LONGITUDE = {"url": "latitude", "valueDecimal": 1.5}, {"url": "longitude", "valueDecimal": 1.5}
PLACE = [
    ({"url": GEO, "extension": [LATITUDE, LONGITUDE]}, None),
    ({"url": GEO, "extension": [LATITUDE]}, ".extension[0]"),
    ({"url": GEO, "extension": [LATITUDE, LONGITUDE, {"url": "zz", "valueDecimal": 1}]}, ".extension[0].extension[2]"),
    ({"url": GEO, "valueString": "x"}, ".extension[0]"),
    ({"url": f"{HL7}iso21090-ADXP-streetName", "valueString": "x"}, ""),
    ({"url": f"{HL7}nobody-knows-this", "valueString": "x"}, None),
    ({"url": "https://x.example/own", "valueString": "x"}, None),
]


@pytest.mark.parametrize("fhir", VERSIONS)
@pytest.mark.parametrize(("extension", "at"), PLACE)
def test_an_extension_of_an_address(fhir, extension, at):
    """Wrong place: the error is at the element; wrong content: at the extension."""
    resource = {"resourceType": "Location", "name": "x", "address": {"city": "x", "extension": [extension]}}
    found = {issue.path for issue in validate(resource, fhir) if blocking([issue])}
    assert found == (set() if at is None else {f"Location.address{at}"})


@pytest.mark.parametrize("fhir", VERSIONS)
def test_a_profile_of_another_type_is_an_error(fhir):
    """A profile that nobody knows is not looked at."""
    resource = {"resourceType": "Location", "name": "x", "meta": {"profile": [f"{HL7}Patient", "https://x.example"]}}
    assert [issue.path for issue in validate(resource, fhir) if blocking([issue])] == ["Location"]
