"""The interactions with single resources, as one request does them at one moment."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from fhir_adapter.tree import Tree
from fhir_adapter.twin.links import Link, links, terms
from fhir_adapter.twin.machine import Machine
from fhir_adapter.twin.message import dump, parse
from fhir_adapter.twin.search import Pairs, Search, read_pairs, satisfies
from fhir_adapter.twin.store import Version

__all__ = ["Done", "Session"]

_KEPT = ("profile", "security", "tag")
_TAG = re.compile(r'^(?:W/)?"?([^"]*)"?$')


@dataclass(frozen=True, slots=True)
class Done:
    """What became of one interaction: the status, the resource that it was about, and words where there are any."""

    status: int
    name: str
    version: Version
    words: str = ""


class Session:
    """One request's work. Nothing is checked for references until `settle`.

    `own` is the request's id, which HAPI puts into meta.source.
    """

    def __init__(self, machine: Machine, own: str) -> None:
        self._store = machine.store
        self._profile = machine.profile
        self._parser = machine.parser
        self._refused = machine.orders.refuse
        self._tally = machine.counts.tally
        self._no = machine.no
        self._moment = machine.now()
        self._own = own
        self._search = Search(machine.store, machine.profile)
        self._written: dict[str, list[Link]] = {}

    def read(self, name: str, number: str | None = None) -> Done:
        """Read a resource, or one of its versions."""
        past = self._store.past(name)
        if name.partition("/")[0] not in self._parser.kinds:
            raise self._no("no type", kind=name.partition("/")[0])
        if not past:
            raise self._no("no id", name=name)
        version = next((each for each in past if str(each.number) == number), None) if number else past[-1]
        if version is None:
            raise self._no("no version", name=name, number=number)
        if version.gone:
            raise self._no("deleted", updated=version.stamp)
        return Done(200, name, version)

    def put(self, name: str, tree: Any, match: str | None = None) -> Done:
        """Store a resource under its id."""
        self._may_write("update")
        kind, _, own = name.partition("/")
        self._parser.check(own)
        resource = self._parser.resource(tree, kind)
        if "id" not in resource:
            raise self._no("id missing")
        if resource["id"] != own:
            raise self._no("id differs", own=resource["id"], wanted=own)
        return self._update(name, resource, match)

    def put_where(self, kind: str, query: str, tree: Any, match: str | None = None, fresh: str | None = None) -> Done:
        """Store a resource where a search finds one, or as a new one; `fresh` is the id that is kept for it."""
        self._may_write("update")
        resource = self._parser.resource(tree, kind)
        pairs = self._condition("update", query)
        found = self._search.names(kind, pairs)
        if len(found) > 1:
            raise self._no("many to update", kind=kind, url=f"{kind}?{query}", count=len(found))
        if not satisfies(terms(resource), pairs):
            raise self._no("criteria unmet", verb="update")
        if found:
            own = found[0].partition("/")[2]
            if not self._profile.hapi and resource.get("id", own) != own:
                raise self._no("id differs", own=resource["id"], wanted=own)
            return self._update(found[0], {**resource, "id": own}, match)
        # HAPI gives an id of its own, whatever id the resource has.
        if self._profile.hapi or self._profile.ids == "server" or "id" not in resource:
            return self._create(kind, resource, fresh)
        return self._update(f"{kind}/{resource['id']}", resource, match)

    def post(self, kind: str, tree: Any, unless: str | None = None, fresh: str | None = None) -> Done:
        """Store a new resource under an id of the server's, unless a search finds one already."""
        self._may_write("create")
        resource = self._parser.resource(tree, kind)
        if unless is None:
            return self._create(kind, resource, fresh)
        pairs = self._condition("create", unless)
        found = self._search.names(kind, pairs)
        if len(found) > 1:
            raise self._no("many to create", kind=kind, url=f"{kind}?{unless}", count=len(found))
        if found:
            return Done(
                200, found[0], self._store.past(found[0])[-1], "An existing resource matched the conditional URL."
            )
        if not satisfies(terms(resource), pairs):
            raise self._no("criteria unmet", verb="create")
        return self._create(kind, resource, fresh)

    def delete(self, name: str, match: str | None = None) -> Done:
        """Delete a resource; one that isn't there is no trouble."""
        self._may_write("delete")
        last = self._store.last(name)
        if last is None:
            return Done(200, name, Version(0, self._moment), f"Not deleted, resource {name} does not exist.")
        if last.gone:
            return Done(200, name, last, f"Not deleted, resource {name} was already deleted.")
        self._guard(name, last, match)
        gone = self._write(name, Version(last.number + 1, self._moment))
        return Done(200, name, gone, "Successfully deleted 1 resource(s).")

    def delete_where(self, kind: str, query: str) -> Done:
        """Delete the one resource that a search finds."""
        self._may_write("delete")
        found = self._search.names(kind, self._condition("delete", query))
        if len(found) > 1:
            raise self._no("many to delete", kind=kind, url=f"{kind}?{query}", count=len(found))
        if found:
            return self.delete(found[0])
        return Done(200, kind, Version(0, self._moment), f'Unable to find resource matching URL "{kind}?{query}".')

    def find(self, address: str) -> str | None:
        """Resolve an address that is a search (`PlanDefinition?url=...`); None where it finds none or several."""
        kind, _, query = address.partition("?")
        found = self._search.names(kind, read_pairs(query)) if kind in self._parser.kinds else []
        return found[0] if len(found) == 1 else None

    def reserve(self, kind: str) -> str:
        """Keep an id for a resource that is going to be new."""
        return self._store.fresh(kind)

    def settle(self) -> None:
        """Check what was written since the session began: Refusal where a reference leads nowhere."""
        written, self._written = self._written, {}
        if not self._profile.integrity:
            return
        for name, found in written.items():
            for link in found:
                if link.name and not self._store.holds(link.name):
                    raise self._no("dangling", target=link.name, path=link.path)
            if not self._store.holds(name):
                self._free(name)

    def _free(self, name: str) -> None:
        by = [each for each in self._store.referrers(name) if each != name]
        if by:
            raise self._no("referenced", name=name, by=by[0])

    def _create(self, kind: str, resource: Tree, fresh: str | None) -> Done:
        own = fresh or self._store.fresh(kind)
        return self._save(f"{kind}/{own}", {**resource, "id": own}, None)

    def _update(self, name: str, resource: Tree, match: str | None) -> Done:
        last = self._store.last(name)
        if last is None:
            self._may_name(name)
            if match and self._profile.stale and not self._profile.hapi:
                raise self._no("stale", status=self._profile.stale, name=name, given=match)
        else:
            self._guard(name, last, match)
        return self._save(name, resource, last)

    def _may_name(self, name: str) -> None:
        own = name.partition("/")[2]
        if self._profile.ids == "server":
            raise self._no("ids are ours", status=self._profile.denied, own=own)
        if self._profile.ids == "letter" and own.isdigit():
            raise self._no("all digits", own=own)

    def _may_write(self, verb: str) -> None:
        if not self._profile.writes:
            raise self._no("read only", verb=verb)

    def _guard(self, name: str, last: Version, match: str | None) -> None:
        given = _TAG.sub(r"\1", match) if match else None
        if given is not None and self._profile.stale and given != str(last.number):
            raise self._no("stale", status=self._profile.stale, name=name, given=given)

    def _condition(self, verb: str, query: str) -> Pairs:
        if verb not in self._profile.conditionals:
            raise self._no("no condition", verb=verb)
        pairs = read_pairs(query)
        other = next((key for key, _ in pairs if key not in self._profile.criteria), None)
        if self._profile.criteria and other is not None:
            allowed = ", ".join(sorted(self._profile.criteria))
            raise self._no("other condition", verb=verb, allowed=allowed, name=other)
        return pairs

    def _save(self, name: str, resource: Tree, last: Version | None) -> Done:
        if words := self._refused(resource):
            raise self._no("refused", words=words)
        body = dump({key: value for key, value in resource.items() if key != "meta"})
        found = links(resource) if b'"reference":"' in body else []
        self._approve(found)
        meta = _labels(resource.get("meta"), last if self._profile.hapi else None)
        alive = last is not None and not last.gone
        if last and alive and self._profile.noop and meta == last.meta and _equal(body, last.body):
            self._tally["unchanged"] += 1
            return Done(200, name, last, f"No changes were made to {name}.")
        targets = frozenset(link.name for link in found if link.name)
        number = last.number + 1 if last else 1
        fresh = Version(number, self._moment, body, meta, self._source(resource), terms(resource), targets)
        self._write(name, fresh, found)
        done, status = ("updated", 200) if alive else ("created", 201)
        return Done(status, name, fresh, f"Successfully {done} resource {name}/_history/{number}.")

    def _source(self, resource: Tree) -> str:
        """Give meta.source; HAPI puts the id of the request behind it."""
        meta = resource.get("meta")
        given = str(meta.get("source") or "") if isinstance(meta, dict) else ""
        return f"{given}#{self._own}" if self._profile.hapi else given

    def _write(self, name: str, version: Version, found: Iterable[Link] = ()) -> Version:
        self._store.write(name, version)
        self._written[name] = list(found)
        return version

    def _approve(self, found: Iterable[Link]) -> None:
        if not self._profile.integrity:
            return
        for link in found:
            if link.external:
                raise self._no("external", target=link.target)
            if link.name and self._parser.misses(link, kind := link.name.partition("/")[0]):
                raise self._no("wrong target", path=link.path, kind=kind)


def _equal(body: bytes, other: bytes) -> bool:
    """Say whether two spellings are one resource: the order of keys tells nothing."""
    return body == other or (len(body) == len(other) and bool(parse(body) == parse(other)))


def _labels(meta: Any, last: Version | None) -> bytes:
    """Spell the labels of a client's meta, gathered with those of `last`: HAPI keeps what a PUT leaves out."""
    given = meta if isinstance(meta, dict) else {}
    before = parse(last.meta) if last and last.meta != b"{}" else {}
    gathered = {key: _joined(before.get(key) or [], given.get(key) or []) for key in _KEPT}
    kept = {key: value for key, value in gathered.items() if value}
    return dump(kept) if kept else b"{}"


def _joined(before: list[Any], given: list[Any]) -> list[Any]:
    return [*before, *(each for each in given if each not in before)]
