"""Every code that we write is one that the registry or HL7 publishes, and none of the registry's is forgotten."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml

from fhir_adapter.identity import identity
from fhir_adapter.mappings.fhir import codes
from fhir_adapter.mappings.fhir.terms import Terms
from fhir_adapter.study import enums
from fhir_adapter.table import Scope
from fhir_adapter.version import VERSIONS, find

SHARED = Path(__file__).resolve().parents[2] / "shared"
HL7 = "http://hl7.org/fhir/"
THO = "http://terminology.hl7.org/CodeSystem/"
TERMS = {terms.name: terms for terms in vars(codes).values() if isinstance(terms, Terms)}
# Booleans and numbers in FHIR, or computed by the registry: no coding.
UNCODED = {"BrowseLeafRelevance", "DateType", "EnrollmentType", "UnpostedEventType", "ViolationEventType"}
# In the records since 2024, not yet in the registry's description.
NEWER = {"SecondaryIdType": {"CTIS"}}
# Where a plain `code` stands that HL7 lists: (element that holds it, its name): code system.
PLAIN_CODES = {
    ("definitionByCombination", "code"): "characteristic-combination",
    ("identifier", "use"): "identifier-use",
    ("relatedArtifact", "type"): "related-artifact-type",
    ("telecom", "system"): "contact-point-system",
}

PUBLISHED: dict[str, dict[str, dict[str, str]]] = json.loads(
    (Path(__file__).parent / "data" / "hl7_codes.json").read_text("utf-8")
)


def published(version: str) -> dict[str, dict[str, str]]:
    """Give {system: {code: name}} of a version; R4 and R4B also write R5's own systems in HL7's extensions."""
    old = ("hl7.terminology.r4", "hl7.fhir.r4b.core")
    packages = ("hl7.fhir.uv.extensions.r5", "hl7.fhir.r4b.core", "hl7.terminology.r5", "hl7.fhir.r5.core")
    systems: dict[str, dict[str, str]] = {}
    for wanted in packages if version == "R5" else (*packages, *old):
        for package, found in PUBLISHED.items():
            if package.startswith(f"{wanted} "):
                systems |= found
    return systems


R5 = published("R5")


def hl7_codes(terms: Terms) -> set[str]:
    return {hl7 for _, hl7 in terms.values.values() if hl7}


# --- the registry's codes ------------------------------------------------------------------------------------


def test_every_enumeration_of_the_study_has_terms():
    assert set(TERMS) == set(enums()) - UNCODED


@pytest.mark.parametrize("name", sorted(TERMS))
def test_terms_hold_the_values_of_the_study_and_no_others(name):
    assert set(TERMS[name].values) == set(enums()[name])


@pytest.mark.parametrize("name", sorted(TERMS))
def test_no_two_values_share_a_label(name):
    """The older formats are read by label, and `text` is compared with it."""
    labels = [label.casefold() for label, _ in TERMS[name].values.values()]

    assert len(set(labels)) == len(labels)
    assert all(labels)


@pytest.mark.corpus
def test_terms_hold_the_values_of_the_registrys_description():
    description = SHARED / "docs" / "registry-api" / "ctgov-oas-v2.yaml"
    schemas = yaml.load(description.read_text("utf-8"), Loader=yaml.CSafeLoader)["components"]["schemas"]

    theirs = {name: set(schemas[name]["enum"]) for name in TERMS}

    assert {name: set(terms.values) - NEWER.get(name, set()) for name, terms in TERMS.items()} == theirs


# --- HL7's codes ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(TERMS))
def test_every_hl7_code_of_the_terms_exists(name):
    terms = TERMS[name]

    assert hl7_codes(terms) <= set(R5.get(terms.system, ()))


def test_every_hl7_phase_is_written_for_one_set_of_phases():
    pairs = codes.PHASE_PAIRS

    assert sorted([*hl7_codes(codes.PHASE), *pairs.values()]) == sorted(R5[f"{HL7}research-study-phase"])
    assert all(set(pair) <= set(codes.PHASE.values) for pair in pairs)


@pytest.mark.parametrize("terms", [codes.PRIMARY_PURPOSE, codes.ARM_TYPE], ids=lambda terms: terms.name)
def test_every_hl7_code_of_a_twin_list_is_written(terms):
    """These lists of HL7 were made after the registry's: one to one, but for what only the registry has."""
    assert hl7_codes(terms) == set(R5[terms.system])


@pytest.mark.parametrize("name", ["phase", "prim-purp-type", "objective-type", "status"])
@pytest.mark.parametrize("terminology", ["hl7.terminology.r4 7.0.1", "hl7.terminology.r5 7.0.1"])
def test_the_system_of_r4_has_the_codes_of_r5(name, terminology):
    older = PUBLISHED[terminology][f"{THO}research-study-{name}"]

    assert set(older) == set(R5[f"{HL7}research-study-{name}"])


@pytest.mark.parametrize("name", sorted(name for name, terms in TERMS.items() if terms.system))
def test_a_code_survives_as_hl7_wrote_it(name):
    """Of someone else's resource only the HL7 code is known: it must give a value that is written as that code."""
    terms = TERMS[name]

    for hl7 in sorted(hl7_codes(terms)):
        back = terms.code({"coding": [{"system": terms.system, "code": hl7}]})
        assert back is not None
        assert terms.values[back][1] == hl7


# --- the codes of what is written ----------------------------------------------------------------------------

