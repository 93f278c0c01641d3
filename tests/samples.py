"""Invented values of FHIR's datatypes and elements, each sound in every version that has it."""

from __future__ import annotations

from typing import Any

Tree = dict[str, Any]

UCUM = "http://unitsofmeasure.org"
THO = "http://terminology.hl7.org/CodeSystem/"
HL7 = "http://hl7.org/fhir/"

PRIMITIVES: dict[str, Any] = {
    "base64Binary": "SW52ZW50ZWQ=",
    "boolean": True,
    "canonical": "https://invented.example/fhir/Library/one|1.0",
    "code": "invented-code",
    "date": "2024-02-29",
    "dateTime": "2024-02-29T10:00:00+01:00",
    "decimal": 1.50,
    "id": "one-1",
    "instant": "2024-02-29T10:00:00.123Z",
    "integer": 3,
    "integer64": "4294967296",
    "markdown": "Words, *many* of them",
    "oid": "urn:oid:2.16.840.1.113883.3.1",
    "positiveInt": 2,
    "string": "a few words",
    "time": "10:30:00",
    "unsignedInt": 0,
    "uri": "https://invented.example/a/uri",
    "url": "https://invented.example/a/url",
    "uuid": "urn:uuid:c757873d-ec9a-4326-a141-556f43239520",
    "xhtml": '<div xmlns="http://www.w3.org/1999/xhtml"><p>Words <b>in bold</b><br/></p></div>',
}

