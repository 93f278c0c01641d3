"""A document or message: what its first resource refers to is in it, and in a document nothing stands apart."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fhir_adapter.tree import Tree
from fhir_adapter.validate.primitives import shorten
from fhir_adapter.validate.report import DEEPEST, Report

__all__ = ["check_document"]

# What HL7's engine follows from the first resource itself.
FOLLOWED = {
    "Composition": ("subject", "encounter", "author", "attester", "custodian", "event", "section"),
    "MessageHeader": ("focus",),
}


def check_document(report: Report, kind: str, entries: list[Tree], path: str) -> None:
    """Report references of the first resource that leave the Bundle, and entries of a document that stand apart."""
    first = entries[0].get("resource") if entries else None
    if not isinstance(first, dict):
        return
    known = {url: index for index, entry in enumerate(entries) if isinstance(url := entry.get("fullUrl"), str)}
    followed = FOLLOWED.get(str(first.get("resourceType")), ())
    told = {key: value for key, value in first.items() if key in followed}
    for place, text in _references(told, f"{path}.entry[0].resource", 0):
        if text and not text.startswith("#") and _meet(known, entries[0], text) is None:
            report.error("not-found", place, f"{shorten(text)} leads to no entry of the {kind}")
    if kind != "document":
        return
    reached = _reach(
        [{_meet(known, entry, text) for _, text in _references(entry.get("resource"), "", 0)} for entry in entries]
    )
    for index, entry in enumerate(entries):
        if index not in reached and isinstance(entry.get("resource"), dict):
            report.error("structure", f"{path}.entry[{index}]", "nothing links this entry with the document")


def _meet(known: dict[str, int], holder: Tree, text: str) -> int | None:
    """Give the entry that a reference in another one leads to; a relative one counts from the holder's full url."""
    if ":" in text:
        return known.get(text)
    url, resource = holder.get("fullUrl"), holder.get("resource")
    tail = f"{resource.get('resourceType')}/{resource.get('id')}" if isinstance(resource, dict) else ""
    if not isinstance(url, str) or not tail or not url.endswith(f"/{tail}"):
        return None
    return known.get(url[: -len(tail)] + text.partition("/_history/")[0])


def _references(value: Any, path: str, depth: int) -> Iterator[tuple[str, str]]:
    """Give the references below a value with the paths of their holders."""
    if depth > DEEPEST:
        return
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _references(item, f"{path}[{index}]", depth + 1)
    elif isinstance(value, dict):
        if isinstance(text := value.get("reference"), str):
            yield path, text
        for key, item in value.items():
            yield from _references(item, f"{path}.{key}", depth + 1)


def _reach(links: list[set[int | None]]) -> set[int]:
    """Give the entries that hang together with the first, whichever way the references run."""
    beside: list[set[int]] = [set() for _ in links]
    for index, others in enumerate(links):
        for other in (each for each in others if each is not None):
            beside[index].add(other)
            beside[other].add(index)
    reached, left = {0}, [0]
    while left:
        fresh = beside[left.pop()] - reached
        reached |= fresh
        left += fresh
    return reached
