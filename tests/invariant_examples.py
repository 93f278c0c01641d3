"""HL7's invariants that are errors, each with an invented value that keeps it and one that breaks only it.

The verdicts were compared with HL7's engine (core 6.7.9) in each version; `scripts/verdicts` goes further.
"""

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


EXAMPLES = [
    typed("per-1", ALL, "Period", {"start": "2024", "end": "2025"}, {"start": "2025-03-05", "end": "2024-03-05"}),
    typed("per-1", OLD, "Period", {"start": "2024-01", "end": "2025"}, {"start": "2024-01", "end": "2024"}),
    typed("per-1", ALL, "Period", {"start": "2024-02", "end": "2024-03-01"}, {"start": "2024-05", "end": "2024-03-01"}),
    typed("rng-2", ALL, "Range", {"low": coded(1, "mg")}, {"low": coded(5, "mg"), "high": coded(3, "mg")}),
    typed(
        "rng-2",
        NEW,
        "Range",
        {"low": coded(5.4, "mg"), "high": coded(5, "mg")},
        {"low": coded(1, "mg"), "high": coded(2, "g")},
    ),
    typed(
        "rng-2",
        OLD,
        "Range",
        {"low": coded(1, "mg"), "high": coded(2, "g")},
        {"low": coded(1, "a", unit="Years"), "high": coded(2, "a", unit="years")},
    ),
    typed("sqty-1", ALL, "Range", {"low": coded(1, "mg")}, {"low": coded(1, "mg", comparator="<")}, ".low"),
    typed("qty-3", ALL, "Quantity", coded(1, "mg"), {"value": 1, "code": "mg"}),
    typed("age-1", ALL, "Age", coded(1, "a"), coded(-1, "a")),
    typed("cnt-3", ALL, "Count", coded(1, "1"), coded(1, "a")),
    typed("dis-1", ALL, "Distance", coded(1, "m"), {"value": 1, "unit": "m"}),
    typed("drt-1", ("r4", "r5"), "Duration", coded(1, "h"), coded(None, "h")),
    typed("drt-1", ("r4b",), "Duration", coded(1, "h"), {"value": 1, "unit": "h"}),
    typed(
        "rat-1",
        ALL,
        "Ratio",
        {"numerator": coded(1, "mg"), "denominator": coded(1, "mL")},
        {"numerator": coded(1, "mg")},
    ),
    typed(
        "ratrng-1",
        NEW,
        "RatioRange",
        {"lowNumerator": coded(1, "mg"), "denominator": coded(1, "mL")},
        {"lowNumerator": coded(1, "mg")},
    ),
    typed(
        "inv-1",
        ("r4b",),
        "RatioRange",
        {"lowNumerator": coded(1, "mg"), "denominator": coded(1, "mL")},
        {"lowNumerator": coded(1, "mg")},
    ),
    typed(
        "inv-2",
        ("r4b",),
        "RatioRange",
        {"lowNumerator": coded(1, "mg"), "highNumerator": coded(2, "mg"), "denominator": coded(1, "mL")},
        {"lowNumerator": coded(3, "mg"), "highNumerator": coded(2, "mg"), "denominator": coded(1, "mL")},
    ),
    typed("att-1", ALL, "Attachment", {"contentType": "text/plain", "data": "YQ=="}, {"data": "YQ=="}),
    typed("cpt-2", ALL, "ContactPoint", {"system": "phone", "value": "1"}, {"value": "1"}),
    typed("ref-2", NEW, "Reference", {"display": "x"}, {"type": "Location"}),
    typed("exp-1", ALL, "Expression", {"language": "text/cql", "expression": "x"}, {"language": "text/cql"}),
    typed(
        "exp-2",
        NEW,
        "Expression",
        {"language": "text/cql", "expression": "x", "name": "ab"},
        {"language": "text/cql", "expression": "x", "name": "1"},
    ),
    typed(
        "sdd-1",
        NEW,
        "SampledData",
        {"origin": coded(1, "mg"), "interval": 1, "intervalUnit": "s", "dimensions": 1},
        {"origin": coded(1, "mg"), "intervalUnit": "s", "dimensions": 1},
    ),
    typed(
        "av-1",
        NEW,
        "Availability",
        {"availableTime": [{"allDay": True}]},
        {"availableTime": [{"allDay": True, "availableStartTime": "10:00:00"}]},
        ".availableTime[0]",
    ),
    typed(
        "dos-1",
        NEW,
        "Dosage",
        {"asNeeded": True, "asNeededFor": [{"text": "x"}]},
        {"asNeeded": False, "asNeededFor": [{"text": "x"}]},
    ),
    typed(
        "drq-1",
        ALL,
        "DataRequirement",
        {**DATA, "codeFilter": [{"path": "code"}]},
        {**DATA, "codeFilter": [{"path": "code", "searchParam": "code"}]},
        ".codeFilter[0]",
    ),
    typed(
        "drq-2",
        ALL,
        "DataRequirement",
        {**DATA, "dateFilter": [{"path": "x", "valueDateTime": "2024"}]},
        {**DATA, "dateFilter": [{"valueDateTime": "2024"}]},
        ".dateFilter[0]",
    ),
    typed(
        "trd-1",
        ALL,
        "TriggerDefinition",
        {"type": "periodic", "timingDate": "2024"},
        {"type": "periodic", "timingDate": "2024", "data": [DATA]},
    ),
    typed(
        "trd-2",
        ALL,
        "TriggerDefinition",
        {"type": "data-added", "data": [DATA]},
        {"type": "periodic", "timingDate": "2024", "condition": {"language": "text/cql", "expression": "x"}},
    ),
    typed("trd-3", ALL, "TriggerDefinition", {"type": "named-event", "name": "x"}, {"type": "named-event"}),
    typed("tim-1", ALL, "Timing", repeat(duration=1, durationUnit="h"), repeat(duration=1), ".repeat"),
    typed("tim-2", ALL, "Timing", repeat(period=1, periodUnit="h"), repeat(period=1), ".repeat"),
    typed(
        "tim-4", ALL, "Timing", repeat(duration=0, durationUnit="h"), repeat(duration=-1, durationUnit="h"), ".repeat"
    ),
    typed("tim-5", ALL, "Timing", repeat(period=0, periodUnit="h"), repeat(period=-0.5, periodUnit="h"), ".repeat"),
    typed(
        "tim-6",
        ALL,
        "Timing",
        repeat(period=1, periodMax=2, periodUnit="h"),
        repeat(periodMax=2, periodUnit="h"),
        ".repeat",
    ),
    typed(
        "tim-7",
        ALL,
        "Timing",
        repeat(duration=1, durationMax=2, durationUnit="h"),
        repeat(durationMax=2, durationUnit="h"),
        ".repeat",
    ),
    typed("tim-8", ALL, "Timing", repeat(count=1, countMax=2), repeat(countMax=2), ".repeat"),
    typed("tim-9", ALL, "Timing", repeat(offset=1, when=["AC"]), repeat(offset=1, when=["CM"]), ".repeat"),
    typed("tim-10", ALL, "Timing", repeat(when=["AC"]), repeat(timeOfDay=["10:00:00"], when=["AC"]), ".repeat"),
    narrated("txt-1", "<p>a <b>b</b></p>", "<p>a <u>b</u></p>"),
    narrated("txt-1", '<p class="a">b</p>', '<p onclick="a()">b</p>'),
    narrated("txt-2", '<p><img src="a.png" alt="x"/></p>', "<p> </p>"),
    Example(
        "grp-1",
        OLD,
        "Group",
        named("Group", type="person", actual=True, member=[{"entity": {"display": "x"}}]),
        named("Group", type="person", actual=False, member=[{"entity": {"display": "x"}}]),
    ),
    Example("org-1", ALL, "Organization", named("Organization", name="x"), named("Organization", active=True)),
    Example(
        "org-2",
        OLD,
        "Organization.address[0]",
        named("Organization", name="x", address=[{"line": ["x"]}]),
        named("Organization", name="x", address=HOME),
    ),
    Example(
        "org-3",
        OLD,
        "Organization.telecom[0]",
        named("Organization", name="x", telecom=[{**PHONE[0], "use": "work"}]),
        named("Organization", name="x", telecom=PHONE),
    ),
    Example(
        "org-3",
        NEW,
        "Organization.contact[0]",
        named("Organization", name="x", contact=[{"name": [{"text": "x"}]}]),
        named("Organization", name="x", contact=[{"telecom": PHONE}]),
    ),
    Example(
        "org-4",
        NEW,
        "Organization.contact[0]",
        named("Organization", name="x", contact=[{"address": {"line": ["x"]}}]),
        named("Organization", name="x", contact=[{"address": HOME[0]}]),
    ),
    Example(
        "evv-1",
        NEW,
        "EvidenceVariable.characteristic[0]",
        named(
            "EvidenceVariable",
            status="draft",
            characteristic=[{**ONE_KIND, "definitionExpression": {"language": "text/cql", "expression": "x"}}],
        ),
        named(
            "EvidenceVariable",
            status="draft",
            characteristic=[{**ONE_KIND, "definitionCodeableConcept": {"text": "x"}}],
        ),
    ),
    Example(
        "pld-0",
        NEW,
        "PlanDefinition.action[0].input[0]",
        planned(input=[{"requirement": DATA}]),
        planned(input=[{"title": "x"}]),
    ),
    Example(
        "pld-1",
        NEW,
        "PlanDefinition.action[0].output[0]",
        planned(output=[{"requirement": DATA}]),
        planned(output=[{"requirement": DATA, "relatedData": "x"}]),
    ),
    Example("dom-2", ALL, "Location", containing(), containing(contained=[{"resourceType": "Location", "id": "in"}])),
    Example("dom-4", ALL, "Location", containing(), containing(meta={"versionId": "1"})),
    Example(
        "dom-5",
        ALL,
        "Location",
        containing(),
        containing(meta={"security": [{"system": "https://example.org/s", "code": "x"}]}),
    ),
    bundled("bdl-1", ALL, {"type": "collection"}, {"type": "collection", "total": 1}),
    bundled(
        "bdl-2",
        ALL,
        {"type": "collection", "entry": [located("a")]},
        {"type": "collection", "entry": [located("a", search={"mode": "match"})]},
    ),
    bundled(
        "bdl-3",
        OLD,
        {"type": "batch", "entry": [located("a", **PUT)]},
        {"type": "collection", "entry": [located("a", **PUT)]},
    ),
    bundled(
        "bdl-4",
        OLD,
        {"type": "batch-response", "entry": [DONE]},
        {"type": "collection", "entry": [located("a", **DONE)]},
    ),
    bundled(
        "bdl-3a",
        NEW,
        {"type": "collection", "entry": [located("a")]},
        {"type": "collection", "entry": [located("a", **PUT)]},
    ),
    bundled(
        "bdl-3b",
        NEW,
        {"type": "history", "entry": [located("a", **PUT, **DONE)]},
        {"type": "history", "entry": [located("a", **PUT)]},
    ),
    bundled(
        "bdl-3c", NEW, {"type": "batch", "entry": [located("a", **PUT)]}, {"type": "batch", "entry": [located("a")]}
    ),
    bundled(
        "bdl-3d", NEW, {"type": "batch-response", "entry": [DONE]}, {"type": "batch-response", "entry": [located("a")]}
    ),
    bundled(
        "bdl-5",
        ALL,
        {"type": "collection", "entry": [located("a")]},
        {"type": "collection", "entry": [{"link": SELF}]},
        "Bundle.entry[0]",
    ),
    bundled(
        "bdl-7",
        ALL,
        {"type": "collection", "entry": [located("a"), located("b")]},
        {"type": "collection", "entry": [located("a"), located("a")]},
    ),
    bundled(
        "bdl-8",
        ALL,
        {"type": "collection", "entry": [located("a")]},
        {"type": "collection", "entry": [{**located("a"), "fullUrl": "https://example.org/Location/a/_history/1"}]},
        "Bundle.entry[0]",
    ),
    bundled("bdl-9", ALL, {"type": "collection"}, {**DOCUMENT, "identifier": {"value": "1"}}),
    bundled(
        "bdl-10", ALL, {"type": "collection"}, {key: value for key, value in DOCUMENT.items() if key != "timestamp"}
    ),
    bundled("bdl-11", ALL, {"type": "collection"}, {**DOCUMENT, "entry": [located("a")]}),
    bundled("bdl-12", ALL, {"type": "collection"}, {"type": "message", "entry": [located("a")]}),
    bundled("bdl-13", NEW, {"type": "collection"}, {"type": "subscription-notification", "entry": [located("a")]}),
    bundled(
        "bdl-14",
        NEW,
        {"type": "history", "entry": [located("a", **PUT, **DONE)]},
        {"type": "history", "entry": [located("a", request={"method": "PATCH", "url": "Location/a"}, **DONE)]},
    ),
    bundled(
        "bdl-15",
        NEW,
        {"type": "collection", "entry": [located("a")]},
        {"type": "collection", "entry": [{"resource": {"resourceType": "Location", "id": "a"}}]},
    ),
    bundled("bdl-18", NEW, {"type": "searchset", "link": SELF}, {"type": "searchset"}),
    bundled(
        "bdl-16",
        NEW,
        {
            "type": "collection",
            "issues": {
                "resourceType": "OperationOutcome",
                "id": "any",
                "issue": [{"severity": "warning", "code": "invalid"}],
            },
        },
        {
            "type": "collection",
            "issues": {
                "resourceType": "OperationOutcome",
                "id": "any",
                "issue": [{"severity": "error", "code": "invalid"}],
            },
        },
    ),
    bundled(
        "bdl-17",
        NEW,
        {"type": "collection"},
        {
            **DOCUMENT,
            "issues": {
                "resourceType": "OperationOutcome",
                "id": "any",
                "issue": [{"severity": "warning", "code": "invalid"}],
            },
        },
    ),
]
