"""References: whether they lead anywhere, and to the right type; and what may be contained."""

from __future__ import annotations

import re
from collections.abc import Collection, Container
from dataclasses import dataclass
from typing import Any

from fhir_adapter.tree import Tree
from fhir_adapter.validate.definitions import load
from fhir_adapter.validate.primitives import shorten
from fhir_adapter.validate.report import Mention, Report

__all__ = ["Given", "check_contained", "check_marks", "check_mentions", "type_of"]

_INNER = re.compile(r".*?\.contained\[[0-9]+\]")
_ID = r"[A-Za-z0-9\-.]{1,64}"
_REST = re.compile(rf"((?:https?|urn)[^#?\s]*[/:])?([A-Z][A-Za-z]+)/({_ID})(?:/_history/{_ID})?(?:#.*)?")


@dataclass(frozen=True, slots=True)
class Given:
    """The resources that are looked at together, as (type, id).

    A relative reference that leads to none of them is an error: always when `studies` is None, otherwise when
    it leads to a resource of one of these studies, whose ids all begin with the study's.
    """

    ids: Container[tuple[str, str]]
    studies: Collection[str] | None = None
    # The entry that has no full url, from which relative references would count; "": there is no such.
    entry: str = ""

    def lacks(self, kind: str, name: str) -> bool:
        if (kind, name) in self.ids:
            return False
        if self.studies is None:
            return True
        end = len(name)
        while end > 0 and name[:end] not in self.studies:
            end = name.rfind("-", 0, end)
        return end > 0


def type_of(text: str) -> tuple[str, str, str] | None:
    """Read base ("" when relative), type and id out of a reference; None when its form doesn't say them."""
    match = _REST.fullmatch(text)
    return (match[1] or "", match[2], match[3]) if match else None


def check_mentions(report: Report, root: Tree, given: Given | None) -> None:
    """Report the references met in one resource that are malformed, lead nowhere or to a wrong type.

    Without `given` what leaves the resource isn't looked up.
    """
    if given and given.entry:
        _check_homeless(report, given.entry)
    kinds = {str(inner.get("id")): inner.get("resourceType") for inner in _contained(root)}
    for mention in report.mentions:
        text = mention.text
        if text.startswith("#") and mention.kind in ("Reference", "canonical"):
            # `#` alone is the container, for what it contains; no canonical is.
            whole = mention.kind == "Reference" and _INNER.match(mention.path)
            own = {"": root.get("resourceType")} if whole else {}
            _check_local(report, mention, kinds if len(text) > 1 else own)
        elif mention.kind == "Reference":
            _check_distant(report, mention, given)


def _check_homeless(report: Report, entry: str) -> None:
    """Report an entry that refers to others, relatively above all, and says not where it is itself."""
    mentions = [each for each in report.mentions if each.kind == "Reference" and each.text[:1] not in ("", "#")]
    if mentions:
        report.error("required", entry, "the entry has references, but no fullUrl")
    for mention in mentions:
        if ":" not in mention.text:
            said = f"{shorten(mention.text)} counts from the fullUrl of its entry, which has none"
            report.error("not-found", mention.path, said)


def _check_local(report: Report, mention: Mention, kinds: dict[str, Any]) -> None:
    name = mention.text[1:]
    if name not in kinds:
        rule = "ref-1" if mention.kind == "Reference" else None
        report.error("not-found", mention.path, f"nothing contained has the id {shorten(name)}", rule)
    else:
        _check_type(report, mention, kinds[name])


def _check_distant(report: Report, mention: Mention, given: Given | None) -> None:
    if re.search(r"\s", mention.text):
        return report.error("invalid", mention.path, f"{shorten(mention.text)} is not a reference: it holds a space")
    parts = type_of(mention.text)
    if parts is None or parts[1] not in load(report.fhir).resources:
        return None
    base, kind, name = parts
    if "#" not in mention.text:
        _check_type(report, mention, kind)
    if given and not base and given.lacks(kind, name):
        report.error("not-found", mention.path, f"{shorten(mention.text)} is not among the resources given")
    return None


def _check_type(report: Report, mention: Mention, kind: Any) -> None:
    if mention.targets and kind not in mention.targets:
        allowed = " or ".join(mention.targets)
        report.error("structure", mention.path, f"{shorten(mention.text)} is a {kind}; {allowed} belongs here")
    elif mention.declared and mention.declared != kind:
        report.error(
            "structure", mention.path, f"{shorten(mention.text)} is a {kind}, its type says {mention.declared}"
        )


def check_marks(report: Report) -> None:
    """Report element ids that occur twice in a resource."""
    seen: set[tuple[str, str]] = set()
    for path, name in report.marks:
        inner = _INNER.match(path)
        mark = (inner[0] if inner else "", str(name))
        if mark in seen:
            report.error("duplicate", path, f"the element id {shorten(name)} is used twice")
        seen.add(mark)


def _contained(root: Tree) -> list[Tree]:
    found = root.get("contained")
    # A single one that is no list is read all the same.
    items = found if isinstance(found, list) else [found]
    return [inner for inner in items if isinstance(inner, dict)]


def check_contained(report: Report, root: Tree, path: str) -> None:
    """Report contained resources without id, with a used one, or unreferenced; a Bundle contains none."""
    if "contained" not in load(report.fhir).types[root["resourceType"]]:
        return
    _check_inner(report, root, path, _reached(report, root, path))


def _reached(report: Report, root: Tree, path: str) -> set[str]:
    """Give the ids of what the container refers to, by itself or through others that it contains."""
    links: dict[str, set[str]] = {}
    names = {f"{path}.contained[{index}]": str(inner.get("id")) for index, inner in enumerate(_contained(root))}
    for mention in report.mentions:
        if mention.text.startswith("#"):
            held = _INNER.match(mention.path)
            source = names.get(held[0], "") if held else ""
            links.setdefault(source, set()).add(mention.text[1:])
    reached: set[str] = set()
    left = {"", *(source for source, targets in links.items() if "" in targets)}
    while left:
        fresh = links.get(left.pop(), set()) - reached
        reached |= fresh
        left |= fresh
    return reached


def _check_inner(report: Report, root: Tree, path: str, mentioned: set[str]) -> None:
    seen: set[str] = set()
    for index, inner in enumerate(_contained(root)):
        place, name = f"{path}.contained[{index}]", inner.get("id")
        if name is None and inner:
            report.error("invalid", place, "a contained resource needs an id")
        elif str(name) in seen:
            report.error("duplicate", place, f"the id {shorten(name)} is used twice")
        elif str(name) not in mentioned and not _mentions_container(inner):
            report.error("invariant", place, f"nothing refers to the contained resource {shorten(name)}", "dom-3")
        seen.add(str(name))
        _check_inner(report, inner, place, mentioned)


def _mentions_container(inner: Any) -> bool:
    """Say whether a contained resource refers to its container (`#`)."""
    if isinstance(inner, dict):
        return inner.get("reference") == "#" or any(map(_mentions_container, inner.values()))
    return isinstance(inner, list) and any(map(_mentions_container, inner))
