"""Codecs for what R4B and R4 shape another way than R5: status, focus, actions, characteristics, contacts."""

from __future__ import annotations

from collections.abc import Callable

from fhir_adapter.codecs import parts
from fhir_adapter.mappings.fhir.codes import STATUS
from fhir_adapter.mappings.fhir.common import equally_exact
from fhir_adapter.mappings.fhir.crossversion import THO, XV
from fhir_adapter.table import Codec
from fhir_adapter.tree import Tree, fresh

# R4's only status mixes recruitment and life cycle: many to one, so the registry's status is read from XV.
STATUS_OF = {
    "NOT_YET_RECRUITING": "approved",
    "RECRUITING": "active",
    "ENROLLING_BY_INVITATION": "active",
    "ACTIVE_NOT_RECRUITING": "closed-to-accrual",
    "COMPLETED": "completed",
    "SUSPENDED": "temporarily-closed-to-accrual",
    "TERMINATED": "administratively-completed",
    "WITHDRAWN": "withdrawn",
    "AVAILABLE": "active",
    "NO_LONGER_AVAILABLE": "closed-to-accrual",
    "TEMPORARILY_NOT_AVAILABLE": "temporarily-closed-to-accrual",
    "APPROVED_FOR_MARKETING": "completed",
    "WITHHELD": "in-review",
}
# What a status of R4 says where someone else wrote the resource: the nearest, and lossy.
STATUS_BACK = {
    "approved": "not-yet-recruiting",
    "active": "recruiting",
    "closed-to-accrual": "active-but-not-recruiting",
    "closed-to-accrual-and-intervention": "active-but-not-recruiting",
    "completed": "completed",
    "administratively-completed": "terminated",
    "withdrawn": "withdrawn",
    "disapproved": "withdrawn",
    "in-review": "not-yet-recruiting",
    "temporarily-closed-to-accrual": "temporarily-closed-to-accrual",
    "temporarily-closed-to-accrual-and-intervention": "temporarily-closed-to-accrual",
}


def _write_status(study: Tree) -> str:
    states = [STATUS.code(own["state"]) for own in study.get("progressStatus") or () if "period" not in own]
    known = [STATUS_OF[code] for code in states if code in STATUS_OF]
    return known[0] if known else "active"


def _read_status(code: str, study: Tree) -> None:
    if code in STATUS_BACK:
        state = {"coding": [{"system": f"{THO}research-study-status", "code": STATUS_BACK[code]}]}
        study["progressStatus"] = [{"state": state}]


status = parts(_write_status, _read_status, "status", coding="the nearest code of R4 to progressStatus")


def _has(party: Tree, system: str, code: str) -> bool:
    for own in party["role"].get("coding") or ():
        if own.get("code") == code and own.get("system", "").endswith(system):
            return True
    return False


def sponsor(parties: list[Tree]) -> Tree | None:
    for party in parties:
        if _has(party, "#LeadSponsorName", "LeadSponsorName") and "name" in party:
            return {"display": party["name"]}
    return None


def investigator(parties: list[Tree]) -> Tree | None:
    """The first official who is principal investigator, else the responsible party who is."""
    for system in ("#enum-OfficialRole", "#enum-ResponsiblePartyType"):
        for party in parties:
            if _has(party, system, "PRINCIPAL_INVESTIGATOR") and "party" in party:
                return dict(party["party"])
    return None


def contacts(study: Tree) -> list[Tree] | None:
    """The central contacts, from the contained people who carry their telecom."""
    people = {f"#{own['id']}": own for own in study.get("contained") or () if own["resourceType"] == "Practitioner"}
    contacts = []
    for party in study.get("associatedParty") or ():
        person = people.get((party.get("party") or {}).get("reference", ""))
        if person:
            contact = {"name": party["name"]} if "name" in party else {}
            contacts.append({**contact, **({"telecom": fresh(person["telecom"])} if "telecom" in person else {})})
    return contacts or None


def _sized(kind: type) -> Callable[[Tree], Tree]:
    return lambda own: {**own, "size": kind(own["size"])} if "size" in own else own


# integer64 is a JSON string in R5; R4's unsignedInt is a number.
document = Codec(_sized(int), _sized(str), coding="size is a number")


def _comparable(period: Tree) -> Tree:
    """Make start and end as exact as each other where R4 can't tell which is earlier (per-1): 2024 to 2024-02.

    R5 compares the first moment of one with the last of the other; R4 finds no order, and the rule broken.
    """
    start, end = equally_exact(period.get("start", ""), period.get("end", ""))
    return {**period, "start": start, "end": end} if start and start == end else period


period = Codec(_comparable, dict, coding="as exact as the less exact date, where R4 could not compare them")

REFERENCE = f"{XV}CodeableReference.reference"


def _write_focus(items: list[Tree]) -> list[Tree]:
    out = []
    for own in items:
        concept: Tree = dict(own.get("concept") or {})
        if "reference" in own:
            concept = {"extension": [{"url": REFERENCE, "valueReference": own["reference"]}], **concept}
        out.append(concept)
    return out


def _read_focus(items: list[Tree]) -> list[Tree]:
    found = []
    for own in items:
        extensions = own.get("extension") or []
        reference = next((item["valueReference"] for item in extensions if item.get("url") == REFERENCE), None)
        concept = {key: value for key, value in own.items() if key != "extension"}
        focus = {"concept": concept} if concept else {}
        found.append({**focus, "reference": reference} if reference else focus)
    return found


focus = Codec(_write_focus, _read_focus, coding="CodeableConcept + XV CodeableReference.reference")


def _write_actions(actions: list[Tree]) -> list[Tree]:
    return [_write_action(own) for own in actions]


def _write_action(own: Tree) -> Tree:
    action = {"id" if key == "linkId" else key: value for key, value in own.items()}
    if "code" in action:
        action["code"] = [action["code"]]
    if "action" in action:
        action["action"] = _write_actions(action["action"])
    return action


def _read_actions(actions: list[Tree]) -> list[Tree]:
    found = []
    for own in actions:
        action = {"linkId" if key == "id" else key: value for key, value in own.items()}
        if "code" in action:
            action["code"] = action["code"][0]
        if "action" in action:
            action["action"] = _read_actions(action["action"])
        found.append(action)
    return found


actions = Codec(_write_actions, _read_actions, coding="id for linkId; code is a list")


# --- where a Location's status and contacts go ---------------------------------------------------------------

PURPOSE = f"{XV}ExtendedContactDetail.purpose"


def write_contact(own: Tree) -> Tree:
    """Write an ExtendedContactDetail as a ContactDetail."""
    contact: Tree = {}
    if "purpose" in own:
        contact["extension"] = [{"url": PURPOSE, "valueCodeableConcept": own["purpose"]}]
    if own.get("name"):
        contact["name"] = own["name"][0].get("text")
    if "telecom" in own:
        contact["telecom"] = own["telecom"]
    return contact


def read_contact(contact: Tree) -> Tree:
    """Read an ExtendedContactDetail back."""
    own: Tree = {}
    for extension in contact.get("extension") or ():
        if extension.get("url") == PURPOSE:
            own["purpose"] = extension["valueCodeableConcept"]
    if "name" in contact:
        own["name"] = [{"text": contact["name"]}]
    if "telecom" in contact:
        own["telecom"] = contact["telecom"]
    return own
