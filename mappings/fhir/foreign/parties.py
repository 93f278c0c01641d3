"""Who stands behind a trial, as others write it: sponsors, officials and contacts, whatever names or holds them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from fhir_adapter.issues import Issue
from fhir_adapter.mappings.fhir.codes import AGENCY_CLASS
from fhir_adapter.mappings.fhir.foreign.links import Links
from fhir_adapter.mappings.fhir.foreign.words import (
    Node,
    concept,
    concepts,
    human,
    lookup,
    loose,
    node,
    objects,
    spoken,
    text,
    touch,
    words,
)
from fhir_adapter.table import Scope
from fhir_adapter.tree import Tree

# Codes of roles: HL7's (R5, R6, THO), the registry's, NCI Thesaurus (M11), and words that say the same.
_LEAD = frozenset(("lead sponsor", "leadsponsorname", "c70793"))
_SPONSOR = frozenset(("sponsor", "clinical study sponsor"))
_HELPER = frozenset(("collaborator", "funding source", "c215669", "study co sponsor", "co sponsor"))
_CONTACT = frozenset(("recruitment contact", "general contact", "scientific contact", "public contact", "contact"))
_OFFICIAL = {
    "primary investigator": "PRINCIPAL_INVESTIGATOR",
    "principal investigator": "PRINCIPAL_INVESTIGATOR",
    "study chair": "STUDY_CHAIR",
    "study director": "STUDY_DIRECTOR",
    "sub investigator": "SUB_INVESTIGATOR",
}
_INVESTIGATOR = re.compile(r"\b(?:principal|coordinating) (?:\w+ )?investigator")
_TYPES = frozenset(("Organization", "Practitioner", "PractitionerRole", "Patient", "Person"))


@dataclass(frozen=True, slots=True)
class Who:
    """A person, an organization, or a person of an organization, and how to reach them."""

    person: str | None = None
    organization: str | None = None
    points: tuple[Node, ...] = ()


def who(reference: object, links: Links) -> Who:
    """Say who a Reference is about, by what it refers to, else by its display."""
    own = node(reference)
    resource = links.follow(own)
    display = text(own.get("display"))
    if display in _TYPES:
        display = None
    kind = text(resource.get("resourceType"))
    if kind == "Organization":
        contact = node(resource.get("contact"))
        points = objects(contact.get("telecom")) or objects(resource.get("telecom"))
        return Who(human(contact.get("name")), text(resource.get("name")) or display, tuple(points))
    if kind in ("Practitioner", "Person", "Patient", "RelatedPerson"):
        return Who(human(resource.get("name")) or display, None, tuple(objects(resource.get("telecom"))))
    if kind == "PractitionerRole":
        return _role(resource, display, links)
    of_a_person = (text(own.get("reference")) or text(own.get("type")) or "").startswith("Practitioner")
    return Who(display, None) if of_a_person else Who(None, display)


def _role(resource: Node, display: str | None, links: Links) -> Who:
    contact = node(resource.get("contact"))
    person, organization = who(resource.get("practitioner"), links), who(resource.get("organization"), links)
    points = objects(resource.get("telecom")) or objects(contact.get("telecom")) or list(person.points)
    name = person.person or person.organization or human(contact.get("name")) or display
    return Who(name, organization.organization, tuple(points))


def parties(study: Node, links: Links, scope: Scope) -> list[Tree]:
    """Give each party with its kind: lead, helper, official, responsible or contact; the lead helps not itself."""
    found = list(_parties(study, links, scope))
    leads = {own.get("name") for own in found if own["kind"] == "lead"}
    return [own for own in found if own["kind"] != "helper" or own.get("name") not in leads]


def _parties(study: Node, links: Links, scope: Scope) -> Iterator[Tree]:
    found = [*_older(study), *objects(study.get("associatedParty"))]
    roles = [{loose(said) for said in spoken(concept(own.get("role")))} for own in found]
    led = any(role & _LEAD for role in roles)
    unplaced = []
    for own, role in zip(found, roles, strict=True):
        known = _kind(role, led)
        if known is None:
            unplaced.append(words(own.get("role")) or "no role")
            touch(own.get("party"))
            continue
        kind, code = known
        led = led or kind == "lead"
        party = _read(own, kind, code, links)
        if party:
            yield {"kind": kind, **party}
    if unplaced:
        said = f"no place for parties in the role of {', '.join(sorted(set(unplaced)))}"
        scope.issues.append(Issue.information("not-supported", "ResearchStudy.associatedParty", said))


def _older(study: Node) -> Iterator[Node]:
    """Give what R4 has in elements of its own as parties with a role."""
    sponsor = study.get("sponsor")
    named = Node(name=text(sponsor)) if isinstance(sponsor, str) else Node(party=sponsor)
    if sponsor:
        yield Node(role="lead-sponsor", **named)
    if study.get("principalInvestigator"):
        yield Node(role="primary-investigator", party=study.get("principalInvestigator"))
    for contact in objects(study.get("contact")):
        yield Node(role="recruitment-contact", contact=contact)


def _kind(role: set[str], led: bool) -> tuple[str, str | None] | None:
    if role & _LEAD or (role & _SPONSOR and not led):
        return "lead", None
    if any(_INVESTIGATOR.search(said) for said in role) and not role & _OFFICIAL.keys():
        return "official", "PRINCIPAL_INVESTIGATOR"
    if "sponsor investigator" in role:
        return "responsible", "SPONSOR_INVESTIGATOR"
    code = next((code for said, code in _OFFICIAL.items() if said in role), None)
    if code:
        return "official", code
    if role & _HELPER or role & _SPONSOR:
        return "helper", None
    return ("contact", "CONTACT") if role & _CONTACT else None


def _read(own: Node, kind: str, code: str | None, links: Links) -> Tree:
    name, found = text(own.get("name")), who(own.get("party"), links)
    name = " ".join(name.split()) if name else None
    if kind in ("lead", "helper"):
        sort = next(filter(None, (lookup(AGENCY_CLASS, one) for one in concepts(own.get("classifier")))), None)
        return _kept(name=name or found.organization or found.person, **{"class": sort})
    if kind == "contact":
        contact = node(own.get("contact"))
        person = name or text(contact.get("name")) or _profiled(contact) or found.person or found.organization
        points = found.points or tuple(objects(contact.get("telecom")))
        reach = reached(points)
        return _kept(name=person, role=code if person or reach else None, **reach)
    person = name or found.person or found.organization
    place = found.organization if found.organization != person else None
    if kind == "responsible":
        return _kept(type=code, investigatorFullName=person, investigatorAffiliation=place)
    return _kept(name=person, affiliation=place, role=code if person else None)


def _profiled(contact: Node) -> str | None:
    """Read the name of a contact where a profile has it in an extension (ECLAIRE)."""
    for extension in objects(contact.get("extension")):
        if (text(dict.get(extension, "url")) or "").endswith("contact-name"):
            extension.get("url")
            return human(extension.get("valueHumanName"))
    return None


def _kept(**parts: str | None) -> Tree:
    return {key: value for key, value in parts.items() if value}


def reached(points: tuple[Node, ...] | list[Node]) -> dict[str, str]:
    """Read phone and e-mail address from ContactPoints; of several the first."""
    found: dict[str, str] = {}
    for point in points:
        system, value = text(point.get("system")), text(point.get("value"))
        if value and (system == "email" or (system is None and "@" in value)):
            found.setdefault("email", value)
        elif value and system in (None, "phone", "sms"):
            found.setdefault("phone", value)
    return found