# Codes of elements whose binding is endless, and where the first of the value set is not the sound one.
CODES: dict[str, Any] = {
    **dict.fromkeys((f"{name}.language" for name in ("Attachment", "ResearchStudy", "PlanDefinition")), "en"),
    **dict.fromkeys((f"{name}.language" for name in ("EvidenceVariable", "Location", "Group", "Bundle")), "de"),
    **dict.fromkeys((f"{name}.language" for name in ("Organization", "Practitioner")), "fr-CA"),
    **dict.fromkeys((f"{name}.language" for name in ("ActivityDefinition", "OperationOutcome")), "pt-BR"),
    "Attachment.contentType": "application/pdf",
    "Attachment.size": 8,
    "r5 Attachment.size": "8",
    "Attachment.hash": "F272sBG7xW9bhbyRvTC0oWc4i1I=",
    "Attachment.url": "https://invented.example/a.pdf",
    "Expression.language": "text/fhirpath",
    "Expression.expression": "true",
    "Expression.name": "one",
    "Signature.targetFormat": "application/fhir+json",
    "Signature.sigFormat": "application/jwt",
    "Money.currency": "EUR",
    "ParameterDefinition.type": "string",
    "ParameterDefinition.max": "1",
    "Identifier.system": "https://invented.example/ids",
    "Address.country": "Neverland",
    "EvidenceVariable.name": "InventedVariable",
    "PlanDefinition.name": "InventedPlan",
    "ActivityDefinition.name": "InventedActivity",
    "ResearchStudy.name": "InventedStudy",
    "ActivityDefinition.kind": "ServiceRequest",
    "ActivityDefinition.intent": "order",
    "DataRequirement.type": "Patient",
    "DataRequirement.dateFilter.path": "birthDate",
    "DataRequirement.codeFilter.path": "maritalStatus",
    "DataRequirement.sort.path": "birthDate",
    "DataRequirement.mustSupport": "birthDate",
    "DataRequirement.valueFilter.path": "birthDate",
    "Timing.repeat.frequencyMax": 3,
    "Timing.repeat.countMax": 3,
    "Timing.repeat.durationMax": 2.5,
    "Timing.repeat.periodMax": 2.5,
    "Timing.repeat.dayOfWeek": "mon",
    "SampledData.data": "1 2 3 E U L",
    "SampledData.intervalUnit": "ms",
    "SampledData.code": "ms",
    "Location.availabilityExceptions": "closed in winter",
    "Group.membership": "definitional",
    "TriggerDefinition.type": "data-added",
    "Quantity.system": UCUM,
    "Quantity.code": "mg",
    "Quantity.unit": "milligram",
    "Age.system": UCUM,
    "Age.code": "a",
    "Age.unit": "years",
    "Count.system": UCUM,
    "Count.code": "1",
    "Count.value": 4,
    "Distance.system": UCUM,
    "Distance.code": "m",
    "Duration.system": UCUM,
    "Duration.code": "d",
    "Coding.system": "https://invented.example/codes",
    "Reference.reference": "Patient/one",
    "Reference.type": "Patient",
    **dict.fromkeys((f"{name}.versionAlgorithm[x]" for name in ("PlanDefinition", "EvidenceVariable")), "semver"),
    "ActivityDefinition.versionAlgorithm[x]": "semver",
    "VirtualServiceDetail.maxParticipants": 5,
}
CODED = {
    "ResearchStudy.phase": (f"{THO}research-study-phase", "phase-1"),
    "r5 ResearchStudy.phase": (f"{HL7}research-study-phase", "phase-1"),
    "ResearchStudy.primaryPurposeType": (f"{THO}research-study-prim-purp-type", "treatment"),
    "r5 ResearchStudy.primaryPurposeType": (f"{HL7}research-study-prim-purp-type", "treatment"),
    "r5 ResearchStudy.studyDesign": (f"{HL7}study-design", "SEVCO:01001"),
    "r5 ResearchStudy.associatedParty.role": (f"{HL7}research-study-party-role", "sponsor"),
    "PlanDefinition.type": (f"{THO}plan-definition-type", "clinical-protocol"),
    "Organization.type": (f"{THO}organization-type", "prov"),
    "Organization.contact.purpose": (f"{THO}contactentity-type", "ADMIN"),
    "Location.type": (f"{THO}v3-RoleCode", "HOSP"),
    "Location.form": (f"{THO}location-physical-type", "bu"),
    "Location.physicalType": (f"{THO}location-physical-type", "bu"),
    "Location.operationalStatus": (f"{THO}v2-0116", "O"),
    "Practitioner.qualification.code": (f"{THO}v2-0360|2.7".partition("|")[0], "MD"),
    "r4 Practitioner.communication": ("urn:ietf:bcp:47", "en"),
    "r4b Practitioner.communication": ("urn:ietf:bcp:47", "en"),
    "Practitioner.communication.language": ("urn:ietf:bcp:47", "en"),
    "ResearchStudy.location": ("urn:iso:std:iso:3166", "NL"),
    "ResearchStudy.region": ("urn:iso:std:iso:3166", "NL"),
    "PlanDefinition.jurisdiction": ("urn:iso:std:iso:3166", "US"),
    "ActivityDefinition.jurisdiction": ("urn:iso:std:iso:3166", "DE"),
    "Identifier.type": (f"{THO}v2-0203", "MR"),
    "UsageContext.code": (f"{THO}usage-context-type", "focus"),
    "Timing.code": (f"{THO}v3-GTSAbbreviation", "BID"),
    "OperationOutcome.issue.details": (f"{THO}operation-outcome", "MSG_AUTH_REQUIRED"),
    "Signature.type": ("urn:iso-astm:E1762-95:2013", "1.2.840.10065.1.12.1.1"),
    "PlanDefinition.goal.priority": (f"{THO}goal-priority", "high-priority"),
    "Dosage.doseAndRate.type": (f"{THO}dose-rate-type", "ordered"),
    "Meta.security": (f"{THO}v3-Confidentiality", "R"),
    "PlanDefinition.action.participant.role": (f"{THO}v3-ParticipationType", "PRF"),
    "PlanDefinition.action.type": (f"{THO}action-type", "create"),
}
# Elements that may not stand beside others of their type (HL7's invariants), or that no sample can fill.
LEFT_OUT = {
    "DataRequirement.codeFilter.searchParam",
    "DataRequirement.dateFilter.searchParam",
    "DataRequirement.valueFilter.searchParam",
    "TriggerDefinition.timing[x]",
    "Timing.repeat.when",
    "Timing.repeat.offset",
    "PlanDefinition.action.input.relatedData",
    "PlanDefinition.action.output.relatedData",
    "Availability.availableTime.allDay",
    "r5 SampledData.offsets",
    *(f"r5 EvidenceVariable.characteristic.definition{way}" for way in ("Canonical", "CodeableConcept", "Expression")),
    *(f"r5 EvidenceVariable.characteristic.definition{way}" for way in ("Id", "ByCombination", "Reference")),
}


