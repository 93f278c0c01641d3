"""Codecs for where a trial is: one Location a site, and the countries of all."""

from __future__ import annotations

from fhir_adapter.codecs import Each, parts
from fhir_adapter.issues import Issue
from fhir_adapter.mappings.fhir.codes import CONTACT_ROLE, RECRUITMENT_STATUS
from fhir_adapter.mappings.fhir.common import ISO_3166, contact_point, read_contact_point
from fhir_adapter.mappings.fhir.countries import alpha_2
from fhir_adapter.table import Codec, Row, Scope, Table
from fhir_adapter.tree import Tree

site_status = Codec(
    lambda code: [RECRUITMENT_STATUS.concept(code)],
    lambda concepts: next((code for code in map(RECRUITMENT_STATUS.code, concepts) if code), None),
    coding="RecruitmentStatus",
    terms=(RECRUITMENT_STATUS,),
)


def _write_contacts(items: list[Tree]) -> list[Tree]:
    contacts = []
    for own in items:
        contact: Tree = {}
        if "role" in own:
            contact["purpose"] = CONTACT_ROLE.concept(own["role"])
        if "name" in own:
            contact["name"] = [{"text": own["name"]}]
        points = contact_point(own)
        if points:
            contact["telecom"] = points
        if contact:
            contacts.append(contact)
    return contacts


def _read_contacts(contacts: list[Tree]) -> list[Tree]:
    found = []
    for contact in contacts:
        names = contact.get("name") or [{}]
        own = {
            "name": names[0].get("text"),
            "role": CONTACT_ROLE.code(contact.get("purpose") or {}),
            **read_contact_point(contact.get("telecom") or []),
        }
        found.append({key: value for key, value in own.items() if value is not None})
    return found


site_contacts = Codec(
    _write_contacts,
    _read_contacts,
    fields=("name", "role", "phone", "phoneExt", "email"),
    coding="ContactRole",
    terms=(CONTACT_ROLE,),
)


def _write_position(point: Tree) -> Tree | None:
    return {"longitude": point["lon"], "latitude": point["lat"]} if "lon" in point and "lat" in point else None


def _read_position(position: Tree, node: Tree) -> None:
    node |= {"lat": position["latitude"], "lon": position["longitude"]}


position = parts(_write_position, _read_position, "lat", "lon")

SITE = Table(
    # study          FHIR Location        coding
    Row("facility", "name"),
    Row("city", "address.city"),
    Row("state", "address.state"),
    Row("zip", "address.postalCode"),
    Row("country", "address.country"),
    Row("geoPoint", "position", position, "both or none: FHIR wants both"),
    Row("status", "characteristic", site_status, "the Location is of this study alone, so this is true of it"),
    Row("contacts", "contact", site_contacts),
)
sites = Each(SITE)


def write_regions(locations: list[Tree], scope: Scope) -> list[Tree] | None:
    """Write each country once, in the order of the sites, with its ISO 3166 code where its name is known."""
    names = dict.fromkeys(own["country"] for own in locations if "country" in own)
    regions: list[Tree] = []
    for name in names:
        code = alpha_2(name)
        if code:
            regions.append({"coding": [{"system": ISO_3166, "code": code}], "text": name})
        else:
            path = "protocolSection.contactsLocationsModule.locations.country"
            words = f"no ISO 3166 code known for the country {name!r}: written as text"
            scope.issues.append(Issue.information("code-invalid", path, words))
            regions.append({"text": name})
    return regions or None
