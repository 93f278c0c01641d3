"""Searches as clients see them: Bundles of a page each, with a link to the next."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from urllib.parse import urlencode
from uuid import UUID

from fhir_adapter.tree import Tree
from fhir_adapter.twin.fault import Faults, Place
from fhir_adapter.twin.message import raw
from fhir_adapter.twin.profile import Profile
from fhir_adapter.twin.refusal import refusal
from fhir_adapter.twin.search import Pairs, Search
from fhir_adapter.twin.store import Store

__all__ = ["Pages"]

_REMEMBERED = 1_000  # searches; the oldest is forgotten


@dataclass(frozen=True, slots=True)
class _Found:
    kind: str
    names: tuple[str, ...]
    asked: tuple[tuple[str, str], ...]
    moment: datetime


class Pages:
    """The searches of one server, remembered so that they can be paged through."""

    def __init__(self, store: Store, profile: Profile, faults: Faults, now: Callable[[], datetime], seed: int) -> None:
        self._store = store
        self._profile = profile
        self._faults = faults
        self._now = now
        self._dice = Random(f"{seed} pages")  # noqa: S311  (a name, no secret)
        self._search = Search(store, profile)
        self._searches: OrderedDict[str, _Found] = OrderedDict()

    def first(self, kind: str, pairs: Pairs, base: str, *, fresh: bool = True) -> Tree:
        """Search, and give the first page; `fresh` False may answer as before while the profile's cache lasts."""
        own = self._remember(kind, pairs, fresh)
        asked = dict(pairs)
        found = self._searches[own]
        if asked.get("_summary") == "count" or asked.get("_count") == "0":
            return {"resourceType": "Bundle", "id": own, "type": "searchset", "total": len(found.names)}
        return self._page(own, 0, self._size(asked.get("_count")), base)

    def following(self, pairs: Pairs, base: str) -> Tree:
        """Give another page of a search; Refusal 410 where it is forgotten."""
        asked = dict(pairs)
        own = asked["_getpages"]
        if self._faults.hit(Place.PAGE):
            self._searches.pop(own, None)
        if own not in self._searches:
            raise refusal("no page", hapi=self._profile.hapi, own=own)
        start = asked.get("_getpagesoffset", "0")
        return self._page(own, int(start) if start.isdecimal() else 0, self._size(asked.get("_count")), base)

    def _remember(self, kind: str, pairs: Pairs, fresh: bool) -> str:
        moment = self._now()
        asked = tuple(pairs)
        young = timedelta(seconds=0.0 if fresh else self._profile.cache)
        for own, found in self._searches.items():
            if found.kind == kind and found.asked == asked and moment - found.moment < young:
                return own
        names = self._search.names(kind, pairs)
        order = dict(pairs).get("_sort", "")
        own = str(UUID(int=self._dice.getrandbits(128), version=4))
        self._searches[own] = _Found(kind, tuple(self._sorted(names, order)), asked, moment)
        if len(self._searches) > _REMEMBERED:
            self._searches.popitem(last=False)
        return own

    def _sorted(self, names: list[str], order: str) -> list[str]:
        back, key = order.startswith("-"), order.removeprefix("-")
        if key == "_id":
            return sorted(names, reverse=back)
        if key == "_lastUpdated":
            return sorted(names, key=lambda name: self._store.past(name)[-1].updated, reverse=back)
        return names

    def _size(self, asked: str | None) -> int:
        return min(int(asked), self._profile.most) if asked and asked.isdecimal() else self._profile.page

    def _page(self, own: str, start: int, size: int, base: str) -> Tree:
        found = self._searches[own]
        end = start + size
        # What was deleted since is missing from its page; what is new is on no page.
        shown = [name for name in found.names[start:end] if self._store.holds(name)]
        more = end < len(found.names)
        page: Tree = {"resourceType": "Bundle", "id": own, "type": "searchset"}
        if not more or not self._profile.hapi or ("_total", "accurate") in found.asked:
            page["total"] = len(found.names)
        page["link"] = [{"relation": "self", "url": self._address(found.kind, found.asked, base)}]
        if more:
            turn = {"_getpages": own, "_getpagesoffset": end, "_count": size, "_bundletype": "searchset"}
            page["link"].append({"relation": "next", "url": self._next(found.kind, urlencode(turn), base)})
        page["entry"] = [self._entry(name, base) for name in shown]
        return page if shown else {key: value for key, value in page.items() if key != "entry"}

    def _entry(self, name: str, base: str) -> Tree:
        resource = raw(self._store.show(self._store.past(name)[-1]))
        return {"fullUrl": f"{base}/{name}", "resource": resource, "search": {"mode": "match"}}

    def _address(self, kind: str, asked: Sequence[tuple[str, str]], base: str) -> str:
        return f"{base}/{kind}?{urlencode(asked)}" if asked else f"{base}/{kind}"

    def _next(self, kind: str, query: str, base: str) -> str:
        """Spell the link as the profile does."""
        if self._profile.links == "base":
            return f"{kind}?{query}"
        path = base.partition("://")[2].partition("/")[2]
        if self._profile.links == "host":
            return f"/{path}?{query}"
        if self._profile.links == "foreign":
            return f"http://elsewhere.example/{path}?{query}"
        return f"{base}?{query}"
