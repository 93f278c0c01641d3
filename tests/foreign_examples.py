"""Studies as others write them, in shapes that the corpus lacks: invented, nobody and no drug in them is real."""

from __future__ import annotations

from typing import Any

Tree = dict[str, Any]


def french() -> Tree:
    """An invented study in the French profile ECLAIRE (R4)."""
    own = "https://interop.esante.gouv.fr/ig/fhir/eclaire/StructureDefinition/eclaire-"
    later = "http://hl7.org/fhir/5.0/StructureDefinition/extension-ResearchStudy."
    lead = {"coding": [{"system": "https://example.org/roles", "code": "lead-sponsor"}], "text": "Promoteur"}
    return {
        "resourceType": "ResearchStudy",
        "extension": [
            {
                "url": f"{later}associatedParty",
                "extension": [
                    {"url": "name", "valueString": "CHU Imaginaire"},
                    {"url": "role", "valueCodeableConcept": lead},
                ],
            },
            {"url": f"{own}recruitment-period", "valuePeriod": {"start": "2023-06-30T00:00:00.000Z"}},
            {"url": f"{own}recruitment-status", "valueCodeableConcept": {"coding": [{"code": "recruiting"}]}},
            {"url": f"{own}review-date", "valueInstant": "2024-05-31T00:00:00.000Z"},
            {"url": f"{own}therapeutic-area", "valueString": "Maladies"},
            {"url": f"{later}descriptionSummary", "valueMarkdown": "Une étude inventée"},
        ],
        "identifier": [
            {"use": "official", "system": "https://euclinicaltrials.eu", "value": "2023-500001-26-00"},
            {"use": "secondary", "system": "https://www.isrctn.com", "value": "ISRCTN00000001"},
        ],
        "title": "Une étude inventée de phase III",
        "status": "active",
        "phase": {
            "coding": [{"system": "http://terminology.hl7.org/CodeSystem/research-study-phase", "code": "phase-3"}]
        },
        "contact": [
            {
                "extension": [
                    {"url": f"{own}contact-name", "valueHumanName": {"family": "Imaginaire", "given": ["Anne"]}}
                ],
                "telecom": [{"system": "email", "value": "anne@example.org"}, {"system": "phone", "use": "work"}],
            }
        ],
        "location": [{"coding": [{"system": "urn:iso:std:iso:3166", "code": "FR"}]}],
        "arm": [
            {
                "name": "Bras 1",
                "extension": [
                    {"url": f"{own}arm-intervention", "extension": [{"url": "name", "valueString": "Zorvatib"}]}
                ],
            }
        ],
    }


def bundled() -> Tree:
    """An invented R5 study whose companions are told by urn:uuid, by a full address, and within it."""
    study = {
        "resourceType": "ResearchStudy",
        "status": "active",
        "title": "Zorvatib in imaginary fever",
        "contained": [{"resourceType": "Practitioner", "id": "pi", "name": [{"family": "Person", "given": ["Ima"]}]}],
        "associatedParty": [
            {"role": {"coding": [{"code": "lead-sponsor"}]}, "party": {"reference": "urn:uuid:0001"}},
            {"role": {"coding": [{"code": "primary-investigator"}]}, "party": {"reference": "#pi"}},
        ],
        "site": [{"reference": "https://fhir.example.org/r5/Location/7/_history/2"}],
        "recruitment": {"eligibility": {"reference": "EvidenceVariable/who"}},
        "progressStatus": [{"state": {"coding": [{"code": "completed"}]}}],
    }
    age = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/usage-context-type", "code": "age"}]}
    inner = [{"definitionCodeableConcept": {"text": "fever"}}, {"definitionCodeableConcept": {"text": "chills"}}]
    who = [
        {"definitionByTypeAndValue": {"type": age, "valueRange": {"low": {"value": 6, "code": "mo"}}}},
        {"description": "One of", "definitionByCombination": {"code": "any-of", "characteristic": inner}},
        {"exclude": True, "definitionCodeableConcept": {"text": "pregnancy"}},
    ]
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [
            {"resource": study},
            {"fullUrl": "urn:uuid:0001", "resource": {"resourceType": "Organization", "name": "Imaginary Pharma"}},
            {
                "fullUrl": "https://fhir.example.org/r5/Location/7",
                "resource": {"resourceType": "Location", "name": "Imaginary Hospital", "address": {"country": "NL"}},
            },
            {"resource": {"resourceType": "EvidenceVariable", "id": "who", "status": "active", "characteristic": who}},
        ],
    }
