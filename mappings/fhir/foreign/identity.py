"""Who a trial is, as others write it: numbers of any registry, titles of any kind."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fhir_adapter.issues import Issue
from fhir_adapter.mappings.fhir.codes import SECONDARY_ID_TYPE
from fhir_adapter.mappings.fhir.foreign.words import (
    Node,
    codes,
    concept,
    lookup,
    loose,
    objects,
    spoken,
    text,
    touch,
    words,
)
from fhir_adapter.table import Scope
from fhir_adapter.tree import Tree

NCT = re.compile(r"(?:https?://(?:www\.)?clinicaltrials\.gov/(?:ct2/show|study)/)?(NCT\d{8})$", re.IGNORECASE)
# The registries whose numbers can be told by their form: name, and the registry's kind of second number.
REGISTRIES = (
    (re.compile(r"NCT\d{8}$"), "ClinicalTrials.gov", "REGISTRY"),
    (re.compile(r"ISRCTN\d{8}$"), "ISRCTN", "REGISTRY"),
    (re.compile(r"DRKS\d{8}$"), "German Clinical Trials Register (DRKS)", "REGISTRY"),
    (re.compile(r"20[2-9]\d-5\d{5}-\d{2}(-\d{2})?$"), None, "CTIS"),
    (re.compile(r"(EUCTR)?(19|20)\d{2}-[0-4]\d{5}-\d{2}(-[A-Z]{2,3})?$"), None, "EUDRACT_NUMBER"),
    (re.compile(r"ChiCTR[-\w]*\d{6,}$"), "Chinese Clinical Trial Registry (ChiCTR)", "REGISTRY"),
    (re.compile(r"CTRI/\d{4}/\d{2,3}/\d+$"), "Clinical Trials Registry - India (CTRI)", "REGISTRY"),
    (re.compile(r"(jRCTs?\d{9,}|UMIN\d{9}|JPRN-\w+)$"), "Japan Registry of Clinical Trials", "REGISTRY"),
    (re.compile(r"ACTRN\d{14}p?$"), "Australian New Zealand Clinical Trials Registry (ANZCTR)", "REGISTRY"),
    (re.compile(r"(KCT\d{7}|TCTR\d{11}|IRCT\w{10,}|PACTR\d{15,}|RBR-\w{6,}|PER-\d{3}-\d{2}|SLCTR/\d{4}/\d{3})$"),
     "WHO primary registry", "REGISTRY"),
    (re.compile(r"U1111-\d{4}-\d{4}$"), "WHO Universal Trial Number (UTN)", "REGISTRY"),
    (re.compile(r"CRD\d{8,}$"), "PROSPERO", "REGISTRY"),
)  # fmt: skip
# Registries of trials: their number can stand as the trial's own. A UTN or a review's number cannot.
_TRIAL_REGISTRY = REGISTRIES[:10]
# What the sponsor's own number is called: NCI Thesaurus, USDM, CTIS.
_OWN_CODES = frozenset(("C132351",))
_OWN_WORDS = frozenset(("sponsor protocol identifier", "pharmaceutical company", "protocol code", "protocol number"))


def numbers(study: Node, sponsor: str | None) -> Iterator[Tree]:
    """Give each number of the study with its kind: number, alias, own or second.

    `sponsor` is the lead sponsor's name: a number without type or system that it assigned is its own.
    """
    found = [_number(own, sponsor) for own in objects(study.get("identifier"))]
    items = [own for own in found if own]
    coded = [label for label in objects(study.get("label")) if _own(label.get("type")) and text(label.get("value"))]
    items += [{"kind": "own", "id": text(label.get("value"))} for label in coded]
    main = _main(items, text(study.get("id")))
    chosen = False
    owned = False
    for own in items:
        if own["id"] == main and not chosen:
            chosen = True
            yield {"kind": "number", "id": main}
        elif own["id"] == main:
            continue
        elif own["kind"] == "own":
            yield {**own, "kind": "second" if owned else "own"}
            owned = True
        else:
            yield own
    if main and not chosen:
        yield {"kind": "number", "id": main}


def _main(items: list[Tree], own_id: str | None) -> str | None:
    """Choose the trial's number: an NCT number, the official one first, else the resource's id, else a registry's."""
    current = [own for own in items if own["kind"] != "alias"]
    current.sort(key=lambda own: not own.get("official"))
    nct = [own["id"] for own in current if NCT.match(own["id"])]
    if nct:
        return str(nct[0])
    if own_id and NCT.match(own_id):
        return own_id.upper()
    registered = [own["id"] for own in current if any(form.match(own["id"]) for form, _, _ in _TRIAL_REGISTRY)]
    return str(registered[0]) if registered else None


