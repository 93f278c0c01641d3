"""Who can take part, as others write it: a Group or an EvidenceVariable, in words or in characteristics."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fhir_adapter.issues import Issue
from fhir_adapter.mappings.fhir.codes import SEX
from fhir_adapter.mappings.fhir.eligibility import UNITS
from fhir_adapter.mappings.fhir.foreign.links import Links
from fhir_adapter.mappings.fhir.foreign.words import (
    Node,
    codes,
    concept,
    lookup,
    loose,
    node,
    objects,
    plain,
    prose,
    spoken,
    text,
    touch,
    words,
)
from fhir_adapter.table import Scope
from fhir_adapter.tree import Tree

_CRITERIA = re.compile(r"\b(?:in|ex)clusion criteria|\beligibility criteria:", re.IGNORECASE)
# What sex, age and health are called as the code of a characteristic: LOINC, SNOMED CT, NCI Thesaurus, words.
_GENDER = frozenset(("gender", "sex", "geschlecht", "gender identity", "76691 5", "46098 0", "263495000", "c28421"))
_AGE = frozenset(("age", "alter", "current chronological age", "30525 0", "397669002", "424144002", "c25150"))
_HEALTHY = frozenset(("healthyvolunteers", "healthy volunteers"))
_SEXES = {"both": "ALL", "alle": "ALL", "any": "ALL", "male and female": "ALL", "f": "FEMALE", "m": "MALE"}
_NOTHING = frozenset(("defined by codeableconcept", "freetext", "eligibility criterion"))
_BY_CODE = {code: unit for unit, code in UNITS.items()}


def eligibility(study: Node, links: Links, scope: Scope) -> Tree:
    """Give sex, ages, healthy volunteers and the criteria; their text is made of the parts where there is none."""
    references = [*objects(node(study.get("recruitment")).get("eligibility")), *objects(study.get("enrollment"))]
    found: Tree = {}
    sides: dict[bool, list[str]] = {False: [], True: []}
    for reference in references:
        resource = links.follow(reference)
        said = (prose(resource.get("description")), prose(reference.get("display")), words(resource.get("code")))
        whole = next((own for own in said if own and _CRITERIA.search(own)), None)
        if whole:
            found.setdefault("eligibilityCriteria", whole)
        for exclude, lines in _split(resource, found, whole is not None).items():
            sides[exclude] += lines
    written = _written(sides)
    if written and "eligibilityCriteria" not in found:
        found["eligibilityCriteria"] = written
        said_so = "the text of the criteria is made from their parts: nobody wrote it as a whole"
        scope.issues.append(Issue.information("informational", "ResearchStudy.recruitment.eligibility", said_so))
    return found


def _split(resource: Node, found: Tree, told: bool) -> dict[bool, list[str]]:
    """Take the facts from the characteristics, and put the others into words; `told`: a text says them already."""
    sides: dict[bool, list[str]] = {False: [], True: []}
    for own in _linked(objects(resource.get("characteristic"))):
        line = None if _fact(own, found) else _words(own)
        if line:
            sides[own.get("exclude") is True].append(line)
        if told:
            touch(own)
    resource.get("membership"), resource.get("actual")
    method = text(resource.get("combinationMethod")) or "all-of"
    if method == "all-of":
        return sides
    head = f"{method.replace('-', ' ').capitalize()}:"
    return {side: ["\n    * ".join((head, *lines))] if lines else [] for side, lines in sides.items()}


def _written(sides: dict[bool, list[str]]) -> str | None:
    parts = []
    for exclude, heading in ((False, "Inclusion Criteria:"), (True, "Exclusion Criteria:")):
        if sides[exclude]:
            parts += [heading, "\n".join(f"* {own}" for own in dict.fromkeys(sides[exclude]))]
    return "\n\n".join(parts) or None


# --- characteristics that the study has a field for ------------------------------------------------------------


def _fact(own: Node, found: Tree) -> bool:
    """Take sex, age or health from a characteristic; False where it is none of them, or says more."""
    by_type = node(own.get("definitionByTypeAndValue")) or own
    kind = concept(by_type.get("type") if "type" in by_type else by_type.get("code"))
    names = {loose(said) for said in (*spoken(kind), text(own.get("description")) or "")}
    if own.get("exclude") is True:
        return False
    if names & _HEALTHY and isinstance(by_type.get("valueBoolean"), bool):
        found.setdefault("healthyVolunteers", by_type["valueBoolean"])
        return True
    if names & _GENDER:
        key = "valueCodeableConcept" if "valueCodeableConcept" in by_type else "definitionCodeableConcept"
        sex = lookup(SEX, by_type.get(key), _SEXES)
        found |= {"sex": sex} if sex and "sex" not in found else {}
        return sex is not None and _plain_fact(own)
    if names & _AGE:
        ages = _ages(by_type)
        for key, value in ages.items():
            found.setdefault(key, value)
        return (bool(ages) or "valueRange" in by_type) and _plain_fact(own)
    return False


def _plain_fact(own: Node) -> bool:
    """Say whether a characteristic is told by its value: then it needs no line in the text."""
    said = text(own.get("description"))
    return said is None or loose(said) in _GENDER | _AGE


def _ages(own: Node) -> dict[str, str]:
    span = node(own.get("valueRange"))
    low, high = node(span.get("low")), node(span.get("high"))
    quantity = node(own.get("valueQuantity"))
    comparator = text(quantity.get("comparator")) or ""
    if comparator.startswith(">"):
        low = quantity
    elif comparator.startswith("<"):
        high = quantity
    ages = {"minimumAge": _age(low), "maximumAge": _age(high)}
    return {key: age for key, age in ages.items() if age}


def _age(quantity: Node) -> str | None:
    """Spell an age as the registry does; without a unit it is years, as LOINC's 30525-0 counts them."""
    value, code, unit = quantity.get("value"), text(quantity.get("code")), text(quantity.get("unit"))
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < 1000 or value != int(value):
        return None
    word = _BY_CODE.get(code or "") or _BY_CODE.get(unit or "") or loose(unit or "year").removesuffix("s")
    return f"{int(value)} {word.title()}{'' if value == 1 else 's'}" if word in UNITS else None


