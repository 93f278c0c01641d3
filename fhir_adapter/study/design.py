"""What a trial studies, how, in whom, and what it measures."""

from typing import Annotated

from typing_extensions import TypedDict

from fhir_adapter.study.codes import (
    ArmGroupType,
    BioSpecRetention,
    DesignAllocation,
    DesignMasking,
    DesignTimePerspective,
    EnrollmentType,
    InterventionalAssignment,
    InterventionType,
    ObservationalModel,
    Phase,
    PrimaryPurpose,
    SamplingMethod,
    Sex,
    StandardAge,
    StudyType,
    WhoMasked,
)
from fhir_adapter.study.leaves import Age, Count, Flag, Text, says

__all__ = [
    "ArmGroup",
    "ArmsInterventionsModule",
    "BioSpec",
    "ConditionsModule",
    "DescriptionModule",
    "DesignInfo",
    "DesignModule",
    "EligibilityModule",
    "EnrollmentInfo",
    "ExpandedAccessTypes",
    "Intervention",
    "MaskingBlock",
    "Outcome",
    "OutcomesModule",
]


class DescriptionModule(TypedDict, total=False):
    """What the trial is about, in prose (CommonMark)."""

    briefSummary: Annotated[Text, says("Short description for the public")]
    detailedDescription: Annotated[Text, says("Longer description, technical where need be")]


class ConditionsModule(TypedDict, total=False):
    """What is studied, in the words of the submitter."""

    conditions: Annotated[list[Text], says("Diseases or conditions studied, or the focus of the trial")]
    keywords: Annotated[list[Text], says("Words that help to find the trial")]


class ExpandedAccessTypes(TypedDict, total=False):
    """Who can get the treatment outside a trial."""

    individual: Annotated[Flag, says("Whether single patients can, emergencies included")]
    intermediate: Annotated[Flag, says("Whether a group of intermediate size can")]
    treatment: Annotated[Flag, says("Whether many can, under a treatment protocol")]


class MaskingBlock(TypedDict, total=False):
    """Who does not know which arm a participant is in."""

    masking: Annotated[DesignMasking, says("How many parties are masked")]
    maskingDescription: Annotated[Text, says("How they are masked, in prose")]
    whoMasked: Annotated[list[WhoMasked], says("Which parties are masked")]


class DesignInfo(TypedDict, total=False):
    """How the trial is built."""

    allocation: Annotated[DesignAllocation, says("Whether chance assigns participants to arms")]
    interventionModel: Annotated[InterventionalAssignment, says("How arms are arranged in an interventional trial")]
    interventionModelDescription: Annotated[Text, says("How arms are arranged, in prose")]
    primaryPurpose: Annotated[PrimaryPurpose, says("Main reason for the intervention")]
    observationalModel: Annotated[ObservationalModel, says("How groups are formed in an observational study")]
    timePerspective: Annotated[DesignTimePerspective, says("Whether an observational study looks back or ahead")]
    maskingInfo: Annotated[MaskingBlock, says("Who does not know the assignment")]


class BioSpec(TypedDict, total=False):
    """Samples that an observational study keeps."""

    retention: Annotated[BioSpecRetention, says("Whether samples are kept, and whether with DNA")]
    description: Annotated[Text, says("Which samples are kept, in prose")]


class EnrollmentInfo(TypedDict, total=False):
    """How many take part."""

    count: Annotated[Count, says("Number of participants (EnrollmentCount); 0 if withdrawn")]
    type: Annotated[EnrollmentType, says("Whether the number is reached or planned; old records do not say")]


class DesignModule(TypedDict, total=False):
    """Kind, phase, plan and size of the trial."""

    studyType: Annotated[StudyType, says("Interventional, observational or expanded access")]
    nPtrsToThisExpAccNctId: Annotated[Count, says("How many other records point to this expanded access record")]
    expandedAccessTypes: Annotated[ExpandedAccessTypes, says("Who can get the treatment outside a trial")]
    patientRegistry: Annotated[Flag, says("Whether the observational study is a patient registry")]
    targetDuration: Annotated[Age, says("How long a patient registry follows each participant")]
    phases: Annotated[list[Phase], says("Phases; two for a combined phase, NA where phases do not apply")]
    designInfo: Annotated[DesignInfo, says("How the trial is built")]
    bioSpec: Annotated[BioSpec, says("Samples that an observational study keeps")]
    enrollmentInfo: Annotated[EnrollmentInfo, says("How many take part")]


class ArmGroup(TypedDict, total=False):
    """One arm of a trial, or one group or cohort of an observational study."""

    label: Annotated[Text, says("Name of the arm or group; interventions refer to it")]
    type: Annotated[ArmGroupType, says("Role of the arm; observational groups have none")]
    description: Annotated[Text, says("What happens in the arm, or who is in the group")]
    interventionNames: Annotated[list[Text], says('Interventions of the arm, each as "Type label: name"')]


class Intervention(TypedDict, total=False):
    """One treatment, device, procedure or exposure."""

    type: Annotated[InterventionType, says("Kind of intervention")]
    name: Annotated[Text, says("Name of the intervention, generic where there is one")]
    description: Annotated[Text, says("Dose, form, frequency, duration and other particulars")]
    armGroupLabels: Annotated[list[Text], says("Labels of the arms or groups that get it")]
    otherNames: Annotated[list[Text], says("Brand names, codes and other names")]


class ArmsInterventionsModule(TypedDict, total=False):
    """Arms or groups, and what they get."""

    armGroups: Annotated[list[ArmGroup], says("Arms of the trial, or groups of participants")]
    interventions: Annotated[list[Intervention], says("What is given, done or observed")]


class Outcome(TypedDict, total=False):
    """One thing that is measured."""

    measure: Annotated[Text, says("Title of what is measured")]
    description: Annotated[Text, says("What is measured and how, in prose")]
    timeFrame: Annotated[Text, says("When or how long it is measured, in prose")]


class OutcomesModule(TypedDict, total=False):
    """What is planned to be measured."""

    primaryOutcomes: Annotated[list[Outcome], says("Outcomes that decide the trial's main question")]
    secondaryOutcomes: Annotated[list[Outcome], says("Outcomes of lesser weight")]
    otherOutcomes: Annotated[list[Outcome], says("Further outcomes, such as exploratory ones")]


class EligibilityModule(TypedDict, total=False):
    """Who can take part."""

    eligibilityCriteria: Annotated[Text, says("Inclusion and exclusion criteria, as one text (CommonMark)")]
    healthyVolunteers: Annotated[Flag, says("Whether people without the condition can take part")]
    sex: Annotated[Sex, says("Sex of those who can take part")]
    genderBased: Annotated[Flag, says("Whether gender identity decides who can take part")]
    genderDescription: Annotated[Text, says("What is asked of gender, in prose")]
    minimumAge: Annotated[Age, says("Youngest age, with its unit; absent means no limit")]
    maximumAge: Annotated[Age, says("Oldest age, with its unit; absent means no limit")]
    stdAges: Annotated[list[StandardAge], says("Age groups within the limits, derived by the registry")]
    studyPopulation: Annotated[Text, says("Whom an observational study draws its participants from")]
    samplingMethod: Annotated[SamplingMethod, says("How an observational study chooses them")]
