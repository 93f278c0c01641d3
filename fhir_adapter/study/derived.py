"""What the registry works out from a record: nobody submitted it."""

from typing import Annotated

from typing_extensions import TypedDict

from fhir_adapter.study.codes import BrowseLeafRelevance
from fhir_adapter.study.leaves import Bmi, Count, Date, Flag, Text, Token, says
from fhir_adapter.study.registration import DateStruct

__all__ = [
    "BmiLimits",
    "BrowseBranch",
    "BrowseLeaf",
    "BrowseModule",
    "DerivedSection",
    "FirstMcpInfo",
    "Mesh",
    "MiscInfoModule",
    "ModelPredictions",
    "SubmissionInfo",
    "SubmissionTracking",
]


class Mesh(TypedDict, total=False):
    """A MeSH heading."""

    id: Annotated[Token, says("MeSH unique id of the descriptor or supplementary concept")]
    term: Annotated[Text, says("The heading")]


class BrowseLeaf(TypedDict, total=False):
    """A topic of the registry's own browse tree."""

    id: Annotated[Token, says("The registry's id of the topic")]
    name: Annotated[Text, says("Name of the topic")]
    asFound: Annotated[Text, says("Words of the record that led to the topic")]
    relevance: Annotated[BrowseLeafRelevance, says("How well the topic fits")]


class BrowseBranch(TypedDict, total=False):
    """A branch of the registry's own browse tree."""

    abbrev: Annotated[Token, says("Short name of the branch")]
    name: Annotated[Text, says("Name of the branch")]


class BrowseModule(TypedDict, total=False):
    """Headings and topics that the registry found for the record."""

    meshes: Annotated[list[Mesh], says("MeSH headings found in the record")]
    ancestors: Annotated[list[Mesh], says("MeSH headings above those")]
    browseLeaves: Annotated[list[BrowseLeaf], says("Topics found in the record")]
    browseBranches: Annotated[list[BrowseBranch], says("Branches that the topics belong to")]


class FirstMcpInfo(TypedDict, total=False):
    """The first time that results were published while still under review."""

    postDateStruct: Annotated[DateStruct, says("When that was")]


class SubmissionInfo(TypedDict, total=False):
    """One round of submitting results."""

    releaseDate: Annotated[Date, says("When the results were handed in")]
    unreleaseDate: Annotated[Date, says("When they were taken back")]
    unreleaseDateUnknown: Annotated[Flag, says("Whether the day they were taken back is not known")]
    resetDate: Annotated[Date, says("When the registry sent them back")]
    mcpReleaseN: Annotated[Count, says("Number of the release that is published while under review")]


class SubmissionTracking(TypedDict, total=False):
    """The way of the results through the registry's review."""

    estimatedResultsFirstSubmitDate: Annotated[Date, says("When results were first handed in, as estimated")]
    firstMcpInfo: Annotated[FirstMcpInfo, says("First publication while under review")]
    submissionInfos: Annotated[list[SubmissionInfo], says("Rounds of submission")]


class BmiLimits(TypedDict, total=False):
    """Limits of the body mass index that a model read in the criteria."""

    minBmi: Annotated[Bmi, says("Lowest body mass index, kg/m2")]
    maxBmi: Annotated[Bmi, says("Highest body mass index, kg/m2")]


class ModelPredictions(TypedDict, total=False):
    """What the registry's models read in the text."""

    bmiLimits: Annotated[BmiLimits, says("Limits of the body mass index")]


class MiscInfoModule(TypedDict, total=False):
    """Facts about the record that fit nowhere else."""

    versionHolder: Annotated[Date, says("Day of the registry's data that the record was read from")]
    removedCountries: Annotated[list[Text], says("Countries that no longer have a site")]
    submissionTracking: Annotated[SubmissionTracking, says("The way of the results through review")]
    modelPredictions: Annotated[ModelPredictions, says("What the registry's models read in the text")]


class DerivedSection(TypedDict, total=False):
    """What the registry works out from the record."""

    miscInfoModule: Annotated[MiscInfoModule, says("Facts that fit nowhere else")]
    conditionBrowseModule: Annotated[BrowseModule, says("Headings and topics of the conditions")]
    interventionBrowseModule: Annotated[BrowseModule, says("Headings and topics of the interventions")]
