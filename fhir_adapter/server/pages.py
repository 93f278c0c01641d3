"""A search, page by page: every match once, though searches expire and resources move meanwhile."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

from fhir_adapter.errors import Refused, ServerError
from fhir_adapter.resource import ID
from fhir_adapter.server.connection import Connection
from fhir_adapter.tree import Tree

__all__ = ["Pages"]

_log = logging.getLogger(__name__)

_SIZE = 50  # resources a page: some MB
_LISTED = 200  # names a page: HAPI gives no more
_RESTARTS = 3  # a search that expires is begun again so often without anything new
_EXPIRED = (400, 404, 410)  # HAPI says 410, others that the link is unknown or wrong
_NOT_SO = (400, 422, 501)  # a search that the server doesn't do
_TIME, _SORT = "_lastUpdated", "_sort"


class Pages:
    """One search of one type on one server. `asked` are the user's parameters, which the server must know.

    Resources are asked for in the order of their times where the server can do that, so that a search that expired
    goes on from the last time seen: at or after it, as all that one transaction wrote has the same time.
    """

    def __init__(self, http: Connection, kind: str, asked: Sequence[tuple[str, str]] = (), size: int = _SIZE) -> None:
        self._http, self._kind, self._asked, self._size = http, kind, list(asked), size
        names = {name for name, _ in asked}
        self._sorts = _SORT not in names
        self._counts = "_count" not in names
        self._goes_on = self._sorts
        self._last: datetime | None = None
        self._since: str | None = None  # how the server spelt that time
        self._read = 0
        self.seen: set[str] = set()

    def matches(self) -> Iterator[Tree]:
        """Give each match once. Raises ServerError where the pages lead in a circle or to another host."""
        link, visited, idle = self._first(), set[str](), 0
        first = link
        while link:
            if link in visited:
                raise ServerError(f"{self._http.url} leads its pages in a circle: {len(self.seen)} resources were read")
            visited.add(link)
            try:
                page = self._http.get(link, strict=bool(self._asked)).resource or {}
            except Refused as refused:
                idle += link != first
                if not (self._simpler(refused) if link == first else self._expired(refused, idle)):
                    raise
                link, visited = self._first(), set()
                first = link
                continue
            self._read += 1
            if self._read == 1:
                self._compare(page)
            fresh = [each for each in self._found(page) if each["id"] not in self.seen]
            idle = 0 if fresh else idle
            yield from self._noted(fresh)
            following = _link(page, "next")
            link = self._http.follow(following, link) if following else ""

    def overlooked(self) -> list[str]:
        """Name what the server has and `matches` did not give: rows that moved to a page that was read already.

        Servers that count rows when they make a page lose one whenever an earlier one is deleted or changed. Names are
        listed quickly, with next to no time for that.
        """
        if self._read < 2:
            return []
        listing = Pages(self._http, self._kind, [*self._asked, ("_elements", "id")], _LISTED)
        try:
            for _ in listing.matches():
                pass
        except Refused as refused:
            _log.warning("whether all of %s was read could not be checked: %s", self._kind, refused)
        return [each for each in listing.seen if each not in self.seen]

    def _compare(self, page: Tree) -> None:
        """Say so where the server searched for less than it was asked: its `self` link tells what it understood."""
        own = _link(page, "self")
        understood = {name.partition(":")[0] for name, _ in parse_qsl(own.partition("?")[2], keep_blank_values=True)}
        ignored = sorted({name for name, _ in self._asked if name.partition(":")[0] not in understood})
        if "?" in own and ignored:
            _log.warning("%s ignores %s in a search: more may come", self._http.url, ", ".join(ignored))

    def _first(self) -> str:
        more = [("_count", str(self._size))] if self._counts else []
        more += [(_SORT, _TIME)] if self._sorts else []
        more += [(_TIME, f"ge{self._since}")] if self._since and self._goes_on else []
        return f"{self._http.url}/{self._kind}?{urlencode([*self._asked, *more])}"

    def _simpler(self, refused: Refused) -> bool:
        """Ask for less where the server refuses what we added to the search; False where it is the user's part."""
        if _status(refused) not in _NOT_SO or not self._sorts:
            return False
        if self._since and self._goes_on:
            self._goes_on = False
        else:
            self._sorts = self._goes_on = False
        return True

    def _expired(self, refused: Refused, idle: int) -> bool:
        if _status(refused) not in _EXPIRED or idle > _RESTARTS:
            return False
        since = self._since if self._goes_on else None
        _log.info(
            "a search of %s expired; it begins again %s", self._kind, f"at {since}" if since else "from the start"
        )
        return True

    def _noted(self, fresh: list[Tree]) -> Iterator[Tree]:
        for each in fresh:
            if each["id"] not in self.seen:
                self.seen.add(each["id"])
                self._pass(each.get("meta"))
                yield each

    def _pass(self, meta: Any) -> None:
        """Note the time of a resource. A server that doesn't sort by it shows that by going back."""
        told = meta.get("lastUpdated") if isinstance(meta, dict) else None
        moment = _moment(told)
        if moment is None or (self._last is not None and moment < self._last):
            self._goes_on = False
        else:
            self._last, self._since = moment, str(told)

    def _found(self, page: Tree) -> Iterator[Tree]:
        for entry in page.get("entry") or []:
            resource = entry.get("resource") if isinstance(entry, dict) else None
            if not isinstance(resource, dict) or resource.get("resourceType") != self._kind:
                continue
            search = entry.get("search")
            included = isinstance(search, dict) and search.get("mode") not in ("match", None)
            if not included and ID.fullmatch(str(resource.get("id"))):
                yield resource


def _status(error: ServerError) -> int | None:
    return error.response.status_code if error.response is not None else None


def _link(page: Tree, relation: str) -> str:
    links = [each for each in page.get("link") or [] if isinstance(each, dict)]
    return next((str(each["url"]) for each in links if each.get("relation") == relation and each.get("url")), "")


def _moment(told: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(told))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
