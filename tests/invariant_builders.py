"""What examples of HL7's invariants are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

UCUM = "http://unitsofmeasure.org"
XHTML = "http://www.w3.org/1999/xhtml"
ALL = ("r4", "r4b", "r5")
OLD = ("r4", "r4b")
NEW = ("r5",)
Value = Any


@dataclass(frozen=True, slots=True)
class Example:
    """A rule, where it is broken, and two resources of the versions it exists in."""

    rule: str
    versions: tuple[str, ...]
    path: str
    kept: Value
    broken: Value

    def __str__(self) -> str:
        return f"{self.rule} at {self.path}"


def typed(rule: str, versions: tuple[str, ...], kind: str, kept: Value, broken: Value, below: str = "") -> Example:
    """Put a value of a datatype into an extension, where every datatype may stand."""

    def carry(value: Value) -> Value:
        extension = {"url": "https://example.org/any", f"value{kind}": value}
        return {"resourceType": "Location", "id": "any", "extension": [extension]}

    return Example(rule, versions, f"Location.extension[0].value.ofType({kind}){below}", carry(kept), carry(broken))


def bundled(rule: str, versions: tuple[str, ...], kept: Value, broken: Value, path: str = "Bundle") -> Example:
    return Example(rule, versions, path, {"resourceType": "Bundle", **kept}, {"resourceType": "Bundle", **broken})


def narrated(rule: str, kept: str, broken: str) -> Example:
    def carry(inner: str) -> Value:
        text = {"status": "generated", "div": f'<div xmlns="{XHTML}">{inner}</div>'}
        return {"resourceType": "Location", "id": "any", "text": text}

    return Example(rule, ALL, "Location.text.div", carry(kept), carry(broken))


def coded(value: float | None, code: str | None, **more: Value) -> Value:
    said = {"value": value, "system": UCUM if code else None, "code": code, **more}
    return {key: item for key, item in said.items() if item is not None}


def named(kind: str, **more: Value) -> Value:
    return {"resourceType": kind, "id": "any", **more}


def located(name: str, **more: Value) -> Value:
    """An entry with a Location and its full url."""
    return {
        "fullUrl": f"https://example.org/Location/{name}",
        "resource": {"resourceType": "Location", "id": name},
        **more,
    }


def repeat(**more: Value) -> Value:
    return {"repeat": more}


def planned(**action: Value) -> Value:
    return named("PlanDefinition", status="draft", action=[action])


PUT = {"request": {"method": "PUT", "url": "Location/any"}}
DONE = {"response": {"status": "200"}}
DATA = {"type": "Observation"}
SELF = [{"relation": "self", "url": "https://example.org/Location"}]
HOME = [{"use": "home", "line": ["Any street 1"]}]
PHONE = [{"use": "home", "system": "phone", "value": "1"}]
DOCUMENT = {
    "type": "document",
    "identifier": {"system": "https://example.org/documents", "value": "1"},
    "timestamp": "2024-01-01T00:00:00Z",
}
ONE_KIND = {"definitionId": "any"}
CONTAINER = {"managingOrganization": {"reference": "#own"}}


def containing(**more: Value) -> Value:
    return named(
        "Location", contained=[{"resourceType": "Organization", "id": "own", "name": "Own", **more}], **CONTAINER
    )
