"""Objects that a datatype of FHIR may not have, and strange ones that it may: by type."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from wrong_parts import CHANGES
from wrong_values import short
from wrong_wholes import BUNDLE, RESOURCE

Tree = dict[str, Any]
URL = "https://invented.example/why"
HL7 = "http://hl7.org/fhir/StructureDefinition/"
WHOLES: dict[str, dict[str, Callable[[Tree], Tree | None]]] = {"Bundle": BUNDLE}

EXTENSIONS: tuple[tuple[str, Any], ...] = (
    ("relative url", {"url": "rel", "valueString": "a"}),
    ("no url", {"valueString": "a"}),
    ("empty url", {"url": "", "valueString": "a"}),
    ("two values", {"url": URL, "valueString": "a", "valueCode": "a"}),
    ("no value", {"url": URL}),
    ("value and parts", {"url": URL, "valueString": "a", "extension": [{"url": "x", "valueString": "a"}]}),
    ("part without value", {"url": URL, "extension": [{"url": "x"}]}),
    ("unheard value", {"url": URL, "valueUnheard": "a"}),
    ("wrong value", {"url": URL, "valueInteger": "a"}),
    ("unheard HL7 url", {"url": f"{HL7}unheard", "valueString": "a"}),
    ("HL7 url elsewhere", {"url": f"{HL7}patient-birthTime", "valueDateTime": "2024-01-01T10:00:00Z"}),
    ("HL7 url, wrong value", {"url": f"{HL7}data-absent-reason", "valueString": "unknown"}),
    ("HL7 url, wrong code", {"url": f"{HL7}data-absent-reason", "valueCode": "unheard"}),
    ("HL7 url, right", {"url": f"{HL7}data-absent-reason", "valueCode": "unknown"}),
    ("translation", {"url": f"{HL7}translation", "extension": [{"url": "lang", "valueCode": "en"}]}),
    ("ordinal", {"url": f"{HL7}ordinalValue", "valueDecimal": 1.5}),
    ("text url", {"url": 7, "valueString": "a"}),
    ("space in url", {"url": "https://invented.example/a b", "valueString": "a"}),
    ("empty", {}),
    ("with id", {"id": "e1", "url": URL, "valueBoolean": False}),
    (
        "cross version",
        {"url": "http://hl7.org/fhir/5.0/StructureDefinition/extension-ResearchStudy.label", "valueString": "a"},
    ),
    (
        "cross version unheard",
        {"url": "http://hl7.org/fhir/5.0/StructureDefinition/extension-ResearchStudy.unheard", "valueString": "a"},
    ),
    (
        "cross version of R4",
        {"url": "http://hl7.org/fhir/4.0/StructureDefinition/extension-ResearchStudy.title", "valueString": "a"},
    ),
    (
        "cross version of none",
        {"url": "http://hl7.org/fhir/9.0/StructureDefinition/extension-ResearchStudy.title", "valueString": "a"},
    ),
)


def wrong_objects(value: Tree, kind: str, fhir: str) -> Iterator[tuple[str, Any]]:
    """Give other values for an object of a type, with a name each."""
    yield from ((f"= {other!r}", other) for other in ({}, [], "a", 1))
    yield "with unknown", {**value, "unheard": "x"}
    yield "with null", {**value, "unheard": None}
    yield "with comments", {**value, "fhir_comments": ["x"]}
    if "resourceType" in value:
        yield from ((f"{what}", {**value, **change}) for what, change in RESOURCE)
        yield "without type", {key: item for key, item in value.items() if key != "resourceType"}
    else:
        yield from (
            (f"id {short(name)}", {**value, "id": name}) for name in ("a1", "a b", "", 7, "x" * 65, " ", "ü", "a\tb")
        )
        yield "with type", {**value, "resourceType": "Patient"}
    for what, extension in EXTENSIONS:
        yield f"extension: {what}", {**value, "extension": [*value.get("extension", []), extension]}
    yield "extension null", {**value, "extension": [None]}
    yield "extension object", {**value, "extension": {"url": URL, "valueString": "a"}}
    good = {"url": URL, "valueString": "a"}
    yield "modifierExtension", {**value, "modifierExtension": [good]}
    yield "modifierExtension wrong", {**value, "modifierExtension": [{"url": "rel"}]}
    changes = EXTENSIONS if kind == "Extension" else CHANGES.get(kind, ())
    for what, change in changes:
        changed = {key: item for key, item in {**value, **change}.items() if item is not None}
        yield f"{what}", changed
