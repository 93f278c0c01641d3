"""A trial as targets see it: one ResearchStudy and the resources that it refers to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fhir_adapter.issues import Issue
from fhir_adapter.resource import ID, STUDY, family, name, rank, references
from fhir_adapter.tree import Tree, digest

__all__ = ["Trial", "dangling", "gather", "owned", "put", "read_trial", "write_trial"]


@dataclass(frozen=True, slots=True)
class Trial:
    """The entries of a trial's Bundle, each a PUT; with `issues` instead where it cannot be sent at all."""

    id: str
    entries: tuple[Tree, ...] = ()
    issues: tuple[Issue, ...] = ()

    @property
    def resources(self) -> Iterator[Tree]:
        return (entry["resource"] for entry in self.entries)

    @property
    def names(self) -> list[str]:
        return [name(resource) for resource in self.resources]

    @property
    def digests(self) -> dict[str, str]:
        return {name(resource): digest(resource) for resource in self.resources}


def read_trial(bundle: Any, fhir: str, base: str) -> Trial:
    """Read a trial's Bundle, or say why a target of this FHIR version can't take it; never raises.

    Entries without fullUrl get one under `base`.
    """
    resources = [*_resources(bundle)]
    studies = [resource for resource in resources if resource.get("resourceType") == STUDY]
    if len(studies) != 1:
        found = f"it holds {len(studies)} of them"
        return _bad("", "structure", "Bundle.entry", f"a trial needs one {STUDY} and its companions, {found}")
    study = studies[0]
    named = str(study.get("id") or "")
    for index, resource in enumerate(resources):
        if not _addressable(resource):
            return _bad(named, "invalid", f"Bundle.entry[{index}]", "no resourceType or no legal id")
    names = [name(resource) for resource in resources]
    if len(set(names)) < len(names):
        twice = sorted({each for each in names if names.count(each) > 1})
        return _bad(named, "duplicate", "Bundle.entry", f"two resources named {', '.join(twice)}")
    written = family(study)
    if written and written != ("R5" if fhir == "R5" else "R4"):
        shape = "R5" if written == "R5" else "R4 or R4B"
        return _bad(named, "not-supported", STUDY, f"this is {shape} and the target takes {fhir}")
    urls = {name(entry["resource"]): entry.get("fullUrl") for entry in bundle["entry"]}
    ordered = [study, *(resource for resource in resources if resource is not study)]
    return Trial(named, tuple(put(each, urls[name(each)] or f"{base}/{name(each)}") for each in ordered))


def _resources(bundle: Any) -> Iterator[Tree]:
    entries = bundle.get("entry") if isinstance(bundle, dict) else None
    for entry in entries if isinstance(entries, list) else []:
        resource = entry.get("resource") if isinstance(entry, dict) else None
        yield resource if isinstance(resource, dict) else {}


def _addressable(resource: Tree) -> bool:
    kind, own = resource.get("resourceType"), resource.get("id")
    return isinstance(kind, str) and kind.isalpha() and isinstance(own, str) and bool(ID.fullmatch(own))


def _bad(named: str, code: str, path: str, message: str) -> Trial:
    return Trial(named, issues=(Issue.error(code, path, message).of(named or None),))


def put(resource: Tree, url: str) -> Tree:
    """Make the Bundle entry that stores a resource under its own id."""
    return {"fullUrl": url, "resource": resource, "request": {"method": "PUT", "url": name(resource)}}


def write_trial(resources: Iterable[Tree], base: str) -> Tree:
    """Make a trial's transaction Bundle; fullUrl is `{base}/Type/id`."""
    entries = [put(resource, f"{base}/{name(resource)}") for resource in resources]
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


def owned(names: Iterable[str], study: str) -> Iterator[str]:
    """Pick the companions that were made for a study: their ids begin with the study's."""
    return (each for each in names if each.partition("/")[2].startswith(f"{study}-"))


def dangling(study: str, name: str, why: str, code: str = "not-found") -> Issue:
    """Say that a trial refers to what can't be had: an error where it was made for the study, else a warning.

    Studies of other makers come as they are.
    """
    words = f"the trial refers to this, and {why}"
    made = any(owned([name], study))
    return (Issue.error(code, name, words) if made else Issue.warning(code, name, words)).of(study)


def gather(
    studies: Sequence[Tree],
    read: Callable[[list[str]], Mapping[str, Tree]],
    base: str = "",
    *,
    parties: bool = False,
) -> list[tuple[list[Tree], list[str]]]:
    """Follow the references of several studies: for each its resources, and the names of those not there.

    `read` answers `{name: resource}` for those that exist, and is asked once for each depth of references.
    Resources come by type, and within a type as the study first mentions them. `parties` follows those to
    organizations and practitioners too, which others keep apart from their studies.
    """
    links = {name(study): references(study, base, parties=parties) for study in studies}
    found: dict[str, Tree] = {}
    asked: set[str] = set()
    wanted = list(dict.fromkeys(each for names in links.values() for each in names))
    while wanted:
        asked.update(wanted)
        fetched = read(wanted)
        found.update(fetched)
        links.update({each: references(resource, base, parties=parties) for each, resource in fetched.items()})
        wanted = list(dict.fromkeys(n for each in fetched for n in links[each] if n not in asked))
    return [_collect(study, found, links) for study in studies]


def _collect(study: Tree, found: Mapping[str, Tree], links: Mapping[str, list[str]]) -> tuple[list[Tree], list[str]]:
    reached: dict[str, None] = {}
    queue = links[name(study)]
    while queue:
        reached.update(dict.fromkeys(queue))
        queue = [n for each in queue for n in links.get(each, ()) if n not in reached]
    there = sorted((each for each in reached if each in found), key=rank)
    return [study, *(found[each] for each in there)], [each for each in reached if each not in found]
