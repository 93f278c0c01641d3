"""Standards: which of the shipped profiles resources are held against."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from fhir_adapter.errors import ConfigError
from fhir_adapter.issues import Issue
from fhir_adapter.tree import Tree

if TYPE_CHECKING:
    from fhir_adapter.cli.engine import Check, Engine
    from fhir_adapter.validate.profiles import Profile

__all__ = ["ALL", "Standard"]

ALL = "trial"
_PATH = "/StructureDefinition/"


class Standard:
    """The profiles of some names or urls, in each FHIR version.

    A name is one of our own base, a url of the base that it begins with; `trial` stands for all of them. A resource
    is held against those of its own type. Raises ConfigError for an unknown one.
    """

    def __init__(self, wanted: Iterable[str], base: str, fhir: str | None) -> None:
        from fhir_adapter.version import VERSIONS

        names = [fhir.upper()] if fhir else list(VERSIONS)
        self._fhir = fhir
        self._profiles: dict[str, list[Profile]] = {name.lower(): [] for name in names}
        self._unmet: dict[str, set[str]] = {}
        for each in wanted:
            self._add(each, base)

    def _add(self, wanted: str, base: str) -> None:
        from fhir_adapter.conformance import profiles
        from fhir_adapter.version import find

        stem, path, name = wanted.rpartition(_PATH)
        known: dict[str, None] = {}
        for version, chosen in self._profiles.items():
            *own, extension = profiles(find(version), stem if path else base)
            known |= dict.fromkeys(profile.name for profile in own)
            found = [profile for profile in own if name in (profile.name, ALL)]
            chosen += [each for each in (*found, extension) if found and each not in chosen]
            if found and name != ALL:
                self._unmet.setdefault(name, set()).add(found[0].type)
        if name not in (*known, ALL):
            choices = ", ".join((*known, ALL))
            raise ConfigError(f"no profile {wanted!r}; choose one of {choices}, or the url of one under your --base")

    def beside(self, engine: Engine) -> Engine:
        """Make the engine that asks another one, and then holds the resource against the profiles."""
        from fhir_adapter.cli.engine import version_of
        from fhir_adapter.validate.guess import guess

        def both(what: str) -> Check:
            first, version = engine(what), version_of(what, self._fhir)

            def check(resource: Tree) -> list[Issue]:
                own = guess(resource) if version == "auto" else version
                return [*first(resource), *self._check(resource, own)]

            return check

        return both

    def _check(self, resource: Tree, version: str) -> list[Issue]:
        from fhir_adapter.validate.profiles import check_profiles

        for name, types in list(self._unmet.items()):
            if types & set(_types(resource)):
                del self._unmet[name]
        return check_profiles(resource, self._profiles.get(version, ()))

    def unmet(self) -> Iterator[tuple[str, Issue]]:
        """Warn of each profile that no resource was held against, with its name."""
        for name, types in self._unmet.items():
            words = f"no {' or '.join(sorted(types))} was read: nothing was held against the profile {name!r}"
            yield name, Issue.warning("not-found", "", words)


def _types(resource: Tree) -> Iterator[str]:
    yield str(resource.get("resourceType"))
    entries = resource.get("entry")
    for entry in entries if isinstance(entries, list) else ():
        inner = entry.get("resource") if isinstance(entry, dict) else None
        if isinstance(inner, dict):
            yield str(inner.get("resourceType"))
