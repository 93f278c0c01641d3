"""What belongs to a trial on paper, as others write it: publications, links, and what classifiers say in words."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fhir_adapter.issues import Issue
from fhir_adapter.mappings.fhir.codes import IPD_SHARING, STANDARD_AGE
from fhir_adapter.mappings.fhir.foreign.links import Links
from fhir_adapter.mappings.fhir.foreign.words import (
    Node,
    codes,
    concepts,
    lookup,
    loose,
    node,
    objects,
    plain,
    spoken,
    text,
)
from fhir_adapter.table import Scope
from fhir_adapter.tree import Tree

_PMID = re.compile(r"(?:pubmed\.ncbi\.nlm\.nih\.gov/|ncbi\.nlm\.nih\.gov/pubmed/)([0-9]{1,20})/?$")
_SPACE = re.compile(r"\s")
# Where a record was made from, or with what: about the record and not about the trial.
_PROVENANCE = frozenset(
    ("transforms", "transformed-with", "transformed-into", "predecessor", "successor", "composed-of")
)


def artifacts(study: Node, links: Links) -> Iterator[Tree]:
    """Give each publication, once, and each link with its kind: reference or link."""
    cited: dict[str, Tree] = {}
    for own in _artifacts(study, links):
        if own["kind"] == "link":
            yield own
        else:
            known = cited.setdefault(own.get("pmid") or own.get("citation") or "", {})
            known |= {key: value for key, value in own.items() if key not in known}
    yield from cited.values()


def _artifacts(study: Node, links: Links) -> Iterator[Tree]:
    for own in [*objects(study.get("relatedArtifact")), *objects(study.get("relatesTo"))]:
        kinds = {text(own.get("type")) or "", *codes(own.get("type"))}
        if kinds.isdisjoint(_PROVENANCE):
            yield from _artifact(own, kinds)
    for result in objects(study.get("result")):
        links.follow(result)
        citation = text(result.get("display"))
        if citation:
            yield {"kind": "reference", "citation": citation, "type": "RESULT"}


def _artifact(own: Node, kinds: set[str]) -> Iterator[Tree]:
    document, target = node(own.get("document")), node(own.get("targetAttachment"))
    places = (document.get("url"), own.get("url"), own.get("targetUri"), target.get("url"), own.get("resource"))
    url = next(filter(None, map(text, places)), None)
    shown = (own.get("display"), own.get("label"), document.get("title"), target.get("title"))
    label = next(filter(None, map(text, shown)), None) or text(node(own.get("targetReference")).get("display"))
    citation = text(own.get("citation"))
    found = _PMID.search(url) if url else None
    if citation or found or ("citation" in kinds and label) or ("derived-from" in kinds and label and not url):
        words = plain(citation) if citation else label
        yield {"kind": "reference", **({"pmid": found[1]} if found else {}), **({"citation": words} if words else {})}
        if found is not None or url is None:
            return
    if url and not _SPACE.search(url):
        yield {"kind": "link", **({"label": label} if label else {}), "url": url}


# --- classifiers -----------------------------------------------------------------------------------------------

_FLAGS = {"false": False, "no": False, "true": True, "yes": True}
# What FEvIR's converter writes into a classifier's text, before the colon or as two words, and the kind here.
_LABELS = {
    "ipdsharing": "sharing",
    "ipdsharingdescription": "sharing description",
    "ipdsharingtimeframe": "sharing time",
    "ipdsharingaccesscriteria": "sharing access",
    "minimum age": "minimum age",
    "maximum age": "maximum age",
    "age group": "age group",
    "has results": "results",
}
_OVERSIGHT = re.compile(r"Oversight Classifier: (\w+) (True|False)$")
_SUBJECTS = {
    "includes-healthy-volunteers": ("healthy", True),
    "does-not-include-healthy-volunteers": ("healthy", False),
    "includes-females": ("female", True),
    "includes-males": ("male", True),
    "does-not-include-females": ("female", False),
    "does-not-include-males": ("male", False),
}


def classifiers(study: Node, scope: Scope) -> Tree:
    """Give what classifiers say that the study has a field for, by kind; the others are named in an issue."""
    found: Tree = {}
    unplaced = []
    for own in concepts(study.get("classifier")):
        said = list(_classified(own))
        for kind, value in said:
            if kind == "age group":
                found.setdefault(kind, []).append(value)
            else:
                found.setdefault(kind, value)
        if not said:
            unplaced.append(next(spoken(own), "a code system alone"))
    if "female" in found or "male" in found:
        both = (found.get("female", False), found.get("male", False))
        found |= {"sex": {(True, True): "ALL", (True, False): "FEMALE", (False, True): "MALE"}.get(both)}
    if unplaced:
        some = "; ".join(own if len(own) < 60 else f"{own[:60]}…" for own in unplaced[:4])
        said_so = f"no place for {len(unplaced)} classifiers: {some}"
        scope.issues.append(Issue.information("not-supported", "ResearchStudy.classifier", said_so))
    return {kind: value for kind, value in found.items() if value is not None}


def _classified(own: Tree) -> Iterator[tuple[str, object]]:
    for code in codes(own):
        if code in _SUBJECTS:
            yield _SUBJECTS[code]
    said = own.get("text") or ""
    oversight = _OVERSIGHT.match(said)
    if oversight:
        yield oversight[1], oversight[2] == "True"
        return
    label, _, value = said.partition(":")
    kind, value = _LABELS.get(loose(label)), value.strip()
    if kind is None or not value:
        return
    if kind == "sharing":
        yield kind, lookup(IPD_SHARING, value, {"yes": "YES", "no": "NO", "undecided": "UNDECIDED"})
    elif kind == "age group":
        yield kind, lookup(STANDARD_AGE, value)
    elif kind == "results":
        yield kind, _FLAGS.get(value.casefold())
    else:
        yield kind, value
