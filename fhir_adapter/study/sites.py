"""Who runs a trial and where: contacts, officials, sites."""

from typing import Annotated

from typing_extensions import TypedDict

from fhir_adapter.study.codes import ContactRole, OfficialRole, RecruitmentStatus
from fhir_adapter.study.leaves import Latitude, Longitude, Text, says

__all__ = ["Contact", "ContactsLocationsModule", "GeoPoint", "Location", "Official"]


class Contact(TypedDict, total=False):
    """A person or desk to ask about taking part."""

    name: Annotated[Text, says("Name of the person or desk to ask")]
    role: Annotated[ContactRole, says("What the contact is to the trial")]
    phone: Annotated[Text, says("Telephone number as written, in no fixed format")]
    phoneExt: Annotated[Text, says("Extension to dial after the telephone number")]
    email: Annotated[Text, says("E-mail address as written")]


class Official(TypedDict, total=False):
    """A person who answers for the conduct of the whole trial."""

    name: Annotated[Text, says("Full name with degrees, or an office of the sponsor")]
    affiliation: Annotated[Text, says("Organization that the official belongs to")]
    role: Annotated[OfficialRole, says("What the official is to the trial")]


class GeoPoint(TypedDict, total=False):
    """Where a site is, looked up by the registry from its city."""

    lat: Annotated[Latitude, says("Degrees north of the equator")]
    lon: Annotated[Longitude, says("Degrees east of Greenwich")]


class Location(TypedDict, total=False):
    """One site of the trial."""

    facility: Annotated[Text, says("Name of the site (LocationFacility)")]
    status: Annotated[RecruitmentStatus, says("Whether this site recruits; only while the trial does")]
    city: Annotated[Text, says("City of the site")]
    state: Annotated[Text, says("State, province or region of the site")]
    zip: Annotated[Text, says("Postal code of the site")]
    country: Annotated[Text, says("Country of the site, as an English name")]
    contacts: Annotated[list[Contact], says("Whom to ask at this site, investigators included")]
    geoPoint: Annotated[GeoPoint, says("Position of the site's city")]


class ContactsLocationsModule(TypedDict, total=False):
    """Contacts, officials and sites of the trial."""

    centralContacts: Annotated[list[Contact], says("Whom to ask about the trial as a whole")]
    overallOfficials: Annotated[list[Official], says("Who answers for the trial as a whole")]
    locations: Annotated[list[Location], says("Sites where the trial runs")]
