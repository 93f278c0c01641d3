"""What a trial is called on a server: ids and names that HL7's rules and FHIR servers take, whatever its number is."""

from __future__ import annotations

import re

import pytest

from fhir_adapter import convert, restore

ID = re.compile(r"(?=.*[^0-9])[A-Za-z0-9.-]{1,64}")
NAME = re.compile(r"[A-Z][A-Za-z0-9_]{1,254}")  # cnl-0


@pytest.mark.parametrize("fhir", ["R5", "R4B", "R4"])
@pytest.mark.parametrize(
    "number", [None, "NCT99990001", "jRCT2031990001", "2099-990001-11", "990001", "ISRCTN 99/a.1", "Ü", "x" * 90]
)
def test_any_number_makes_ids_and_names(number: str | None, fhir: str) -> None:
    own = {"nctId": number} if number else {}
    record = {
        "protocolSection": {
            "identificationModule": {**own, "briefTitle": "An invented trial"},
            "armsInterventionsModule": {"interventions": [{"type": "DRUG", "name": "Zorvatib"}]},
            "outcomesModule": {"primaryOutcomes": [{"measure": "Invented score"}]},
            "eligibilityModule": {"sex": "ALL"},
        }
    }

    made = convert(record, fhir)

    assert made.ok, made.issues
    assert all(ID.fullmatch(own["id"]) for own in made.resources)
    named = [own["name"] for own in made.resources[1:] if "name" in own and "url" in own]
    assert len(named) == 4
    assert all(NAME.fullmatch(name) for name in named), named
    assert restore(made.resources).record == record