def _number(own: Node, sponsor: str | None) -> Tree | None:
    value = text(own.get("value"))
    if value is None:
        touch(own)
        return None
    url = NCT.match(value)
    number = url[1].upper() if url else value
    use, system, kind = text(own.get("use")), text(own.get("system")), own.get("type")
    assigner = words(own.get("assigner"))
    if use == "old" and url:
        return {"kind": "alias", "id": number}
    own_number = _own(kind)
    known = next(((name, sort) for form, name, sort in REGISTRIES if form.match(number)), None)
    if known is None and (own_number or (sponsor and assigner == sponsor and not kind and not system)):
        return {"kind": "own", "id": number}
    item: Tree = {"kind": "second", "id": number}
    if known:
        item |= {"type": known[1], "domain": known[0]}
    else:
        item |= {"type": lookup(SECONDARY_ID_TYPE, kind), "domain": assigner or words(kind) or system}
        if item["type"] is None and (kind or system):
            item["type"] = "OTHER"
        elif item["type"] and not assigner:
            item["domain"] = None
    if use == "official":
        item["official"] = True
    return {key: part for key, part in item.items() if part is not None}


def _own(kind: object) -> bool:
    """Say whether a type of number is the sponsor's own number of the protocol."""
    return not _OWN_CODES.isdisjoint(codes(kind)) or any(loose(said) in _OWN_WORDS for said in spoken(concept(kind)))


# --- titles --------------------------------------------------------------------------------------------------

# The kinds of title by the codes and words that publishers give them; the first that is there is taken.
_OFFICIAL = ("official", "scientific", "C207616", "official study title", "official title")
_BRIEF = ("short-title", "short", "brief", "C207615", "brief study title", "primary", "primary-human-use")
_PUBLIC = ("plain-language", "public", "human-use", "human use", "öffentlicher titel", "lay")
_ACRONYM = ("acronym", "C207646", "study acronym", "short name")


def titles(study: Node, scope: Scope) -> Iterator[Tree]:
    """Give the title of each kind: brief, official, acronym; the others are named in an issue."""
    ordered = sorted(objects(study.get("label")), key=_translated)
    labels = [(_kinds(own.get("type")), text(own.get("value"))) for own in ordered]
    title = text(study.get("title"))
    study.get("name")  # a name for programs: it says nothing that the title does not

    def first(names: tuple[str, ...]) -> str | None:
        return next((value for name in names for kinds, value in labels if name in kinds and value), None)

    official, brief, acronym = first(_OFFICIAL), first(_BRIEF), first(_ACRONYM)
    if title and brief and not official and brief != title:
        official = title
    brief = brief or title or first(_PUBLIC) or official
    untyped = next((value for kinds, value in labels if not kinds and value), None)
    taken = {"brief": brief or untyped, "official": official, "acronym": acronym}
    yield from ({"kind": kind, "value": value} for kind, value in taken.items() if value)
    left = [own for own in ordered if text(own.get("value")) not in (None, title, *taken.values())]
    others = sorted({words(own.get("type")) or "no type" for own in left if not _own(own.get("type"))})
    if others:
        said = f"no place for one more title of the kind {', '.join(others)}"
        scope.issues.append(Issue.information("not-supported", "ResearchStudy.label", said))


def _translated(label: Node) -> bool:
    """Say whether a label says that its language is not English: where R6 has translations beside the original."""
    return not (text(label.get("language")) or "en").startswith("en")


def _kinds(kind: object) -> list[str]:
    return [*codes(kind), *(said.casefold() for said in spoken(concept(kind)))]
