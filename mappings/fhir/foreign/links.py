"""Following references: to contained resources, within a Bundle, by type and id, by canonical address."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from fhir_adapter.issues import Issue
from fhir_adapter.mappings.fhir.foreign.words import Node, node, objects, text

__all__ = ["Links", "unread"]

# What every element may have and the hub has no place for, or what says how the resource is kept and not what it says.
_SILENT = frozenset(
    ("@", "id", "meta", "resourceType", "implicitRules", "language", "text", "contained", "url", "userSelected",
     "rank", "use", "version", "status", "citeAs", "copyright")
)  # fmt: skip

# How a companion resource is published; of an Organization or a Location the contact is more than that.
_PUBLISHED = frozenset(("name", "title", "author", "publisher", "contact", "identifier"))
_PUBLISHING = ("/artifact-author", "/artifact-publication-status", "/cite-as")
_PLACES = frozenset(("Organization", "Location", "PractitionerRole"))


class Links:
    """The resources at hand, by every name that a reference may call them."""

    __slots__ = ("_named", "contained", "missing", "resources", "study")

    def __init__(self, study: Node, resources: list[Node], entries: Iterable[tuple[str, Node]]) -> None:
        self.study = study
        self.resources = resources
        self.missing: set[str] = set()
        self.contained = objects(dict.get(study, "contained"))
        self._named: dict[str, Node] = {}
        for url, resource in entries:
            self._named.setdefault(url, resource)
        for resource in resources:
            self._named.setdefault(f"{resource.get('resourceType')}/{resource.get('id')}", resource)
            if text(dict.get(resource, "url")):
                self._named.setdefault(resource["url"], resource)
        for own in self.contained:
            self._named.setdefault(f"#{own.get('id')}", own)

    def follow(self, reference: Any) -> Node:
        """Give the resource that a Reference or canonical names; an empty one where it is not at hand."""
        own = node(reference)
        target = text(reference) if isinstance(reference, str) else text(own.get("reference"))
        if target is None:
            return Node()
        plain = target.partition("/_history/")[0].partition("|")[0]
        for name in (target, plain, "/".join(plain.split("/")[-2:])):
            if name in self._named:
                return self._named[name]
        if target != "#":
            self.missing.add(target)
        return Node()

    def all(self, references: Any) -> list[Node]:
        """Give the resources at hand that a list of References names."""
        return [found for found in map(self.follow, objects(references)) if found]

    def issues(self) -> Iterator[Issue]:
        """Say which references lead nowhere, and what of the resources at hand nothing asked for."""
        if self.missing:
            names = ", ".join(sorted(self.missing)[:5])
            more = f" and {len(self.missing) - 5} more" if len(self.missing) > 5 else ""
            said = f"what the study refers to is not at hand: {names}{more}; give it together with the study"
            yield Issue.warning("not-found", "ResearchStudy", said)
        paths: dict[str, int] = {}
        for path in unread(self.study, "ResearchStudy"):
            paths[path] = paths.get(path, 0) + 1
        for own in [*self.contained, *self.resources]:
            if own is not self.study:
                kind = text(dict.get(own, "resourceType")) or "resource"
                if kind == "ResearchStudy" and not _asked(own):
                    continue  # another study: there is a warning about it
                for path in unread(own, kind) if _asked(own) else [kind]:
                    if kind in _PLACES or path.rpartition(".")[2] not in _PUBLISHED:
                        paths[path] = paths.get(path, 0) + 1
        for path, count in paths.items():
            times = f" ({count} times)" if count > 1 else ""
            yield Issue.information("not-supported", path, f"nothing reads this{times}: it is not in the study")


def _asked(resource: Node) -> bool:
    return not resource.asked <= {"resourceType", "id", "url"}


def unread(own: Node, at: str) -> Iterator[str]:
    """Name each place below a node that nothing asked for, lists transparent, an extension by its address."""
    for key, value in own.items():
        if key in _SILENT or (key in ("type", "identifier") and ("reference" in own or isinstance(value, str))):
            continue
        if key == "system" and "unit" in own:
            continue
        if key == "extension":
            for extension in objects(value):
                yield from _extension(extension, at)
            continue
        name = next((dict.get(item, "@") for item in objects(value) if "@" in item), key)
        if key not in own.asked:
            yield f"{at}.{name}"
            continue
        for item in objects(value):
            if item.asked or "extension" in item:
                yield from unread(item, f"{at}.{name}")
            elif not _SILENT.issuperset(item):
                yield f"{at}.{name}"


def _extension(extension: Node, at: str) -> Iterator[str]:
    if "url" in extension.asked:
        return
    if str(dict.get(extension, "url")).endswith(_PUBLISHING):
        return
    rest = [key for key in extension if key != "url" and key != "extension" and not key.startswith("value")]
    address = f"{at}.extension('{dict.get(extension, 'url')}')"
    yield from (f"{address}.{key}" for key in rest) if rest else [address]
