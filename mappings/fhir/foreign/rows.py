"""What is read from the trials that others wrote as FHIR: one row a field, read only, we never write so.

The right side names what is gathered from a ResearchStudy and what it refers to, whatever its version or profile; the
note says from which elements. `kind` tells the items of a gathered list apart. Fallbacks: the mapping spec, sections
1, 4.1, 7 and 9.
"""

from __future__ import annotations

from typing import Any

from fhir_adapter.codecs import Each
from fhir_adapter.mappings.fhir import arms
from fhir_adapter.table import Codec, Row, Table, under
from fhir_adapter.tree import Tree

__all__ = ["TABLE"]


def first(*keys: str, kind: str) -> Codec:
    """Read the first item of a kind: its one value, or the values of several keys."""

    def one(items: list[Tree]) -> Any:
        found = {key: items[0][key] for key in keys if key in items[0]}
        return found.get(keys[0]) if len(keys) == 1 else found or None

    return Codec(None, one, fields=() if len(keys) == 1 else keys, marks=(kind,), coding=f"kind {kind}")


def every(*keys: str, kind: str) -> Codec:
    """Read each item of a kind once, in order."""

    def all_of(items: list[Tree]) -> list[Any] | None:
        found = [{key: item[key] for key in keys if key in item} for item in items]
        values = [item.get(keys[0]) for item in found] if len(keys) == 1 else found
        return [value for place, value in enumerate(values) if value and value not in values[:place]] or None

    return Codec(None, all_of, fields=() if len(keys) == 1 else keys, marks=(kind,), coding=f"kind {kind}")


same = Codec(None, lambda value: value, coding="as it is")


def kinds(item: Tree) -> list[str]:
    """Name a gathered item by its kind."""
    return [item["kind"]]


def dated(kind: str) -> Codec:
    return first("date", "type", kind=kind)


def outcome(kind: str) -> Codec:
    return every("measure", "description", "timeFrame", kind=kind)


ARM = Table(Row("label", "label"), Row("type", "type"), Row("description", "description"))
INTERVENTION = Table(
    Row("type", "type"), Row("name", "name"), Row("description", "description"), Row("otherNames", "otherNames")
)
DATES = "progressStatus of R5, R6 and FEvIR; studyRegistration"
ROLES = "associatedParty by its role; R4: sponsor, principalInvestigator, contact"
AXES = "studyDesign; R4: category; by code, or by words such as `Masking: Double`"
FEVIR = "classifier, in the words of FEvIR's converter"
WHO = "Group or EvidenceVariable of recruitment.eligibility; R4: enrollment"

