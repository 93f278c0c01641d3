"""From named parts to FHIR R5 resources and back: ids, references, canonical urls.

The parts of a trial, as a version's table writes them:

    study          the ResearchStudy, without its links
    plan           title, date and publisher of the PlanDefinition
    eligibility    description and characteristics of the eligibility EvidenceVariable
    arms           [{group: comparisonGroup}]
    interventions  [{focus: {concept}, variable: EvidenceVariable, action: PlanDefinition.action}]
    links          for each arm the indices of its interventions
    outcomes       [{measure: outcomeMeasure, variable: EvidenceVariable, when: timeFromEvent}]
    sites          [Location]

`dismantle` finds the parts again by following references, never by trusting ids.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fhir_adapter import narrative
from fhir_adapter.identity import machine_name
from fhir_adapter.table import Scope
from fhir_adapter.tree import Tree, fresh

__all__ = ["IDENTIFIERS", "assemble", "child", "dismantle", "index", "told"]

IDENTIFIERS = "/sid/fhir-adapter"  # after the base: the system of our own identifiers
PLAN_TYPE = {"system": "http://terminology.hl7.org/CodeSystem/plan-definition-type", "code": "clinical-protocol"}
CANONICAL = ("EvidenceVariable", "PlanDefinition")  # the types that are named by a url
OUTCOME_PREFIX = {"primary": "p", "secondary": "s", "exploratory": "o"}


def child(kind: str, role: str, scope: Scope) -> Tree:
    """Start a companion resource: id, room for what is `told`, canonical url where it has one, our identifier."""
    identity = f"{scope.id}-{role}"
    identifier = [{"system": scope.base + IDENTIFIERS, "value": identity}]
    if kind not in CANONICAL:
        return {"resourceType": kind, "id": identity, "text": None, "identifier": identifier}
    own = {"url": f"{scope.base}/{kind}/{identity}", "identifier": identifier, "name": machine_name(identity)}
    return {"resourceType": kind, "id": identity, "text": None, **own}


def told(resource: Tree, div: str) -> Tree:
    """Put the generated narrative into its place."""
    resource["text"] = {"status": "generated", "div": div}
    return resource


def assemble(parts: Tree, scope: Scope) -> list[Tree]:
    """Make the R5 resources of one trial, the ResearchStudy first. The parts are used up."""
    study: Tree = {"resourceType": "ResearchStudy", "id": scope.id, "text": None, **parts.get("study", {})}
    study.setdefault("status", "active")
    _contain(study)
    interventions, arms = parts.get("interventions") or [], parts.get("arms") or []
    companions = _eligibility(parts.get("eligibility"), study, scope)
    companions += [_intervention(own, number, scope) for number, own in enumerate(interventions, 1)]
    companions += _outcomes(parts.get("outcomes") or [], study, scope)
    companions += _sites(parts.get("sites") or [], study, scope)
    if interventions:
        study["focus"] = [own["focus"] for own in interventions]
    links = parts.get("links") or [[] for _ in arms]
    if arms:
        study["comparisonGroup"] = [
            _group(own.get("group") or {}, number, linked, interventions)
            for number, (own, linked) in enumerate(zip(arms, links, strict=True), 1)
        ]
    names = [_named(own) for own in interventions]
    if arms or interventions:
        plan = _plan(parts.get("plan") or {}, study.get("comparisonGroup") or [], interventions, links, scope)
        study["protocol"] = [{"reference": f"PlanDefinition/{plan['id']}"}]
        companions.insert(0, told(plan, narrative.plan(plan, names)))
    outcomes = [_timed(own) for own in parts.get("outcomes") or () if _prefix(own["measure"]) == "p"]
    return [told(study, narrative.study(study, names, outcomes)), *companions]


def _named(own: Tree) -> str:
    words = (_kind(own), (own["focus"].get("concept") or {}).get("text"))
    return ": ".join(word for word in words if word)


def _kind(own: Tree) -> str | None:
    text = (own.get("action") or {}).get("code", {}).get("text")
    return str(text) if text else None


def _timed(own: Tree) -> str:
    words = own["measure"].get("name", "")
    return f"{words} ({own['when']['description']})" if "when" in own else words


def _prefix(measure: Tree) -> str:
    return OUTCOME_PREFIX[measure["type"][0]["coding"][0]["code"]]


def _contain(study: Tree) -> None:
    """Move the resources that parties carry into `contained`."""
    contained = [
        party["party"].pop("resource")
        for party in study.get("associatedParty") or ()
        if "resource" in party.get("party", ())
    ]
    if contained:
        study["contained"] = contained


def _refer(resource: Tree, display: str | None = None) -> Tree:
    target = f"{resource['resourceType']}/{resource['id']}"
    return {"reference": target, "display": display} if display else {"reference": target}


def _variable(role: str, own: Tree, characteristic: list[Tree], scope: Scope) -> Tree:
    variable = child("EvidenceVariable", role, scope)
    variable.update(own)
    variable["status"], variable["actual"], variable["characteristic"] = "active", False, characteristic
    return variable


def _eligibility(own: Tree | None, study: Tree, scope: Scope) -> list[Tree]:
    if not own or not own.get("characteristic"):
        return []
    parts: Tree = {"title": f"Eligibility criteria for {scope.id}"}
    if "description" in own:
        parts["description"] = own["description"]
    variable = _variable("eligibility", parts, own["characteristic"], scope)
    study.setdefault("recruitment", {})["eligibility"] = _refer(variable)
    return [told(variable, narrative.eligibility(variable))]


def _intervention(own: Tree, number: int, scope: Scope) -> Tree:
    """Make the EvidenceVariable of an intervention and let its focus refer to it."""
    parts, role = own.get("variable") or {}, f"int-{number}"
    meaning = parts.pop("meaning", None) or {}
    meaning.setdefault("text", role)
    variable = _variable(role, parts, [{"definitionCodeableConcept": meaning}], scope)
    own.setdefault("focus", {})["reference"] = _refer(variable, parts.get("title"))
    own["variable"] = variable
    return told(variable, narrative.intervention(variable, _kind(own)))


def _outcomes(items: list[Tree], study: Tree, scope: Scope) -> list[Tree]:
    """Make the EvidenceVariables of the outcomes and let the study's measures refer to them."""
    counts: dict[str, int] = {}
    variables = []
    for own in items:
        measure, parts = own["measure"], own.get("variable") or {}
        prefix = _prefix(measure)
        counts[prefix] = number = counts.get(prefix, 0) + 1
        role = f"out-{prefix}{number}"
        characteristic: Tree = {"definitionCodeableConcept": parts.pop("meaning", None) or {"text": role}}
        if "when" in own:
            characteristic["timeFromEvent"] = [own["when"]]
        variable = _variable(role, parts, [characteristic], scope)
        measure["reference"] = _refer(variable)
        variables.append(told(variable, narrative.outcome(variable, measure["type"][0]["text"])))
    if items:
        study["outcomeMeasure"] = [own["measure"] for own in items]
    return variables


