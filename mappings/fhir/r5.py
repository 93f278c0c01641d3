"""FHIR R5 (5.0.0): one row a field, both directions.

The left side is the study (ClinicalTrials.gov API v2 shape). The right side names a part that `assemble` makes
into resources: `study` is the ResearchStudy, `plan` the PlanDefinition, `eligibility` its EvidenceVariable,
`arms`, `interventions` and `outcomes` items of the ResearchStudy with the EvidenceVariable or action of each,
`sites` the Locations, `links` which arm has which interventions. Source of the choices: the mapping spec, section 3.
"""

from __future__ import annotations

from fhir_adapter.codecs import copy
from fhir_adapter.mappings.fhir import arms, artifacts, design, eligibility, identity, outcomes, parties, progress
from fhir_adapter.mappings.fhir.codes import (
    ALLOCATION,
    BIOSPEC_RETENTION,
    INTERVENTION_MODEL,
    IPD_INFO_TYPE,
    IPD_SHARING,
    MASKING,
    PRIMARY_PURPOSE,
    SAMPLING_METHOD,
    STANDARD_AGE,
    STUDY_TYPE,
    TIME_PERSPECTIVE,
    WHO_MASKED,
)
from fhir_adapter.mappings.fhir.common import (
    STUDY_PAGE,
    axis,
    coded,
    concept_keys,
    described,
    each_coded,
    flag,
    line,
    markdown,
    marked,
    measured,
    registration,
    url_keys,
)
from fhir_adapter.mappings.fhir.profiles import R5 as PROFILES
from fhir_adapter.mappings.fhir.sites import sites, write_regions
from fhir_adapter.mappings.fhir.terms import HL7
from fhir_adapter.table import Row, Table, under
from fhir_adapter.version import Version

REGULATED = f"{HL7}research-study-classifiers"
FOR_SEARCH = "a copy for search; the truth is read from progressStatus"
FOR_PEOPLE = "a copy for people and for search"
COMPUTED = "the registry computes it; no FHIR element holds it: remainder"

