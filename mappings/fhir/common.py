"""The FHIR codecs that several tables use, and the addresses of the systems they name."""

from __future__ import annotations

import re
from typing import Any

import orjson

from fhir_adapter.codecs import parts
from fhir_adapter.mappings.fhir.terms import CT, Terms, marker, yes_or_no
from fhir_adapter.table import Codec
from fhir_adapter.tree import Tree

__all__ = [
    "coded",
    "codings_with",
    "concept_keys",
    "contact_point",
    "described",
    "equally_exact",
    "escaped",
    "flag",
    "line",
    "markdown",
    "marked",
    "measured",
    "read_contact_point",
    "registration",
    "url_keys",
]

NCT = "https://clinicaltrials.gov/nctid"
MESH = "https://www.nlm.nih.gov/mesh"
UCUM = "http://unitsofmeasure.org"
ISO_3166 = "urn:iso:std:iso:3166"
EXTENSIONS = "http://hl7.org/fhir/StructureDefinition/"
REGISTRATION = f"{EXTENSIONS}researchStudy-studyRegistration"
ACTIVITY = "http://hl7.org/fhir/research-study-registration-activity"
ABSENT = f"{EXTENSIONS}data-absent-reason"
PHONE_EXTENSION = f"{EXTENSIONS}contactpoint-extension"
STUDY_PAGE = "https://clinicaltrials.gov/study/"


# --- how the items of a shared list are told apart -----------------------------------------------------------


def concept_keys(concept: Tree) -> list[str]:
    """Name a CodeableConcept by the systems of its registry codings, then by its other codes."""
    codings = concept.get("coding") or ()
    own = [coding["system"] for coding in codings if coding.get("system", "").startswith(CT)]
    return own or [coding["code"] for coding in codings if "code" in coding]


def url_keys(extension: Tree) -> list[str]:
    """Name an extension by its url; a registration date by its activity."""
    if extension.get("url") != REGISTRATION:
        return [extension.get("url", "")]
    for part in extension["extension"]:
        if part["url"] == "activity":
            return [coding["code"] for coding in part["valueCodeableConcept"]["coding"]]
    return []


# --- codecs --------------------------------------------------------------------------------------------------


def line(text: str) -> str:
    """Make a FHIR string of one line: line breaks and runs of blanks become one blank, edges go."""
    if "\n" in text or "\t" in text or "\r" in text or text[0] == " " or text[-1] == " ":
        return " ".join(text.split())
    return text


# Begins with what is rare, so that the rest is passed over fast; a link in angle brackets is markdown's own.
_TAG = re.compile(r"<(?<!\\<)(?=[A-Za-z/])(?!(?i:https?://|ftp://|mailto:)|[\w.+-]{1,64}@)")
# HL7's engine takes these for a comment or an instruction even after an escaped `<`.
_DECLARATION = re.compile(r"\\?<([!?])")


def escaped(text: str) -> str:
    """Make FHIR markdown of a text: what would be read as an HTML tag is escaped, all else is verbatim."""
    if "<" not in text:
        return text
    text = _TAG.sub(r"\<", text)
    return _DECLARATION.sub(r"\\<\\\1", text) if "<!" in text or "<?" in text else text


def _verbatim(text: str) -> str:
    return text


markdown = Codec(escaped, _verbatim, coding="markdown")


def equally_exact(first: str, second: str) -> tuple[str, str]:
    """Cut two dates to what both say.

    >>> equally_exact("2024", "2024-02-29")
    ('2024', '2024')
    """
    length = min(len(first), len(second))
    return first[:length], second[:length]


def coded(terms: Terms) -> Codec:
    """Tie a registry code to one CodeableConcept."""
    return Codec(terms.concept, terms.code, coding=terms.name, terms=(terms,))


def each_coded(terms: Terms) -> Codec:
    """Tie each code of a list to one CodeableConcept of a shared list."""
    return Codec(
        lambda codes: [terms.concept(code) for code in codes],
        lambda concepts: [terms.code(concept) for concept in concepts],
        marks=(terms.uri, *terms.back),
        coding=terms.name,
        terms=(terms,),
    )


def axis(terms: Terms) -> Codec:
    """Tie one code to its own CodeableConcept of a shared list."""
    return Codec(
        lambda code: [terms.concept(code)],
        lambda concepts: terms.code(concepts[0]),
        marks=(terms.uri, *terms.back),
        coding=terms.name,
        terms=(terms,),
    )