DATE = {"date": "2031-04-05", "type": "ACTUAL"}
# Invented: no trial has this number. It holds what the constant codes of the mapping are written for.
INVENTED: dict[str, Any] = {
    "protocolSection": {
        "identificationModule": {
            "nctId": "NCT99999999",
            "nctIdAliases": ["NCT99999998"],
            "briefTitle": "Zorvatib in imaginary fever",
            "officialTitle": "An invented trial of zorvatib in imaginary fever",
            "acronym": "ZIF",
            "orgStudyIdInfo": {"id": "ZOR-1", "link": "https://registry.example/zor-1"},
            "secondaryIdInfos": [{"id": "2031-500001-11-00", "type": "CTIS"}],
            "organization": {"fullName": "Invented Institute", "class": "OTHER"},
        },
        "statusModule": {
            "overallStatus": "UNKNOWN",
            "lastKnownStatus": "RECRUITING",
            "statusVerifiedDate": "2031-04",
            "startDateStruct": DATE,
            "primaryCompletionDateStruct": DATE,
            "completionDateStruct": DATE,
            "studyFirstSubmitDate": "2031-04-05",
            "studyFirstSubmitQcDate": "2031-04-05",
            "studyFirstPostDateStruct": DATE,
            "resultsFirstSubmitDate": "2031-04-05",
            "resultsFirstSubmitQcDate": "2031-04-05",
            "resultsFirstPostDateStruct": DATE,
            "dispFirstSubmitDate": "2031-04-05",
            "dispFirstSubmitQcDate": "2031-04-05",
            "dispFirstPostDateStruct": DATE,
            "lastUpdateSubmitDate": "2031-04-05",
            "lastUpdatePostDateStruct": DATE,
        },
        "sponsorCollaboratorsModule": {
            "responsibleParty": {"type": "SPONSOR"},
            "leadSponsor": {"name": "Invented Institute", "class": "OTHER"},
            "collaborators": [{"name": "Invented Agency", "class": "NIH"}],
        },
        "oversightModule": {"isFdaRegulatedDrug": True, "isFdaRegulatedDevice": True},
        "designModule": {
            "studyType": "OBSERVATIONAL",
            "designInfo": {"observationalModel": "COHORT"},
            "enrollmentInfo": {"count": 12},
        },
        "armsInterventionsModule": {
            "armGroups": [{"label": "Zorvatib", "interventionNames": ["Drug: Zorvatib"]}],
            "interventions": [{"type": "DRUG", "name": "Zorvatib", "armGroupLabels": ["Zorvatib"]}],
        },
        "outcomesModule": {
            "primaryOutcomes": [{"measure": "Temperature", "timeFrame": "12 weeks"}],
            "secondaryOutcomes": [{"measure": "Chills", "timeFrame": "6 months"}],
            "otherOutcomes": [{"measure": "Sleep", "timeFrame": "Day 1 to day 3"}],
        },
        "eligibilityModule": {
            "eligibilityCriteria": "Inclusion Criteria:\n\n* Any of the following:\n\n  * Fever\n  * Chills\n",
            "sex": "FEMALE",
            "minimumAge": "6 Months",
            "maximumAge": "75 Years",
        },
        "contactsLocationsModule": {
            "centralContacts": [
                {"name": "A Nurse", "role": "CONTACT", "phone": "1", "email": "nurse@registry.example"}
            ],
            "locations": [{"facility": "Clinic", "country": "Türkiye", "status": "RECRUITING"}],
        },
        "referencesModule": {
            "references": [{"citation": "Invented A. 2030.", "type": "BACKGROUND"}],
            "seeAlsoLinks": [{"label": "Page", "url": "https://registry.example"}],
            "availIpds": [{"id": "1", "type": "Data", "url": "https://registry.example/data"}],
        },
    },
}


def codings(node: Any, above: str = "") -> Iterator[tuple[str, str]]:
    """Give each (system, code) below a node, and the plain codes that HL7 lists under the system of their list."""
    if isinstance(node, list):
        for item in node:
            yield from codings(item, above)
    elif isinstance(node, dict):
        if isinstance(node.get("system"), str) and "code" in node:
            yield node["system"], node["code"]
        for key, value in node.items():
            if (above, key) in PLAIN_CODES:
                yield HL7 + PLAIN_CODES[above, key], value
            yield from codings(value, key)


def strangers(study: dict[str, Any], version: str) -> set[tuple[str, str]]:
    """Give the codings of a study's resources whose HL7, ISO or UCUM system has no such code."""
    scope = Scope(study=study, id=identity(study)[0], base="https://registry.example/fhir")
    known = published(version)
    ours = (HL7, THO, "urn:iso:", "http://unitsofmeasure.org")
    found = codings(find(version).write(scope))
    return {(system, code) for system, code in found if system.startswith(ours) and code not in known.get(system, ())}


@pytest.mark.parametrize("version", VERSIONS)
def test_every_constant_code_that_is_written_exists(version):
    assert strangers(INVENTED, version) == set()


def test_the_invented_trial_has_every_registration_activity():
    """Else the test above would not look at them."""
    written = set(codings(find("R5").write(Scope(study=INVENTED, id="NCT99999999", base="https://registry.example"))))
    activity = f"{HL7}research-study-registration-activity"

    assert {code for system, code in written if system == activity} == set(R5[activity])


@pytest.mark.corpus
@pytest.mark.parametrize("version", VERSIONS)
def test_every_code_that_a_real_record_is_written_with_exists(version):
    with gzip.open(SHARED / "data" / "ctgov_v2.ndjson.gz") as lines:
        studies = map(orjson.loads, islice(lines, 0, None, 8))
        found = set().union(*(strangers(study, version) for study in studies))

    assert found == set()
