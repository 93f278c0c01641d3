"""What a resource refers to and what it is found by."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from fhir_adapter.resource import ID
from fhir_adapter.tree import Tree
from fhir_adapter.twin.store import Term

__all__ = ["Link", "links", "rewrite", "terms"]

# No server checks a reference inside an extension: HAPI doesn't, in no version.
_LITERAL = re.compile(rf"([A-Z][A-Za-z]*/{ID.pattern})(?:/_history/{ID.pattern})?")
_UNCHECKED = ("extension", "modifierExtension", "contained")


@dataclass(frozen=True, slots=True)
class Link:
    """One reference: where it leads, from which element (`ResearchStudy.site`).

    `name` is `Type/id` of a literal relative reference, its version left out; None for any other.
    """

    target: str
    path: str
    name: str | None

    @property
    def external(self) -> bool:
        return "://" in self.target


def links(resource: Tree) -> list[Link]:
    """List the references of a resource outside extensions; those to what it contains are left out."""
    found: list[Link] = []
    _walk(resource, resource["resourceType"], found)
    return found


def _walk(tree: Tree, path: str, found: list[Link]) -> None:
    for key, value in tree.items():
        if type(value) is dict:
            if key not in _UNCHECKED:
                _walk(value, f"{path}.{key}", found)
        elif type(value) is list:
            if key not in _UNCHECKED:
                for item in value:
                    if type(item) is dict:
                        _walk(item, f"{path}.{key}", found)
        elif key == "reference" and type(value) is str and value[:1] != "#":
            match = _LITERAL.fullmatch(value)
            found.append(Link(value, path, match[1] if match else None))


def terms(resource: Tree) -> frozenset[Term]:
    """Give the identifiers, the url and the status that searches find a resource by."""
    found: set[Term] = set()
    identifiers = resource.get("identifier") or []
    for each in identifiers if isinstance(identifiers, list) else [identifiers]:
        if isinstance(each, dict):
            found.update(("identifier", spelt) for spelt in _tokens(each.get("system"), each.get("value")))
    for key in ("url", "status"):
        if isinstance(value := resource.get(key), str):
            found.add((key, value))
    return frozenset(found)


def _tokens(system: Any, value: Any) -> Iterator[str]:
    """Spell an identifier in each way that a search may ask for it: `s|v`, `v`, `s|`; `|v` where it has no system."""
    if value:
        yield str(value)
        yield f"{system or ''}|{value}"
    if system:
        yield f"{system}|"


def rewrite(tree: Any, names: dict[str, str]) -> Any:
    """Put other values in the place of references: those of a transaction that are known only afterwards."""
    if isinstance(tree, dict):
        return {
            key: names.get(value, value) if key == "reference" and isinstance(value, str) else rewrite(value, names)
            for key, value in tree.items()
        }
    return [rewrite(item, names) for item in tree] if isinstance(tree, list) else tree
