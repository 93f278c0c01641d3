"""Invented Bundles of every type, and resources that contain others: sound in each FHIR version."""

from __future__ import annotations

from typing import Any

Tree = dict[str, Any]

SERVER = "https://invented.example/fhir"
UUIDS = ("urn:uuid:8b2d3c60-5d0b-4a70-9d6c-0a8f9a4f8e01", "urn:uuid:8b2d3c60-5d0b-4a70-9d6c-0a8f9a4f8e02")


def bundles(fhir: str) -> dict[str, Tree]:
    """Give a Bundle of each type by the name of the type, and some by what they show."""
    posts = [_post(0, _study()), _post(1, _place())]
    reads = [{"request": {"method": "GET", "url": "ResearchStudy?status=active"}}, _delete(), *map(_put, _three())]
    return {
        "transaction": _bundle("transaction", [*map(_put, _three())]),
        "transaction by uuid": _bundle("transaction", posts),
        "batch": _bundle("batch", [*reads, _conditional()]),
        "transaction-response": _bundle("transaction-response", [_answer(each) for each in _three()]),
        "batch-response": _bundle("batch-response", [_answer(_place()), {"response": _refusal()}]),
        "collection": _bundle("collection", [_entry(each) for each in _three()]),
        "searchset": {**_bundle("searchset", _matches()), "total": 2, "link": _links()},
        "history": {**_bundle("history", _versions()), "total": 2},
        "document": {**_bundle("document", _document(fhir)), **_marks()},
        "message": _bundle("message", _message(fhir)),
        "within": _bundle("collection", [_entry(_bundle("collection", [_entry(_place())]) | {"id": "inner"})]),
    }


def containers(fhir: str) -> dict[str, Tree]:
    """Give resources that contain others, in the ways that HL7 allows."""
    site = {"resourceType": "Location", "id": "site", "name": "Imaginary Site", "status": "active"}
    owner = {"resourceType": "Organization", "id": "owner", "name": "Imaginary Owner"}
    back = {"resourceType": "Location", "id": "back", "name": "Refers back", "managingOrganization": {"reference": "#"}}
    library = {**_library(), "id": "logic"}
    return {
        "chain": {
            **_study(),
            "id": "chain",
            "contained": [{**site, "managingOrganization": {"reference": "#owner"}}, owner],
            "site": [{"reference": "#site"}],
        },
        "back": {"resourceType": "Organization", "id": "back-1", "name": "Holder", "contained": [back]},
        "logic": {
            "resourceType": "PlanDefinition",
            "id": "logic-1",
            "status": "draft",
            "contained": [library],
            "library": ["#logic"],
        },
    }


def characteristics() -> Tree:
    """Give an R5 EvidenceVariable with a characteristic of each kind."""
    both = {"code": "any-of", "threshold": 1, "characteristic": [{"definitionId": "one"}, {"definitionId": "two"}]}
    age = {"value": 18, "system": "http://unitsofmeasure.org", "code": "a"}
    kinds: list[Tree] = [
        {"definitionReference": {"reference": "Group/one"}},
        {"definitionCanonical": f"{SERVER}/EvidenceVariable/one"},
        {"definitionCodeableConcept": {"text": "an adult"}},
        {"definitionExpression": {"language": "text/fhirpath", "expression": "true"}},
        {"definitionId": "one"},
        {"definitionByTypeAndValue": {"type": {"text": "age"}, "valueQuantity": age}},
        {"definitionByCombination": both},
    ]
    items = [{"linkId": f"c-{number}", "exclude": bool(number % 2), **kind} for number, kind in enumerate(kinds)]
    return {"resourceType": "EvidenceVariable", "id": "kinds", "status": "active", "characteristic": items}


def _bundle(kind: str, entries: list[Tree]) -> Tree:
    return {"resourceType": "Bundle", "id": kind, "type": kind, "entry": entries}


def _study() -> Tree:
    site = [{"reference": "Location/place"}]
    return {"resourceType": "ResearchStudy", "id": "study", "status": "active", "title": "Invented", "site": site}


