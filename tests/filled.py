"""Invented resources with every element that a type has, made from HL7's definitions: what mutants are made of."""

from __future__ import annotations

from typing import Any

from fhir_adapter.validate import terminology
from fhir_adapter.validate.definitions import load
from samples import CODED, CODES, LEFT_OUT, PRIMITIVES, sample

Tree = dict[str, Any]

TYPES = (
    *("ResearchStudy", "PlanDefinition", "EvidenceVariable", "Location", "Group"),
    *("Organization", "Practitioner", "ActivityDefinition", "OperationOutcome"),
)
SKIPPED = {"id", "meta", "implicitRules", "contained", "extension", "modifierExtension"}
DEEPEST = 3


def filled(fhir: str, kind: str, turn: int = 0) -> Tree:
    """Make a resource with all elements of its type; `turn` picks the type of an element that has a choice."""
    return {"resourceType": kind, "id": f"full-{turn}", **_META, **_fill(fhir, kind, turn, ())}


_META: Tree = {
    "meta": {
        "versionId": "1",
        "lastUpdated": "2024-02-29T10:00:00.5+01:00",
        "source": "https://invented.example/source",
        "profile": ["https://invented.example/fhir/StructureDefinition/invented"],
        "security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "N"}],
        "tag": [{"system": "https://invented.example/tags", "code": "one", "display": "One"}],
    },
    "implicitRules": "https://invented.example/rules",
    "extension": [{"url": "https://invented.example/fhir/StructureDefinition/note", "valueString": "a note"}],
}


def turns(fhir: str, kind: str) -> int:
    """Say how many types the element with the most types has, in a type and its backbone elements."""
    definitions = load(fhir).types
    names = [name for name in definitions if name == kind or name.startswith(f"{kind}.")]
    found = [len(set(entry[2])) for name in names for element, entry in definitions[name].items() if element[-1] == "]"]
    return max(found, default=1)


def of_type(fhir: str, spelling: str) -> Tree:
    """Make an Organization whose extension holds a value of a datatype with all its elements."""
    name = spelling.partition("(")[0]
    primitive = name in load(fhir).primitives
    value = PRIMITIVES[name] if primitive else _fill(fhir, name, 0, ())
    key = f"value{name[0].upper()}{name[1:]}"
    url = f"https://invented.example/fhir/StructureDefinition/{name.lower()}"
    return {
        "resourceType": "Organization",
        "id": f"of-{name.lower()}",
        "extension": [{"url": url, key: value}],
        "name": "Imaginary Institute",
    }


def datatypes(fhir: str) -> list[str]:
    """List the types that the value of an extension may have."""
    entry = load(fhir).types["Extension"]["value[x]"]
    return sorted({str(spelling).partition("(")[0] for spelling in entry[2]})


def _fill(fhir: str, name: str, turn: int, above: tuple[str, ...]) -> Tree:
    out: Tree = {}
    for element, (minimum, maximum, types, *binding) in load(fhir).types[name].items():
        place = f"{name}.{element}"
        if element in SKIPPED or place in LEFT_OUT or f"{fhir} {place}" in LEFT_OUT:
            continue
        spelling = types[turn % len(types)]
        kind = spelling.lstrip("@").partition("(")[0]
        if not minimum and (kind in above or len(above) >= DEEPEST or (turn and not _branches(fhir, element, kind))):
            continue
        value = _value(fhir, place, spelling, binding, turn, (*above, name))
        if value == {}:
            continue
        key = element if element[-1] != "]" else element[:-3] + kind[0].upper() + kind[1:]
        out[key] = value if maximum == 1 else [value]
    return out


def _branches(fhir: str, element: str, kind: str) -> bool:
    """Say whether the choice of a type makes a difference here or below."""
    return element[-1] == "]" or ("." in kind and any(name[-1] == "]" for name in load(fhir).types[kind]))


def _value(fhir: str, place: str, spelling: str, binding: list[Any], turn: int, above: tuple[str, ...]) -> Any:
    kind, _, targets = spelling.lstrip("@").partition("(")
    if kind in load(fhir).primitives:
        return _primitive(fhir, place, kind, targets[:-1].split("|")[0], binding)
    if place in CODED or f"{fhir} {place}" in CODED:
        system, code = CODED.get(f"{fhir} {place}") or CODED[place]
        return _coded(kind, {"system": system, "code": code})
    if kind in ("Coding", "CodeableConcept", "CodeableReference") and (bound := _bound(fhir, binding)):
        return _coded(kind, {"system": bound[0], "code": bound[1]})
    found = sample(fhir, kind, targets[:-1].split("|") if targets else ["Organization"])
    return found if found is not None else _fill(fhir, kind, turn, above)


def _coded(kind: str, coding: Tree) -> Tree:
    concept = {"coding": [coding], "text": "in words"}
    return {"Coding": coding, "CodeableConcept": concept, "CodeableReference": {"concept": concept}}[kind]


def _primitive(fhir: str, place: str, kind: str, target: str, binding: list[Any]) -> Any:
    if place in CODES or f"{fhir} {place}" in CODES:
        return CODES[f"{fhir} {place}" if f"{fhir} {place}" in CODES else place]
    if kind == "code" and (bound := _bound(fhir, binding)):
        return bound[1]
    if kind == "canonical":
        return f"https://invented.example/fhir/{target or 'Library'}/one|1.0"
    return PRIMITIVES[kind]


def _bound(fhir: str, binding: list[Any]) -> tuple[str, str] | None:
    """Give the first code that a required binding allows."""
    if not binding or binding[0][0] != "required":
        return None
    for system, codes in terminology.load(fhir).valuesets.get(binding[0][1], {}).items():
        return system, sorted(codes)[0]
    return None
