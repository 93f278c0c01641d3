"""Where a trial is, as others write it: Locations, studies of one site (R6), names only, countries only."""

from __future__ import annotations

from collections.abc import Iterator

from fhir_adapter.mappings.fhir.codes import CONTACT_ROLE, RECRUITMENT_STATUS
from fhir_adapter.mappings.fhir.countries import ALPHA_2, alpha_2
from fhir_adapter.mappings.fhir.foreign.links import Links
from fhir_adapter.mappings.fhir.foreign.parties import reached
from fhir_adapter.mappings.fhir.foreign.words import Node, concepts, human, lookup, node, objects, text, touch
from fhir_adapter.tree import Tree

# The usual English name of each ISO 3166 code: the first of its line.
_NAMES = {code: name for name, code in list(ALPHA_2.items())[::-1]}
_CONTACT = {"general contact": "CONTACT"}
_TYPES = frozenset(("Location", "Organization", "ResearchStudy"))


def sites(study: Node, links: Links) -> list[Tree]:
    """Give each site; where no site is named, each country of the study as a site of which nothing more is known."""
    found = [own for own in (_site(reference, links) for reference in objects(study.get("site"))) if own]
    countries = list(dict.fromkeys(filter(None, map(_country, concepts(study.get("region"))))))
    if not found:
        return [{"country": country} for country in countries]
    if len(countries) == 1:  # a study of one country: its sites are there
        found = [own if "country" in own else {**own, "country": countries[0]} for own in found]
    return found


def _country(own: Tree) -> str | None:
    """Give the English name of a country: by its ISO 3166 code, else in the words at hand."""
    for coding in own["coding"]:
        name = _NAMES.get(coding.get("code", ""))
        if name:
            return own.get("text") if alpha_2(own.get("text") or "") == coding["code"] else name
    return own.get("text") or next((coding["display"] for coding in own["coding"] if "display" in coding), None)


def _site(reference: Node, links: Links, depth: int = 0) -> Tree:
    resource = links.follow(reference)
    if text(resource.get("resourceType")) == "ResearchStudy" and depth == 0:
        touch(resource.get("partOf"))  # the very study
        place = _site(node(resource.get("site")), links, 1)
        states = (lookup(RECRUITMENT_STATUS, own.get("state")) for own in objects(resource.get("progressStatus")))
        status = next(filter(None, states), None)
        return {**place, "status": status} if place and status else place
    display = text(reference.get("display"))
    facility = text(resource.get("name")) or (display if display not in _TYPES else None)
    found: Tree = {"facility": facility, **_address(node(resource.get("address")))}
    found["status"] = next(filter(None, (lookup(RECRUITMENT_STATUS, own) for own in _states(resource))), None)
    found["contacts"] = list(_contacts(resource))
    position = node(resource.get("position"))
    latitude, longitude = position.get("latitude"), position.get("longitude")
    if _degrees(latitude, 90) and _degrees(longitude, 180):
        found["geoPoint"] = {"lat": latitude, "lon": longitude}
    return {key: value for key, value in found.items() if value}


def _states(resource: Node) -> list[Tree]:
    return [own for own in concepts(resource.get("characteristic")) if own["coding"]]


def _degrees(value: object, most: int) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and -most <= value <= most


def _address(address: Node) -> Tree:
    country = text(address.get("country"))
    name = _NAMES.get(country.upper()) if country and len(country) == 2 else country
    keys = {"city": "city", "state": "state", "zip": "postalCode"}
    return {name: text(address.get(key)) for name, key in keys.items()} | {"country": name or country}


def _contacts(resource: Node) -> Iterator[Tree]:
    """Read R5's contacts of a place, else its telecom."""
    for contact in objects(resource.get("contact")):
        role = lookup(CONTACT_ROLE, contact.get("purpose"), _CONTACT)
        name = human(contact.get("name"))
        own = {"name": name, "role": role, **reached(objects(contact.get("telecom")))}
        if len([value for value in own.values() if value]) > bool(role):
            yield {key: value for key, value in own.items() if value}
    points = objects(resource.get("telecom"))
    named = next((human(_name(point)) for point in points if _name(point)), None)
    own = {"name": named, **reached(points)}
    if any(own.values()):
        yield {key: value for key, value in own.items() if value}


def _name(point: Node) -> object:
    """Give the name that ECLAIRE has on a ContactPoint of a site."""
    for extension in objects(point.get("extension")):
        if (text(dict.get(extension, "url")) or "").endswith("site-contact-name"):
            extension.get("url")
            return extension.get("valueHumanName")
    return None
