"""Codecs for who can take part: sex, age, population and the split criteria."""

from __future__ import annotations

from fhir_adapter.codecs import parts
from fhir_adapter.issues import Issue
from fhir_adapter.mappings.fhir import criteria
from fhir_adapter.mappings.fhir.codes import SEX
from fhir_adapter.mappings.fhir.common import UCUM, escaped
from fhir_adapter.table import Codec, Scope
from fhir_adapter.tree import Tree

USAGE = "http://terminology.hl7.org/CodeSystem/usage-context-type"
UNITS = {"year": "a", "month": "mo", "week": "wk", "day": "d", "hour": "h", "minute": "min"}


def characteristic_keys(characteristic: Tree) -> list[str]:
    """Name a characteristic by its linkId, or by the type of its value where someone else wrote it."""
    link = characteristic.get("linkId")
    found = [link] if link else []
    by_type = characteristic.get("definitionByTypeAndValue")
    if by_type:
        codes = [coding.get("code", "") for coding in (by_type.get("type") or {}).get("coding") or ()]
        found += ["sex" if code == "gender" else code for code in codes]
    return found


def _typed(link: str, words: str, kind: str, name: str, value: Tree) -> Tree:
    code = {"coding": [{"system": USAGE, "code": kind}]}
    return {
        "linkId": link,
        "description": escaped(words),
        "exclude": False,
        "definitionByTypeAndValue": {"type": code, name: value},
    }


def _write_sex(code: str) -> list[Tree]:
    words = f"Sex: {SEX.label(code)}"
    return [_typed("sex", words, "gender", "valueCodeableConcept", SEX.concept(code))]


sex = Codec(
    _write_sex,
    lambda items: SEX.code(items[0]["definitionByTypeAndValue"]["valueCodeableConcept"]),
    marks=("sex",),
    coding="Sex",
    terms=(SEX,),
)


def in_words(link: str) -> Codec:
    """Tie a text to a characteristic of its own."""
    return Codec(
        lambda text: [
            {
                "linkId": link,
                "description": escaped(text),
                "exclude": False,
                "definitionCodeableConcept": {"text": text},
            }
        ],
        lambda items: items[0].get("description") or items[0]["definitionCodeableConcept"]["text"],
        marks=(link,),
    )


def quantity(age: str) -> Tree:
    """Turn a registry age into a Quantity; its unit is the registry's own word.

    >>> quantity("18 Years")
    {'value': 18, 'unit': 'Years', 'system': 'http://unitsofmeasure.org', 'code': 'a'}
    """
    number, _, unit = age.partition(" ")
    return {"value": int(number), "unit": unit, "system": UCUM, "code": UNITS[unit.lower().removesuffix("s")]}


def age_of(value: Tree) -> str:
    """Turn a Quantity back into a registry age; without a unit word, by its UCUM code."""
    unit = value.get("unit")
    if unit is None:
        unit = next(name for name, code in UNITS.items() if code == value["code"]).title() + "s"
    return f"{value['value']} {unit}"


def _write_ages(node: Tree) -> list[Tree] | None:
    low, high = node.get("minimumAge"), node.get("maximumAge")
    if low is None and high is None:
        return None
    lowest, highest = quantity(low) if low else None, quantity(high) if high else None
    # One Range wants comparable units and low before high (rng-2); HL7's engine compares the units' words too.
    apart = lowest and highest and (lowest["unit"] != highest["unit"] or lowest["value"] > highest["value"])
    if apart:
        return [
            _typed("age-min", f"Minimum age: {low}", "age", "valueRange", {"low": lowest}),
            _typed("age-max", f"Maximum age: {high}", "age", "valueRange", {"high": highest}),
        ]
    if low and high:
        words = f"Age: {low} to {high}"
    else:
        words = f"Age: {low} and older" if low else f"Age: up to {high}"
    ends = {"low": lowest, "high": highest}
    return [_typed("age", words, "age", "valueRange", {key: end for key, end in ends.items() if end})]


def _read_ages(items: list[Tree], node: Tree) -> None:
    for item in items:
        value = item["definitionByTypeAndValue"]["valueRange"]
        if "low" in value:
            node["minimumAge"] = age_of(value["low"])
        if "high" in value:
            node["maximumAge"] = age_of(value["high"])


ages = parts(
    _write_ages, _read_ages, "minimumAge", "maximumAge", marks=("age", "age-min", "age-max"), coding="UCUM Range"
)


# --- the criteria, split -------------------------------------------------------------------------------------


def write_criteria(text: str, scope: Scope) -> list[Tree]:
    """Split the criteria text into characteristics `inc-1` … and `exc-1` …, nested as the text is."""
    split = criteria.split(text)
    if not split.headed:
        path = "protocolSection.eligibilityModule.eligibilityCriteria"
        words = "no inclusion or exclusion heading found: every criterion is taken as inclusion"
        scope.issues.append(Issue.warning("informational", path, words))
    out, counts = [], {False: 0, True: 0}
    for criterion in split.criteria:
        exclude = criterion.exclude
        counts[exclude] = number = counts[exclude] + 1
        head: Tree = {"linkId": f"exc-{number}" if exclude else f"inc-{number}", "exclude": exclude}
        out.append(_characteristic(head, criterion))
    return out


def _characteristic(head: Tree, criterion: criteria.Criterion) -> Tree:
    """Write a criterion behind the members that `head` holds: its link, its side."""
    text, _, combination, inner, note = criterion
    item: Tree = {**head, "description": escaped(text)}
    if note:
        item["note"] = [{"text": escaped(note)}]
    if inner:
        link = head["linkId"]
        below = [_characteristic({"linkId": f"{link}.{number}"}, part) for number, part in enumerate(inner, 1)]
        item["definitionByCombination"] = {"code": combination or "all-of", "characteristic": below}
    else:
        item["definitionCodeableConcept"] = {"text": criteria.plain(text)}
    return item