TABLE = Table(
    *under(
        "protocolSection.identificationModule",
        Row("nctId", "numbers[]", first("id", kind="number"), "identifier, NCT first, by its form; else id"),
        Row("nctIdAliases", "numbers[]", every("id", kind="alias"), "identifier of use old"),
        Row("orgStudyIdInfo", "numbers[]", first("id", "link", kind="own"), "identifier or label for the sponsor's"),
        Row("secondaryIdInfos", "numbers[]", every("id", "type", "domain", kind="second"), "every other identifier"),
        Row("briefTitle", "titles[]", first("value", kind="brief"), "title, or a label for a short title"),
        Row("officialTitle", "titles[]", first("value", kind="official"), "label; title beside a short one"),
        Row("acronym", "titles[]", first("value", kind="acronym"), "label; acronym extensions of several profiles"),
    ),
    Row("hasResults", "said.results", same, FEVIR),
    *under(
        "protocolSection.statusModule",
        Row("overallStatus", "progress[]", first("code", kind="state"), "progressStatus; R4 status with a warning"),
        Row("startDateStruct", "progress[]", dated("start"), "overall-study, period, or the opening of recruitment"),
        Row("completionDateStruct", "progress[]", dated("end"), "overall-study, period"),
        Row("primaryCompletionDateStruct", "progress[]", dated("primary-outcome-data-collection"), DATES),
        Row("statusVerifiedDate", "progress[]", first("date", kind="record-verification"), DATES),
        Row("studyFirstSubmitDate", "progress[]", first("date", kind="registration-submission"), DATES),
        Row("studyFirstSubmitQcDate", "progress[]", first("date", kind="registration-submission-qc"), DATES),
        Row("studyFirstPostDateStruct", "progress[]", dated("registration-posting"), DATES),
        Row("resultsFirstSubmitDate", "progress[]", first("date", kind="results-submission"), DATES),
        Row("resultsFirstSubmitQcDate", "progress[]", first("date", kind="results-submission-qc"), DATES),
        Row("resultsFirstPostDateStruct", "progress[]", dated("results-posting"), DATES),
        Row("dispFirstSubmitDate", "progress[]", first("date", kind="disposition-submission"), DATES),
        Row("dispFirstSubmitQcDate", "progress[]", first("date", kind="disposition-submission-qc"), DATES),
        Row("dispFirstPostDateStruct", "progress[]", dated("disposition-posting"), DATES),
        Row("lastUpdateSubmitDate", "progress[]", first("date", kind="update-submission"), DATES),
        Row("lastUpdatePostDateStruct", "progress[]", dated("update-posting"), "date, where progressStatus has none"),
        Row("whyStopped", "study.stopped", same, "whyStopped; R4: reasonStopped"),
    ),
    *under(
        "protocolSection.oversightModule",
        Row("oversightHasDmc", "said.oversightHasDmc", same, FEVIR),
        Row("isFdaRegulatedDrug", "said.isFdaRegulatedDrug", same, FEVIR),
        Row("isFdaRegulatedDevice", "said.isFdaRegulatedDevice", same, FEVIR),
    ),
    *under(
        "protocolSection.sponsorCollaboratorsModule",
        Row("leadSponsor", "parties[]", first("name", "class", kind="lead"), ROLES),
        Row("collaborators", "parties[]", every("name", "class", kind="helper"), ROLES),
        Row(
            "responsibleParty",
            "parties[]",
            first("type", "investigatorFullName", "investigatorAffiliation", kind="responsible"),
            "associatedParty: sponsor-investigator",
        ),
    ),
    Row("protocolSection.descriptionModule.briefSummary", "study.summary", same, "descriptionSummary"),
    Row("protocolSection.descriptionModule.detailedDescription", "study.description", same, "description"),
    Row("protocolSection.conditionsModule.conditions", "study.conditions", same, "condition, its words"),
    Row("protocolSection.conditionsModule.keywords", "study.keywords", same, "keyword, its words"),
    *under(
        "protocolSection.designModule",
        Row("studyType", "design.type", same, AXES),
        Row("phases", "study.phases", same, "phase: HL7's code, else by the words"),
        Row("designInfo.allocation", "design.allocation", same, AXES),
        Row("designInfo.interventionModel", "design.model", same, AXES),
        Row("designInfo.observationalModel", "design.observed", same, AXES),
        Row("designInfo.timePerspective", "design.perspective", same, AXES),
        Row("designInfo.primaryPurpose", "design.purpose", same, "primaryPurposeType; R6: purposeType"),
        Row("designInfo.maskingInfo.masking", "design.masking", same, AXES),
        Row("designInfo.maskingInfo.whoMasked", "design.masked", same, AXES),
        Row("enrollmentInfo", "study.enrollment", same, "recruitment; else quantity of the enrolled Group"),
    ),
    *under(
        "protocolSection.armsInterventionsModule",
        Row("armGroups", "arms", Each(ARM), "comparisonGroup; R4: arm"),
        Row("interventions", "interventions", Each(INTERVENTION), "focus, intendedExposure, an arm's Group, protocol"),
        Row("", "links", arms.links, "intendedExposure; R6: the arm's Group; a protocol's subject"),
    ),
    *under(
        "protocolSection.outcomesModule",
        Row("primaryOutcomes", "outcomes[]", outcome("primary"), "outcomeMeasure; R6: of objective"),
        Row("secondaryOutcomes", "outcomes[]", outcome("secondary"), "the same"),
        Row("otherOutcomes", "outcomes[]", outcome("other"), "the same; untyped ones too"),
    ),
    *under(
        "protocolSection.eligibilityModule",
        Row("eligibilityCriteria", "eligibility.eligibilityCriteria", same, f"{WHO}; made from its parts if need be"),
        Row("healthyVolunteers", "eligibility.healthyVolunteers", same, WHO),
        Row("sex", "eligibility.sex", same, WHO),
        Row("minimumAge", "eligibility.minimumAge", same, WHO),
        Row("maximumAge", "eligibility.maximumAge", same, WHO),
        Row("stdAges", "said.age group", same, FEVIR),
        Row("samplingMethod", "design.sampling", same, AXES),
    ),
    *under(
        "protocolSection.contactsLocationsModule",
        Row("overallOfficials", "parties[]", every("name", "affiliation", "role", kind="official"), ROLES),
        Row("centralContacts", "parties[]", every("name", "role", "phone", "email", kind="contact"), ROLES),
        Row("locations", "sites", same, "site; a site of each country of region where there is none"),
    ),
    *under(
        "protocolSection",
        Row("referencesModule.references", "papers[]", every("pmid", "citation", "type", kind="reference"),
            "relatedArtifact, result; R6: relatesTo"),
        Row("referencesModule.seeAlsoLinks", "papers[]", every("label", "url", kind="link"), "relatedArtifact"),
        Row("ipdSharingStatementModule.ipdSharing", "said.sharing", same, f"{FEVIR}; DRKS, NFDI4Health"),
        Row("ipdSharingStatementModule.description", "said.sharing description", same, FEVIR),
        Row("ipdSharingStatementModule.timeFrame", "said.sharing time", same, FEVIR),
        Row("ipdSharingStatementModule.accessCriteria", "said.sharing access", same, FEVIR),
    ),
    Row("derivedSection.conditionBrowseModule.meshes", "study.meshes", same, "the MeSH codes of condition"),
    keys=dict.fromkeys(("numbers", "titles", "progress", "parties", "outcomes", "papers"), kinds),
)  # fmt: skip
