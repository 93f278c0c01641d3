"""The study as a whole: one trial record in the public shape of ClinicalTrials.gov's API v2."""

from typing import Annotated, Any

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict

from fhir_adapter.study.annotation import AnnotationSection
from fhir_adapter.study.derived import DerivedSection
from fhir_adapter.study.design import (
    ArmsInterventionsModule,
    ConditionsModule,
    DescriptionModule,
    DesignModule,
    EligibilityModule,
    OutcomesModule,
)
from fhir_adapter.study.leaves import Flag, says
from fhir_adapter.study.publications import DocumentSection, IpdSharingStatementModule, ReferencesModule
from fhir_adapter.study.registration import (
    IdentificationModule,
    OversightModule,
    SponsorCollaboratorsModule,
    StatusModule,
)
from fhir_adapter.study.sites import ContactsLocationsModule

__all__ = ["ProtocolSection", "Study"]


class ProtocolSection(TypedDict, total=False):
    """What the sponsor submitted about the trial and its plan."""

    identificationModule: Annotated[IdentificationModule, says("Numbers and titles")]
    statusModule: Annotated[StatusModule, says("How far the trial is, and when the record changed")]
    sponsorCollaboratorsModule: Annotated[SponsorCollaboratorsModule, says("Who pays and answers for the trial")]
    oversightModule: Annotated[OversightModule, says("Who watches over the trial, and which US rules bind it")]
    descriptionModule: Annotated[DescriptionModule, says("What the trial is about, in prose")]
    conditionsModule: Annotated[ConditionsModule, says("What is studied")]
    designModule: Annotated[DesignModule, says("Kind, phase, plan and size of the trial")]
    armsInterventionsModule: Annotated[ArmsInterventionsModule, says("Arms or groups, and what they get")]
    outcomesModule: Annotated[OutcomesModule, says("What is planned to be measured")]
    eligibilityModule: Annotated[EligibilityModule, says("Who can take part")]
    contactsLocationsModule: Annotated[ContactsLocationsModule, says("Contacts, officials and sites")]
    referencesModule: Annotated[ReferencesModule, says("Publications, links and data sets")]
    ipdSharingStatementModule: Annotated[IpdSharingStatementModule, says("The plan to share participants' data")]


# Nested objects inherit the configuration: no coercion, no unknown field.
@with_config(ConfigDict(strict=True, extra="forbid"))
class Study(TypedDict, total=False):
    """One trial record, in the public shape of ClinicalTrials.gov's API v2. Nothing is required."""

    protocolSection: Annotated[ProtocolSection, says("What the sponsor submitted about the trial and its plan")]
    resultsSection: Annotated[dict[str, Any], says("Results, as the registry gives them; not checked further")]
    annotationSection: Annotated[AnnotationSection, says("What the registry and the FDA add to the record")]
    documentSection: Annotated[DocumentSection, says("Protocols, analysis plans and consent forms")]
    derivedSection: Annotated[DerivedSection, says("What the registry works out from the record")]
    hasResults: Annotated[Flag, says("Whether the record has results")]