def _place() -> Tree:
    return {"resourceType": "Location", "id": "place", "status": "active", "name": "Nowhere clinic"}


def _owner() -> Tree:
    return {"resourceType": "Organization", "id": "owner", "active": True, "name": "Imaginary Institute"}


def _library() -> Tree:
    return {"resourceType": "Library", "status": "draft", "type": {"text": "logic"}}


def _three() -> list[Tree]:
    return [_study(), {**_place(), "managingOrganization": {"reference": "Organization/owner"}}, _owner()]


def _name(resource: Tree) -> str:
    return f"{resource['resourceType']}/{resource['id']}"


def _entry(resource: Tree) -> Tree:
    return {"fullUrl": f"{SERVER}/{_name(resource)}", "resource": resource}


def _put(resource: Tree) -> Tree:
    return {**_entry(resource), "request": {"method": "PUT", "url": _name(resource), "ifMatch": 'W/"1"'}}


def _post(number: int, resource: Tree) -> Tree:
    kept = {key: value for key, value in resource.items() if key != "id"}
    if "site" in kept:
        kept["site"] = [{"reference": UUIDS[1]}]
    request = {"method": "POST", "url": resource["resourceType"], "ifNoneExist": "identifier=x|1"}
    return {"fullUrl": UUIDS[number], "resource": kept, "request": request}


def _delete() -> Tree:
    return {"request": {"method": "DELETE", "url": "Location/old"}}


def _conditional() -> Tree:
    named = {**_place(), "id": "third"}
    request = {"method": "PUT", "url": "Location?identifier=x|1", "ifModifiedSince": "2024-02-29T10:00:00Z"}
    return {**_entry(named), "request": request}


def _answer(resource: Tree) -> Tree:
    when = "2024-02-29T10:00:00Z"
    response = {"status": "201 Created", "location": f"{_name(resource)}/_history/1", "etag": 'W/"1"'}
    return {**_entry(resource), "response": {**response, "lastModified": when}}


def _refusal() -> Tree:
    issue = {"severity": "error", "code": "processing", "diagnostics": "refused"}
    return {"status": "422", "outcome": {"resourceType": "OperationOutcome", "issue": [issue]}}


def _matches() -> list[Tree]:
    found = [
        {**_entry(each), "search": {"mode": "match", "score": 0.5}} for each in (_study(), {**_study(), "id": "other"})
    ]
    return [*found, {**_entry(_owner()), "search": {"mode": "include"}}]


def _links() -> list[Tree]:
    url = f"{SERVER}/ResearchStudy?_count=2"
    return [{"relation": "self", "url": url}, {"relation": "next", "url": f"{url}&page=2"}]


def _versions() -> list[Tree]:
    place = {**_place(), "meta": {"versionId": "2", "lastUpdated": "2024-02-29T10:00:00Z"}}
    older = {**_place(), "meta": {"versionId": "1"}}
    return [{**_put(each), "response": {"status": "200", "etag": 'W/"2"'}} for each in (place, older)]


def _marks() -> Tree:
    return {"identifier": {"system": "urn:ietf:rfc:3986", "value": UUIDS[0]}, "timestamp": "2024-02-29T10:00:00Z"}


def _document(fhir: str) -> list[Tree]:
    composition = {
        "resourceType": "Composition",
        "id": "page",
        "status": "final",
        "type": {"text": "a page"},
        "date": "2024-02-29",
        "author": [{"reference": "Organization/owner"}],
        "title": "A page",
        "section": [{"title": "Study", "entry": [{"reference": "ResearchStudy/study"}]}],
    }
    return [_entry(composition), _entry(_owner()), _entry(_study()), _entry(_place())]


def _message(fhir: str) -> list[Tree]:
    source = {"endpointUrl" if fhir == "r5" else "endpoint": "https://invented.example/from"}
    coding = {"system": "https://invented.example/events", "code": "told"}
    focus = [{"reference": "ResearchStudy/study"}]
    header = {"resourceType": "MessageHeader", "id": "told", "eventCoding": coding, "source": source, "focus": focus}
    return [_entry(header), _entry(_study()), _entry(_place())]
