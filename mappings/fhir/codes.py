"""The registry's enumerations, their labels, and the HL7 codes that honestly mean the same.

One line a value: registry code: (legacy label, HL7 code or None). Sources: the registry's study data structure
page (labels) and API description (codes); HL7's code systems as named in each list. A value that is not here
passes through as the registry's own code.
"""

from __future__ import annotations

from fhir_adapter.mappings.fhir.terms import HL7, Terms

STUDY_DESIGN = f"{HL7}study-design"
PARTY_ROLE = f"{HL7}research-study-party-role"
STUDY_STATUS = f"{HL7}research-study-status"

STATUS_VALUES: dict[str, tuple[str, str | None]] = {
    "NOT_YET_RECRUITING": ("Not yet recruiting", "not-yet-recruiting"),
    "RECRUITING": ("Recruiting", "recruiting"),
    "ENROLLING_BY_INVITATION": ("Enrolling by invitation", "enrolling-by-invitation"),
    "ACTIVE_NOT_RECRUITING": ("Active, not recruiting", "active-but-not-recruiting"),
    "COMPLETED": ("Completed", "completed"),
    "SUSPENDED": ("Suspended", "temporarily-closed-to-accrual"),
    "TERMINATED": ("Terminated", "terminated"),
    "WITHDRAWN": ("Withdrawn", "withdrawn"),
    "AVAILABLE": ("Available", None),
    "NO_LONGER_AVAILABLE": ("No longer available", None),
    "TEMPORARILY_NOT_AVAILABLE": ("Temporarily not available", None),
    "APPROVED_FOR_MARKETING": ("Approved for marketing", None),
    "WITHHELD": ("Withheld", None),
    "UNKNOWN": ("Unknown status", None),
}
STATUS = Terms("Status", STATUS_VALUES, STUDY_STATUS)
SITE_STATUSES = (
    "ACTIVE_NOT_RECRUITING",
    "COMPLETED",
    "ENROLLING_BY_INVITATION",
    "NOT_YET_RECRUITING",
    "RECRUITING",
    "SUSPENDED",
    "TERMINATED",
    "WITHDRAWN",
    "AVAILABLE",
)
RECRUITMENT_STATUS = Terms("RecruitmentStatus", {code: STATUS_VALUES[code] for code in SITE_STATUSES}, STUDY_STATUS)
EXPANDED_ACCESS_STATUS = Terms(
    "ExpandedAccessStatus",
    {
        "AVAILABLE": ("Available", None),
        "NO_LONGER_AVAILABLE": ("No longer available", None),
        "TEMPORARILY_NOT_AVAILABLE": ("Temporarily not available", None),
        "APPROVED_FOR_MARKETING": ("Approved for marketing", None),
    },
)
PHASE = Terms(
    "Phase",
    {
        "NA": ("Not Applicable", "n-a"),
        "EARLY_PHASE1": ("Early Phase 1", "early-phase-1"),
        "PHASE1": ("Phase 1", "phase-1"),
        "PHASE2": ("Phase 2", "phase-2"),
        "PHASE3": ("Phase 3", "phase-3"),
        "PHASE4": ("Phase 4", "phase-4"),
    },
    f"{HL7}research-study-phase",
)
# Two phases that HL7 has one code for; any other set has the registry's codes only.
PHASE_PAIRS = {("PHASE1", "PHASE2"): "phase-1-phase-2", ("PHASE2", "PHASE3"): "phase-2-phase-3"}

