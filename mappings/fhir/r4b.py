"""FHIR R4B (4.3.0): what differs from R5. Left an R5 element, right its place in R4B; all else is the same.

R5 elements without a home go to HL7's cross-version extensions (XV), at the element that R5 has them on.
Source of the shapes: the mapping spec, section 9, accepted by HL7's engine and stored by HAPI.
"""

from __future__ import annotations

import orjson

from fhir_adapter import narrative
from fhir_adapter.assembly import child, told
from fhir_adapter.codecs import Each, copy
from fhir_adapter.mappings.fhir import characteristics, profiles, shapes
from fhir_adapter.mappings.fhir.crossversion import kept, newer, older, recoded, xv, xv_backbone, xv_each
from fhir_adapter.mappings.fhir.r5 import VERSION as R5
from fhir_adapter.mappings.fhir.terms import marker
from fhir_adapter.table import Row, Scope
from fhir_adapter.tree import Tree
from fhir_adapter.version import Shape

FOR_SEARCH = "a copy for R4's own readers; the truth is in the cross-version extension"

# --- one table a level -----------------------------------------------------------------------------------------

ARTIFACT = Shape(
    Row("classifier", "extension[]", xv_each("RelatedArtifact.classifier", "CodeableConcept")),
    Row("publicationDate", "extension[]", xv("RelatedArtifact.publicationDate", "Date")),
    Row("document", "document", shapes.document, "R5's size is a string"),
    Row("extension", "extension[]", kept),
    keys={"extension": "url"},
)
ARM = Shape(
    Row("linkId", "extension[]", xv("ResearchStudy.comparisonGroup.linkId", "Id")),
    Row("intendedExposure", "extension[]", xv_each("ResearchStudy.comparisonGroup.intendedExposure", "Reference")),
    Row("extension", "extension[]", kept),
    keys={"extension": "url"},
)
STUDY = Shape(
    # R5                  R4B                    coding
    Row("extension", "extension[]", kept),
    Row("url", "extension[]", xv("ResearchStudy.url", "Uri")),
    Row("version", "extension[]", xv("ResearchStudy.version", "String")),
    Row("name", "extension[]", xv("ResearchStudy.name", "String")),
    Row("label", "extension[]", xv_backbone("ResearchStudy.label", "type:CodeableConcept", "value:String")),
    Row("date", "extension[]", xv("ResearchStudy.date", "DateTime")),
    Row("descriptionSummary", "extension[]", xv("ResearchStudy.descriptionSummary", "Markdown")),
    Row("classifier", "extension[]", xv_each("ResearchStudy.classifier", "CodeableConcept")),
    Row(
        "associatedParty",
        "extension[]",
        xv_backbone(
            "ResearchStudy.associatedParty",
            "name:String",
            "role:CodeableConcept",
            "period:Period*",
            "classifier:CodeableConcept*",
            "party:Reference",
        ),
    ),
    Row(
        "progressStatus",
        "extension[]",
        xv_backbone("ResearchStudy.progressStatus", "state:CodeableConcept", "actual:Boolean", "period:Period"),
    ),
    Row(
        "recruitment",
        "extension[]",
        xv_backbone(
            "ResearchStudy.recruitment",
            "targetNumber:UnsignedInt",
            "actualNumber:UnsignedInt",
            "eligibility:Reference",
            repeats=False,
        ),
    ),
    Row(
        "outcomeMeasure",
        "extension[]",
        xv_backbone(
            "ResearchStudy.outcomeMeasure",
            "name:String",
            "type:CodeableConcept*",
            "description:Markdown",
            "reference:Reference",
        ),
    ),
    Row("", "status", shapes.status, "R5's status is constant and a modifier: never carried"),
    Row("primaryPurposeType", "primaryPurposeType", recoded),
    Row("phase", "phase", recoded),
    Row("studyDesign", "category", note="native, and HAPI searches it"),
    Row("focus", "focus", shapes.focus),
    Row("", "contact", copy(shapes.contacts), FOR_SEARCH),
    Row("relatedArtifact", "relatedArtifact", Each(ARTIFACT)),
    Row("region", "location"),
    Row("period", "period", shapes.period, "for search; progressStatus has both dates as they are"),
    Row("associatedParty", "sponsor", copy(shapes.sponsor), FOR_SEARCH),
    Row("associatedParty", "principalInvestigator", copy(shapes.investigator), FOR_SEARCH),
    Row("whyStopped", "reasonStopped"),
    Row("comparisonGroup", "arm", Each(ARM)),
    keys={"extension": "url"},
)


