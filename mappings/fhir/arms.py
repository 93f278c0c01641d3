"""Codecs for arms, interventions and the links between them."""

from __future__ import annotations

from fhir_adapter.codecs import Each, copy
from fhir_adapter.issues import Issue
from fhir_adapter.mappings.fhir.codes import ARM_TYPE, INTERVENTION_TYPE
from fhir_adapter.mappings.fhir.common import coded, escaped, line, markdown
from fhir_adapter.mappings.fhir.design import mesh_coding, mesh_terms
from fhir_adapter.table import Codec, Row, Scope, Table
from fhir_adapter.tree import Tree

OTHER_NAME = "Other name: "


def _meaning(own: Tree, scope: Scope) -> Tree | None:
    """Give an intervention's words with the MeSH coding that they match by name or other name."""
    known = mesh_terms(scope, "interventionBrowseModule")
    concept: Tree = {}
    for name in (own.get("name"), *(own.get("otherNames") or ())) if known else ():
        mesh = known.get(name.casefold()) if name else None
        if mesh:
            concept["coding"] = [mesh_coding(mesh)]
            break
    if "name" in own:
        concept["text"] = own["name"]
    return concept or None


def _action_code(code: str) -> Tree:
    return {"coding": [{"system": INTERVENTION_TYPE.uri, "code": code}], "text": INTERVENTION_TYPE.label(code)}


other_names = Codec(
    lambda names: [{"text": OTHER_NAME + escaped(name)} for name in names],
    lambda notes: (
        [note["text"].removeprefix(OTHER_NAME) for note in notes if note["text"].startswith(OTHER_NAME)] or None
    ),
    coding=f'"{OTHER_NAME}…"',
)
focus_type = Codec(
    INTERVENTION_TYPE.codings,
    lambda codings: INTERVENTION_TYPE.code({"coding": codings}),
    coding="InterventionType",
    terms=(INTERVENTION_TYPE,),
)

ARM = Table(
    # study          FHIR                 coding
    Row("label", "group.name"),
    Row("type", "group.type", coded(ARM_TYPE)),
    Row("description", "group.description", markdown),
)
INTERVENTION = Table(
    Row("type", "focus.concept.coding", focus_type),
    Row("name", "focus.concept.text"),
    Row("description", "variable.description", markdown),
    Row("otherNames", "variable.note", other_names),
    Row("name", "variable.title", copy(line), "a copy on one line for people"),
    Row("", "variable.meaning", copy(_meaning, scoped=True), "MeSH where name or other name match"),
    Row("type", "action.code", copy(_action_code), "the same code on the protocol's action"),
)
arms = Each(ARM)
interventions = Each(INTERVENTION)


def _full_name(own: Tree) -> str:
    """Give the name under which an arm lists an intervention: "Drug: Zorvatib"."""
    return f"{INTERVENTION_TYPE.label(own['type'])}: {own.get('name', '')}" if "type" in own else own.get("name", "")


def _loose(text: str) -> str:
    return " ".join(text.split()).casefold()


def _write_links(node: Tree, scope: Scope) -> list[list[int]] | None:
    """Say for each arm which interventions (by index, in their order) it has.

    The interventions' labels decide; an arm's own list adds a link only where no label gave one between that
    arm and that name. A link that only one side names is a warning.
    """
    groups, own = node.get("armGroups") or [], node.get("interventions") or []
    if not groups or not own:
        return None
    labels: dict[str, int] = {}
    loose: dict[str, int] = {}
    for index, group in enumerate(groups):
        if "label" in group:
            labels.setdefault(group["label"], index)
            loose.setdefault(_loose(group["label"]), index)
    linked: list[set[int]] = [set() for _ in groups]
    for number, intervention in enumerate(own):
        for label in intervention.get("armGroupLabels") or ():
            arm = labels[label] if label in labels else loose.get(_loose(label))
            if arm is None:
                _warn(scope, f"interventions[{number}].armGroupLabels", f"no arm is called {label!r}")
            else:
                linked[arm].add(number)
    names = [_full_name(intervention) for intervention in own]
    for index, group in enumerate(groups):
        _link_names(group, index, names, linked[index], scope)
    return [sorted(found) for found in linked] if any(linked) else None


def _link_names(group: Tree, index: int, names: list[str], linked: set[int], scope: Scope) -> None:
    """Add the links that only the arm's own list names, and note what only one side says."""
    said = group.get("interventionNames") or ()
    have = {names[number] for number in linked}
    if have == set(said):
        return
    place = f"armGroups[{index}].interventionNames"
    for name in said:
        if name in have:
            continue
        if name not in names:
            _warn(scope, place, f"no intervention is called {name!r}")
        else:
            linked.add(names.index(name))
            _warn(scope, place, f"only the arm links {name!r}; the intervention does not list this arm")
    for name in sorted(have.difference(said)):
        _warn(scope, place, f"only the intervention {name!r} links this arm; the arm does not list it")


def _warn(scope: Scope, place: str, words: str) -> None:
    path = f"protocolSection.armsInterventionsModule.{place}"
    scope.issues.append(Issue.warning("business-rule", path, words))


def _read_links(linked: list[list[int]], node: Tree) -> None:
    groups, own = node.get("armGroups") or [], node.get("interventions") or []
    names = [_full_name(intervention) for intervention in own]
    for group, numbers in zip(groups, linked, strict=False):
        if numbers:
            group["interventionNames"] = [names[number] for number in numbers]
        if "label" in group:
            for number in set(numbers):
                own[number].setdefault("armGroupLabels", []).append(group["label"])


links = Codec(
    _write_links,
    lambda linked, node, _scope: _read_links(linked, node),
    fields=("armGroups.interventionNames", "interventions.armGroupLabels"),
    wide=True,
    scoped=True,
    coding="both lists, joined",
)
