"""What a trial is called, how far it is, who stands behind it and who watches over it."""

from typing import Annotated

from typing_extensions import TypedDict

from fhir_adapter.study.codes import (
    AgencyClass,
    DateType,
    ExpandedAccessStatus,
    OrgStudyIdType,
    ResponsiblePartyType,
    SecondaryIdType,
    Status,
)
from fhir_adapter.study.leaves import Date, Flag, NctId, Number, Text, Url, says

__all__ = [
    "DateStruct",
    "ExpandedAccessInfo",
    "IdentificationModule",
    "OrgStudyIdInfo",
    "Organization",
    "OversightModule",
    "ResponsibleParty",
    "SecondaryIdInfo",
    "Sponsor",
    "SponsorCollaboratorsModule",
    "StatusModule",
]

# `class` is a word of Python's own: this field alone needs the functional form.
_Classed = TypedDict(
    "_Classed", {"class": Annotated[AgencyClass, says("Kind of organization: its funder type")]}, total=False
)


class Organization(_Classed, TypedDict, total=False):
    """The organization whose account owns the record."""

    fullName: Annotated[Text, says("Name of the organization (OrgFullName)")]


class Sponsor(_Classed, TypedDict, total=False):
    """A sponsor or collaborator."""

    name: Annotated[Text, says("Name of the organization or person")]


class OrgStudyIdInfo(TypedDict, total=False):
    """The number that the organization itself gave the trial."""

    id: Annotated[Text, says("The organization's own number for the trial (OrgStudyId)")]
    type: Annotated[OrgStudyIdType, says("US agency whose grant or contract number this is")]
    link: Annotated[Url, says("Page about the grant or contract")]


class SecondaryIdInfo(TypedDict, total=False):
    """One more number of the trial: a grant, another registry, another sponsor."""

    id: Annotated[Text, says("The number (SecondaryId)")]
    type: Annotated[SecondaryIdType, says("What kind of number it is")]
    domain: Annotated[Text, says("Who gave the number: funder, registry or organization")]
    link: Annotated[Url, says("Page about the grant")]


class IdentificationModule(TypedDict, total=False):
    """Numbers and titles."""

    nctId: Annotated[Number, says("Registry number: the NCT number, or another registry's own")]
    nctIdAliases: Annotated[list[NctId], says("NCT numbers that the trial once had and that lead here")]
    orgStudyIdInfo: Annotated[OrgStudyIdInfo, says("The organization's own number for the trial")]
    secondaryIdInfos: Annotated[list[SecondaryIdInfo], says("Other numbers of the trial")]
    briefTitle: Annotated[Text, says("Short title for the public")]
    officialTitle: Annotated[Text, says("Title as in the protocol")]
    acronym: Annotated[Text, says("Short name that the trial goes by")]
    organization: Annotated[Organization, says("Organization whose account owns the record")]


class DateStruct(TypedDict, total=False):
    """A date, and whether it has come to pass."""

    date: Annotated[Date, says("The day, month or year")]
    type: Annotated[DateType, says("Whether the date happened or is expected; old records do not say")]


class ExpandedAccessInfo(TypedDict, total=False):
    """Access to the treatment outside the trial."""

    hasExpandedAccess: Annotated[Flag, says("Whether patients outside the trial can get the treatment")]
    nctId: Annotated[NctId, says("NCT number of the expanded access record (ExpandedAccessNCTId)")]
    statusForNctId: Annotated[ExpandedAccessStatus, says("Availability that the other record states")]


class StatusModule(TypedDict, total=False):
    """How far the trial is, and when the record changed."""

    statusVerifiedDate: Annotated[Date, says("When the record was last confirmed to be right")]
    overallStatus: Annotated[Status, says("State of the trial as a whole")]
    lastKnownStatus: Annotated[Status, says("State before it became UNKNOWN for want of updates")]
    delayedPosting: Annotated[Flag, says("Whether details of a device trial are held back until approval")]
    whyStopped: Annotated[Text, says("Why the trial was stopped, suspended or withdrawn")]
    expandedAccessInfo: Annotated[ExpandedAccessInfo, says("Access to the treatment outside the trial")]
    startDateStruct: Annotated[DateStruct, says("Opening for recruitment, or first participant enrolled")]
    primaryCompletionDateStruct: Annotated[DateStruct, says("Last data collected for the primary outcome")]
    completionDateStruct: Annotated[DateStruct, says("Last data collected from the last participant")]
    studyFirstSubmitDate: Annotated[Date, says("First submission of the record")]
    studyFirstSubmitQcDate: Annotated[Date, says("First submission that passed the registry's review")]
    studyFirstPostDateStruct: Annotated[DateStruct, says("First publication of the record")]
    resultsWaived: Annotated[Flag, says("Whether the duty to report results is waived (ResultsWaived)")]
    resultsFirstSubmitDate: Annotated[Date, says("First submission of results")]
    resultsFirstSubmitQcDate: Annotated[Date, says("First submission of results that passed review")]
    resultsFirstPostDateStruct: Annotated[DateStruct, says("First publication of results")]
    dispFirstSubmitDate: Annotated[Date, says("First request to delay results, or proof that a delay is due")]
    dispFirstSubmitQcDate: Annotated[Date, says("First such request that passed review")]
    dispFirstPostDateStruct: Annotated[DateStruct, says("First publication of such a request")]
    lastUpdateSubmitDate: Annotated[Date, says("Latest submission of a change")]
    lastUpdatePostDateStruct: Annotated[DateStruct, says("Latest publication of a change")]


class ResponsibleParty(TypedDict, total=False):
    """Who answers to the registry for the record."""

    type: Annotated[ResponsiblePartyType, says("Whether the sponsor or an investigator answers")]
    investigatorFullName: Annotated[Text, says("Name of the investigator who answers")]
    investigatorTitle: Annotated[Text, says("Official title of that investigator")]
    investigatorAffiliation: Annotated[Text, says("Organization of that investigator")]
    oldNameTitle: Annotated[Text, says("Name and title, as records before 2011 gave them")]
    oldOrganization: Annotated[Text, says("Organization, as records before 2011 gave it")]


class SponsorCollaboratorsModule(TypedDict, total=False):
    """Who pays for the trial and answers for it."""

    responsibleParty: Annotated[ResponsibleParty, says("Who answers to the registry for the record")]
    leadSponsor: Annotated[Sponsor, says("Organization or person that started the trial")]
    collaborators: Annotated[list[Sponsor], says("Others that give money, drugs or work")]


class OversightModule(TypedDict, total=False):
    """Who watches over the trial, and which US rules bind it."""

    oversightHasDmc: Annotated[Flag, says("Whether a data monitoring committee watches the data")]
    isFdaRegulatedDrug: Annotated[Flag, says("Whether a drug or biologic under FDA rules is studied")]
    isFdaRegulatedDevice: Annotated[Flag, says("Whether a device under FDA rules is studied")]
    isUnapprovedDevice: Annotated[Flag, says("Whether a device not yet approved by the FDA is studied")]
    isPpsd: Annotated[Flag, says("Whether this is a paediatric post-market surveillance of a device")]
    isUsExport: Annotated[Flag, says("Whether the product is made in the US and exported for the trial")]
    fdaaa801Violation: Annotated[Flag, says("Whether the FDA found a breach of the reporting law")]