STUDY_TYPE = Terms(
    "StudyType",
    {
        "INTERVENTIONAL": ("Interventional", "SEVCO:01001"),
        "OBSERVATIONAL": ("Observational", "SEVCO:01002"),
        "EXPANDED_ACCESS": ("Expanded Access", "SEVCO:01038"),
    },
    STUDY_DESIGN,
)
ALLOCATION = Terms(
    "DesignAllocation",
    {
        "RANDOMIZED": ("Randomized", "SEVCO:01003"),
        "NON_RANDOMIZED": ("Non-Randomized", "SEVCO:01005"),
        "NA": ("N/A", None),
    },
    STUDY_DESIGN,
)
INTERVENTION_MODEL = Terms(
    "InterventionalAssignment",
    {
        "SINGLE_GROUP": ("Single Group Assignment", "SEVCO:01016"),
        "PARALLEL": ("Parallel Assignment", "SEVCO:01011"),
        "CROSSOVER": ("Crossover Assignment", "SEVCO:01012"),
        "FACTORIAL": ("Factorial Assignment", None),
        "SEQUENTIAL": ("Sequential Assignment", None),
    },
    STUDY_DESIGN,
)
MASKING = Terms(
    "DesignMasking",
    {
        "NONE": ("None (Open Label)", None),
        "SINGLE": ("Single", None),
        "DOUBLE": ("Double", None),
        "TRIPLE": ("Triple", None),
        "QUADRUPLE": ("Quadruple", None),
    },
)
WHO_MASKED = Terms(
    "WhoMasked",
    {
        "PARTICIPANT": ("Participant", "SEVCO:01060"),
        "CARE_PROVIDER": ("Care Provider", "SEVCO:01061"),
        "INVESTIGATOR": ("Investigator", None),
        "OUTCOMES_ASSESSOR": ("Outcomes Assessor", "SEVCO:01062"),
    },
    STUDY_DESIGN,
)
OBSERVATIONAL_MODEL = Terms(
    "ObservationalModel",
    {
        "COHORT": ("Cohort", None),  # by the number of groups: see r5_design
        "CASE_CONTROL": ("Case-Control", "SEVCO:01013"),
        "CASE_ONLY": ("Case-Only", None),
        "CASE_CROSSOVER": ("Case-Crossover", None),
        "ECOLOGIC_OR_COMMUNITY": ("Ecologic or Community", "SEVCO:01044"),
        "FAMILY_BASED": ("Family-Based", "SEVCO:01020"),
        "DEFINED_POPULATION": ("Defined Population", "SEVCO:01022"),
        "NATURAL_HISTORY": ("Natural History", None),
        "OTHER": ("Other", None),
    },
    STUDY_DESIGN,
)
TIME_PERSPECTIVE = Terms(
    "DesignTimePerspective",
    {
        "RETROSPECTIVE": ("Retrospective", None),
        "PROSPECTIVE": ("Prospective", None),
        "CROSS_SECTIONAL": ("Cross-Sectional", "SEVCO:01027"),
        "OTHER": ("Other", None),
    },
    STUDY_DESIGN,
)
SAMPLING_METHOD = Terms(
    "SamplingMethod",
    {
        "PROBABILITY_SAMPLE": ("Probability Sample", None),
        "NON_PROBABILITY_SAMPLE": ("Non-Probability Sample", None),
    },
)
PRIMARY_PURPOSE = Terms(
    "PrimaryPurpose",
    {
        "TREATMENT": ("Treatment", "treatment"),
        "PREVENTION": ("Prevention", "prevention"),
        "DIAGNOSTIC": ("Diagnostic", "diagnostic"),
        "ECT": ("Educational/Counseling/Training", None),
        "SUPPORTIVE_CARE": ("Supportive Care", "supportive-care"),
        "SCREENING": ("Screening", "screening"),
        "HEALTH_SERVICES_RESEARCH": ("Health Services Research", "health-services-research"),
        "BASIC_SCIENCE": ("Basic Science", "basic-science"),
        "DEVICE_FEASIBILITY": ("Device Feasibility", "device-feasibility"),
        "OTHER": ("Other", None),
    },
    f"{HL7}research-study-prim-purp-type",
)
ARM_TYPE = Terms(
    "ArmGroupType",
    {
        "EXPERIMENTAL": ("Experimental", "experimental"),
        "ACTIVE_COMPARATOR": ("Active Comparator", "active-comparator"),
        "PLACEBO_COMPARATOR": ("Placebo Comparator", "placebo-comparator"),
        "SHAM_COMPARATOR": ("Sham Comparator", "sham-comparator"),
        "NO_INTERVENTION": ("No Intervention", "no-intervention"),
        "OTHER": ("Other", "other-arm-type"),
    },
    f"{HL7}research-study-arm-type",
)
INTERVENTION_TYPE = Terms(
    "InterventionType",
    {
        "BEHAVIORAL": ("Behavioral", "intervention"),
        "BIOLOGICAL": ("Biological", "medication"),
        "COMBINATION_PRODUCT": ("Combination Product", "medication"),
        "DEVICE": ("Device", "device"),
        "DIAGNOSTIC_TEST": ("Diagnostic Test", "intervention"),
        "DIETARY_SUPPLEMENT": ("Dietary Supplement", "medication"),
        "DRUG": ("Drug", "medication"),
        "GENETIC": ("Genetic", "medication"),
        "PROCEDURE": ("Procedure", "intervention"),
        "RADIATION": ("Radiation", "intervention"),
        "OTHER": ("Other", "intervention"),
    },
    f"{HL7}research-study-focus-type",
    prefer=("DRUG", "OTHER"),
)
AGENCY_CLASS = Terms(
    "AgencyClass",
    {
        "NIH": ("NIH", "nih"),
        "FED": ("U.S. Federal", "government"),
        "OTHER_GOV": ("Other government", "government"),
        "INDIV": ("Individual", None),
        "INDUSTRY": ("Industry", "industry"),
        "NETWORK": ("Network", None),
        "AMBIG": ("Ambiguous", None),
        "OTHER": ("Other", None),
        "UNKNOWN": ("Unknown", None),
    },
    f"{HL7}research-study-party-organization-type",
    prefer=("OTHER_GOV",),
)
OFFICIAL_VALUES: dict[str, tuple[str, str | None]] = {
    "STUDY_CHAIR": ("Study Chair", "study-chair"),
    "STUDY_DIRECTOR": ("Study Director", "study-director"),
    "PRINCIPAL_INVESTIGATOR": ("Principal Investigator", "primary-investigator"),
    "SUB_INVESTIGATOR": ("Sub-Investigator", "sub-investigator"),
}
OFFICIAL_ROLE = Terms("OfficialRole", OFFICIAL_VALUES, PARTY_ROLE)
CONTACT_ROLE = Terms("ContactRole", {**OFFICIAL_VALUES, "CONTACT": ("Contact", "recruitment-contact")}, PARTY_ROLE)
RESPONSIBLE_PARTY_TYPE = Terms(
    "ResponsiblePartyType",
    {
        "SPONSOR": ("Responsible party (Sponsor)", "lead-sponsor"),
        "PRINCIPAL_INVESTIGATOR": ("Responsible party (Principal Investigator)", "primary-investigator"),
        "SPONSOR_INVESTIGATOR": ("Responsible party (Sponsor-Investigator)", "sponsor-investigator"),
    },
    PARTY_ROLE,
)
SEX = Terms(
    "Sex",
    {"FEMALE": ("Female", "female"), "MALE": ("Male", "male"), "ALL": ("All", None)},
    f"{HL7}administrative-gender",
)
STANDARD_AGE = Terms(
    "StandardAge", {"CHILD": ("Child", None), "ADULT": ("Adult", None), "OLDER_ADULT": ("Older adult", None)}
)
BIOSPEC_RETENTION = Terms(
    "BioSpecRetention",
    {
        "NONE_RETAINED": ("None retained", None),
        "SAMPLES_WITH_DNA": ("Samples with DNA", None),
        "SAMPLES_WITHOUT_DNA": ("Samples without DNA", None),
    },
)
IPD_SHARING = Terms(
    "IpdSharing",
    {
        "YES": ("IPD sharing: Yes", None),
        "NO": ("IPD sharing: No", None),
        "UNDECIDED": ("IPD sharing: Undecided", None),
    },
)
IPD_INFO_TYPE = Terms(
    "IpdSharingInfoType",
    {
        "STUDY_PROTOCOL": ("Study Protocol", None),
        "SAP": ("Statistical Analysis Plan (SAP)", None),
        "ICF": ("Informed Consent Form (ICF)", None),
        "CSR": ("Clinical Study Report (CSR)", None),
        "ANALYTIC_CODE": ("Analytic Code", None),
    },
)
REFERENCE_TYPE = Terms(
    "ReferenceType", {"BACKGROUND": ("Background", None), "RESULT": ("Result", None), "DERIVED": ("Derived", None)}
)
GRANT_VALUES: dict[str, tuple[str, str | None]] = {
    "NIH": ("U.S. NIH Grant/Contract", None),
    "FDA": ("U.S. FDA Grant/Contract", None),
    "VA": ("U.S. Veterans Administration Grant/Contract", None),
    "CDC": ("U.S. CDC Grant/Contract", None),
    "AHRQ": ("U.S. AHRQ Grant/Contract", None),
    "SAMHSA": ("U.S. SAMHSA Grant/Contract", None),
}
ORG_STUDY_ID_TYPE = Terms("OrgStudyIdType", GRANT_VALUES)
SECONDARY_ID_TYPE = Terms(
    "SecondaryIdType",
    {
        **GRANT_VALUES,
        "OTHER_GRANT": ("Other Grant/Funding Number", None),
        "EUDRACT_NUMBER": ("EudraCT Number", None),
        "CTIS": ("EU Trial (CTIS) Number", None),
        "REGISTRY": ("Registry Identifier", None),
        "OTHER": ("Other Identifier", None),
    },
)
# The legacy prefix of an intervention's name in an arm's list ("Drug: Zorvatib") is the label of its type.
