"""Changes to a whole resource, and to a whole Bundle, that break its rules, or might seem to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wrong_values import short

Tree = dict[str, Any]

_ORG: Tree = {"resourceType": "Organization", "id": "in", "name": "Within"}
RESOURCE: tuple[tuple[str, Tree], ...] = (
    *(
        (f"resource id {short(name)}", {"id": name})
        for name in ("a_b", "", " ", 7, None, "x" * 64, "x" * 65, "a b", "ü", "a/b", [])
    ),
    *(
        (f"type {name!r}", {"resourceType": name})
        for name in ("Unheard", "", 7, None, [], "patient", "Patient", "Resource")
    ),
    *((f"type {name!r}", {"resourceType": name}) for name in ("DomainResource", "Period", "string")),
    *(
        (f"language {name!r}", {"language": name})
        for name in ("en", "en-US", "EN", "xx", "english", "en_US", "", "zh-Hant", "de-CH")
    ),
    *(
        (f"language {name!r}", {"language": name})
        for name in ("sr-Latn", "en-x-a", "x-a", "fil", "und", "en-", " en", "e", "sl-rozaj")
    ),
    *((f"rules {name!r}", {"implicitRules": name}) for name in ("a b", "rel", "https://a.example/r")),
    ("contained orphan", {"contained": [_ORG]}),
    ("contained twice", {"contained": [_ORG, _ORG]}),
    ("contained without id", {"contained": [{"resourceType": "Organization", "name": "x"}]}),
    ("contained nested", {"contained": [{**_ORG, "contained": [{**_ORG, "id": "deep"}]}]}),
    ("contained version", {"contained": [{**_ORG, "meta": {"versionId": "1"}}]}),
    ("contained updated", {"contained": [{**_ORG, "meta": {"lastUpdated": "2024-01-01T10:00:00Z"}}]}),
    (
        "contained label",
        {"contained": [{**_ORG, "meta": {"security": [{"system": "https://a.example/x", "code": "a"}]}}]},
    ),
    ("contained unheard", {"contained": [{**_ORG, "resourceType": "Unheard"}]}),
    ("contained words", {"contained": ["x"]}),
    ("contained none", {"contained": []}),
    ("contained empty", {"contained": [{}]}),
    ("contained type only", {"contained": [{"resourceType": "Organization"}]}),
    ("contained object", {"contained": _ORG}),
    ("contained wrong", {"contained": [{**_ORG, "unheard": 1}]}),
    ("contained back", {"contained": [{**_ORG, "partOf": {"reference": "#"}}]}),
    ("contained with text", {"contained": [{**_ORG, "text": {"status": "empty", "div": "<div>x</div>"}}]}),
    ("contained bad id", {"contained": [{**_ORG, "id": "a_b"}]}),
    ("contained with hash", {"contained": [{**_ORG, "id": "#in"}]}),
    *(
        (f"text {what}", {"text": text})
        for what, text in (("no div", {"status": "empty"}), ("no status", {"div": "x"}), ("empty", {}))
    ),
)


def _entries(change: Callable[[list[Any]], list[Any]]) -> Callable[[Tree], Tree | None]:
    return lambda bundle: {**bundle, "entry": change(bundle["entry"])} if bundle.get("entry") else None


def _first(change: Callable[[Tree], Tree]) -> Callable[[Tree], Tree | None]:
    return _entries(lambda entries: [change(entries[0]), *entries[1:]])


def _each(change: Callable[[Tree], Tree]) -> Callable[[Tree], Tree | None]:
    return _entries(lambda entries: [change(entry) for entry in entries])


def _without(key: str) -> Callable[[Tree], Tree]:
    return lambda tree: {name: item for name, item in tree.items() if name != key}


def _with(**elements: Any) -> Callable[[Tree], Tree]:
    return lambda tree: {**tree, **elements}


def _inner(**elements: Any) -> Callable[[Tree], Tree]:
    """Change the resource of an entry."""
    return lambda entry: {**entry, "resource": {**entry["resource"], **elements}} if "resource" in entry else entry


def _asked(**elements: Any) -> Callable[[Tree], Tree]:
    """Change the request of an entry."""
    return lambda entry: {**entry, "request": {**entry.get("request", {"method": "PUT", "url": "a/b"}), **elements}}


_KINDS = (
    "document",
    "message",
    "transaction",
    "transaction-response",
    "batch",
    "batch-response",
    "history",
    "searchset",
)
_KINDS += ("collection", "unheard", "subscription-notification")
_URLS = ("rel/1", "", "a b", "https://invented.example/fhir/Patient/1", "https://invented.example/fhir/Location/place")
_URLS += (
    "urn:uuid:X",
    "urn:uuid:8B2D3C60-5D0B-4A70-9D6C-0A8F9A4F8E01",
    "urn:uuid:8b2d3c60-5d0b-4a70-9d6c-0a8f9a4f8e09",
)
_URLS += (
    "urn:oid:2.16.840.1",
    "urn:oid:a",
    "https://invented.example/fhir/ResearchStudy/study/_history/1",
    "http://",
    "urn:x",
)
_URLS += (
    "https://other.example/fhir/ResearchStudy/study",
    "ResearchStudy/study",
    "#x",
    "https://invented.example/fhir/ResearchStudy/",
)
_METHODS = ("GET", "PUT", "POST", "DELETE", "PATCH", "HEAD", "put", "unheard")
BUNDLE: dict[str, Callable[[Tree], Tree | None]] = {
    **{f"type {kind}": _with(type=kind) for kind in _KINDS},
    **{f"total {total}": _with(total=total) for total in (0, 5, -1)},
    **{f"fullUrl {url!r}": _first(_with(fullUrl=url)) for url in _URLS},
    **{f"method {method}": _first(_asked(method=method)) for method in _METHODS},
    **{
        f"request url {url!r}": _first(_asked(url=url))
        for url in ("", "a b", "ResearchStudy", "/ResearchStudy/1", "http://a.example/x")
    },
    "request without url": _first(lambda entry: {**entry, "request": {"method": "PUT"}}),
    "no request": _each(_without("request")),
    "first without request": _first(_without("request")),
    "no response": _each(_without("response")),
    "response too": _first(_with(response={"status": "200"})),
    "response without status": _first(_with(response={"etag": "x"})),
    "response time": _first(_with(response={"status": "200", "lastModified": "2024"})),
    "search too": _first(_with(search={"mode": "match"})),
    "search mode": _first(_with(search={"mode": "unheard"})),
    "search score": _first(_with(search={"score": 2})),
    "no fullUrl": _each(_without("fullUrl")),
    "first without fullUrl": _first(_without("fullUrl")),
    "no resource": _each(_without("resource")),
    "first without resource": _first(_without("resource")),
    "empty entry": _entries(lambda entries: [{}, *entries]),
    "null entry": _entries(lambda entries: [None, *entries]),
    "text entry": _entries(lambda entries: ["x", *entries]),
    "link only": _entries(lambda entries: [{"link": [{"relation": "self", "url": "https://a.example"}]}, *entries]),
    "no entries": _entries(lambda _: []),
    "without entry": _without("entry"),
    "doubled entry": _entries(lambda entries: [*entries, entries[0]]),
    "doubled all": _entries(lambda entries: [*entries, *entries]),
    "turned round": _entries(lambda entries: entries[::-1]),
    "another version": _entries(lambda entries: [*entries, _inner(meta={"versionId": "7"})(entries[0])]),
    "other id": _first(_inner(id="another")),
    "bad id": _first(_inner(id="a_b")),
    "no id": _first(
        lambda entry: {**entry, "resource": _without("id")(entry["resource"])} if "resource" in entry else entry
    ),
    "unheard type": _first(_inner(resourceType="Unheard")),
    "wrong inner": _first(_inner(unheard=1)),
    "inner profile": _first(_inner(meta={"profile": ["http://hl7.org/fhir/StructureDefinition/Patient"]})),
    "link": _with(link=[{"relation": "self", "url": "https://a.example/x"}]),
    "links": _with(
        link=[{"relation": "self", "url": "https://a.example/x"}, {"relation": "self", "url": "https://a.example/y"}]
    ),
    "unheard link": _with(link=[{"relation": "unheard", "url": "https://a.example/x"}]),
    "link without url": _with(link=[{"relation": "self"}]),
    "bad link": _with(link=[{"relation": "self", "url": "a b"}]),
    "no identifier": _without("identifier"),
    "identifier": _with(identifier={"value": "x"}),
    "no timestamp": _without("timestamp"),
    "timestamp": _with(timestamp="2024"),
    "no link": _without("link"),
    "signature": _with(signature={"type": [{"system": "https://a.example", "code": "x"}]}),
    "issues": _with(issues={"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "invalid"}]}),
    "contained": _with(contained=[_ORG]),
    "text": _with(text={"status": "generated"}),
    "reference unmet": _first(_inner(site=[{"reference": "Location/unmet"}])),
    "reference unmet absolute": _first(_inner(site=[{"reference": "https://invented.example/fhir/Location/unmet"}])),
    "reference unmet uuid": _first(_inner(site=[{"reference": "urn:uuid:8b2d3c60-5d0b-4a70-9d6c-0a8f9a4f8e77"}])),
    "reference to wrong type": _first(_inner(site=[{"reference": "Patient/1"}])),
    "reference to wrong entry": _first(_inner(protocol=[{"reference": "Location/place"}])),
    "reference to version": _first(_inner(site=[{"reference": "Location/place/_history/9"}])),
    "reference elsewhere": _first(_inner(site=[{"reference": "https://other.example/fhir/Location/place"}])),
    "reference conditional": _first(_inner(site=[{"reference": "Location?identifier=x"}])),
    "reference says other": _first(_inner(site=[{"reference": "Location/place", "type": "Group"}])),
}
