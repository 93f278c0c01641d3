"""What a trial studies and how, as others write it: axes of its design, phases, purpose, size, conditions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from fhir_adapter.issues import Issue
from fhir_adapter.mappings.fhir.codes import (
    ALLOCATION,
    INTERVENTION_MODEL,
    MASKING,
    OBSERVATIONAL_MODEL,
    PHASE,
    PHASE_PAIRS,
    PRIMARY_PURPOSE,
    SAMPLING_METHOD,
    STUDY_TYPE,
    TIME_PERSPECTIVE,
    WHO_MASKED,
)
from fhir_adapter.mappings.fhir.common import MESH
from fhir_adapter.mappings.fhir.foreign.links import Links
from fhir_adapter.mappings.fhir.foreign.words import (
    Node,
    by_code,
    codes,
    concept,
    concepts,
    lookup,
    loose,
    node,
    objects,
    spoken,
    text,
    whole,
    words,
)
from fhir_adapter.mappings.fhir.terms import Terms
from fhir_adapter.table import Scope
from fhir_adapter.tree import Tree

# One line an axis: its name here, the labels that stand before a value ("Masking: Double"), the codes, other words.
_AXES: tuple[tuple[str, tuple[str, ...], Terms, Mapping[str, str]], ...] = (
    ("type", ("study type",), STUDY_TYPE, {
        "c98388": "INTERVENTIONAL", "interventional study": "INTERVENTIONAL",
        "interventional research": "INTERVENTIONAL", "interventional clinical trial": "INTERVENTIONAL",
        "c142615": "OBSERVATIONAL", "c16084": "OBSERVATIONAL", "observational study": "OBSERVATIONAL",
        "observational research": "OBSERVATIONAL", "non interventional study": "OBSERVATIONAL",
        "non interventional": "OBSERVATIONAL", "c98722": "EXPANDED_ACCESS",
    }),
    ("allocation", ("allocation", "design allocation"), ALLOCATION, {
        "randomized assignment": "RANDOMIZED", "randomised": "RANDOMIZED", "randomised assignment": "RANDOMIZED",
        "zufallszuteilung": "RANDOMIZED", "non randomized assignment": "NON_RANDOMIZED",
        "non randomised": "NON_RANDOMIZED", "n a randomized controlled trial": "RANDOMIZED",
    }),
    ("model", ("intervention model", "design intervention model"), INTERVENTION_MODEL, {
        "single group": "SINGLE_GROUP", "parallel": "PARALLEL", "crossover": "CROSSOVER",
        "cross over assignment": "CROSSOVER", "factorial": "FACTORIAL", "sequential": "SEQUENTIAL",
        "parallel cohort design": "PARALLEL", "single arm": "SINGLE_GROUP",
    }),
    ("masking", ("masking", "design masking"), MASKING, {
        "none": "NONE", "open label": "NONE", "open": "NONE", "single blind": "SINGLE", "double blind": "DOUBLE",
    }),
    ("masked", ("who masked", "design who masked"), WHO_MASKED, {
        "blinding of study participants": "PARTICIPANT", "blinding of intervention providers": "CARE_PROVIDER",
        "blinding of outcome assessors": "OUTCOMES_ASSESSOR",
    }),
    ("observed", ("observational model", "design observational model"), OBSERVATIONAL_MODEL, {
        "cohort study": "COHORT", "case control study": "CASE_CONTROL",
    }),
    ("perspective", ("time perspective", "design time perspective"), TIME_PERSPECTIVE, {
        "retrospective observation": "RETROSPECTIVE", "prospective observation": "PROSPECTIVE",
        "cross sectional data collection": "CROSS_SECTIONAL",
    }),
    ("purpose", ("primary purpose", "design primary purpose"), PRIMARY_PURPOSE, {}),
    ("sampling", ("sampling method",), SAMPLING_METHOD, {
        "non probability sampling method": "NON_PROBABILITY_SAMPLE",
        "probability sampling method": "PROBABILITY_SAMPLE",
    }),
)  # fmt: skip
# Words that more than one axis has mean something only behind a label.
_ONLY_LABELLED = frozenset(("other", "n a", "na", "none", "open", "sequential", "family based"))
_COUNTED = {1: "SINGLE", 2: "DOUBLE", 3: "TRIPLE", 4: "QUADRUPLE"}
_COHORTS = frozenset(("PARALLEL", "SINGLE_GROUP"))


def design(study: Node, scope: Scope) -> Tree:
    """Give the axes of the design by their names; masking counted from who is masked where it is not said."""
    found: Tree = {}
    unplaced = []
    for own in objects(study.get("studyDesign")) or _loose(study.get("studyDesign")):
        name, code = axis(own)
        if code is None or name is None:
            unplaced.append(words(own) or "no words")
        elif name == "masked":
            found.setdefault(name, []).append(code)
        elif found.setdefault(name, code) != code:
            unplaced.append(words(own) or code)
    purposes = [code for code in (lookup(PRIMARY_PURPOSE, own) for own in _purposes(study)) if code]
    found |= {"purpose": purposes[0]} if purposes else {}
    unplaced += [code.lower() for code in dict.fromkeys(purposes) if code != found["purpose"]]
    if found.get("type") == "OBSERVATIONAL" and found.get("model") in _COHORTS:
        del found["model"]  # SEVCO's parallel or single cohort is, of an observational study, the registry's cohort
        found.setdefault("observed", "COHORT")
    if found.get("type") == "INTERVENTIONAL" and "perspective" in found:
        unplaced.append(found.pop("perspective").lower())  # the registry asks it of observational studies alone
    if found.get("masked"):
        found["masked"] = list(dict.fromkeys(found["masked"]))
        found.setdefault("masking", _COUNTED[len(found["masked"])])
    if unplaced:
        said = f"no place for {', '.join(sorted(set(unplaced))[:6])} in the design"
        scope.issues.append(Issue.information("not-supported", "ResearchStudy.studyDesign", said))
    return found


def _loose(value: object) -> list[Node]:
    """Read bare text, one line a concept."""
    lines = [line for own in concepts(value) for line in own.get("text", "").split("\n")]
    return [Node(text=line.strip()) for line in lines if line.strip()]


def _purposes(study: Node) -> list[Tree]:
    found = concepts(study.get("primaryPurposeType"))
    return [{"coding": [coding]} for own in found for coding in own["coding"]] + found if found else []


def axis(value: object) -> tuple[str | None, str | None]:
    """Say which axis of the design a concept is on, and its code there.

    >>> axis({"text": "Masking: Double"}), axis({"text": "Interventional"})
    (('masking', 'DOUBLE'), ('type', 'INTERVENTIONAL'))
    """
    own = concept(value)
    for said in spoken(own):
        label, colon, rest = said.partition(":")
        if colon and rest.strip():
            for name, labels, terms, others in _AXES:
                if loose(label) in labels:
                    return name, lookup(terms, rest.strip(), others)
    for name, _, terms, others in _AXES:
        code = lookup(terms, own, others)
        if code and (by_code(terms, own) or loose(next(spoken(own), "")) not in _ONLY_LABELLED):
            return name, code
    return None, None


# --- phases, size ----------------------------------------------------------------------------------------------

_EARLY = re.compile(r"\bearly[ -]phase[ -](?:1|i)\b|\bphase[ -]0\b")
_ONE = re.compile(r"\bphase[ -]?(iv|iii|ii|i|[1-4])[ab]?\b")
_TWO = re.compile(r"\bphase[ -]?(iv|iii|ii|i|[1-4])[ab]?\s?(?:/|-|and|to)\s?(?:phase[ -]?)?(iv|iii|ii|i|[1-4])[ab]?\b")
_ROMAN = {"i": "1", "ii": "2", "iii": "3", "iv": "4"}


def phases(study: Node) -> list[str] | None:
    """Give the phases by HL7's code, else by the words.

    >>> phases(Node(phase="Therapeutic confirmatory (Phase III)")), phases(Node(phase="Phase 1/Phase 2"))
    (['PHASE3'], ['PHASE1', 'PHASE2'])
    """
    own = concept(study.get("phase"))
    known = [PHASE.back.get(code) for code in codes(own) if code in PHASE.back]
    pairs = {hl7: list(both) for both, hl7 in PHASE_PAIRS.items()}
    paired = next((pairs[code] for code in codes(own) if code in pairs), None)
    if paired or known:
        return paired or [str(known[0])]
    for said in spoken(own):
        found = _spelt(said.casefold())
        if found:
            return found
    return None


def _spelt(said: str) -> list[str] | None:
    if _EARLY.search(said):
        return ["EARLY_PHASE1"]
    two = _TWO.search(said)
    if two and two[1] != two[2]:
        return [f"PHASE{_ROMAN.get(word, word)}" for word in two.groups()]
    one = _ONE.search(said)
    if one:
        return [f"PHASE{_ROMAN.get(one[1], one[1])}"]
    return ["NA"] if loose(said) in ("n a", "na", "not applicable") else None


def enrollment(study: Node, links: Links) -> Tree | None:
    """Give how many take part: actual, else target, else the size of the group that is enrolled."""
    recruitment = node(study.get("recruitment"))
    target, actual = whole(recruitment.get("targetNumber")), whole(recruitment.get("actualNumber"))
    if actual is not None:
        return {"count": actual, "type": "ACTUAL"}
    if target is not None:
        return {"count": target, "type": "ESTIMATED"}
    for group in [*links.all(recruitment.get("actualGroup")), *links.all(study.get("enrollment"))]:
        count = whole(group.get("quantity")) if text(group.get("resourceType")) == "Group" else None
        if count is not None:
            real = group.get("actual") is True or group.get("membership") == "enumerated"
            return {"count": count, "type": "ACTUAL" if real else "ESTIMATED"}
    return None


# --- conditions and keywords -----------------------------------------------------------------------------------

_HEADING = re.compile(r"[A-Z][0-9]{3,12}$")
_MESH = frozenset(
    (MESH, "http://id.nlm.nih.gov/mesh/", "http://id.nlm.nih.gov/mesh", "urn:oid:2.16.840.1.113883.6.177")
)


def named(study: Node, element: str, scope: Scope) -> list[str] | None:
    """Give the words of each concept of an element; the codes of other systems than MeSH have no place."""
    found = concepts(study.get(element))
    systems = {coding.get("system", "no system") for own in found for coding in own["coding"] if "code" in coding}
    others = sorted(systems - _MESH)
    if others:
        said = f"the codes have no place beside their words: {', '.join(others)}"
        scope.issues.append(Issue.information("not-supported", f"ResearchStudy.{element}.coding", said))
    bare = sorted({own["coding"][0]["code"] for own in found if own["coding"] and not _worded(own)})
    if bare:
        said = f"codes without words stand as they are: {', '.join(bare)}"
        scope.issues.append(Issue.warning("incomplete", f"ResearchStudy.{element}", said))
    return list(dict.fromkeys(filter(None, (next(spoken(own), None) for own in found)))) or None


def _worded(own: Tree) -> bool:
    return "text" in own or any("display" in coding or "code" not in coding for coding in own["coding"])


def meshes(study: Node, elements: tuple[str, ...]) -> Iterator[Tree]:
    """Give each MeSH heading among the codes of some elements."""
    seen = set()
    for element in elements:
        for own in concepts(study.get(element)):
            for coding in own["coding"]:
                code = coding.get("code")
                if coding.get("system") in _MESH and code and code not in seen and _HEADING.match(code):
                    seen.add(code)
                    yield {"id": code, **({"term": coding["display"]} if "display" in coding else {})}