def described(terms: Terms, code: str, text: str, mark: str | None = None) -> Codec:
    """Tie a code and its optional description to one CodeableConcept: text = description, else label.

    A description without a code is written only where `mark`, a piece of the registry, can stand for it.
    """
    marks = (terms.uri, *terms.back)
    stand_in = marker(mark) if mark else None

    def write(node: Tree) -> list[Tree] | None:
        value, words = node.get(code), node.get(text)
        if value is not None:
            return [terms.concept(value, words)]
        return [stand_in.concept(stand_in.name, words)] if stand_in and words else None

    def read(concepts: list[Tree], node: Tree) -> None:
        concept = concepts[0]
        value = terms.code(concept)
        if value is not None:
            node[code] = value
        words = concept.get("text")
        if words and (value is None or words != terms.label(value)):
            node[text] = words

    lists = (terms, stand_in) if stand_in else (terms,)
    own = (*marks, stand_in.uri) if stand_in else marks
    return parts(write, read, code, text, marks=own, coding=terms.name, terms=lists)


def flag(name: str, label: str, hl7: Tree | None = None) -> Codec:
    """Tie a registry boolean to a classifier: code `true` or `false`, and HL7's coding only when true."""
    terms = yes_or_no(name, hl7["system"], hl7["code"]) if hl7 else yes_or_no(name)
    system = terms.uri

    def write(value: bool) -> list[Tree]:
        coding: Tree = {"system": system, "code": "true" if value else "false"}
        codings = [dict(hl7), coding] if hl7 and value else [coding]
        return [{"coding": codings, "text": f"{label}: {'Yes' if value else 'No'}"}]

    def read(concepts: list[Tree]) -> bool | None:
        code = codings_with(concepts[0], system)
        return {"true": True, "false": False}.get(code or "")

    return Codec(write, read, marks=(system,), coding=f"{name}: true, false", terms=(terms,))


def marked(name: str) -> Codec:
    """Tie a text to a classifier that says which piece of the registry it is."""
    terms = marker(name)
    return Codec(
        lambda value: [{"coding": [{"system": terms.uri, "code": name}], "text": value}],
        lambda concepts: concepts[0].get("text"),
        marks=(terms.uri,),
        coding=name,
        terms=(terms,),
    )


def measured(name: str) -> Codec:
    """Tie a number to a classifier that says which piece of the registry it is; text = the number as JSON spells it."""
    terms = marker(name)
    return Codec(
        lambda value: [terms.concept(name, orjson.dumps(value).decode())],
        lambda concepts: orjson.loads(concepts[0]["text"]),
        marks=(terms.uri,),
        coding=name,
        terms=(terms,),
    )


def codings_with(concept: Tree, system: str) -> str | None:
    """Give the code that a CodeableConcept has in a system."""
    for coding in concept.get("coding") or ():
        if coding.get("system") == system:
            return str(coding["code"])
    return None


def registration(activity: str, end: str, *, typed: bool = False) -> Codec:
    """Tie a registry date to HL7's studyRegistration extension.

    `end` says which end of the period the date is; `typed` that the source is {date, type} and not a date alone.
    """

    def write(value: Any) -> list[Tree] | None:
        date, kind = (value.get("date"), value.get("type")) if typed else (value, None)
        sub: list[Tree] = [
            {"url": "activity", "valueCodeableConcept": {"coding": [{"system": ACTIVITY, "code": activity}]}}
        ]
        if kind in ("ACTUAL", "ESTIMATED"):
            sub.append({"url": "actual", "valueBoolean": kind == "ACTUAL"})
        if date:
            sub.append({"url": "period", "valuePeriod": {end: date}})
        return [{"url": REGISTRATION, "extension": sub}] if len(sub) > 1 else None

    def read(items: list[Tree]) -> Any:
        found: Tree = {}
        for part in items[0]["extension"]:
            if part["url"] == "period":
                found["date"] = part["valuePeriod"].get(end)
            elif part["url"] == "actual" and typed:
                found["type"] = "ACTUAL" if part["valueBoolean"] else "ESTIMATED"
        return (found if found else None) if typed else found.get("date")

    fields = ("date", "type") if typed else ()
    return Codec(write, read, fields=fields, marks=(activity,), coding=f"registration activity {activity}")


def contact_point(contact: Tree) -> list[Tree]:
    """Write a registry contact's phone, phone extension and e-mail address as ContactPoints."""
    points: list[Tree] = []
    phone, extra, email = contact.get("phone"), contact.get("phoneExt"), contact.get("email")
    if phone or extra:
        point: Tree = {"system": "phone"}
        if phone:
            point["value"] = phone
        if extra:
            point["_value"] = {"extension": [{"url": PHONE_EXTENSION, "valueString": extra}]}
        points.append(point)
    if email:
        points.append({"system": "email", "value": email})
    return points


def read_contact_point(points: list[Tree]) -> Tree:
    """Read phone, phoneExt and email back from ContactPoints."""
    found: Tree = {}
    for point in points:
        system = point.get("system")
        if system == "phone":
            if "value" in point:
                found.setdefault("phone", point["value"])
            for extension in point.get("_value", {}).get("extension", ()):
                if extension.get("url") == PHONE_EXTENSION:
                    found.setdefault("phoneExt", extension["valueString"])
        elif system == "email" and "value" in point:
            found.setdefault("email", point["value"])
    return found
