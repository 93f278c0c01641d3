"""What is published or shared about a trial: references, links, participant data, documents."""

from typing import Annotated

from typing_extensions import TypedDict

from fhir_adapter.study.codes import IpdSharing, IpdSharingInfoType, ReferenceType
from fhir_adapter.study.leaves import Date, Flag, Minute, Pmid, Size, Text, Token, Url, says

__all__ = [
    "AvailIpd",
    "DocumentSection",
    "IpdSharingStatementModule",
    "LargeDoc",
    "LargeDocumentModule",
    "Reference",
    "ReferencesModule",
    "Retraction",
    "SeeAlsoLink",
]


class Retraction(TypedDict, total=False):
    """The notice that took a publication back."""

    pmid: Annotated[Pmid, says("PubMed number of the notice")]
    source: Annotated[Text, says("Where the notice appeared")]


class Reference(TypedDict, total=False):
    """One publication about the trial or its background."""

    pmid: Annotated[Pmid, says("PubMed number of the publication")]
    type: Annotated[ReferenceType, says("Background, results, or found by the registry through PubMed")]
    citation: Annotated[Text, says("The publication as a reference list gives it")]
    retractions: Annotated[list[Retraction], says("Notices that took the publication back")]


class SeeAlsoLink(TypedDict, total=False):
    """One web page about the trial."""

    label: Annotated[Text, says("Title of the page")]
    url: Annotated[Url, says("Address of the page")]


class AvailIpd(TypedDict, total=False):
    """One data set or document about the participants that others can get."""

    id: Annotated[Text, says("Number of the data set where it is kept")]
    type: Annotated[Text, says("What it is, such as a data set or a protocol; free text")]
    url: Annotated[Url, says("Where to get it")]
    comment: Annotated[Text, says("How to get it, and other remarks")]


class ReferencesModule(TypedDict, total=False):
    """Publications, links and data sets."""

    references: Annotated[list[Reference], says("Publications")]
    seeAlsoLinks: Annotated[list[SeeAlsoLink], says("Web pages about the trial")]
    availIpds: Annotated[list[AvailIpd], says("Data sets and documents that others can get")]


class IpdSharingStatementModule(TypedDict, total=False):
    """The plan to share data of individual participants (IPD)."""

    ipdSharing: Annotated[IpdSharing, says("Whether there is a plan to share")]
    description: Annotated[Text, says("What is shared, or why nothing is")]
    infoTypes: Annotated[list[IpdSharingInfoType], says("Documents that are shared with the data")]
    timeFrame: Annotated[Text, says("From when and for how long, in prose")]
    accessCriteria: Annotated[Text, says("Who gets the data, for what and how")]
    url: Annotated[Url, says("Page about the plan")]


class LargeDoc(TypedDict, total=False):
    """One document uploaded to the registry."""

    typeAbbrev: Annotated[Token, says("What the file holds, in short, such as Prot_SAP")]
    hasProtocol: Annotated[Flag, says("Whether the file holds the protocol")]
    hasSap: Annotated[Flag, says("Whether the file holds the statistical analysis plan")]
    hasIcf: Annotated[Flag, says("Whether the file holds the informed consent form")]
    label: Annotated[Text, says("What the file holds, in words")]
    date: Annotated[Date, says("Date that the document bears")]
    uploadDate: Annotated[Minute, says("When the file was uploaded, to the minute; no zone is given")]
    filename: Annotated[Text, says("Name of the file at the registry")]
    size: Annotated[Size, says("Size of the file in bytes")]


class LargeDocumentModule(TypedDict, total=False):
    """Documents uploaded to the registry."""

    noSap: Annotated[Flag, says("Whether the trial has no statistical analysis plan to upload")]
    largeDocs: Annotated[list[LargeDoc], says("The documents")]


class DocumentSection(TypedDict, total=False):
    """Protocols, analysis plans and consent forms."""

    largeDocumentModule: Annotated[LargeDocumentModule, says("Documents uploaded to the registry")]
