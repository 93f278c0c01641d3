"""What a trial measures, as others write it: outcome measures of the study (R5) or of its objectives (R6)."""

from __future__ import annotations

from collections.abc import Iterator

from fhir_adapter.issues import Issue
from fhir_adapter.mappings.fhir.foreign.links import Links
from fhir_adapter.mappings.fhir.foreign.words import Node, concepts, loose, node, objects, spoken, text
from fhir_adapter.table import Scope
from fhir_adapter.tree import Tree

_LISTS = {"primary": "primary", "secondary": "secondary", "exploratory": "other", "other": "other", "tertiary": "other"}


def outcomes(study: Node, links: Links, scope: Scope) -> Iterator[Tree]:
    """Give each outcome with its list: primary, secondary or other."""
    untyped = 0
    for own, inherited in _measures(study):
        kind = _list(own.get("type")) or inherited
        found = _outcome(own, links)
        if found:
            untyped += kind is None
            yield {"kind": kind or "other", **found}
    if untyped:
        said = f"{untyped} outcomes have no type: read as other outcomes"
        scope.issues.append(Issue.information("incomplete", "ResearchStudy.outcomeMeasure", said))


def _measures(study: Node) -> Iterator[tuple[Node, str | None]]:
    for own in objects(study.get("outcomeMeasure")):
        yield own, None
    for objective in objects(study.get("objective")):
        name = loose(text(dict.get(objective, "name")) or "")
        if "outcomeMeasure" in objective:
            kind = _list(objective.get("type"))
            for own in objects(objective.get("outcomeMeasure")):
                yield own, kind
        elif name in _LISTS and "type" not in objective:
            objective.get("name")  # an objective that is called "primary" is DRKS's primary endpoint
            yield Node(name=objective.get("description")), _LISTS[name]


def _list(value: object) -> str | None:
    for own in concepts(value):
        for said in spoken(own):
            first = loose(said).partition(" ")[0].removesuffix("outcome")
            if first in _LISTS:
                return _LISTS[first]
    return None


def _outcome(own: Node, links: Links) -> Tree:
    reference = own.get("endpoint") if "endpoint" in own else own.get("reference")
    variable = links.follow(reference)
    names = (own.get("name"), variable.get("title"), node(reference).get("display"), own.get("description"))
    measure = next(filter(None, map(text, names)), None)
    words = text(own.get("description")) or text(variable.get("description"))
    parts = {"measure": measure, "description": words if words != measure else None, "timeFrame": _when(variable)}
    return {key: value for key, value in parts.items() if value} if measure else {}


def _when(variable: Node) -> str | None:
    """Give when it is measured, in words: R6's timing, R5's or R4B's time of the first characteristic."""
    for own in concepts(variable.get("timing")):
        if own.get("text"):
            return str(own["text"])
    for item in objects(variable.get("characteristic")):
        for time in [*objects(item.get("timeFromEvent")), *objects(item.get("timeFromStart"))]:
            words = text(time.get("description"))
            if words:
                return words
            quantity = node(time.get("quantity")) if "quantity" in time else time
            unit = text(quantity.get("unit"))
            if unit and isinstance(quantity.get("value"), (int, float)):
                return f"{quantity['value']} {unit}"
    return None
