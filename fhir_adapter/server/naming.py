"""What the resources of trials are called on a server that gives ids itself: told by their identifiers.

Ours is `Location/NCT00000000-loc-1`, theirs `Location/1003`. A study is known by its registry number, a companion by
the identifier that we give it; both say the id that we would have given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import quote
from uuid import NAMESPACE_URL, uuid5

from fhir_adapter.assembly import IDENTIFIERS
from fhir_adapter.resource import ID, STUDY, name
from fhir_adapter.server.answer import Answer
from fhir_adapter.tree import Tree

__all__ = ["Naming", "called", "condition", "rename", "stand_in"]

Key = tuple[str, str]  # system and value of an identifier


def _key(resource: Tree) -> Key | None:
    """Find the identifier that a resource of a trial is known by; None where it has none."""
    given = resource.get("identifier")
    found = [each for each in (given if isinstance(given, list) else [given]) if isinstance(each, dict)]
    for each in sorted(found, key=lambda own: own.get("use") != "official"):
        system, value = each.get("system"), each.get("value")
        if not isinstance(system, str) or not isinstance(value, str) or not ID.fullmatch(value):
            continue
        if resource.get("resourceType") == STUDY or system.endswith(IDENTIFIERS):
            return system, value
    return None


def called(resource: Tree) -> str | None:
    """Give our name of a resource as a server has it; None for one that is no part of a trial of ours."""
    key = _key(resource)
    return f"{resource['resourceType']}/{key[1]}" if key else None


def condition(resource: Tree) -> str | None:
    """Spell the search that finds a resource: `identifier=system|value`, percent-encoded.

    None where it has no identifier that says its id.
    """
    key = _key(resource)
    if key is None or key[1] != resource.get("id"):
        return None
    return f"identifier={quote('|'.join(key), safe='')}"


def stand_in(base: str, ours: str) -> str:
    """Make the urn that stands for a new resource within its transaction: always the same one."""
    return f"urn:uuid:{uuid5(NAMESPACE_URL, f'{base}/{ours}')}"


def rename(tree: Any, names: Callable[[str], str | None]) -> Any:
    """Put other names into the references of a tree, all the way down; `names` gives None for what stays."""
    if isinstance(tree, dict):
        return {
            key: names(value) or value if key == "reference" and isinstance(value, str) else rename(value, names)
            for key, value in tree.items()
        }
    return [rename(item, names) for item in tree] if isinstance(tree, list) else tree


class Naming:
    """Our names and theirs, as far as they are known; shared by all deliveries to one server.

    What was learnt is a help and not the truth: a name that leads nowhere is forgotten and searched for. `proven`
    says that the server was seen to put its names in the place of ours within a transaction; `ahead` has what was read
    only to learn its name, until it is asked for.
    """

    def __init__(self, *, proven: bool = False) -> None:
        self.proven = proven
        self.ahead: dict[str, Answer] = {}
        self._theirs: dict[str, str] = {}
        self._ours: dict[str, str] = {}
        self._keys: dict[str, Key] = {}

    def expect(self, resources: Iterable[Tree]) -> None:
        """Note by which identifiers resources are known that are going to be asked for."""
        self._keys |= {name(each): key for each in resources if (key := _key(each))}

    def fits(self, ours: str, resource: Tree) -> bool:
        """Say whether it is the resource of that name: someone else's may have the same number in another system."""
        key = _key(resource)
        return called(resource) == ours and key == self._keys.get(ours, key)

    def learn(self, ours: str, theirs: str) -> None:
        """Note what a resource is called there."""
        self._theirs[ours] = theirs
        self._ours[theirs] = ours

    def learn_all(self, names: Mapping[str, str]) -> None:
        for ours, theirs in names.items():
            self.learn(ours, theirs)

    def theirs(self, ours: str) -> str | None:
        return self._theirs.get(ours)

    def ours(self, theirs: str) -> str | None:
        return self._ours.get(theirs)

    def forget(self, names: Iterable[str]) -> dict[str, str]:
        """Forget some of our names; gives what they were called there."""
        gone = list(names)
        for each in gone:
            self._keys.pop(each, None)
        known = {each: theirs for each in gone if (theirs := self._theirs.pop(each, None)) is not None}
        for theirs in known.values():
            self._ours.pop(theirs, None)
        return known

    def clear(self) -> None:
        """Forget all."""
        self.ahead.clear()
        self._keys.clear()
        self._theirs.clear()
        self._ours.clear()
