"""Bundle: HL7's rules (bdl-*), full urls, and the resources inside."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from fhir_adapter.tree import Tree
from fhir_adapter.validate.primitives import PATTERNS, shorten
from fhir_adapter.validate.references import Given
from fhir_adapter.validate.report import Report

__all__ = ["check_bundle", "given_in"]

_ABSOLUTE = re.compile(r"[a-zA-Z][a-zA-Z0-9+.\-]*:.+")
ASKING = ("batch", "transaction", "history")
ANSWERING = ("batch-response", "transaction-response", "history")
WRITES = ("POST", "PUT", "PATCH")
FIRST = {"document": ("bdl-11", "Composition"), "message": ("bdl-12", "MessageHeader")}


def given_in(bundle: Tree) -> Given:
    """Give the resources of a Bundle; a reference that leaves it is an error only where it is a trial's own."""
    inner = [entry.get("resource") for entry in _entries(bundle)]
    found = [(item.get("resourceType"), item.get("id")) for item in inner if isinstance(item, dict)]
    ids = frozenset((str(kind), str(name)) for kind, name in found)
    studies = tuple(name for kind, name in sorted(ids) if kind == "ResearchStudy" and name != "None")
    return Given(ids, studies if bundle.get("type") in ("transaction", "collection", "document") else ())


def check_bundle(report: Report, bundle: Tree, path: str) -> None:
    """Report on the rules of a Bundle as a whole and of its entries."""
    kind = bundle.get("type")
    for rule, message in _broken(report.fhir, bundle, kind, _entries(bundle)):
        report.error("invariant", path, message, rule)
    for index, entry in enumerate(_entries(bundle)):
        _check_entry(report, entry, kind, f"{path}.entry[{index}]")


def _entries(bundle: Tree) -> list[Tree]:
    found = bundle.get("entry")
    return [entry if isinstance(entry, dict) else {} for entry in found] if isinstance(found, list) else []


def _broken(fhir: str, bundle: Tree, kind: Any, entries: list[Tree]) -> Iterator[tuple[str, str]]:
    if "total" in bundle and kind not in ("searchset", "history"):
        yield "bdl-1", f"total is for a searchset or a history, not for a {kind}"
    if kind != "searchset" and any("search" in entry for entry in entries):
        yield "bdl-2", f"entry.search is for a searchset, not for a {kind}"
    yield from _asked_r5(kind, entries) if fhir == "r5" else _asked_r4(kind, entries)
    if kind != "history" and (name := _twice(entries)):
        yield "bdl-7", f"two entries have the fullUrl {shorten(name)}"
    if kind == "document":
        identifier = bundle.get("identifier")
        if not isinstance(identifier, dict) or not {"system", "value"} <= identifier.keys():
            yield "bdl-9", "a document needs an identifier with system and value"
        if "timestamp" not in bundle:
            yield "bdl-10", "a document needs a timestamp"
    if (first := FIRST.get(kind) if isinstance(kind, str) else None) and _first(entries) != first[1]:
        yield first[0], f"the first resource of a {kind} must be a {first[1]}"
    if fhir == "r5" and kind == "searchset" and not _has_self(bundle):
        yield "bdl-18", "a searchset needs a link 'self'"


def _asked_r4(kind: Any, entries: list[Tree]) -> Iterator[tuple[str, str]]:
    if any(("request" in entry) != (kind in ASKING) for entry in entries):
        yield "bdl-3", f"entry.request must be there for {', '.join(ASKING)} and not otherwise; this is a {kind}"
    if any(("response" in entry) != (kind in ANSWERING) for entry in entries):
        yield "bdl-4", f"entry.response must be there for {', '.join(ANSWERING)} and not otherwise; this is a {kind}"


def _asked_r5(kind: Any, entries: list[Tree]) -> Iterator[tuple[str, str]]:
    plain = [entry.keys() & {"request", "response"} == set() and "resource" in entry for entry in entries]
    if kind in ("document", "message", "searchset", "collection") and not all(plain):
        yield "bdl-3a", f"each entry of a {kind} must hold a resource, and neither request nor response"
    if kind == "history" and not all({"request", "response"} <= entry.keys() and _fits(entry) for entry in entries):
        yield "bdl-3b", "each entry of a history needs request and response, and a resource if it wrote one"
    if kind in ("transaction", "batch") and not all(_fits(entry) for entry in entries):
        yield "bdl-3c", f"each entry of a {kind} needs request.method, and a resource if it is {', '.join(WRITES)}"
    if kind in ("transaction-response", "batch-response") and not all("response" in entry for entry in entries):
        yield "bdl-3d", f"each entry of a {kind} needs a response"
    if kind not in (*ASKING[:2], *ANSWERING[:2]) and any(_nameless(entry) for entry in entries):
        yield "bdl-15", f"each entry of a {kind} needs a fullUrl"


def _nameless(entry: Tree) -> bool:
    return "fullUrl" not in entry and _method(entry) != "POST"


def _method(entry: Tree) -> Any:
    request = entry.get("request")
    return request.get("method") if isinstance(request, dict) else None


def _fits(entry: Tree) -> bool:
    """Say whether there is a method, and a resource exactly when the method sends one."""
    method = _method(entry)
    return method is not None and (method in WRITES) == ("resource" in entry)


def _twice(entries: list[Tree]) -> str | None:
    seen: set[tuple[str, str]] = set()
    for entry in entries:
        resource = entry.get("resource")
        meta = resource.get("meta") if isinstance(resource, dict) else None
        version = meta.get("versionId") if isinstance(meta, dict) else None
        key = (str(entry.get("fullUrl")), str(version))
        if "fullUrl" in entry and key in seen:
            return key[0]
        seen.add(key)
    return None


def _first(entries: list[Tree]) -> Any:
    resource = entries[0].get("resource") if entries else None
    return resource.get("resourceType") if isinstance(resource, dict) else None


def _has_self(bundle: Tree) -> bool:
    links = bundle.get("link")
    found = [link.get("relation") for link in links if isinstance(link, dict)] if isinstance(links, list) else []
    return "self" in found


def _check_entry(report: Report, entry: Tree, kind: Any, path: str) -> None:
    url, resource = entry.get("fullUrl"), entry.get("resource")
    if not entry.keys() & {"resource", "request", "response"}:
        report.error("invariant", path, "an entry needs a resource, a request or a response", "bdl-5")
    if isinstance(resource, dict) and url is None and _method(entry) != "POST" and kind not in ANSWERING[:2]:
        report.error("required", path, "the entry has no fullUrl")
    if not isinstance(url, str) or not url:
        return
    if "/_history/" in url:
        report.error("invariant", path, f"the fullUrl {shorten(url)} names a version", "bdl-8")
    elif not _ABSOLUTE.fullmatch(url):
        report.error("invalid", path, f"the fullUrl {shorten(url)} is not absolute")
    elif url.startswith("urn:uuid:") and not PATTERNS["uuid"][0].fullmatch(url):
        report.error("invalid", path, f"the fullUrl {shorten(url)} holds no lower-case UUID")
    elif url.startswith(("http:", "https:")) and isinstance(resource, dict) and isinstance(resource.get("id"), str):
        tail = f"/{resource.get('resourceType')}/{resource['id']}"
        if not url.endswith(tail):
            report.error("invalid", path, f"the fullUrl {shorten(url)} does not end in {shorten(tail)}")
