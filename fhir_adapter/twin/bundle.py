"""Transactions and batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from fhir_adapter.issues import Severity
from fhir_adapter.tree import Tree
from fhir_adapter.twin.fault import Place
from fhir_adapter.twin.links import rewrite
from fhir_adapter.twin.machine import Machine
from fhir_adapter.twin.message import outcome, raw
from fhir_adapter.twin.refusal import Refusal
from fhir_adapter.twin.session import Done, Session

__all__ = ["Bundles", "phrase", "said"]

_ORDER = ("DELETE", "POST", "PUT", "GET")
_PHRASES = {
    200: "OK",
    201: "Created",
    204: "No Content",
    400: "Bad Request",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    409: "Conflict",
    410: "Gone",
    412: "Precondition Failed",
    413: "Payload Too Large",
    422: "Unprocessable Entity",
    429: "Too Many Requests",
}

Search = Callable[[str], Tree]


def phrase(status: int) -> str:
    """Spell a status as an entry has it: `201 Created`."""
    return f"{status} {_PHRASES.get(status, '')}".rstrip()


class Bundles:
    """One request's Bundle, done by a session; `search` answers an entry that is a search."""

    def __init__(self, machine: Machine, session: Session, search: Search) -> None:
        self._session = session
        self._profile = machine.profile
        self._faults = machine.faults
        self._orders = machine.orders
        self._store = machine.store
        self._no = machine.no
        self._search = search

    def transaction(self, entries: list[Tree], whole: bool, searches: bool) -> list[Tree]:
        """Do all entries or none; `whole`: answer with the resources, `searches`: some references may be searches."""
        self._no_twins(entries)
        if self._orders.meddle:
            self._orders.meddle()
        answers: dict[int, Tree] = {}
        with self._store.together():
            known = self._names(entries, searches)
            for place in sorted(range(len(entries)), key=lambda place: _ORDER.index(_method(entries[place]))):
                answers[place] = self._answer(_resolved(entries[place], known), known, whole)
            self._session.settle()
        return [answers[place] for place in range(len(entries))]

    def batch(self, entries: list[Tree], whole: bool) -> list[Tree]:
        """Do each entry by itself."""
        return [self._alone(entry, whole) for entry in entries]

    def _alone(self, entry: Tree, whole: bool) -> Tree:
        url = entry["request"]["url"]
        try:
            if self._orders.put_off[url] > 0:
                self._orders.put_off[url] -= 1
                raise self._no("put off")
            if fault := self._faults.hit(Place.ENTRY):
                raise self._no("put off", status=fault.status)
            with self._store.together():
                answer = self._answer(entry, {}, whole)
                self._session.settle()
        except Refusal as no:
            return {"response": {"status": phrase(no.status), "outcome": outcome(no.words)}}
        return answer

    def _no_twins(self, entries: list[Tree]) -> None:
        seen: set[str] = set()
        for entry in entries:
            name = entry["request"]["url"]
            if _method(entry) in ("PUT", "DELETE") and "?" not in name:
                if name in seen:
                    raise self._no("twice", name=name)
                seen.add(name)

    def _names(self, entries: list[Tree], searches: bool) -> dict[str, str]:
        """Say what the references of a transaction stand for: `urn:uuid:...`, and searches."""
        known: dict[str, str] = {}
        for entry in entries:
            own = entry.get("fullUrl")
            if isinstance(own, str) and own.startswith("urn:"):
                known[own] = self._name(entry)
        asked = {each for entry in entries for each in _searches(entry.get("resource"))} if searches else set()
        for reference in sorted(asked):
            found = self._session.find(reference)
            if found is None:
                raise self._no("no match", url=reference)
            known[reference] = found
        return known

    def _name(self, entry: Tree) -> str:
        """Give the name that an entry's resource has, or is going to have."""
        request = entry["request"]
        kind, _, query = request["url"].partition("?")
        if _method(entry) == "PUT" and not query:
            return str(request["url"])
        condition = request.get("ifNoneExist") if _method(entry) == "POST" else query
        found = self._session.find(f"{kind}?{condition.removeprefix('?')}") if condition else None
        given = (entry.get("resource") or {}).get("id")
        if not found and _method(entry) == "PUT" and given and not self._profile.hapi and self._profile.ids != "server":
            return f"{kind}/{given}"
        return found or f"{kind}/{self._session.reserve(kind)}"

    def _answer(self, entry: Tree, known: dict[str, str], whole: bool) -> Tree:
        request = entry["request"]
        method, url = _method(entry), str(request["url"]).removeprefix("/")
        if method == "GET" and ("?" in url or "/" not in url):
            return {"resource": self._search(url), "response": {"status": phrase(200)}}
        done = self._do(method, url, entry, known)
        return self._shown(method, done, whole=whole or method == "GET")

    def _shown(self, method: str, done: Done, *, whole: bool) -> Tree:
        """Spell what became of an entry; HAPI gives a bare etag, and says a word to each write."""
        if method == "DELETE":
            return {"response": {"status": phrase(204), "outcome": said(done.words)}}
        number = done.version.number
        response: Tree = {"status": phrase(done.status), "lastModified": done.version.stamp}
        response["etag"] = str(number) if self._profile.hapi else f'W/"{number}"'
        if method != "GET":
            response["location"] = f"{done.name}/_history/{number}"
            if self._profile.hapi:
                response["outcome"] = said(done.words)
        return {**({"resource": raw(self._store.show(done.version))} if whole else {}), "response": response}

    def _do(self, method: str, url: str, entry: Tree, known: dict[str, str]) -> Done:
        request = entry["request"]
        kind, _, query = url.partition("?")
        match = request.get("ifMatch")
        fresh = known.get(str(entry.get("fullUrl")), "").partition("/")[2] or None
        if method == "GET":
            name, _, number = url.partition("/_history/")
            return self._session.read(name, number or None)
        if method == "DELETE":
            return self._session.delete_where(kind, query) if query else self._session.delete(url, match)
        if method == "POST":
            return self._session.post(kind, entry.get("resource"), request.get("ifNoneExist"), fresh)
        if query:
            return self._session.put_where(kind, query, entry.get("resource"), match, fresh)
        return self._session.put(url, entry.get("resource"), match)


def said(words: str) -> Tree:
    """Make the outcome of what was done."""
    return outcome(words, code="informational", severity=Severity.INFORMATION)


def _method(entry: Tree) -> str:
    return str(entry["request"]["method"])


def _resolved(entry: Tree, known: dict[str, str]) -> Tree:
    return {**entry, "resource": rewrite(entry["resource"], known)} if known and "resource" in entry else entry


def _searches(tree: Any) -> Iterator[str]:
    """List the references that are searches."""
    if isinstance(tree, dict):
        for key, value in tree.items():
            if key == "reference" and isinstance(value, str):
                if "?" in value and "://" not in value:
                    yield value
            elif isinstance(value, (dict, list)):
                yield from _searches(value)
    elif isinstance(tree, list):
        for item in tree:
            yield from _searches(item)
