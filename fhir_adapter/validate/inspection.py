"""Look at one resource as a whole: its structure, then what only the whole can tell."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fhir_adapter.issues import Issue
from fhir_adapter.tree import Tree
from fhir_adapter.validate.bundle import check_bundle, given_in, homeless
from fhir_adapter.validate.definitions import load
from fhir_adapter.validate.reading import readable
from fhir_adapter.validate.references import Given, check_contained, check_marks, check_mentions
from fhir_adapter.validate.report import DEEPEST, Report
from fhir_adapter.validate.rules import check_rules
from fhir_adapter.validate.structure import walk_resource

__all__ = ["inspect"]


def inspect(resource: Any, fhir: str, given: Given | None = None) -> list[Issue]:
    """Give all issues of one resource; `given` are the resources that it may refer to, None for any."""
    try:
        return _inspect(resource, fhir, given, "", 0)
    except RecursionError:
        return [Issue.fatal("too-costly", "", "nested too deeply to be looked at")]


def _inspect(resource: Any, fhir: str, given: Given | None, path: str, depth: int) -> list[Issue]:
    report = Report(fhir)
    walk_resource(report, resource, path, depth)
    kind = resource.get("resourceType") if isinstance(resource, dict) else None
    if not isinstance(kind, str) or kind not in load(fhir).resources:
        return report.issues
    place = path or kind
    # Looked at by HL7's rules is what could be read; where nothing is wrong that is all.
    read = readable(fhir, resource) if report.issues or kind == "Bundle" else resource
    check_rules(report, read, place)
    check_marks(report)
    check_contained(report, read, place)
    check_mentions(report, read, given)
    if kind == "Bundle":
        check_bundle(report, read, place)
        _inspect_entries(report, resource, place, depth)
    return report.issues


def _inspect_entries(report: Report, bundle: Tree, path: str, depth: int) -> None:
    given, nameless = given_in(bundle), homeless(bundle, path)
    for place, resource in report.entries:
        if depth < DEEPEST:
            entry = place.removesuffix(".resource")
            given = replace(given, entry=entry if entry in nameless else "")
            report.issues.extend(_inspect(resource, report.fhir, given, place, depth + 3))
