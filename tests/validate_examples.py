"""An invented trial as FHIR resources, in the three versions, small but with every shape that we write."""

from __future__ import annotations

from typing import Any

Tree = dict[str, Any]
VERSIONS = ("r4", "r4b", "r5")
CROSS = "http://hl7.org/fhir/5.0/StructureDefinition/extension-"
STUDY = "INV001"


def trial(fhir: str) -> list[Tree]:
    """Give the resources of one trial, the ResearchStudy first."""
    if fhir == "r5":
        return [_study_r5(), _plan(), _criteria_r5(), _drug(), _site_r5()]
    return [_study_r4(), _plan(), _criteria_r4(fhir), _drug_r4(fhir), _site_r4(), _group()]


def bundle(fhir: str) -> Tree:
    """Give the trial as a transaction."""
    return {"resourceType": "Bundle", "type": "transaction", "entry": [_entry(item) for item in trial(fhir)]}


def _entry(resource: Tree) -> Tree:
    name = f"{resource['resourceType']}/{resource['id']}"
    return {
        "fullUrl": f"https://invented.example/fhir/{name}",
        "resource": resource,
        "request": {"method": "PUT", "url": name},
    }


def _concept(code: str, text: str = "") -> Tree:
    coding = {"system": "https://invented.example/codes#kind", "code": code}
    return {"coding": [coding], "text": text or code}


def _contained(fhir: str) -> list[Tree]:
    role = {"resourceType": "PractitionerRole", "id": "lead", "practitioner": {"display": "Ada Invented"}}
    telecom = [{"system": "email", "value": "ada@invented.example"}]
    return [{**role, "contact": [{"telecom": telecom}]} if fhir == "r5" else {**role, "telecom": telecom}]