TABLE = Table(
    # study                                   FHIR                       coding
    *under(
        "protocolSection.identificationModule",
        Row("nctId", "study.identifier[]", identity.registry_number),
        Row("nctIdAliases", "study.identifier[]", identity.old_numbers),
        Row("", "study.identifier[]", identity.org_study_id, "assigner = organization.fullName"),
        Row("", "study.identifier[]", identity.secondary_ids, "order is kept; the type tells CTIS and ISRCTN systems"),
        Row("", "study.relatedArtifact[]", identity.org_link, "display = the id that it is the page of"),
        Row("", "study.relatedArtifact[]", identity.secondary_links, "display = the id that it is the page of"),
        Row("nctId", "study.url", copy(lambda number: STUDY_PAGE + number), FOR_PEOPLE),
        Row("nctId", "study.name", copy(lambda number: number), FOR_PEOPLE),
        Row("", "study.title", identity.short_title, "the official title where there is no brief one"),
        Row("officialTitle", "study.label[]", identity.title("official")),
        Row("acronym", "study.label[]", identity.title("acronym")),
        Row("briefTitle", "plan.title", copy(line), "the protocol's title where there is no official one"),
        Row("officialTitle", "plan.title", copy(line), "the protocol's title"),
        Row("organization", "study.associatedParty[]", parties.organization),
    ),
    Row("hasResults", "study.classifier[]", flag("HasResults", "Has results")),
    *under(
        "protocolSection.statusModule",
        Row("overallStatus", "study.progressStatus[]", progress.overall_status, "never lastKnownStatus"),
        Row("lastKnownStatus", "study.progressStatus[]", progress.last_known_status),
        Row("startDateStruct", "study.progressStatus[]", progress.dated("StartDate", "start", "Study start")),
        Row(
            "completionDateStruct",
            "study.progressStatus[]",
            progress.dated("CompletionDate", "end", "Study completion"),
        ),
        Row("", "study.period", copy(progress.write_period, scoped=True), FOR_SEARCH),
        Row("statusVerifiedDate", "study.extension[]", registration("record-verification", "end")),
        Row(
            "primaryCompletionDateStruct",
            "study.extension[]",
            registration("primary-outcome-data-collection", "end", typed=True),
        ),
        Row("studyFirstSubmitDate", "study.extension[]", registration("registration-submission", "start")),
        Row("studyFirstSubmitQcDate", "study.extension[]", registration("registration-submission-qc", "start")),
        Row("studyFirstPostDateStruct", "study.extension[]", registration("registration-posting", "start", typed=True)),
        Row("resultsFirstSubmitDate", "study.extension[]", registration("results-submission", "start")),
        Row("resultsFirstSubmitQcDate", "study.extension[]", registration("results-submission-qc", "start")),
        Row("resultsFirstPostDateStruct", "study.extension[]", registration("results-posting", "start", typed=True)),
        Row("dispFirstSubmitDate", "study.extension[]", registration("disposition-submission", "start")),
        Row("dispFirstSubmitQcDate", "study.extension[]", registration("disposition-submission-qc", "start")),
        Row("dispFirstPostDateStruct", "study.extension[]", registration("disposition-posting", "start", typed=True)),
        Row("lastUpdateSubmitDate", "study.extension[]", registration("update-submission", "end")),
        Row("lastUpdatePostDateStruct", "study.extension[]", registration("update-posting", "end", typed=True)),
        Row("lastUpdatePostDateStruct", "study.date", copy(lambda date: date.get("date")), FOR_SEARCH),
        Row("lastUpdatePostDateStruct", "plan.date", copy(lambda date: date.get("date")), FOR_SEARCH),
        Row("whyStopped", "study.whyStopped.text", note="no code guessed from free text"),
        Row("delayedPosting", "study.classifier[]", flag("DelayedPosting", "Delayed posting")),
        Row("resultsWaived", "study.classifier[]", flag("ResultsWaived", "Results waived")),
        Row(
            "expandedAccessInfo.hasExpandedAccess",
            "study.classifier[]",
            flag("HasExpandedAccess", "Expanded access"),
        ),
        Row("expandedAccessInfo", "study.relatedArtifact[]", identity.expanded_access_record),
    ),
    *under(
        "protocolSection.oversightModule",
        Row("oversightHasDmc", "study.classifier[]", flag("OversightHasDMC", "Data monitoring committee")),
        Row(
            "isFdaRegulatedDrug",
            "study.classifier[]",
            flag(
                "IsFDARegulatedDrug",
                "Studies a U.S. FDA-regulated drug product",
                {"system": REGULATED, "code": "fda-regulated-drug"},
            ),
        ),
        Row(
            "isFdaRegulatedDevice",
            "study.classifier[]",
            flag(
                "IsFDARegulatedDevice",
                "Studies a U.S. FDA-regulated device product",
                {"system": REGULATED, "code": "fda-regulated-device"},
            ),
        ),
        Row("isUnapprovedDevice", "study.classifier[]", flag("IsUnapprovedDevice", "Unapproved device")),
        Row("isPpsd", "study.classifier[]", flag("IsPPSD", "Pediatric postmarket surveillance of a device")),
        Row("isUsExport", "study.classifier[]", flag("IsUSExport", "Product exported from the U.S.")),
        Row("fdaaa801Violation", "study.classifier[]", flag("FDAAA801Violation", "FDAAA 801 violation")),
    ),
    *under(
        "protocolSection.sponsorCollaboratorsModule",
        Row("", "study.associatedParty[]", parties.lead_sponsor, "a SPONSOR as responsible party is told here"),
        Row("leadSponsor.name", "plan.publisher", copy(line), FOR_PEOPLE),
        Row("collaborators", "study.associatedParty[]", parties.collaborators),
        Row("responsibleParty", "study.associatedParty[]", parties.responsible_party),
    ),
    Row("protocolSection.descriptionModule.briefSummary", "study.descriptionSummary", markdown),
    Row("protocolSection.descriptionModule.detailedDescription", "study.description", markdown),
    Row("protocolSection.conditionsModule.conditions", "study.condition", design.conditions),
    Row("protocolSection.conditionsModule.keywords", "study.keyword[]", design.keywords),
    *under(
        "protocolSection.designModule",
        Row("studyType", "study.studyDesign[]", axis(STUDY_TYPE)),
        Row("phases", "study.phase", design.phases),
        Row("designInfo.allocation", "study.studyDesign[]", axis(ALLOCATION)),
        Row(
            "designInfo",
            "study.studyDesign[]",
            described(INTERVENTION_MODEL, "interventionModel", "interventionModelDescription"),
        ),
        Row("designInfo.observationalModel", "study.studyDesign[]", design.observational_model),
        Row("designInfo.timePerspective", "study.studyDesign[]", axis(TIME_PERSPECTIVE)),
        Row("designInfo.primaryPurpose", "study.primaryPurposeType", coded(PRIMARY_PURPOSE)),
        Row("designInfo.maskingInfo", "study.studyDesign[]", described(MASKING, "masking", "maskingDescription")),
        Row("designInfo.maskingInfo.whoMasked", "study.studyDesign[]", each_coded(WHO_MASKED)),
        Row("enrollmentInfo", "study.recruitment", design.enrollment, "0 is a number"),
        Row(
            "expandedAccessTypes.individual",
            "study.classifier[]",
            flag("ExpAccTypeIndividual", "Individual patients"),
        ),
        Row(
            "expandedAccessTypes.intermediate",
            "study.classifier[]",
            flag("ExpAccTypeIntermediate", "Intermediate-size population"),
        ),
        Row(
            "expandedAccessTypes.treatment",
            "study.classifier[]",
            flag("ExpAccTypeTreatment", "Treatment IND/protocol"),
        ),
        Row("patientRegistry", "study.classifier[]", flag("PatientRegistry", "Patient registry")),
        Row("targetDuration", "study.classifier[]", marked("TargetDuration")),
        Row("bioSpec", "study.classifier[]", described(BIOSPEC_RETENTION, "retention", "description", "BioSpec")),
    ),
    *under(
        "protocolSection.armsInterventionsModule",
        Row("armGroups", "arms", arms.arms),
        Row("interventions", "interventions", arms.interventions),
        Row("", "links", arms.links, "the interventions' labels decide; what only one side names is a warning"),
    ),
    *under(
        "protocolSection.outcomesModule",
        Row("primaryOutcomes", "outcomes[]", outcomes.outcomes("primaryOutcome")),
        Row("secondaryOutcomes", "outcomes[]", outcomes.outcomes("secondaryOutcome")),
        Row("otherOutcomes", "outcomes[]", outcomes.outcomes("otherOutcome")),
    ),
    *under(
        "protocolSection.eligibilityModule",
        Row("healthyVolunteers", "study.classifier[]", flag("HealthyVolunteers", "Accepts healthy volunteers")),
        Row("genderBased", "study.classifier[]", flag("GenderBased", "Gender-based eligibility")),
        Row("stdAges", "study.classifier[]", each_coded(STANDARD_AGE)),
        Row("samplingMethod", "study.studyDesign[]", axis(SAMPLING_METHOD)),
        Row("sex", "eligibility.characteristic[]", eligibility.sex),
        Row("genderDescription", "eligibility.characteristic[]", eligibility.in_words("gender")),
        Row("", "eligibility.characteristic[]", eligibility.ages, "two Ranges where the units differ"),
        Row("studyPopulation", "eligibility.characteristic[]", eligibility.in_words("study-population")),
        Row("eligibilityCriteria", "eligibility.description", markdown, "verbatim"),
        Row(
            "eligibilityCriteria",
            "eligibility.characteristic[]",
            copy(eligibility.write_criteria, scoped=True, coding="one criterion each, nested as in the text"),
            "split for machines; the text itself is read from description",
        ),
    ),
    *under(
        "protocolSection.contactsLocationsModule",
        Row("overallOfficials", "study.associatedParty[]", parties.officials),
        Row("centralContacts", "study.associatedParty[]", parties.central_contacts),
        Row("locations", "sites", sites),
        Row("locations", "study.region", copy(write_regions, scoped=True, coding="ISO 3166"), FOR_SEARCH),
    ),
    *under(
        "protocolSection",
        Row("referencesModule.references", "study.relatedArtifact[]", artifacts.references),
        Row("referencesModule.seeAlsoLinks", "study.relatedArtifact[]", artifacts.see_also),
        Row("referencesModule.availIpds", "study.relatedArtifact[]", artifacts.available_data),
        Row("ipdSharingStatementModule.url", "study.relatedArtifact[]", artifacts.sharing_url),
        Row(
            "ipdSharingStatementModule",
            "study.classifier[]",
            described(IPD_SHARING, "ipdSharing", "description", "IPDSharing"),
        ),
        Row("ipdSharingStatementModule.infoTypes", "study.classifier[]", each_coded(IPD_INFO_TYPE)),
        Row("ipdSharingStatementModule.timeFrame", "study.classifier[]", marked("IPDSharingTimeFrame")),
        Row("ipdSharingStatementModule.accessCriteria", "study.classifier[]", marked("IPDSharingAccessCriteria")),
    ),
    Row("documentSection.largeDocumentModule.noSap", "study.classifier[]", flag("LargeDocNoSAP", "No SAP")),
    Row("documentSection.largeDocumentModule.largeDocs", "study.relatedArtifact[]", artifacts.documents),
    Row(
        "protocolSection.identificationModule.nctId",
        "study.relatedArtifact[]",
        copy(artifacts.write_source),
        "where the record came from; last",
    ),
    Row("derivedSection.conditionBrowseModule.meshes", "study.keyword[]", design.meshes("ConditionMeshId")),
    Row("derivedSection.interventionBrowseModule.meshes", "study.keyword[]", design.meshes("InterventionMeshId")),
    Row("derivedSection.miscInfoModule.versionHolder", "study.version"),
    Row("derivedSection.miscInfoModule.modelPredictions.bmiLimits.minBmi", "study.classifier[]", measured("MinBMI")),
    Row("derivedSection.miscInfoModule.modelPredictions.bmiLimits.maxBmi", "study.classifier[]", measured("MaxBMI")),
    Row(
        "protocolSection.statusModule",
        "study.status",
        copy(progress.write_status),
        "R5's publication status: constant, unknown where withheld; never the recruitment",
    ),
    keys={
        "study.identifier": identity.identifier_keys,
        "study.label": identity.title_keys,
        "study.associatedParty": parties.party_keys,
        "study.progressStatus": progress.progress_keys,
        "study.extension": url_keys,
        "study.classifier": concept_keys,
        "study.studyDesign": concept_keys,
        "study.keyword": concept_keys,
        "study.relatedArtifact": artifacts.artifact_keys,
        "outcomes": outcomes.outcome_keys,
        "eligibility.characteristic": eligibility.characteristic_keys,
    },
    omits={
        "protocolSection.designModule.nPtrsToThisExpAccNctId": COMPUTED,
        "derivedSection.conditionBrowseModule.ancestors": COMPUTED,
        "derivedSection.conditionBrowseModule.browseLeaves": COMPUTED,
        "derivedSection.conditionBrowseModule.browseBranches": COMPUTED,
        "derivedSection.interventionBrowseModule.ancestors": COMPUTED,
        "derivedSection.interventionBrowseModule.browseLeaves": COMPUTED,
        "derivedSection.interventionBrowseModule.browseBranches": COMPUTED,
        "derivedSection.miscInfoModule.removedCountries": COMPUTED,
        "derivedSection.miscInfoModule.submissionTracking": COMPUTED,
        "annotationSection": "what the registry notes about posting, not about the trial: remainder",
        "resultsSection": "left out unless --results keep: then remainder",
    },
)

VERSION = Version(name="R5", number="5.0.0", table=TABLE, profiles=PROFILES)