def sample(fhir: str, kind: str, targets: list[str]) -> Any:
    """Give a sound value of a complex datatype; None where its elements are to be filled in one by one."""
    target = "Organization" if targets[0] == "Resource" else targets[0]
    reference = {"reference": f"{target}/one", "display": "One"}
    if kind == "Reference":
        return reference
    if kind == "CodeableReference":
        return {"concept": {"text": "in words"}} if fhir == "r5" else None
    return _SAMPLES.get(kind)


def _quantity(value: float, unit: str) -> Tree:
    return {"value": value, "unit": unit, "system": UCUM, "code": unit}


_CONTACT = {"system": "phone", "value": "+31 20 0000000", "use": "work", "rank": 1}
_SAMPLES: dict[str, Any] = {
    "CodeableConcept": {
        "coding": [{"system": "https://invented.example/codes", "version": "1", "code": "one", "display": "One"}],
        "text": "One of them",
    },
    "Coding": {"system": "https://invented.example/codes", "code": "one", "display": "One", "userSelected": True},
    "Identifier": {
        "use": "official",
        "type": {"coding": [{"system": f"{THO}v2-0203", "code": "MR"}]},
        "system": "https://invented.example/ids",
        "value": "INV-1",
        "period": {"start": "2024-01"},
        "assigner": {"reference": "Organization/one"},
    },
    "Period": {"start": "2024-01-01", "end": "2024-12-31"},
    "Quantity": _quantity(1.5, "mg/dL"),
    "Age": _quantity(18, "a"),
    "Duration": _quantity(14, "d"),
    "Distance": _quantity(3, "km"),
    "Count": {"value": 4, "system": UCUM, "code": "1"},
    "Range": {"low": _quantity(18, "a"), "high": _quantity(65, "a")},
    "Ratio": {"numerator": _quantity(1, "mg"), "denominator": _quantity(2, "mL")},
    "RatioRange": {
        "lowNumerator": _quantity(1, "mg"),
        "highNumerator": _quantity(3, "mg"),
        "denominator": _quantity(2, "mL"),
    },
    "Money": {"value": 10.5, "currency": "EUR"},
    "Annotation": {"authorString": "Ada Invented", "time": "2024-02-29", "text": "A *note*"},
    "Attachment": {"contentType": "application/pdf", "url": "https://invented.example/a.pdf", "title": "A page"},
    "ContactPoint": _CONTACT,
    "ContactDetail": {"name": "Desk", "telecom": [_CONTACT]},
    "HumanName": {"use": "official", "text": "Ada Invented", "family": "Invented", "given": ["Ada"], "prefix": ["Dr"]},
    "Address": {
        "use": "work",
        "type": "postal",
        "line": ["1 Nowhere Lane"],
        "city": "Nowhere",
        "postalCode": "0000",
        "country": "NL",
        "period": {"start": "2020"},
    },
    "Narrative": {"status": "generated", "div": PRIMITIVES["xhtml"]},
    "Expression": {"language": "text/fhirpath", "expression": "true", "description": "always"},
    "Timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d", "boundsPeriod": {"start": "2024"}}},
    "TriggerDefinition": {"type": "named-event", "name": "admission"},
    "DataRequirement": {
        "type": "Patient",
        "codeFilter": [{"path": "maritalStatus", "code": [{"system": f"{THO}v3-MaritalStatus", "code": "M"}]}],
        "dateFilter": [{"path": "birthDate", "valuePeriod": {"start": "2020", "end": "2021"}}],
    },
    "Meta": {"profile": ["https://invented.example/fhir/StructureDefinition/invented"], "versionId": "1"},
    "RelatedArtifact": {
        "type": "documentation",
        "display": "A paper",
        "document": {"url": "https://invented.example/paper"},
    },
    "UsageContext": {
        "code": {"system": f"{THO}usage-context-type", "code": "focus"},
        "valueCodeableConcept": {"text": "invented fever"},
    },
}
