"""Bundle: full urls, and the resources inside; HL7's rules (bdl-*) are with all others in `rules`."""

from __future__ import annotations

import re
from typing import Any

from fhir_adapter.tree import Tree
from fhir_adapter.validate.definitions import load
from fhir_adapter.validate.document import check_document
from fhir_adapter.validate.primitives import shorten
from fhir_adapter.validate.references import Given, type_of
from fhir_adapter.validate.report import Report

__all__ = ["check_bundle", "given_in", "homeless"]

_ABSOLUTE = re.compile(r"[a-zA-Z][a-zA-Z0-9+.\-]*:\S+")
ANSWERS = ("batch-response", "transaction-response")
# Bundles whose entries need a full url only for the references in them.
UNNAMED = ("batch", "transaction", *ANSWERS)


def given_in(bundle: Tree) -> Given:
    """Give the resources of a Bundle; a reference that leaves it is an error only where it is a trial's own."""
    inner = [entry.get("resource") for entry in _entries(bundle)]
    found = [(item.get("resourceType"), item.get("id")) for item in inner if isinstance(item, dict)]
    ids = frozenset((str(kind), str(name)) for kind, name in found)
    studies = frozenset(name for kind, name in ids if kind == "ResearchStudy" and name != "None")
    return Given(ids, studies if bundle.get("type") in ("transaction", "collection", "document") else ())


def homeless(bundle: Tree, path: str) -> set[str]:
    """Give the paths of the entries without a full url, in a Bundle where they should have one for their references."""
    entries = [] if bundle.get("type") in ANSWERS else _entries(bundle)
    return {f"{path}.entry[{index}]" for index, entry in enumerate(entries) if entry.get("fullUrl") is None}


def check_bundle(report: Report, bundle: Tree, path: str) -> None:
    """Report on the full urls of the entries."""
    kind = bundle.get("type")
    for index, entry in enumerate(_entries(bundle)):
        _check_entry(report, entry, kind, f"{path}.entry[{index}]")
        if kind == "searchset":
            _check_mode(report, entry, f"{path}.entry[{index}].resource")
    if kind in ("document", "message"):
        check_document(report, kind, _entries(bundle), path)


def _entries(bundle: Tree) -> list[Tree]:
    found = bundle.get("entry")
    return [entry if isinstance(entry, dict) else {} for entry in found] if isinstance(found, list) else []


def _method(entry: Tree) -> Any:
    request = entry.get("request")
    return request.get("method") if isinstance(request, dict) else None


def _check_mode(report: Report, entry: Tree, path: str) -> None:
    """Report what is neither found nor included, and no OperationOutcome either."""
    search, resource = entry.get("search"), entry.get("resource")
    mode = search.get("mode") if isinstance(search, dict) else None
    kind = resource.get("resourceType") if isinstance(resource, dict) else None
    if mode is not None and mode not in ("match", "include") and kind not in ("OperationOutcome", None):
        report.error("structure", path, f"a {kind} of mode {shorten(mode)}; an OperationOutcome belongs here")


def _check_entry(report: Report, entry: Tree, kind: Any, path: str) -> None:
    url, resource = entry.get("fullUrl"), entry.get("resource")
    if isinstance(resource, dict) and url is None and _method(entry) != "POST" and kind not in UNNAMED:
        report.error("required", path, "the entry has no fullUrl")
    if not isinstance(url, str) or not url or "/_history/" in url:
        return
    if not _ABSOLUTE.fullmatch(url):
        report.error("invalid", path, f"the fullUrl {shorten(url)} is not absolute")
    elif isinstance(resource, dict) and (parts := type_of(url)) and parts[1] in load(report.fhir).resources:
        tail = f"/{resource.get('resourceType')}/{resource.get('id')}"
        if not url.endswith(tail) and url.startswith(("http:", "https:")):
            report.error("invalid", path, f"the fullUrl {shorten(url)} does not end in {shorten(tail)}")
