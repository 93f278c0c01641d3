"""Extensions: value or extensions, their url, and the content that HL7's cross-version urls ask for.

`http://hl7.org/fhir/5.0/StructureDefinition/extension-ResearchStudy.associatedParty` carries an R5 element in R4
or R4B: its value is the element's type where this version has it, its sub-extensions are the element's children
where it hasn't. As with HL7's engine a wrong element or type is an error. How often they and their parts occur,
and which primitive type a part has, it does not check; here that is a warning, since no server will say it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from fhir_adapter.tree import Tree
from fhir_adapter.validate.definitions import load
from fhir_adapter.validate.primitives import shorten
from fhir_adapter.validate.reading import readable_of
from fhir_adapter.validate.report import DEEPEST, Report
from fhir_adapter.validate.shapes import Kind, kind_of

__all__ = [
    *("CROSS", "WRITTEN", "Content", "check_parts_absent", "content_of", "is_absolute", "parts_of", "values_of"),
    *("walk_extension", "walk_family"),
]

CROSS = "http://hl7.org/fhir/5.0/StructureDefinition/extension-"
# Which cross-version extensions we write on which type (mapping-spec.md, section 9): `schema` knows these, what
# stands elsewhere is looked at closely.
_CRITERION = ("linkId", "note", "definitionByTypeAndValue", "definitionByCombination", "timeFromEvent")
_STUDY = ("url", "version", "name", "date", "descriptionSummary", "classifier", "label")
_STUDY_PARTS = ("associatedParty", "progressStatus", "recruitment", "outcomeMeasure")
WRITTEN = {
    "ResearchStudy": tuple(f"ResearchStudy.{name}" for name in (*_STUDY, *_STUDY_PARTS)),
    "ResearchStudy.arm": tuple(f"ResearchStudy.comparisonGroup.{name}" for name in ("linkId", "intendedExposure")),
    "CodeableConcept": ("CodeableReference.reference",),
    "EvidenceVariable": ("EvidenceVariable.actual",),
    "EvidenceVariable.characteristic": tuple(f"EvidenceVariable.characteristic.{name}" for name in _CRITERION),
    "Location": ("Location.characteristic", "Location.contact"),
    "ContactDetail": ("ExtendedContactDetail.purpose",),
    "RelatedArtifact": ("RelatedArtifact.classifier", "RelatedArtifact.publicationDate"),
}
# R5 types that R4 and R4B carry as an older one (mapping-spec.md, section 9).
SUBSTITUTES = {"ExtendedContactDetail": "ContactDetail"}
# HL7's cross-version extensions are those of DSTU2, STU3, R4 and R5.
_FOREIGN = re.compile(r"http://hl7\.org/fhir/(?:4\.[1-9]|[6-9]\.[0-9])/StructureDefinition/extension-")
_PART = re.compile(r"xtension\[[0-9]+\]\.extension\[[0-9]+\]$")


@dataclass(frozen=True, slots=True)
class Content:
    """What an extension holds: a value of one of `kinds`, or sub-extensions named by children of `parent`."""

    minimum: int
    maximum: int
    kinds: tuple[Kind, ...]
    parent: str | None


@cache
def content_of(fhir: str, element: str) -> Content | None:
    """Say what carries an R5 element (`ResearchStudy.label`) in a version; None when R5 has no such element."""
    types = load("r5").types
    parent, _, rest = element.partition(".")
    found: Content | None = None
    for name in rest.split(".") if rest else []:
        children = types.get(parent, {})
        entry = children.get(name) or children.get(f"{name}[x]")
        if entry is None:
            return None
        found = _content(fhir, entry)
        parent = entry[2][0].lstrip("@")
    return found


def _content(fhir: str, entry: list[Any]) -> Content:
    """Turn the entry of an R5 element into the content of its extension."""
    definitions = load(fhir)
    kinds = []
    for spelling in entry[2]:
        kind = kind_of("r5", spelling)
        name = SUBSTITUTES.get(kind.name, kind.name)
        if kind.primitive and name not in definitions.primitives:
            name = "string"
        if kind.primitive or (name in definitions.types and "." not in name):
            kinds.append(Kind(name, kind.primitive, kind.targets))
    parent = None if kinds else entry[2][0].lstrip("@").partition("(")[0]
    return Content(entry[0], entry[1], tuple(kinds), parent)


def walk_extension(report: Report, extension: Any, path: str, depth: int) -> None:
    """Report on one extension that stands for itself; `structure` has looked at its parts."""
    if not isinstance(extension, dict) or not extension:
        return
    url = extension.get("url")
    held = readable_of(report.fhir, "Extension", extension)
    values = [key for key in held if key.lstrip("_").startswith("value")]
    if bool(values) == ("extension" in held):
        said = "both a value and extensions" if values else "neither a value nor extensions"
        report.error("invariant", path, f"the extension {shorten(url)} has {said}; it must have one of them", "ext-1")
    spelt = url if isinstance(url, str) else shorten(url)
    relative = not spelt.partition(":")[2] or " " in spelt
    if url == "" or (url and relative and not _PART.search(path)):
        report.error("value", path, f"the extension url {shorten(url)} is not absolute")
    if not isinstance(url, str):
        return
    if _FOREIGN.match(url):
        report.error("not-found", path, f"{shorten(url)} names a FHIR version without cross-version extensions")
    if url.startswith(CROSS) and url != CROSS:
        content = content_of(report.fhir, url[len(CROSS) :])
        if content is None:
            report.error("not-found", path, f"{shorten(url[len(CROSS) :])} is no element of R5")
        else:
            _check_content(report, content, extension, path, depth)


def values_of(extension: Tree) -> list[str]:
    """Give the property that holds the value, `_value` counted as `value`; of several the first is read."""
    return [key.lstrip("_") for key in extension if key.lstrip("_").startswith("value")][:1]


def is_absolute(url: Any) -> bool:
    """Say whether an extension in an extension stands for itself: its url is an address, not a part's name."""
    return isinstance(url, str) and url.startswith(("http:", "https:", "urn:"))