def _text(title: str) -> Tree:
    return {"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml"><p>{title}</p></div>'}


def _study_r5() -> Tree:
    return {
        "resourceType": "ResearchStudy",
        "id": STUDY,
        "meta": {"profile": ["https://invented.example/profile"]},
        "language": "en",
        "text": _text("An invented study"),
        "contained": _contained("r5"),
        "extension": [{"url": "https://invented.example/remainder", "valueString": "x"}],
        "url": "https://invented.example/study/INV001",
        "identifier": [{"use": "official", "system": "https://invented.example/ids", "value": STUDY}],
        "title": "An invented study",
        "label": [{"type": _concept("official"), "value": "An invented study of nothing"}],
        "protocol": [{"reference": f"PlanDefinition/{STUDY}-protocol"}],
        "date": "2024-02-29",
        "status": "active",
        "phase": _concept("phase-1"),
        "focus": [{"concept": _concept("drug"), "reference": {"reference": f"EvidenceVariable/{STUDY}-int-1"}}],
        "condition": [{"text": "Invented fever"}],
        "region": [{"coding": [{"system": "urn:iso:std:iso:3166", "code": "NL"}]}],
        "period": {"start": "2024-01", "end": "2025"},
        "site": [{"reference": f"Location/{STUDY}-loc-1", "display": "Town clinic"}],
        "associatedParty": [
            {"name": "Ministry of Invention", "role": _concept("lead-sponsor")},
            {"role": _concept("investigator"), "party": {"reference": "#lead"}},
        ],
        "progressStatus": [{"state": _concept("recruiting"), "actual": True, "period": {"start": "2024-01-31"}}],
        "recruitment": {"targetNumber": 0, "eligibility": {"reference": f"EvidenceVariable/{STUDY}-eligibility"}},
        "comparisonGroup": [
            {
                "linkId": "arm-1",
                "name": "Arm",
                "intendedExposure": [{"reference": f"EvidenceVariable/{STUDY}-int-1"}],
            }
        ],
        "outcomeMeasure": [
            {
                "name": "Fever",
                "type": [_concept("primary")],
                "reference": {"reference": f"EvidenceVariable/{STUDY}-int-1"},
            }
        ],
    }


def _plan() -> Tree:
    inner = {"id": "int-1", "title": "Inventol", "definitionCanonical": "https://invented.example/inventol"}
    return {
        "resourceType": "PlanDefinition",
        "id": f"{STUDY}-protocol",
        "url": "https://invented.example/PlanDefinition/INV001-protocol",
        "version": "1",
        "title": "Protocol",
        "status": "active",
        "subjectCodeableConcept": _concept("person"),
        "date": "2024-03-05T10:00:00Z",
        "action": [{"id": "arm-1", "title": "Arm", "groupingBehavior": "logical-group", "action": [inner]}],
    }


def _variable(name: str) -> Tree:
    return {
        "resourceType": "EvidenceVariable",
        "id": f"{STUDY}-{name}",
        "url": f"https://invented.example/EvidenceVariable/{STUDY}-{name}",
        "name": f"Invented{name.title().replace('-', '')}",
        "status": "active",
    }


def _criteria_r5() -> Tree:
    both = {"code": "any-of", "characteristic": [_criterion("inc-2.1"), _criterion("inc-2.2")]}
    age = {"type": _concept("age"), "valueRange": {"low": {"value": 18.5, "unit": "a"}}}
    return {
        **_variable("eligibility"),
        "actual": False,
        "description": "Inclusion:\n\n* adults",
        "characteristic": [
            _criterion("inc-1"),
            {"linkId": "inc-2", "definitionByCombination": both},
            {"linkId": "age", "definitionByTypeAndValue": age},
            {
                **_criterion("exc-1"),
                "exclude": True,
                "timeFromEvent": [{"description": "two weeks", "quantity": {"value": 14, "unit": "d"}}],
            },
        ],
    }


def _criterion(link: str) -> Tree:
    return {"linkId": link, "description": "an adult", "definitionCodeableConcept": {"text": "an adult"}}


def _drug() -> Tree:
    return {**_variable("int-1"), "characteristic": [{"definitionCodeableConcept": _concept("drug")}]}


def _site_r5() -> Tree:
    contact = {"purpose": _concept("admin"), "telecom": [{"system": "phone", "value": "+31 1"}]}
    return {**_site(), "characteristic": [_concept("recruiting")], "contact": [contact]}


def _site() -> Tree:
    return {
        "resourceType": "Location",
        "id": f"{STUDY}-loc-1",
        "status": "active",
        "name": "Town clinic",
        "mode": "instance",
        "address": {"city": "Nowhere", "country": "NL"},
        "position": {"longitude": 4.5, "latitude": 52.0},
    }


def cross(element: str, **value: Any) -> Tree:
    """Give a cross-version extension."""
    return {"url": CROSS + element, **value}


def parts(**values: Any) -> list[Tree]:
    """Give sub-extensions: name_type=value, a list of values for one that repeats."""
    out = []
    for key, value in values.items():
        name, _, kind = key.partition("_")
        out += [{"url": name, f"value{kind}": item} for item in (value if isinstance(value, list) else [value])]
    return out


def _reference(name: str) -> Tree:
    return {"reference": f"{name}"}


def _study_r4() -> Tree:
    study = _study_r5()
    drug = _reference(f"EvidenceVariable/{STUDY}-int-1")
    kept = ("resourceType", "id", "language", "text", "identifier", "title", "protocol", "phase")
    arm = [
        cross("ResearchStudy.comparisonGroup.linkId", valueId="arm-1"),
        cross("ResearchStudy.comparisonGroup.intendedExposure", valueReference=drug),
    ]
    measure = parts(name_String="Fever", type_CodeableConcept=_concept("primary"), reference_Reference=drug)
    return {
        **{key: study[key] for key in kept},
        "contained": _contained("r4"),
        "extension": [
            *study["extension"],
            cross("ResearchStudy.url", valueUri=study["url"]),
            cross("ResearchStudy.date", valueDateTime=study["date"]),
            cross("ResearchStudy.label", extension=parts(type_CodeableConcept=_concept("official"), value_String="x")),
            cross("ResearchStudy.associatedParty", extension=_party_r4()),
            cross("ResearchStudy.recruitment", extension=_recruitment_r4()),
            cross("ResearchStudy.outcomeMeasure", extension=measure),
        ],
        "status": "active",
        "focus": [{**_concept("drug"), "extension": [cross("CodeableReference.reference", valueReference=drug)]}],
        "condition": study["condition"],
        "location": study["region"],
        "enrollment": [_reference(f"Group/{STUDY}-enrollment")],
        "period": study["period"],
        "site": study["site"],
        "arm": [{"extension": arm, "name": "Arm"}],
    }


def _party_r4() -> list[Tree]:
    return parts(name_String="Ada", role_CodeableConcept=_concept("investigator"), party_Reference=_reference("#lead"))


def _recruitment_r4() -> list[Tree]:
    eligible = _reference(f"EvidenceVariable/{STUDY}-eligibility")
    return parts(targetNumber_UnsignedInt=0, eligibility_Reference=eligible)


def _criteria_r4(fhir: str) -> Tree:
    criterion = {"description": "an adult", "definitionCodeableConcept": {"text": "an adult"}}
    inner = parts(
        linkId_Id="inc-2.1", description_Markdown="x", definitionCodeableConcept_CodeableConcept={"text": "x"}
    )
    both = [*parts(code_Code="any-of"), {"url": "characteristic", "extension": inner}]
    age = parts(type_CodeableConcept=_concept("age"), value_Range={"low": {"value": 18, "unit": "a"}})
    stem = "EvidenceVariable.characteristic."
    native = {"actual": False, "characteristicCombination": "intersection"} if fhir == "r4b" else {}
    old = {} if fhir == "r4b" else {"extension": [cross("EvidenceVariable.actual", valueBoolean=False)]}
    return {
        **_variable("eligibility"),
        **native,
        **old,
        "characteristic": [
            {**criterion, "extension": [cross(f"{stem}linkId", valueId="inc-1")]},
            {**criterion, "extension": [cross(f"{stem}definitionByCombination", extension=both)]},
            {**criterion, "exclude": True, "extension": [cross(f"{stem}definitionByTypeAndValue", extension=age)]},
        ],
    }


def _drug_r4(fhir: str) -> Tree:
    combination = {"characteristicCombination": "intersection"} if fhir == "r4b" else {}
    return {**_drug(), **combination}


def _site_r4() -> Tree:
    purpose = cross("ExtendedContactDetail.purpose", valueCodeableConcept=_concept("admin"))
    contact = {"extension": [purpose], "name": "Desk", "telecom": [{"system": "phone", "value": "+31 1"}]}
    extension = [
        cross("Location.characteristic", valueCodeableConcept=_concept("recruiting")),
        cross("Location.contact", valueContactDetail=contact),
    ]
    return {**_site(), "extension": extension}


def _group() -> Tree:
    member = {"code": _concept("age"), "valueBoolean": True, "exclude": False}
    top = {"resourceType": "Group", "id": f"{STUDY}-enrollment", "type": "person", "actual": False}
    return {**top, "name": "Enrollment", "quantity": 0, "characteristic": [member]}