def _sites(items: list[Tree], study: Tree, scope: Scope) -> list[Tree]:
    places, references = [], []
    for number, own in enumerate(items, 1):
        place = child("Location", f"loc-{number}", scope)
        if "name" in own:
            place["name"] = own["name"]
        place["mode"] = "instance"
        place.update(own)
        name = narrative.place_name(place)
        references.append(_refer(place, name))
        places.append(told(place, narrative.site(place, name)))
    if references:
        study["site"] = references
    return places


def _group(own: Tree, number: int, linked: list[int], interventions: list[Tree]) -> Tree:
    link = f"arm-{number}"
    group = {"linkId": link, **own}
    group.setdefault("name", link)
    if linked:
        group["intendedExposure"] = [dict(interventions[index]["focus"]["reference"]) for index in linked]
    return group


def _plan(own: Tree, groups: list[Tree], interventions: list[Tree], links: list[list[int]], scope: Scope) -> Tree:
    plan = child("PlanDefinition", "protocol", scope)
    if "title" in own:
        plan["title"] = own["title"]
    plan |= {"type": {"coding": [dict(PLAN_TYPE)]}, "status": "active"}
    plan |= {key: own[key] for key in ("date", "publisher") if key in own}
    arms = [_arm(group, linked, interventions) for group, linked in zip(groups, links, strict=True)]
    used = {index for linked in links for index in linked}
    loose = [_action(own, f"int-{n}") for n, own in enumerate(interventions, 1) if n - 1 not in used]
    plan["action"] = [_root(arms), *loose] if arms else loose
    return plan


