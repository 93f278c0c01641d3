"""The registry's enumerations: each name and the values known, in the registry's order.

Source: the enum schemas of the ClinicalTrials.gov OpenAPI description (2.0.0-draft); one newer value is marked.
A value that is not here is reported and kept: the registry adds values without notice.
"""

from dataclasses import dataclass
from typing import Annotated, Literal

__all__ = [
    "AgencyClass",
    "ArmGroupType",
    "BioSpecRetention",
    "BrowseLeafRelevance",
    "ContactRole",
    "DateType",
    "DesignAllocation",
    "DesignMasking",
    "DesignTimePerspective",
    "EnrollmentType",
    "Enumeration",
    "ExpandedAccessStatus",
    "InterventionType",
    "InterventionalAssignment",
    "IpdSharing",
    "IpdSharingInfoType",
    "ObservationalModel",
    "OfficialRole",
    "OrgStudyIdType",
    "Phase",
    "PrimaryPurpose",
    "RecruitmentStatus",
    "ReferenceType",
    "ResponsiblePartyType",
    "SamplingMethod",
    "SecondaryIdType",
    "Sex",
    "StandardAge",
    "Status",
    "StudyType",
    "UnpostedEventType",
    "ViolationEventType",
    "WhoMasked",
]


@dataclass(frozen=True, slots=True)
class Enumeration:
    """The registry's name of an enumeration: two may hold the same values."""

    name: str


