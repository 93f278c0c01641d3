"""What the registry and the FDA add to a record about the duty to report results."""

from typing import Annotated

from typing_extensions import TypedDict

from fhir_adapter.study.codes import UnpostedEventType, ViolationEventType
from fhir_adapter.study.leaves import Date, Flag, Text, says

__all__ = [
    "AnnotationModule",
    "AnnotationSection",
    "UnpostedAnnotation",
    "UnpostedEvent",
    "ViolationAnnotation",
    "ViolationEvent",
]


class UnpostedEvent(TypedDict, total=False):
    """One step of results that are submitted but not yet published."""

    type: Annotated[UnpostedEventType, says("Whether results were handed in, taken back or sent back")]
    date: Annotated[Date, says("When it happened")]
    dateUnknown: Annotated[Flag, says("Whether the day is not known")]


class UnpostedAnnotation(TypedDict, total=False):
    """Results that are submitted but not yet published."""

    unpostedResponsibleParty: Annotated[Text, says("Who submitted the results")]
    unpostedEvents: Annotated[list[UnpostedEvent], says("What happened to the results so far")]


class ViolationEvent(TypedDict, total=False):
    """One step of a breach of the reporting law (FDAAA 801)."""

    type: Annotated[ViolationEventType, says("Found, mended or fined")]
    description: Annotated[Text, says("What the FDA says about it")]
    creationDate: Annotated[Date, says("When the entry was made")]
    issuedDate: Annotated[Date, says("When the FDA issued the notice")]
    releaseDate: Annotated[Date, says("When the FDA handed the entry to the registry")]
    postedDate: Annotated[Date, says("When the registry published the entry")]


class ViolationAnnotation(TypedDict, total=False):
    """Breaches of the reporting law."""

    violationEvents: Annotated[list[ViolationEvent], says("What happened about the breach so far")]


class AnnotationModule(TypedDict, total=False):
    """Remarks on results not published and on breaches."""

    unpostedAnnotation: Annotated[UnpostedAnnotation, says("Results submitted but not yet published")]
    violationAnnotation: Annotated[ViolationAnnotation, says("Breaches of the reporting law")]


class AnnotationSection(TypedDict, total=False):
    """What the registry and the FDA add to the record."""

    annotationModule: Annotated[AnnotationModule, says("Remarks on results not published and on breaches")]