def _root(arms: list[Tree]) -> Tree:
    root: Tree = {"linkId": "arms", "title": "Study arms", "groupingBehavior": "logical-group"}
    if len(arms) > 1:
        root["selectionBehavior"] = "exactly-one"
    return {**root, "action": arms}


def _arm(group: Tree, linked: list[int], interventions: list[Tree]) -> Tree:
    action: Tree = {"linkId": group["linkId"], "title": " ".join(group["name"].split())}
    if "description" in group:
        action["description"] = group["description"]
    if "type" in group:
        action["code"] = fresh(group["type"])
    if linked:
        inner = [_action(interventions[index], f"{group['linkId']}.int-{index + 1}") for index in linked]
        action |= {"groupingBehavior": "logical-group", "selectionBehavior": "all", "action": inner}
    return action


def _action(own: Tree, link: str) -> Tree:
    variable = own["variable"]
    action: Tree = {"linkId": link}
    action |= {key: variable[key] for key in ("title", "description") if key in variable}
    if "action" in own:
        action["code"] = fresh(own["action"]["code"])
    action["participant"] = [{"type": "patient"}]
    return action


# --- and back ------------------------------------------------------------------------------------------------


def index(resources: Iterable[Tree], entries: Iterable[Tree] = ()) -> dict[str, Tree]:
    """Find resources by `Type/id`, by canonical url and, for Bundle entries, by fullUrl."""
    found: dict[str, Tree] = {}
    for entry in entries:
        resource = entry.get("resource")
        if isinstance(resource, dict) and isinstance(entry.get("fullUrl"), str):
            found.setdefault(entry["fullUrl"], resource)
    for resource in resources:
        found.setdefault(f"{resource.get('resourceType')}/{resource.get('id')}", resource)
        url = resource.get("url")
        if isinstance(url, str):
            found.setdefault(url, resource)
    return found


def _follow(reference: Any, found: dict[str, Tree]) -> Tree:
    """Give the resource that a Reference names; {} where it is not at hand."""
    target = reference.get("reference") if isinstance(reference, dict) else None
    if not isinstance(target, str):
        return {}
    known = found.get(target)
    return known if known is not None else found.get("/".join(target.split("/")[-2:]), {})


def dismantle(study: Tree, found: dict[str, Tree]) -> Tree:
    """Take the parts of one trial from its ResearchStudy and what that refers to."""
    contained = {f"#{own.get('id')}": own for own in study.get("contained") or ()}
    parties = [_inline(party, contained) for party in study.get("associatedParty") or ()]
    interventions = [
        {"focus": own, "variable": _follow(own.get("reference"), found)} for own in study.get("focus") or ()
    ]
    groups = study.get("comparisonGroup") or []
    parts: Tree = {
        "study": {**study, "associatedParty": parties} if parties else study,
        "eligibility": _follow((study.get("recruitment") or {}).get("eligibility"), found),
        "interventions": interventions,
        "arms": [{"group": own} for own in groups],
        "outcomes": [_outcome(own, _follow(own.get("reference"), found)) for own in study.get("outcomeMeasure") or ()],
        "sites": [_follow(own, found) for own in study.get("site") or ()],
    }
    links = _links(groups, interventions)
    if links:
        parts["links"] = links
    return {key: value for key, value in parts.items() if value}


def _inline(party: Tree, contained: dict[str, Tree]) -> Tree:
    reference = party.get("party") or {}
    resource = contained.get(reference.get("reference", ""))
    return {**party, "party": {**reference, "resource": resource}} if resource else party


def _outcome(measure: Tree, variable: Tree) -> Tree:
    own: Tree = {"measure": measure, "variable": variable}
    for item in variable.get("characteristic") or ():
        if "timeFromEvent" in item:
            return {**own, "when": item["timeFromEvent"][0]} if item["timeFromEvent"] else own
    return own


def _links(groups: list[Tree], interventions: list[Tree]) -> list[list[int]]:
    numbers = {
        (own["focus"].get("reference") or {}).get("reference"): number for number, own in enumerate(interventions)
    }
    linked = [
        [numbers[own["reference"]] for own in group.get("intendedExposure") or () if own.get("reference") in numbers]
        for group in groups
    ]
    return linked if any(linked) else []
