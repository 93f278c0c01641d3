"""ClinicalTrials.gov, the classic XML of one trial: <clinical_study>, as it was given out until 2024.

Left the study, right the record that `_xml_record` makes of the XML: element below element, `@` an attribute.
"""

from __future__ import annotations

import re
from typing import Any

from fhir_adapter.codecs import copy
from fhir_adapter.issues import Issue
from fhir_adapter.mappings.sources import _xml_parts as parts
from fhir_adapter.mappings.sources import _xml_record as xml
from fhir_adapter.mappings.sources import _xml_tables as tables
from fhir_adapter.mappings.sources import _xml_words as words
from fhir_adapter.mappings.sources._xml_text import LINES, text
from fhir_adapter.source import Source
from fhir_adapter.table import Codec, Row, Table, under
from fhir_adapter.tree import Tree

_DERIVED = "follows from other elements"
_LINK_TEXT = "Link to the current ClinicalTrials.gov record."
_NUMBER = "identificationModule.nctId"

TABLE = Table(
    Row("derivedSection.miscInfoModule.versionHolder",
        "required_header.download_date", words.DOWNLOAD_DATE, "the day of the registry's data"),
    *under("protocolSection",
        Row(_NUMBER, "required_header.link_text", copy(lambda _: _LINK_TEXT), "always the same"),
        Row(_NUMBER, "required_header.url", copy(lambda number: f"https://clinicaltrials.gov/show/{number}"), _DERIVED),
    ),
    *under("protocolSection.identificationModule",
        Row("orgStudyIdInfo.id",     "id_info.org_study_id"),
        Row("secondaryIdInfos",      "id_info.secondary_id", parts.IDS, "without type or domain"),
        Row("nctId",                 "id_info.nct_id"),
        Row("nctIdAliases",          "id_info.nct_alias"),
        Row("briefTitle",            "brief_title"),
        Row("acronym",               "acronym"),
        Row("officialTitle",         "official_title"),
    ),
    *under("protocolSection.sponsorCollaboratorsModule",
        Row("leadSponsor.name",      "sponsors.lead_sponsor.agency"),
        Row("leadSponsor.class",     "sponsors.lead_sponsor.agency_class", words.AGENCY_CLASS.codec),
        Row("collaborators",         "sponsors.collaborator",              tables.COLLABORATORS),
    ),
    Row("protocolSection.identificationModule.organization.fullName", "source"),
    *under("protocolSection.oversightModule",
        Row("oversightHasDmc",       "oversight_info.has_dmc",                 words.YES),
        Row("isFdaRegulatedDrug",    "oversight_info.is_fda_regulated_drug",   words.YES),
        Row("isFdaRegulatedDevice",  "oversight_info.is_fda_regulated_device", words.YES),
        Row("isUnapprovedDevice",    "oversight_info.is_unapproved_device",    words.YES),
        Row("isPpsd",                "oversight_info.is_ppsd",                 words.YES),
        Row("isUsExport",            "oversight_info.is_us_export",            words.YES),
    ),
    *under("protocolSection.descriptionModule",
        Row("briefSummary",          "brief_summary.textblock",        text(2)),
        Row("detailedDescription",   "detailed_description.textblock", text(2)),
    ),
    *under("protocolSection.statusModule",
        Row("overallStatus",         "overall_status",    words.STATUS.codec),
        Row("lastKnownStatus",       "last_known_status", words.STATUS.codec),
        Row("whyStopped",            "why_stopped",       text(1)),
        Row("startDateStruct.date",             "start_date.#text",              words.DATE),
        Row("startDateStruct.type",             "start_date.@type",              words.PLAN_TYPE.codec),
        Row("completionDateStruct.date",        "completion_date.#text",         words.DATE),
        Row("completionDateStruct.type",        "completion_date.@type",         words.PLAN_TYPE.codec),
        Row("primaryCompletionDateStruct.date", "primary_completion_date.#text", words.DATE),
        Row("primaryCompletionDateStruct.type", "primary_completion_date.@type", words.PLAN_TYPE.codec),
    ),
    *under("protocolSection.designModule",
        Row("phases",                "phase",           words.PHASES),
        Row("",                      "study_type",      parts.STUDY_KIND),
    ),
    Row("protocolSection.statusModule.expandedAccessInfo.hasExpandedAccess", "has_expanded_access", words.YES),
    *under("protocolSection.designModule.expandedAccessTypes",
        Row("individual",            "expanded_access_info.expanded_access_type_individual",   words.YES),
        Row("intermediate",          "expanded_access_info.expanded_access_type_intermediate", words.YES),
        Row("treatment",             "expanded_access_info.expanded_access_type_treatment",    words.YES),
    ),
    *under("protocolSection.designModule.designInfo",
        Row("allocation",            "study_design_info.allocation",          words.ALLOCATION.codec),
        Row("interventionModel",     "study_design_info.intervention_model",  words.INTERVENTION_MODEL.codec),
        Row("interventionModelDescription",   "study_design_info.intervention_model_description", LINES),
        Row("primaryPurpose",        "study_design_info.primary_purpose",     words.PRIMARY_PURPOSE.codec),
        Row("observationalModel",    "study_design_info.observational_model", words.OBSERVATIONAL_MODEL.codec),
        Row("timePerspective",       "study_design_info.time_perspective",    words.TIME_PERSPECTIVE.codec),
        Row("maskingInfo",           "study_design_info.masking",             parts.MASKING),
        Row("maskingInfo.maskingDescription", "study_design_info.masking_description",            LINES),
    ),
    Row("protocolSection.designModule.targetDuration", "target_duration"),
    *under("protocolSection.outcomesModule",
        Row("primaryOutcomes",       "primary_outcome",   tables.OUTCOMES),
        Row("secondaryOutcomes",     "secondary_outcome", tables.OUTCOMES),
        Row("otherOutcomes",         "other_outcome",     tables.OUTCOMES),
    ),
    Row("protocolSection", "number_of_arms",   copy(parts.groups("INTERVENTIONAL")), _DERIVED),
    Row("protocolSection", "number_of_groups", copy(parts.groups("OBSERVATIONAL")), _DERIVED),
    *under("protocolSection.designModule.enrollmentInfo",
        Row("count",                 "enrollment.#text", words.COUNT),
        Row("type",                  "enrollment.@type", words.PLAN_TYPE.codec),
    ),
    Row("protocolSection.conditionsModule.conditions", "condition"),
    *under("protocolSection.armsInterventionsModule",
        Row("armGroups",             "arm_group",    tables.ARMS),
        Row("interventions",         "intervention", tables.INTERVENTIONS),
        Row("",                      "intervention", parts.INTERVENTION_NAMES, "read from the arms of interventions"),
    ),
    *under("protocolSection.designModule.bioSpec",
        Row("retention",             "biospec_retention",       words.BIOSPEC_RETENTION.codec),
        Row("description",           "biospec_descr.textblock", text(2)),
    ),
    *under("protocolSection.eligibilityModule",
        Row("studyPopulation",       "eligibility.study_pop.textblock", text(3)),
        Row("samplingMethod",        "eligibility.sampling_method",     words.SAMPLING_METHOD.codec),
        Row("eligibilityCriteria",   "eligibility.criteria.textblock",  text(3)),
        Row("sex",                   "eligibility.gender",              words.SEX.codec),
        Row("genderBased",           "eligibility.gender_based",        words.YES),
        Row("genderDescription",     "eligibility.gender_description",  LINES),
        Row("",                      "eligibility.minimum_age",         words.ages("minimumAge")),
        Row("",                      "eligibility.maximum_age",         words.ages("maximumAge")),
        Row("healthyVolunteers",     "eligibility.healthy_volunteers",  words.VOLUNTEERS),
    ),
    *under("protocolSection.contactsLocationsModule",
        Row("overallOfficials",      "overall_official", tables.OFFICIALS),
        Row("centralContacts",       "",                 tables.CENTRAL),
        Row("locations",             "location",         tables.SITES),
        Row("locations",             "location_countries.country", copy(parts.site_countries), _DERIVED),
    ),
    Row("derivedSection.miscInfoModule.removedCountries", "removed_countries.country"),
    *under("protocolSection.referencesModule",
        Row("seeAlsoLinks",          "link", tables.LINKS),
        Row("references",            "",     tables.REFERENCES),
    ),
    *under("protocolSection.statusModule",
        Row("statusVerifiedDate",             "verification_date",              words.DATE),
        Row("studyFirstSubmitDate",           "study_first_submitted",          words.DATE),
        Row("studyFirstSubmitQcDate",         "study_first_submitted_qc",       words.DATE),
        Row("studyFirstPostDateStruct.date",  "study_first_posted.#text",       words.DATE),
        Row("studyFirstPostDateStruct.type",  "study_first_posted.@type",       words.POST_TYPE.codec),
        Row("resultsFirstSubmitDate",         "results_first_submitted",        words.DATE),
        Row("resultsFirstSubmitQcDate",       "results_first_submitted_qc",     words.DATE),
        Row("resultsFirstPostDateStruct.date", "results_first_posted.#text",    words.DATE),
        Row("resultsFirstPostDateStruct.type", "results_first_posted.@type",    words.POST_TYPE.codec),
        Row("dispFirstSubmitDate",            "disposition_first_submitted",    words.DATE),
        Row("dispFirstSubmitQcDate",          "disposition_first_submitted_qc", words.DATE),
        Row("dispFirstPostDateStruct.date",   "disposition_first_posted.#text", words.DATE),
        Row("dispFirstPostDateStruct.type",   "disposition_first_posted.@type", words.POST_TYPE.codec),
        Row("lastUpdateSubmitDate",           "last_update_submitted",          words.DATE),
        Row("lastUpdateSubmitDate",           "last_update_submitted_qc",       copy(words.write_date), _DERIVED),
        Row("lastUpdatePostDateStruct.date",  "last_update_posted.#text",       words.DATE),
        Row("lastUpdatePostDateStruct.type",  "last_update_posted.@type",       words.POST_TYPE.codec),
    ),
    *under("protocolSection.sponsorCollaboratorsModule.responsibleParty",
        Row("oldNameTitle",          "responsible_party.name_title"),
        Row("oldOrganization",       "responsible_party.organization"),
        Row("type",                  "responsible_party.responsible_party_type", words.RESPONSIBLE_PARTY_TYPE.codec),
        Row("investigatorAffiliation", "responsible_party.investigator_affiliation"),
        Row("investigatorFullName",  "responsible_party.investigator_full_name"),
        Row("investigatorTitle",     "responsible_party.investigator_title"),
    ),
    Row("protocolSection.conditionsModule.keywords", "keyword"),
    Row("derivedSection.conditionBrowseModule.meshes", "condition_browse.mesh_term", parts.TERMS, "without ids"),
    Row("derivedSection.interventionBrowseModule.meshes", "intervention_browse.mesh_term", parts.TERMS, "without ids"),
    *under("protocolSection.ipdSharingStatementModule",
        Row("ipdSharing",            "patient_data.sharing_ipd",         words.IPD_SHARING.codec),
        Row("description",           "patient_data.ipd_description",     LINES),
        Row("infoTypes",             "patient_data.ipd_info_type",       words.IPD_INFO_TYPES),
        Row("timeFrame",             "patient_data.ipd_time_frame",      LINES),
        Row("accessCriteria",        "patient_data.ipd_access_criteria", LINES),
        Row("url",                   "patient_data.ipd_url"),
    ),
    Row("protocolSection.referencesModule.availIpds", "study_docs.study_doc", tables.DATA_SETS),
    Row("documentSection.largeDocumentModule.largeDocs", "provided_document_section.provided_document",
        Codec(None, tables.DOCUMENTS.read, scoped=True, table=tables.DOCUMENTS.table), "written with the next row"),
    Row("", "", copy(tables.document_urls), "provided_document_section: an address holds the trial's number"),
    Row("annotationSection.annotationModule.unpostedAnnotation.unpostedEvents", "pending_results", parts.EVENTS),
    Row("resultsSection.clinical_results", "clinical_results", note="in the XML's own shape, not that of API v2"),
    Row("hasResults", "", Codec(None, lambda record: "clinical_results" in record), "said by a comment in the XML"),
    ignore={
        "@rank": "the place in one search's answer",
        "required_header.link_text": "always the same",
        "required_header.url": "follows from the number",
        "number_of_arms": "counted",
        "number_of_groups": "counted",
        "location_countries": "listed from the sites",
        "last_update_submitted_qc": "the same as last_update_submitted in every record",
        "overall_contact": "read as the first central contact",
        "overall_contact_backup": "read as the second central contact",
        "reference": "read as references of the type BACKGROUND",
        "results_reference": "read as references of the type RESULT",
        "firstreceived_date": "study_first_submitted stands beside it",
        "firstreceived_results_date": "results_first_submitted stands beside it",
        "firstreceived_results_disposition_date": "disposition_first_submitted stands beside it",
        "lastchanged_date": "last_update_submitted stands beside it",
    },
)  # fmt: skip

_START = re.compile(rf"\s*(?:<\?xml\b[^>]*>\s*)?(?:<!--(?:(?!-->).)*-->\s*)*<{xml.ROOT}[\s>]", re.DOTALL)


def recognise(record: Any) -> bool:
    """Know the XML by its root, a parsed record by its number."""
    if isinstance(record, str):
        return _START.match(record) is not None
    number = record.get("id_info") if isinstance(record, dict) else None
    return isinstance(number, dict) and "nct_id" in number


def check(record: Tree) -> list[Issue]:
    """Name the elements that no row reads."""
    unread = sorted(TABLE.unread(record))
    words_ = f"not mapped, but kept in the remainder: {', '.join(unread)}"
    return [Issue.information("not-supported", "", words_)] if unread else []


SOURCE = Source(
    id="ctgov_xml",
    title="a ClinicalTrials.gov XML record",
    recognise=recognise,
    table=TABLE,
    parse=xml.parse,
    render=xml.render,
    check=check,
)
