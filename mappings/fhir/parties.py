"""Codecs for the people and organizations of a trial: sponsor, collaborators, officials, contacts."""

from __future__ import annotations

from fhir_adapter.codecs import parts
from fhir_adapter.mappings.fhir.codes import (
    AGENCY_CLASS,
    CONTACT_ROLE,
    OFFICIAL_ROLE,
    PARTY_ROLE,
    RESPONSIBLE_PARTY_TYPE,
)
from fhir_adapter.mappings.fhir.common import codings_with, contact_point, read_contact_point
from fhir_adapter.mappings.fhir.terms import marker
from fhir_adapter.table import Codec
from fhir_adapter.tree import Tree

ORGANIZATION = marker("OrgFullName", "Record-owning organization")
LEAD = marker("LeadSponsorName", "Lead sponsor")
COLLABORATOR = marker("CollaboratorName", "Collaborator")
OLD_STYLE = marker("ResponsiblePartyOldNameTitle", "Responsible party")
INVESTIGATOR_TITLE = marker("ResponsiblePartyInvestigatorTitle", "Title of the investigator who answers")
CENTRAL_CONTACT = marker("CentralContact", "Central contact")
OFFICIAL = marker("OverallOfficial", "Official")


def party_keys(party: Tree) -> list[str]:
    """Name an associated party by its role's codings, the most telling (the last) first."""
    codings = (party.get("role") or {}).get("coding") or ()
    return [coding.get("system", "") for coding in reversed(codings)]


def _role(text: str, *codings: tuple[str, str]) -> Tree:
    return {"coding": [{"system": system, "code": code} for system, code in codings], "text": text}


def _agency(own: Tree, role: Tree, name: str = "name") -> Tree:
    party: Tree = {"role": role}
    if name in own:
        party["name"] = own[name]
    if "class" in own:
        party["classifier"] = [AGENCY_CLASS.concept(own["class"])]
    return party


def _read_agency(party: Tree, name: str = "name") -> Tree:
    found: Tree = {}
    if "name" in party:
        found[name] = party["name"]
    for kind in party.get("classifier") or ():
        code = AGENCY_CLASS.code(kind)
        if code:
            found["class"] = code
    return found


def _write_organization(own: Tree) -> list[Tree] | None:
    role = _role("Record-owning organization", (ORGANIZATION.uri, ORGANIZATION.name))
    return [_agency(own, role, "fullName")] if own else None


organization = Codec(
    _write_organization,
    lambda items: _read_agency(items[0], "fullName") or None,
    fields=("fullName", "class"),
    marks=(ORGANIZATION.uri,),
    coding="AgencyClass",
    terms=(ORGANIZATION, AGENCY_CLASS),
)


def _write_lead(node: Tree) -> list[Tree] | None:
    own = node.get("leadSponsor")
    if not own:
        return None
    codings = [(PARTY_ROLE, "lead-sponsor"), (LEAD.uri, LEAD.name)]
    if (node.get("responsibleParty") or {}).get("type") == "SPONSOR":
        codings.insert(1, (RESPONSIBLE_PARTY_TYPE.uri, "SPONSOR"))
    return [_agency(own, _role("Lead sponsor", *codings))]


def _read_lead(items: list[Tree], node: Tree) -> None:
    found = _read_agency(items[0])
    if found:
        node["leadSponsor"] = found
    if codings_with(items[0]["role"], RESPONSIBLE_PARTY_TYPE.uri) == "SPONSOR":
        node["responsibleParty"] = {"type": "SPONSOR"}


lead_sponsor = parts(
    _write_lead,
    _read_lead,
    "leadSponsor.name",
    "leadSponsor.class",
    marks=(LEAD.uri,),
    coding="AgencyClass",
    terms=(LEAD, RESPONSIBLE_PARTY_TYPE, AGENCY_CLASS),
)


def _write_collaborators(items: list[Tree]) -> list[Tree]:
    return [
        _agency(own, _role("Collaborator", (PARTY_ROLE, "collaborator"), (COLLABORATOR.uri, COLLABORATOR.name)))
        for own in items
    ]


collaborators = Codec(
    _write_collaborators,
    lambda items: [_read_agency(item) for item in items],
    fields=("name", "class"),
    marks=(COLLABORATOR.uri,),
    coding="AgencyClass",
    terms=(COLLABORATOR, AGENCY_CLASS),
)


def _person(contained: str, name: str | None, organization: str | None) -> Tree | None:
    """Make the reference to a contained PractitionerRole; `assemble` moves the resource into `contained`."""
    resource: Tree = {"resourceType": "PractitionerRole", "id": contained}
    if name:
        resource["practitioner"] = {"display": name}
    if organization:
        resource["organization"] = {"display": organization}
    return _party(resource, name) if len(resource) > 2 else None


