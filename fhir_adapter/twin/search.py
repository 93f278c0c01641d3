"""Which resources a search or a condition names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from urllib.parse import parse_qsl

from fhir_adapter.twin.period import asked_moments
from fhir_adapter.twin.profile import Profile
from fhir_adapter.twin.refusal import refusal
from fhir_adapter.twin.store import Store, Term

__all__ = ["Pairs", "Search", "parameters", "read_pairs", "satisfies"]

Pairs = Sequence[tuple[str, str]]

_BY_TIME = "_lastUpdated"
_COMMON = ("_id", _BY_TIME)
_OF = {
    "ResearchStudy": ("identifier", "status"),
    "Location": ("identifier", "status"),
    "Organization": ("identifier",),
    "Group": ("identifier",),
}
_USUAL = ("identifier", "url", "status")
# They say how to answer, not what.
_MANNERS = frozenset({"_count", "_summary", "_elements", "_total", "_sort", "_format", "_pretty", "_offset"})


def read_pairs(query: str) -> list[tuple[str, str]]:
    """Read a query, with or without its question mark."""
    return parse_qsl(query.removeprefix("?"), keep_blank_values=True)


def parameters(kind: str, profile: Profile) -> tuple[str, ...]:
    """Name what a type can be searched by."""
    found = (*_COMMON, *_OF.get(kind, _USUAL))
    return found if profile.sorts_by_time else tuple(each for each in found if each != _BY_TIME)


def satisfies(terms: Iterable[Term], pairs: Pairs) -> bool:
    """Say whether a resource with these terms is what a condition asks for; `_id` is left to the server."""
    own = set(terms)
    asked = [(key, value) for key, value in pairs if key not in _COMMON and key not in _MANNERS]
    return all(any((key, each) in own for each in value.split(",")) for key, value in asked)


class Search:
    """Searching a store by the rules of a profile."""

    def __init__(self, store: Store, profile: Profile) -> None:
        self._store = store
        self._profile = profile

    def names(self, kind: str, pairs: Pairs) -> list[str]:
        """Name the resources that answer to all pairs, the oldest first; Refusal for what isn't searched by."""
        found: set[str] | None = None
        for key, value in pairs:
            if key in _MANNERS:
                continue
            matching = self._matching(kind, key, value)
            found = matching if found is None else found & matching
        if found is None:
            return self._store.of(kind)
        return [name for name in self._store.of(kind) if name in found] if len(found) > 1 else list(found)

    def _matching(self, kind: str, key: str, value: str) -> set[str]:
        bare, _, modifier = key.partition(":")
        known = bare in parameters(kind, self._profile) and (not modifier or key == "url:below")
        if not known:
            raise refusal("no parameter", hapi=self._profile.hapi, name=key, kind=kind)
        if bare == _BY_TIME:
            return self._in_time(kind, value)
        either = value.split(",")
        if bare == "_id":
            return {f"{kind}/{own}" for own in either if self._store.holds(f"{kind}/{own}")}
        if modifier:
            return {name for name in self._store.of(kind) if self._below(name, either)}
        return {name for each in either for name in self._store.found(kind, (bare, each))}

    def _in_time(self, kind: str, asked: str) -> set[str]:
        try:
            test = asked_moments(asked)
        except ValueError:
            raise refusal("bad date", hapi=self._profile.hapi, value=asked) from None
        return {name for name in self._store.of(kind) if test(self._store.past(name)[-1].updated)}

    def _below(self, name: str, either: Sequence[str]) -> bool:
        """Say whether the url of a resource is one of these or continues it at a slash."""
        last = self._store.last(name)
        urls = [value for key, value in (last.terms if last else ()) if key == "url"]
        return any(f"{url}/".startswith(f"{each.rstrip('/')}/") for url in urls for each in either)