PLAN = Shape(Row("action", "action", shapes.actions, "R4B's related actions point to the id"))


CHARACTERISTIC = Shape(
    Row("linkId", "extension[]", xv("EvidenceVariable.characteristic.linkId", "Id")),
    Row("note", "extension[]", xv_each("EvidenceVariable.characteristic.note", "Annotation")),
    Row("definitionByTypeAndValue", "extension[]", characteristics.typed),
    Row("definitionByCombination", "extension[]", characteristics.combination),
    Row("timeFromEvent", "timeFromStart", characteristics.time, "native in R4B"),
    Row("", "definitionCodeableConcept", characteristics.in_words, "every characteristic needs one of R4's own"),
    Row("extension", "extension[]", kept),
    keys={"extension": "url"},
)


def _all_of(characteristics: list[Tree]) -> str | None:
    return "intersection" if "linkId" in characteristics[0] else None


VARIABLE = Shape(
    Row("characteristic", "characteristic", Each(CHARACTERISTIC)),
    Row("characteristic", "characteristicCombination", copy(_all_of), "criteria hold together"),
)
PLACE = Shape(
    Row(
        "characteristic",
        "extension[]",
        xv_each("Location.characteristic", "CodeableConcept", write=older, read=newer),
    ),
    Row(
        "contact",
        "extension[]",
        xv_each("Location.contact", "ContactDetail", write=shapes.write_contact, read=shapes.read_contact),
    ),
    Row("extension", "extension[]", kept),
    keys={"extension": "url"},
)

# --- the Group that R4 and R4B refer to as enrollment ------------------------------------------------------------

CRITERION = marker("EligibilityCriteria", "Eligibility criterion")
GROUP_CODES = {
    "gender": marker("GenderDescription", "Gender"),
    "study-population": marker("StudyPopulation", "Study population"),
}


def _member(own: Tree) -> Tree:
    """Write a characteristic of the EvidenceVariable as one of the Group: code, value, exclude; they share nothing."""
    by_type = own.get("definitionByTypeAndValue")
    if by_type:
        copied: Tree = orjson.loads(orjson.dumps(by_type))
        return {"code": copied.pop("type"), **copied, "exclude": own["exclude"]}
    mark = GROUP_CODES.get(own["linkId"], CRITERION)
    return {
        "code": mark.concept(mark.name),
        "valueCodeableConcept": {**(characteristics.words(own) or {})},
        "exclude": own["exclude"],
    }


def enroll(resources: list[Tree], scope: Scope) -> list[Tree]:
    """Add the Group of who is enrolled, and let study and protocol refer to it."""
    study = resources[0]
    recruitment = study.get("recruitment") or {}
    target = (recruitment.get("eligibility") or {}).get("reference", "").rpartition("/")[2]
    variable = next((own for own in resources if own["id"] == target), {})
    characteristics = variable.get("characteristic") or []
    number = recruitment.get("actualNumber", recruitment.get("targetNumber"))
    if not characteristics and number is None:
        return resources
    group = child("Group", "enrollment", scope)
    group |= {"type": "person", "actual": False, "name": f"Enrollment of {scope.id}"}
    if number is not None:
        group["quantity"] = number
    if characteristics:
        group["characteristic"] = [_member(own) for own in characteristics]
    criteria = [(own["exclude"], narrative.criterion_words(own)) for own in characteristics]
    reference = f"Group/{group['id']}"
    study["enrollment"] = [{"reference": reference}]
    for own in resources:
        if own["resourceType"] == "PlanDefinition":
            own["subjectReference"] = {"reference": reference}
    place = next((n for n, own in enumerate(resources) if own["resourceType"] == "Location"), len(resources))
    return [*resources[:place], told(group, narrative.group(group, criteria)), *resources[place:]]


VERSION = R5.revise(
    name="R4B",
    number="4.3.0",
    shapes={"ResearchStudy": STUDY, "PlanDefinition": PLAN, "EvidenceVariable": VARIABLE, "Location": PLACE},
    extra=enroll,
    terms=(CRITERION, *GROUP_CODES.values()),
    profiles=(profiles.GROUP,),
)