Status = Annotated[
    Literal[
        "ACTIVE_NOT_RECRUITING",
        "COMPLETED",
        "ENROLLING_BY_INVITATION",
        "NOT_YET_RECRUITING",
        "RECRUITING",
        "SUSPENDED",
        "TERMINATED",
        "WITHDRAWN",
        "AVAILABLE",
        "NO_LONGER_AVAILABLE",
        "TEMPORARILY_NOT_AVAILABLE",
        "APPROVED_FOR_MARKETING",
        "WITHHELD",
        "UNKNOWN",
    ],
    Enumeration("Status"),
]
StudyType = Annotated[Literal["EXPANDED_ACCESS", "INTERVENTIONAL", "OBSERVATIONAL"], Enumeration("StudyType")]
Phase = Annotated[Literal["NA", "EARLY_PHASE1", "PHASE1", "PHASE2", "PHASE3", "PHASE4"], Enumeration("Phase")]
Sex = Annotated[Literal["FEMALE", "MALE", "ALL"], Enumeration("Sex")]
StandardAge = Annotated[Literal["CHILD", "ADULT", "OLDER_ADULT"], Enumeration("StandardAge")]
SamplingMethod = Annotated[Literal["PROBABILITY_SAMPLE", "NON_PROBABILITY_SAMPLE"], Enumeration("SamplingMethod")]
IpdSharing = Annotated[Literal["YES", "NO", "UNDECIDED"], Enumeration("IpdSharing")]
IpdSharingInfoType = Annotated[
    Literal["STUDY_PROTOCOL", "SAP", "ICF", "CSR", "ANALYTIC_CODE"], Enumeration("IpdSharingInfoType")
]
OrgStudyIdType = Annotated[Literal["NIH", "FDA", "VA", "CDC", "AHRQ", "SAMHSA"], Enumeration("OrgStudyIdType")]
# CTIS is newer than the description at hand; it stands in real records.
SecondaryIdType = Annotated[
    Literal["NIH", "FDA", "VA", "CDC", "AHRQ", "SAMHSA", "OTHER_GRANT", "EUDRACT_NUMBER", "CTIS", "REGISTRY", "OTHER"],
    Enumeration("SecondaryIdType"),
]
AgencyClass = Annotated[
    Literal["NIH", "FED", "OTHER_GOV", "INDIV", "INDUSTRY", "NETWORK", "AMBIG", "OTHER", "UNKNOWN"],
    Enumeration("AgencyClass"),
]
ExpandedAccessStatus = Annotated[
    Literal["AVAILABLE", "NO_LONGER_AVAILABLE", "TEMPORARILY_NOT_AVAILABLE", "APPROVED_FOR_MARKETING"],
    Enumeration("ExpandedAccessStatus"),
]
DateType = Annotated[Literal["ACTUAL", "ESTIMATED"], Enumeration("DateType")]
ResponsiblePartyType = Annotated[
    Literal["SPONSOR", "PRINCIPAL_INVESTIGATOR", "SPONSOR_INVESTIGATOR"], Enumeration("ResponsiblePartyType")
]
DesignAllocation = Annotated[Literal["RANDOMIZED", "NON_RANDOMIZED", "NA"], Enumeration("DesignAllocation")]
InterventionalAssignment = Annotated[
    Literal["SINGLE_GROUP", "PARALLEL", "CROSSOVER", "FACTORIAL", "SEQUENTIAL"], Enumeration("InterventionalAssignment")
]
PrimaryPurpose = Annotated[
    Literal[
        "TREATMENT",
        "PREVENTION",
        "DIAGNOSTIC",
        "ECT",
        "SUPPORTIVE_CARE",
        "SCREENING",
        "HEALTH_SERVICES_RESEARCH",
        "BASIC_SCIENCE",
        "DEVICE_FEASIBILITY",
        "OTHER",
    ],
    Enumeration("PrimaryPurpose"),
]
ObservationalModel = Annotated[
    Literal[
        "COHORT",
        "CASE_CONTROL",
        "CASE_ONLY",
        "CASE_CROSSOVER",
        "ECOLOGIC_OR_COMMUNITY",
        "FAMILY_BASED",
        "DEFINED_POPULATION",
        "NATURAL_HISTORY",
        "OTHER",
    ],
    Enumeration("ObservationalModel"),
]
DesignTimePerspective = Annotated[
    Literal["RETROSPECTIVE", "PROSPECTIVE", "CROSS_SECTIONAL", "OTHER"], Enumeration("DesignTimePerspective")
]
BioSpecRetention = Annotated[
    Literal["NONE_RETAINED", "SAMPLES_WITH_DNA", "SAMPLES_WITHOUT_DNA"], Enumeration("BioSpecRetention")
]
EnrollmentType = Annotated[Literal["ACTUAL", "ESTIMATED"], Enumeration("EnrollmentType")]
ArmGroupType = Annotated[
    Literal["EXPERIMENTAL", "ACTIVE_COMPARATOR", "PLACEBO_COMPARATOR", "SHAM_COMPARATOR", "NO_INTERVENTION", "OTHER"],
    Enumeration("ArmGroupType"),
]
InterventionType = Annotated[
    Literal[
        "BEHAVIORAL",
        "BIOLOGICAL",
        "COMBINATION_PRODUCT",
        "DEVICE",
        "DIAGNOSTIC_TEST",
        "DIETARY_SUPPLEMENT",
        "DRUG",
        "GENETIC",
        "PROCEDURE",
        "RADIATION",
        "OTHER",
    ],
    Enumeration("InterventionType"),
]
ContactRole = Annotated[
    Literal["STUDY_CHAIR", "STUDY_DIRECTOR", "PRINCIPAL_INVESTIGATOR", "SUB_INVESTIGATOR", "CONTACT"],
    Enumeration("ContactRole"),
]
OfficialRole = Annotated[
    Literal["STUDY_CHAIR", "STUDY_DIRECTOR", "PRINCIPAL_INVESTIGATOR", "SUB_INVESTIGATOR"], Enumeration("OfficialRole")
]
RecruitmentStatus = Annotated[
    Literal[
        "ACTIVE_NOT_RECRUITING",
        "COMPLETED",
        "ENROLLING_BY_INVITATION",
        "NOT_YET_RECRUITING",
        "RECRUITING",
        "SUSPENDED",
        "TERMINATED",
        "WITHDRAWN",
        "AVAILABLE",
    ],
    Enumeration("RecruitmentStatus"),
]
ReferenceType = Annotated[Literal["BACKGROUND", "RESULT", "DERIVED"], Enumeration("ReferenceType")]
BrowseLeafRelevance = Annotated[Literal["LOW", "HIGH"], Enumeration("BrowseLeafRelevance")]
DesignMasking = Annotated[Literal["NONE", "SINGLE", "DOUBLE", "TRIPLE", "QUADRUPLE"], Enumeration("DesignMasking")]
WhoMasked = Annotated[
    Literal["PARTICIPANT", "CARE_PROVIDER", "INVESTIGATOR", "OUTCOMES_ASSESSOR"], Enumeration("WhoMasked")
]
UnpostedEventType = Annotated[Literal["RESET", "RELEASE", "UNRELEASE"], Enumeration("UnpostedEventType")]
ViolationEventType = Annotated[
    Literal["VIOLATION_IDENTIFIED", "CORRECTION_CONFIRMED", "PENALTY_IMPOSED"], Enumeration("ViolationEventType")
]