def _party(resource: Tree, name: str | None) -> Tree:
    reference: Tree = {"reference": f"#{resource['id']}", "resource": resource}
    if name:
        reference["display"] = name
    return reference


def _organization_of(party: Tree) -> str | None:
    resource = (party.get("party") or {}).get("resource") or {}
    display = (resource.get("organization") or {}).get("display")
    return str(display) if display is not None else None


def _write_responsible(own: Tree) -> list[Tree] | None:
    kind = own.get("type")
    if kind == "SPONSOR":
        return None
    old = kind is None
    name = own.get("oldNameTitle" if old else "investigatorFullName")
    place = own.get("oldOrganization" if old else "investigatorAffiliation")
    role = (
        _role("Responsible party", (OLD_STYLE.uri, OLD_STYLE.name))
        if kind is None
        else RESPONSIBLE_PARTY_TYPE.concept(kind)
    )
    party: Tree = {"role": role}
    if name:
        party["name"] = name
    if "investigatorTitle" in own:
        party["classifier"] = [INVESTIGATOR_TITLE.concept(INVESTIGATOR_TITLE.name, own["investigatorTitle"])]
    person = _person("responsible-party", name, place)
    if person:
        party["party"] = person
    return [party]


def _read_responsible(items: list[Tree], node: Tree) -> None:
    party = items[0]
    kind = codings_with(party["role"], RESPONSIBLE_PARTY_TYPE.uri)
    found = {
        "type": kind,
        "investigatorFullName" if kind else "oldNameTitle": party.get("name"),
        "investigatorAffiliation" if kind else "oldOrganization": _organization_of(party),
    }
    for classifier in party.get("classifier") or ():
        if codings_with(classifier, INVESTIGATOR_TITLE.uri):
            found["investigatorTitle"] = classifier.get("text")
    node.update({key: value for key, value in found.items() if value is not None})


responsible_party = parts(
    _write_responsible,
    _read_responsible,
    "type",
    "investigatorFullName",
    "investigatorTitle",
    "investigatorAffiliation",
    "oldNameTitle",
    "oldOrganization",
    marks=(RESPONSIBLE_PARTY_TYPE.uri, OLD_STYLE.uri),
    coding="ResponsiblePartyType",
    terms=(RESPONSIBLE_PARTY_TYPE, OLD_STYLE, INVESTIGATOR_TITLE),
)


def _write_officials(items: list[Tree]) -> list[Tree]:
    parties = []
    for number, own in enumerate(items, 1):
        kind, name = own.get("role"), own.get("name")
        role = OFFICIAL_ROLE.concept(kind) if kind else _role("Official", (OFFICIAL.uri, OFFICIAL.name))
        party: Tree = {"role": role}
        if name:
            party["name"] = name
        person = _person(f"official-{number}", name, own.get("affiliation"))
        if person:
            party["party"] = person
        parties.append(party)
    return parties


def _read_official(party: Tree) -> Tree:
    found = {
        "name": party.get("name"),
        "affiliation": _organization_of(party),
        "role": codings_with(party["role"], OFFICIAL_ROLE.uri),
    }
    return {key: value for key, value in found.items() if value is not None}


officials = Codec(
    _write_officials,
    lambda items: [_read_official(item) for item in items],
    fields=("name", "affiliation", "role"),
    marks=(OFFICIAL_ROLE.uri, OFFICIAL.uri),
    coding="OfficialRole",
    terms=(OFFICIAL_ROLE, OFFICIAL),
)


def _write_contacts(items: list[Tree]) -> list[Tree]:
    parties = []
    for number, own in enumerate(items, 1):
        kind, name = own.get("role"), own.get("name")
        mark = (CONTACT_ROLE.uri, kind) if kind else (CENTRAL_CONTACT.uri, CENTRAL_CONTACT.name)
        party: Tree = {"role": _role("Central contact", (PARTY_ROLE, "recruitment-contact"), mark)}
        resource: Tree = {"resourceType": "Practitioner", "id": f"contact-{number}"}
        if name:
            party["name"] = name
            resource["name"] = [{"text": name}]
        points = contact_point(own)
        if points:
            resource["telecom"] = points
        if len(resource) > 2:
            party["party"] = _party(resource, name)
        parties.append(party)
    return parties


def _read_contact(party: Tree) -> Tree:
    resource = (party.get("party") or {}).get("resource") or {}
    found = {
        "name": party.get("name"),
        "role": codings_with(party["role"], CONTACT_ROLE.uri),
        **read_contact_point(resource.get("telecom") or []),
    }
    return {key: value for key, value in found.items() if value is not None}


central_contacts = Codec(
    _write_contacts,
    lambda items: [_read_contact(item) for item in items],
    fields=("name", "role", "phone", "phoneExt", "email"),
    marks=(CONTACT_ROLE.uri, CENTRAL_CONTACT.uri),
    coding="ContactRole",
    terms=(CONTACT_ROLE, CENTRAL_CONTACT),
)
