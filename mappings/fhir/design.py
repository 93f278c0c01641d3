"""Codecs for how a trial is designed: phases, cohort model, enrollment, conditions and MeSH."""

from __future__ import annotations

from fhir_adapter.codecs import parts
from fhir_adapter.mappings.fhir.codes import OBSERVATIONAL_MODEL, PHASE, PHASE_PAIRS, STUDY_DESIGN
from fhir_adapter.mappings.fhir.common import ABSENT, MESH
from fhir_adapter.mappings.fhir.terms import Terms
from fhir_adapter.table import REST, Codec, Scope
from fhir_adapter.tree import Tree


def _write_phases(codes: list[str]) -> Tree | None:
    if not codes:
        return None
    hl7 = PHASE.values.get(codes[0], ("", None))[1] if len(codes) == 1 else PHASE_PAIRS.get(tuple(codes))  # type: ignore[arg-type]
    codings: list[Tree] = [{"system": PHASE.system, "code": hl7}] if hl7 else []
    codings += [{"system": PHASE.uri, "code": code} for code in codes]
    return {"coding": codings, "text": "/".join(PHASE.label(code) for code in codes)}


def _read_phases(concept: Tree) -> list[str] | None:
    codings = concept.get("coding") or ()
    own = [coding["code"] for coding in codings if coding.get("system") == PHASE.uri]
    if own:
        return own
    pairs = {hl7: list(codes) for codes, hl7 in PHASE_PAIRS.items()}
    for coding in codings:
        code = coding.get("code")
        if code in PHASE.back:
            return [PHASE.back[code]]
        if code in pairs:
            return pairs[code]
    return None


phases = Codec(_write_phases, _read_phases, coding="Phase", terms=(PHASE,))


def _write_model(code: str, scope: Scope) -> list[Tree]:
    """A cohort study is a parallel or a single-group one by the number of its groups."""
    concept = OBSERVATIONAL_MODEL.concept(code)
    if code == "COHORT":
        arms = (scope.study["protocolSection"].get("armsInterventionsModule") or {}).get("armGroups") or ()
        sevco = {0: None, 1: "SEVCO:01016"}.get(len(arms), "SEVCO:01011")
        if sevco:
            concept["coding"].insert(0, {"system": STUDY_DESIGN, "code": sevco})
    return [concept]


observational_model = Codec(
    _write_model,
    lambda concepts, _scope: OBSERVATIONAL_MODEL.code(concepts[0]),
    marks=(OBSERVATIONAL_MODEL.uri, *OBSERVATIONAL_MODEL.back),
    scoped=True,
    coding="ObservationalModel",
    terms=(OBSERVATIONAL_MODEL,),
)


def _write_enrollment(own: Tree) -> Tree | None:
    count, kind = own.get("count"), own.get("type")
    if count is None:
        return None
    if kind == "ACTUAL":
        return {"actualNumber": count}
    if kind == "ESTIMATED":
        return {"targetNumber": count}
    return {"targetNumber": count, "_actualNumber": {"extension": [{"url": ABSENT, "valueCode": "unknown"}]}}


def _read_enrollment(recruitment: Tree, node: Tree) -> None:
    if "actualNumber" in recruitment:
        node |= {"count": recruitment["actualNumber"], "type": "ACTUAL"}
    elif "targetNumber" in recruitment:
        node["count"] = recruitment["targetNumber"]
        if "_actualNumber" not in recruitment:
            node["type"] = "ESTIMATED"


enrollment = parts(_write_enrollment, _read_enrollment, "count", "type", coding="actual or target number")


# --- conditions, keywords, MeSH ------------------------------------------------------------------------------


def mesh_terms(scope: Scope, module: str) -> dict[str, Tree]:
    """Give the terms of a browse module that have an id, by their words in lower case."""
    meshes = ((scope.study.get("derivedSection") or {}).get(module) or {}).get("meshes") or ()
    return {mesh["term"].casefold(): mesh for mesh in meshes if "id" in mesh and "term" in mesh}


def mesh_coding(mesh: Tree) -> Tree:
    """Give the MeSH coding of a term that has an id."""
    coding = {"system": MESH, "code": mesh["id"]}
    if "term" in mesh:
        coding["display"] = mesh["term"]
    return coding


def _write_conditions(names: list[str], scope: Scope) -> list[Tree]:
    known = mesh_terms(scope, "conditionBrowseModule")
    concepts: list[Tree] = []
    for name in names:
        mesh = known.get(name.casefold())
        concepts.append({"coding": [mesh_coding(mesh)], "text": name} if mesh else {"text": name})
    return concepts


conditions = Codec(
    _write_conditions,
    lambda concepts, _scope: [_words(concept) for concept in concepts],
    scoped=True,
    coding="MeSH where the words match",
)
keywords = Codec(
    lambda words: [{"text": word} for word in words],
    lambda concepts: [_words(concept) for concept in concepts],
    marks=(REST,),
)


def _words(concept: Tree) -> str | None:
    """Give a concept's text, else the first coding's display or code."""
    text = concept.get("text")
    if text:
        return str(text)
    for coding in concept.get("coding") or ():
        words = coding.get("display") or coding.get("code")
        if words:
            return str(words)
    return None


def meshes(mark: str) -> Codec:
    """Tie the registry's MeSH terms to keywords with a MeSH coding, a mark and no text; without an id, with text."""
    terms = Terms(mark, {}, enumeration=False)  # its codes are MeSH's
    name = mark.removesuffix("Id") + "Term"
    words = Terms(name, {name: ("", None)}, enumeration=False)

    def write(items: list[Tree]) -> list[Tree] | None:
        if not all("id" in mesh or "term" in mesh for mesh in items):
            return None
        return [
            _coded(mesh, terms.uri) if "id" in mesh else {"coding": words.codings(name), "text": mesh["term"]}
            for mesh in items
        ]

    def read(concepts: list[Tree]) -> list[Tree]:
        return [_mesh(concept) for concept in concepts]

    marks = (terms.uri, words.uri)
    return Codec(write, read, fields=("id", "term"), marks=marks, coding=f"MeSH, {mark}", terms=(terms, words))


def _coded(mesh: Tree, system: str) -> Tree:
    return {"coding": [mesh_coding(mesh), {"system": system, "code": mesh["id"]}]}


def _mesh(concept: Tree) -> Tree:
    for coding in concept["coding"]:
        if coding["system"] == MESH:
            return {"id": coding["code"], "term": coding["display"]} if "display" in coding else {"id": coding["code"]}
    return {"term": concept["text"]}
