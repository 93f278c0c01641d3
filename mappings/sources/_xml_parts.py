"""What the classic XML says in one word, or under several names, and the study in more, or in one list."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from fhir_adapter.codecs import iso_date, parts
from fhir_adapter.mappings.fhir import codes
from fhir_adapter.mappings.sources._xml_words import INTERVENTION_TYPE, STUDY_TYPE, WHO_MASKED, Labels, write_date
from fhir_adapter.table import Codec
from fhir_adapter.tree import Tree

__all__ = [
    "EVENTS",
    "IDS",
    "INTERVENTION_NAMES",
    "MASKING",
    "NAME",
    "STUDY_KIND",
    "TERMS",
    "groups",
    "site_countries",
]

# --- the kind of the study: "Observational [Patient Registry]" --------------------------------------------------

_REGISTRY = " [Patient Registry]"
_NO_KIND = "N/A"


def write_kind(design: Tree) -> str | None:
    kind = design.get("studyType")
    return STUDY_TYPE.write(kind) + (_REGISTRY if design.get("patientRegistry") else "") if kind else None


def read_kind(words: str, design: Tree) -> None:
    """Put the kind into the design; a withheld record says N/A."""
    if words == _NO_KIND:
        return
    design["studyType"] = STUDY_TYPE.read(words.removesuffix(_REGISTRY))
    if words.endswith(_REGISTRY):
        design["patientRegistry"] = True


STUDY_KIND = parts(write_kind, read_kind, "studyType", "patientRegistry", coding="Observational [Patient Registry]")

# --- masking: "Double (Participant, Investigator)" -------------------------------------------------------------

_MASKING = Labels(
    codes.MASKING,
    once={"Open Label": "NONE", "None": "NONE", "Single Blind": "SINGLE", "Double Blind": "DOUBLE"},
)
_MASKED = re.compile(r"(?P<masking>(?:Single|Double|Triple|Quadruple)[^(]*)(?:\((?P<who>[^)]*)\))?\s*")


def write_masking(block: Tree) -> str | None:
    masking = block.get("masking")
    if not masking:
        return None
    who = ", ".join(map(WHO_MASKED.write, block.get("whoMasked", ())))
    return f"{_MASKING.write(masking)} ({who})" if who else _MASKING.write(masking)


def read_masking(words: str, block: Tree) -> None:
    match = _MASKED.fullmatch(words)
    block["masking"] = _MASKING.read(match["masking"].strip() if match else words)
    if match and match["who"]:
        block["whoMasked"] = [WHO_MASKED.read(who.strip()) for who in match["who"].split(",")]


MASKING = parts(write_masking, read_masking, "masking", "whoMasked", coding="Double (Participant, Investigator)")

# --- a person's name -------------------------------------------------------------------------------------------

_NAMES = ("first_name", "middle_name", "last_name")


def write_name(name: str) -> Tree:
    return {"last_name": name}


def read_name(person: Tree) -> str | None:
    """Give the whole name. The registry keeps it in last_name; its schema allows the parts.

    >>> read_name({"first_name": "Ada", "last_name": "Nobody", "degrees": "MD"})
    'Ada Nobody, MD'
    """
    name = " ".join(person[part] for part in _NAMES if person.get(part))
    return f"{name}, {person['degrees']}" if name and person.get("degrees") else name or None


NAME = Codec(write_name, read_name, coding="last_name")

# --- plain words in the XML that are objects in the study --------------------------------------------------------


def _objects(key: str) -> Codec:
    """Make the codec of words that the study keeps as objects of one field."""

    def write(items: Iterable[Tree]) -> list[str]:
        return [item[key] for item in items if key in item]

    def read(words: list[Any]) -> list[Tree]:
        return [{key: word} for word in words]

    return Codec(write, read, fields=(key,))


IDS = _objects("id")
TERMS = _objects("term")

# --- what follows from other elements ----------------------------------------------------------------------------


def _join_names(interventions: list[Tree], module: Tree) -> None:
    """Name the interventions of each arm as API v2 does: the XML names only the arms of each intervention."""
    for arm in module.get("armGroups", ()):
        names = [
            f"{INTERVENTION_TYPE.write(INTERVENTION_TYPE.read(one['intervention_type']))}: {one['intervention_name']}"
            for one in interventions
            if arm.get("label") in one.get("arm_group_label", ())
        ]
        if names:
            arm["interventionNames"] = names


INTERVENTION_NAMES = Codec(None, _join_names, fields=("armGroups.interventionNames",), wide=True)


def groups(kind: str) -> Any:
    """Make the function that counts the arms (or groups) of studies of one kind."""

    def count(protocol: Tree) -> str | None:
        if protocol.get("designModule", {}).get("studyType") != kind:
            return None
        number = len(protocol.get("armsInterventionsModule", {}).get("armGroups", ()))
        return str(number) if number else None

    return count


def site_countries(locations: list[Tree]) -> list[str]:
    """List the countries of the sites, each once, by name."""
    return sorted({site["country"] for site in locations if "country" in site})


# --- what happened to results that are not yet published ---------------------------------------------------------

_EVENTS = {"submitted": "RELEASE", "returned": "RESET", "submission_canceled": "UNRELEASE"}
_STEPS = {kind: name for name, kind in _EVENTS.items()}
_UNKNOWN = "Unknown"


def write_events(events: list[Tree]) -> list[Tree]:
    return [
        {_STEPS[event["type"]]: _UNKNOWN if event.get("dateUnknown") else write_date(event["date"])} for event in events
    ]


def read_events(steps: list[Tree]) -> list[Tree]:
    """Read the steps in their order.

    >>> read_events([{"submitted": "March 3, 2015"}, {"submission_canceled": "Unknown"}])
    [{'type': 'RELEASE', 'date': '2015-03-03'}, {'type': 'UNRELEASE', 'dateUnknown': True}]
    """
    events = []
    for step in steps:
        for name, date in step.items():
            when: Tree = {"dateUnknown": True} if date == _UNKNOWN else {"date": iso_date(date)}
            events.append({"type": _EVENTS[name], **when})
    return events


EVENTS = Codec(write_events, read_events, fields=("type", "date", "dateUnknown"))