# --- the others, in words --------------------------------------------------------------------------------------


def _linked(items: list[Node]) -> Iterator[Node]:
    """Give the characteristics; those that a combination names by their linkId stand in it, not beside it."""
    known = {text(own.get("linkId")): own for own in items}
    inside: set[str] = set()
    for own in items:
        members = node(own.get("definitionByCombination")).get("characteristic")
        for member in members if isinstance(members, list) else [members]:
            if isinstance(member, str) and member in known:
                inside.add(member)
    for own in items:
        if text(own.get("linkId")) not in inside:
            yield _joined(own, known)


def _joined(own: Node, known: dict[str | None, Node]) -> Node:
    combination = node(own.get("definitionByCombination"))
    members = combination.get("characteristic")
    own.asked.update(own)
    if not isinstance(members, list) or not any(isinstance(member, str) for member in members):
        return own
    parts = [known.get(member) if isinstance(member, str) else member for member in members]
    return Node({**own, "definitionByCombination": Node(code=combination.get("code"), characteristic=parts)})


def _words(own: Node, depth: int = 1) -> str | None:
    """Give the words of a characteristic, those of its parts as a nested list below."""
    combination = node(own.get("definitionByCombination"))
    said = text(own.get("description"))
    if said:  # then its definition says the same, or that there is none
        for key in [key for key in own if key.startswith(("value", "definitionCodeableConcept", "code"))]:
            touch(own.get(key))
    said = said or _defined(own)
    own.get("exclude")
    head = plain(said).replace("\n", "\n" + "    " * depth) if said else None
    lines = [_words(part, depth + 1) for part in objects(combination.get("characteristic"))] if depth < 8 else []
    inner = "".join(f"\n{'    ' * depth}* {line}" for line in lines if line)
    if not inner:
        return head
    code = (text(combination.get("code")) or "all-of").replace("-", " ").capitalize()
    return f"{head.rstrip(' :.') if head else code}{f' ({code.lower()})' if head and code == 'Any of' else ''}:{inner}"


def _defined(own: Node) -> str | None:
    """Put the code and the value of a characteristic into words."""
    by_type = node(own.get("definitionByTypeAndValue")) or own
    kind = by_type.get("type") if "type" in by_type else by_type.get("code")
    name = words(kind)
    value = _value(by_type) or _value(own)
    if name is None or loose(name) in _NOTHING:
        return value
    if isinstance(by_type.get("valueBoolean"), bool):
        return name if by_type["valueBoolean"] else f"Not: {name}"
    return f"{name}: {value}" if value and "valueCodeableConcept" not in by_type else value or name


def _value(own: Node) -> str | None:
    for key in ("definitionCodeableConcept", "valueCodeableConcept"):
        absent = {"unknown", "not-applicable", "not-asked"} & set(codes(own.get(key)))
        if key in own and words(own.get(key)) and not absent:
            return words(own.get(key))
    for key in ("valueReference", "definitionReference"):
        shown = text(node(own.get(key)).get("display"))
        if shown:
            return shown
    span = node(own.get("valueRange"))
    low, high = _quantity(span.get("low")), _quantity(span.get("high"))
    both = " to ".join(filter(None, (low, high)))
    return _quantity(own.get("valueQuantity")) or both or text(own.get("valueString")) or None


def _quantity(value: object) -> str | None:
    own = node(value)
    number = own.get("value")
    if isinstance(number, bool) or not isinstance(number, (int, float)):
        return None
    parts = (text(own.get("comparator")), str(number), text(own.get("unit")) or text(own.get("code")))
    return " ".join(part for part in parts if part)
