"""HL7's invariants of resources that are errors, each with an invented one that keeps it and one that breaks only it.

The verdicts were compared with HL7's engine (core 6.7.9) in each version; `scripts/verdicts` goes further.
"""

from __future__ import annotations

from invariant_builders import (
    ALL,
    DATA,
    DOCUMENT,
    DONE,
    HOME,
    NEW,
    OLD,
    ONE_KIND,
    PHONE,
    PUT,
    SELF,
    Example,
    bundled,
    containing,
    located,
    named,
    planned,
)

EXAMPLES = [
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
