"""What no FHIR element can honestly hold: kept in one extension on the ResearchStudy, so that nothing is lost.

The extension's value is an Attachment: base64 of one JSON object {JSON Pointer: value}, keys sorted, UTF-8.
A pointer starts at the study's root; `null` means that the source lacks what reading would derive. A pointer of
a registry's own record, where it says more than the study can, is written `source#/pointer`.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

import orjson

from fhir_adapter.issues import Issue
from fhir_adapter.tree import Tree, canonical, patch

__all__ = ["NAME", "TITLE", "apply", "attach", "detach"]

NAME = "source-remainder"
_PATH = f"/StructureDefinition/{NAME}"
_CROSS_VERSION = "http://hl7.org/fhir/5.0/"
TITLE = "Source fields without a FHIR element"


def attach(study: Tree, rest: Tree, base: str) -> Tree:
    """Give the ResearchStudy with the remainder as an extension: after its own, before cross-version ones."""
    data = base64.b64encode(canonical(rest)).decode()
    attachment = {"contentType": "application/json", "data": data, "title": TITLE}
    extensions = study.get("extension") or []
    own = [item for item in extensions if not item["url"].startswith(_CROSS_VERSION)]
    newer = [item for item in extensions if item["url"].startswith(_CROSS_VERSION)]
    added = [*own, {"url": base + _PATH, "valueAttachment": attachment}, *newer]
    if "extension" in study:
        return {**study, "extension": added}
    out: Tree = {}
    for key, value in study.items():
        out[key] = value
        if key == ("contained" if "contained" in study else "text"):
            out["extension"] = added
    return out


def detach(study: Tree) -> tuple[Tree, list[Issue]]:
    """Read the remainder of a ResearchStudy; {} where there is none, and an issue where it cannot be read."""
    for item in study.get("extension") or ():
        url = item.get("url") if isinstance(item, dict) else None
        if isinstance(url, str) and url.endswith(_PATH):
            try:
                found = orjson.loads(base64.b64decode(item["valueAttachment"]["data"], validate=True))
            except (KeyError, TypeError, ValueError, binascii.Error) as error:
                words = f"the source remainder cannot be read: {error}; the fields that it held are missing"
                return {}, [Issue.error("structure", "ResearchStudy.extension", words)]
            if isinstance(found, dict):
                return found, []
            words = "the source remainder is no JSON object; the fields that it held are missing"
            return {}, [Issue.error("structure", "ResearchStudy.extension", words)]
    return {}, []


def apply(tree: Any, rest: Tree, issues: list[Issue]) -> Any:
    """Apply the pointers of a remainder; one that does not fit what was read is an issue."""
    for pointer, value in rest.items():
        try:
            tree = patch(tree, {pointer: value})
        except (TypeError, ValueError) as error:
            words = f"the source remainder does not fit what was read: {error}"
            issues.append(Issue.warning("business-rule", pointer, words))
    return tree
