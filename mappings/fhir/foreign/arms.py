"""What participants get, as others write it: arms, interventions from wherever they stand, and the links between."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from fhir_adapter.mappings.fhir.arms import OTHER_NAME
from fhir_adapter.mappings.fhir.codes import ARM_TYPE, INTERVENTION_TYPE
from fhir_adapter.mappings.fhir.foreign.links import Links
from fhir_adapter.mappings.fhir.foreign.words import Node, concept, concepts, lookup, loose, node, objects, text, words
from fhir_adapter.tree import Tree

_ARMS = {f"{loose(label)} arm": code for code, (label, _) in ARM_TYPE.values.items()}
_OTHER_NAMES = (OTHER_NAME, "suggested alternative name: ")
_ATC = "http://www.whocc.no/atc"
# What a reference to a resource of this type says about an intervention.
_BY_RESOURCE = {
    "Medication": "DRUG",
    "MedicationKnowledge": "DRUG",
    "Substance": "DRUG",
    "SubstanceDefinition": "DRUG",
    "Device": "DEVICE",
    "DeviceDefinition": "DEVICE",
}


@dataclass(slots=True)
class Found:
    """One intervention as it is gathered from several places; `arms` are the indices of its arms."""

    name: str
    kind: str | None = None
    description: str | None = None
    others: list[str] = field(default_factory=list)
    arms: list[int] = field(default_factory=list)


def treatment(study: Node, links: Links) -> Tree:
    """Give arms, interventions and the links between them; what several places say of one name is one."""
    groups = objects(study.get("comparisonGroup"))
    arms = [_arm(group, links) for group in groups]
    kept = [index for index, arm in enumerate(arms) if arm]
    places = {index: place for place, index in enumerate(kept)}
    labels = {loose(arms[index]["label"]): place for index, place in places.items() if "label" in arms[index]}
    gathered: dict[str, Found] = {}
    for own, index, label in _all(study, groups, links):
        known = gathered.setdefault(loose(own.name) or own.name, own)
        known.kind, known.description = known.kind or own.kind, known.description or own.description
        known.others += [other for other in own.others if other not in known.others]
        place = places.get(index) if index is not None else labels.get(loose(label or ""))
        if place is not None and place not in known.arms:
            known.arms.append(place)
    interventions = list(gathered.values())
    parts: Tree = {"arms": [arms[index] for index in kept]}
    parts["interventions"] = [_intervention(own) for own in interventions]
    linked = [[n for n, own in enumerate(interventions) if place in own.arms] for place in range(len(kept))]
    if any(linked):
        parts["links"] = linked
    return {key: value for key, value in parts.items() if value}


def _arm(group: Node, links: Links) -> Tree:
    observed = links.follow(group.get("eligibility")) or links.follow(group.get("observedGroup"))
    group.get("linkId")  # ties arms to what the resources say elsewhere
    names = (group.get("name"), node(group.get("eligibility")).get("display"), observed.get("title"))
    label = next(filter(None, map(text, names)), None) or text(node(group.get("observedGroup")).get("display"))
    sort = lookup(ARM_TYPE, group.get("type"), _ARMS) or lookup(ARM_TYPE, observed.get("code"), _ARMS)
    parts = {"label": label, "type": sort, "description": text(group.get("description"))}
    return {key: value for key, value in parts.items() if value}


def _intervention(own: Found) -> Tree:
    parts = {"name": own.name, "type": own.kind, "description": own.description, "otherNames": own.others}
    return {key: value for key, value in parts.items() if value}


def _all(study: Node, groups: list[Node], links: Links) -> Iterator[tuple[Found, int | None, str | None]]:
    """Give each mention of an intervention with the index or the label of its arm."""
    for index, group in enumerate(groups):
        for reference in objects(group.get("intendedExposure")):
            yield from ((own, index, None) for own in _referred(reference, links))
        for item in objects(links.follow(group.get("eligibility")).get("characteristic")):
            if loose(words(item.get("code")) or "") in ("exposed to", "exposure") and item.get("exclude") is not True:
                yield from ((own, index, None) for own in _referred(item.get("valueReference"), links))
        for extension in objects(group.get("extension")):
            if (text(dict.get(extension, "url")) or "").endswith("arm-intervention"):
                yield from ((own, index, None) for own in _profiled(extension))
    for focus in objects(study.get("focus")) or [Node(text=own.get("text")) for own in concepts(study.get("focus"))]:
        yield from ((own, None, None) for own in _focus(focus, links))
    for plan in links.all(study.get("protocol")):
        yield from ((own, None, label) for own, label in _planned(plan))


def _focus(focus: Node, links: Links) -> Iterator[Found]:
    """Read a CodeableReference of R5, or the CodeableConcept that it is in R4."""
    own = concept(focus.get("concept") if "concept" in focus else focus)
    reference = focus.get("reference")
    found = next(_referred(Node(reference=reference) if isinstance(reference, str) else reference, links), None)
    name = words(own) or (found.name if found else None)
    if name:
        atc = any(coding.get("system") == _ATC for coding in own["coding"])
        sort = lookup(INTERVENTION_TYPE, own) or (found.kind if found else None) or ("DRUG" if atc else None)
        yield Found(name, sort, found.description if found else None, found.others if found else [])


def _referred(reference: object, links: Links) -> Iterator[Found]:
    own = node(reference)
    resource = links.follow(own)
    label, colon, rest = (text(own.get("display")) or "").partition(": ")
    sort = lookup(INTERVENTION_TYPE, label) if colon else None
    shown = rest if sort else text(own.get("display"))
    name = text(resource.get("title")) or words(resource.get("code")) or shown or text(resource.get("name"))
    if not name:
        return
    for said in concepts(resource.get("classifier")):
        kind, _, code = (said.get("text") or "").partition(": ")
        sort = (lookup(INTERVENTION_TYPE, code) if kind == "Intervention Type" else None) or sort
    description = text(resource.get("description"))
    sort = sort or _BY_RESOURCE.get(text(resource.get("resourceType")) or text(own.get("type")) or "")
    yield Found(name, sort, description if description != name else None, list(_names(resource)))


def _names(resource: Node) -> Iterator[str]:
    for note in objects(resource.get("note")):
        said = text(note.get("text")) or ""
        for start in _OTHER_NAMES:
            if said.startswith(start):
                yield said.removeprefix(start)


def _profiled(extension: Node) -> Iterator[Found]:
    """Read the intervention that ECLAIRE has on an arm."""
    extension.get("url")
    parts = {text(part.get("url")): part for part in objects(extension.get("extension"))}
    said = {key: text(parts[key].get("valueString")) for key in ("name", "description") if key in parts}
    if said.get("name"):
        yield Found(str(said["name"]), None, said.get("description"))


def _planned(plan: Node) -> Iterator[tuple[Found, str | None]]:
    """Read a plan that is one intervention of one arm (mCODE), or whose actions are arms with interventions."""
    sort, title = lookup(INTERVENTION_TYPE, plan.get("type")), text(plan.get("title"))
    if sort and title:
        arm = words(plan.get("subjectCodeableConcept"))
        yield Found(title, sort, text(plan.get("description"))), arm
        return
    yield from _actions(plan.get("action"), None, 0)


def _actions(value: object, label: str | None, depth: int) -> Iterator[tuple[Found, str | None]]:
    for action in objects(value):
        title, sort = text(action.get("title")), lookup(INTERVENTION_TYPE, action.get("code"))
        if title and sort:
            yield Found(title, sort, text(action.get("description"))), label
        if depth < 8:
            yield from _actions(action.get("action"), title or label, depth + 1)


__all__ = ["treatment"]