def check_parts_absent(report: Report, extension: Tree, path: str, part: bool = False) -> None:
    """Report extensions in one that has a value, or in a part of one; what a part's own are called isn't known."""
    parts = extension.get("extension")
    if isinstance(parts, list) and any(isinstance(item, dict) for item in parts):
        report.error("structure", path, "extensions where only a value belongs")
    if part:
        return
    for index, item in enumerate(parts if isinstance(parts, list) else ()):
        url = item.get("url") if isinstance(item, dict) else None
        if url is not None and not is_absolute(url):
            report.error("structure", f"{path}.extension[{index}]", f"there is no part {shorten(url)} here")


def walk_family(report: Report, extensions: Any, path: str) -> None:
    """Report cross-version extensions that occur more often than their element may."""
    if not isinstance(extensions, list):
        return
    seen: set[str] = set()
    for index, extension in enumerate(extensions):
        url = extension.get("url") if isinstance(extension, dict) else None
        if isinstance(url, str) and url.startswith(CROSS):
            content = content_of(report.fhir, url[len(CROSS) :])
            if content and content.maximum == 1 and url in seen:
                report.warning("structure", f"{path}.extension[{index}]", f"{shorten(url)} may occur only once")
            seen.add(url)


def _check_content(report: Report, content: Content, extension: Tree, path: str, depth: int) -> None:
    if content.parent is not None:
        return _check_children(report, content.parent, extension, path, depth)
    check_parts_absent(report, extension, path, bool(_PART.search(path)))
    allowed = {f"value{kind.name[0].upper()}{kind.name[1:]}": kind for kind in content.kinds}
    found = values_of(extension)
    for key in found:
        kind = allowed.get(key)
        if kind is None:
            _mistyped(report, content, key, path)
        elif kind.name == "Reference" and kind.targets:
            _narrow(report, kind.targets, f"{path}.value.ofType(Reference)")
    if not found and "extension" in extension:
        say = report.warning if _PART.search(path) else report.error
        say("structure", path, f"extensions where {' or '.join(allowed)} belongs")
    return None


def _mistyped(report: Report, content: Content, key: str, path: str) -> None:
    """Report a value of another type: of a part at the value, and mildly where a primitive belongs."""
    allowed = " or ".join(f"value{kind.name[0].upper()}{kind.name[1:]}" for kind in content.kinds)
    message = f"{key} where {allowed} belongs"
    if not _PART.search(path):
        return report.error("structure", path, message)
    primitive = f"{key[5].lower()}{key[6:]}" if len(key) > 5 else ""
    name = primitive if primitive in load(report.fhir).primitives else key[5:]
    mild = all(kind.primitive for kind in content.kinds)
    say = report.warning if mild else report.error
    return say("structure", f"{path}.value.ofType({name})", message)


def _narrow(report: Report, targets: tuple[str, ...], path: str) -> None:
    """Say which types the Reference of an extension may lead to, which the type Extension leaves open."""
    for index, mention in enumerate(report.mentions):
        if mention.path == path:
            report.mentions[index] = replace(mention, targets=targets)


def _check_children(report: Report, parent: str, extension: Tree, path: str, depth: int) -> None:
    """Report on the sub-extensions that stand for the children of an R5 element."""
    parts = extension.get("extension")
    if not isinstance(parts, list) or depth > DEEPEST:
        return report.error("structure", path, f"a value where extensions for the parts of {parent} belong")
    counts: dict[str, int] = {}
    for index, part in enumerate(parts):
        url = part.get("url") if isinstance(part, dict) else None
        if not isinstance(url, str):
            continue
        name = url.removeprefix(f"{CROSS}{parent}.")
        content = parts_of(report.fhir, parent).get(name)
        if content is None:
            if not is_absolute(url) or url.startswith(CROSS):
                report.error("structure", f"{path}.extension[{index}]", f"{parent} has no part {shorten(url)}")
            continue
        counts[name] = counts.get(name, 0) + 1
        if content.parent and parent.startswith(content.parent) and "extension" not in part:
            # Where a type holds itself HL7's engine as we know it takes a value too.
            continue
        _check_content(report, content, part, f"{path}.extension[{index}]", depth + 1)
    _check_counts(report, parent, counts, path)
    return None


def _check_counts(report: Report, parent: str, counts: dict[str, int], path: str) -> None:
    for name, content in parts_of(report.fhir, parent).items():
        count = counts.get(name, 0)
        if count < content.minimum:
            report.warning("required", path, f"the part {name!r} of {parent} is missing")
        if content.maximum and count > content.maximum:
            report.warning("structure", path, f"{count} times the part {name!r} of {parent}; {content.maximum} allowed")


@cache
def parts_of(fhir: str, parent: str) -> dict[str, Content]:
    """Give the sub-extensions that stand for the children of an R5 element, by name."""
    children = load("r5").types.get(parent, {})
    return {
        name.removesuffix("[x]"): _content(fhir, entry)
        for name, entry in children.items()
        if name not in ("extension", "id", "modifierExtension")
    }
