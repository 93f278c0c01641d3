"""Trials that others wrote as FHIR, of any version and profile: gathered, then read by the table in `rows.py`.

`words.py` reads values of any shape, `shape.py` gives every study the element names of R5, `links.py` follows
references, and one module a subject tells the kinds of things apart. What nothing asked for is named in the issues.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from fhir_adapter.issues import Issue
from fhir_adapter.mappings.fhir.common import STUDY_PAGE
from fhir_adapter.mappings.fhir.crossversion import XV
from fhir_adapter.mappings.fhir.foreign import (
    arms,
    artifacts,
    design,
    eligibility,
    identity,
    outcomes,
    parties,
    progress,
    sites,
)
from fhir_adapter.mappings.fhir.foreign.links import Links
from fhir_adapter.mappings.fhir.foreign.rows import TABLE
from fhir_adapter.mappings.fhir.foreign.shape import shaped, unfold
from fhir_adapter.mappings.fhir.foreign.words import Node, prose, sound
from fhir_adapter.table import MALFORMED, Scope
from fhir_adapter.tree import Tree

__all__ = ["TABLE", "ours", "read"]


# Elements that only R5 (and later) has, and that only R4 and R4B have: they tell what `status` means.
_NEWER = frozenset(
    ("associatedParty", "classifier", "comparisonGroup", "descriptionSummary", "label", "outcomeMeasure",
     "progressStatus", "recruitment", "studyDesign", "url", "name", "version", "whyStopped", "region", "date",
     "relatesTo", "purposeType", "citeAs")
)  # fmt: skip
_OLDER = frozenset(("arm", "category", "contact", "enrollment", "location", "reasonStopped", "sponsor"))
_HASHED = re.compile(r"trial-[0-9a-f]{16}$")  # the id that `identity` makes of a trial without a number


def ours(resources: list[Tree]) -> bool:
    """Say whether this project wrote a trial's resources: then its own table reads them, and nothing is guessed."""
    return any(
        _study(own) if own.get("resourceType") == "ResearchStudy" else _companion(own.get("identifier"))
        for own in resources
    )


def _companion(identifiers: Any) -> bool:
    """Know a companion by its identifier, which a server keeps when it gives an id of its own."""
    items = identifiers if isinstance(identifiers, list) else ()
    return any(isinstance(own, dict) and str(own.get("system")).endswith("/sid/fhir-adapter") for own in items)


def _study(study: Tree) -> bool:
    own: Tree = {key: study[key] for key in ("url", "name") if key in study}
    extensions = study.get("extension")
    for extension in extensions if isinstance(extensions, list) else ():
        url = extension.get("url") if isinstance(extension, dict) else None
        if isinstance(url, str):
            if url.endswith("/StructureDefinition/source-remainder"):
                return True
            if url.startswith(f"{XV}ResearchStudy."):
                values = [extension[key] for key in extension if key.startswith("value")]
                own[url.rpartition(".")[2]] = values[0] if values else None
    number = own.get("name")
    if isinstance(number, str) and own.get("url") == STUDY_PAGE + number:
        return not number.startswith("NCT") or _sourced(study)
    identity = study.get("id")
    return isinstance(identity, str) and bool(_HASHED.match(identity))


def _sourced(study: Tree) -> bool:
    artifacts = study.get("relatedArtifact")
    items = artifacts if isinstance(artifacts, list) else ()
    return any(isinstance(item, dict) and item.get("label") == "SOURCE" for item in items)


def read(resources: list[Tree], scope: Scope, entries: Iterable[Tree] = ()) -> Tree:
    """Read a study from resources that others wrote: the first ResearchStudy that is part of no other.

    Never raises for their shape: what cannot be read is an issue.
    """
    studies = [own for own in resources if own.get("resourceType") == "ResearchStudy"]
    main = next((own for own in studies if not own.get("partOf")), studies[0])
    if len(studies) > 1:
        words = f"{len(studies) - 1} more studies came along: only the first is read; give each on its own"
        scope.issues.append(Issue.warning("multiple-matches", "ResearchStudy", words))
    nodes = {id(own): unfold(sound(own)) for own in resources if own is not main}
    study = nodes[id(main)] = shaped(sound(main))
    named = [(own.get("fullUrl"), nodes.get(id(own.get("resource")))) for own in entries]
    links = Links(study, list(nodes.values()), [(url, own) for url, own in named if isinstance(url, str) and own])
    scope.study = TABLE.read(_gather(study, links, _modern(main), scope), scope)
    scope.issues.extend(links.issues())
    return scope.study


def _modern(study: Tree) -> bool:
    """Say whether `status` is that of the publication: of R5, or of a study that does not tell its version."""
    if not _NEWER.isdisjoint(study):
        return True
    return _OLDER.isdisjoint(study) and study.get("status") == "active"


def _gather(study: Node, links: Links, modern: bool, scope: Scope) -> Tree:
    """Give the parts that the rows read; a part that cannot be gathered is an issue."""

    def safe(part: Callable[[], Any], otherwise: Any) -> Any:
        try:
            found = part()
            return list(found) if isinstance(found, Iterator) else found
        except (*MALFORMED, RecursionError) as error:
            words = f"cannot read a part of this: {type(error).__name__}: {error}"
            scope.issues.append(Issue.warning("structure", "ResearchStudy", words))
            return otherwise

    people = safe(lambda: parties.parties(study, links, scope), [])
    lead = next((own.get("name") for own in people if own["kind"] == "lead"), None)
    said = safe(lambda: artifacts.classifiers(study, scope), {})
    criteria = safe(lambda: eligibility.eligibility(study, links, scope), {})
    facts = {"minimumAge": "minimum age", "maximumAge": "maximum age", "sex": "sex", "healthyVolunteers": "healthy"}
    told = {name: said[kind] for name, kind in facts.items() if kind in said}
    return {
        "numbers": safe(lambda: identity.numbers(study, lead), []),
        "titles": safe(lambda: identity.titles(study, scope), []),
        "progress": safe(lambda: progress.progress(study, modern, scope), []),
        "parties": people,
        "design": safe(lambda: design.design(study, scope), {}),
        "outcomes": safe(lambda: outcomes.outcomes(study, links, scope), []),
        "eligibility": {**told, **criteria},
        "sites": safe(lambda: sites.sites(study, links), []) or None,
        "papers": safe(lambda: artifacts.artifacts(study, links), []),
        "said": said,
        "study": {
            "stopped": safe(lambda: progress.stopped(study), None),
            "summary": prose(study.get("descriptionSummary")),
            "description": prose(study.get("description")),
            "conditions": safe(lambda: design.named(study, "condition", scope), None),
            "keywords": safe(lambda: design.named(study, "keyword", scope), None),
            "meshes": safe(lambda: list(design.meshes(study, ("condition",))), None) or None,
            "phases": safe(lambda: design.phases(study), None),
            "enrollment": safe(lambda: design.enrollment(study, links), None),
        },
        **safe(lambda: arms.treatment(study, links), {}),
    }
