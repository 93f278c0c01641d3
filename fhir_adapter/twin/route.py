"""The way from a request to what it asks for, and to the reply."""

from __future__ import annotations

import gzip
import re
import zlib
from email.utils import format_datetime

from fhir_adapter.issues import to_outcome
from fhir_adapter.tree import Tree
from fhir_adapter.twin.bundle import Bundles, said
from fhir_adapter.twin.capability import capability
from fhir_adapter.twin.machine import Machine
from fhir_adapter.twin.message import Reply, Request, dump, raw
from fhir_adapter.twin.search import Pairs, read_pairs
from fhir_adapter.twin.session import Done, Session

__all__ = ["JSON", "Route", "kind_of"]

JSON = "application/fhir+json;charset=UTF-8"
_KINDS = {"GET": "read", "HEAD": "read", "PUT": "update", "DELETE": "delete", "POST": "create"}
_BY_SEARCH = re.compile(rb'"reference"\s*:\s*"[A-Za-z]+\?')
_VERBS = ("GET", "PUT", "POST", "DELETE")
_BUNDLES = ("transaction", "batch")


def kind_of(request: Request) -> str:
    """Name what is asked for: `read`, `search`, `bundle` (a transaction or batch) …"""
    parts = request.path.split("/") if request.path else []
    usual = _KINDS.get(request.method, "other")
    if request.path == "metadata":
        return "capabilities"
    if request.path.endswith("$validate"):
        return "validate"
    if not parts:
        return "bundle" if request.method == "POST" else "page" if "_getpages=" in request.query else "other"
    if request.path.endswith("/_search"):
        return "search"
    if usual == "read":
        return _read_kind(parts, request.query)
    return usual if len(parts) == (1 if usual == "create" or request.query else 2) else "other"


def _read_kind(parts: list[str], query: str) -> str:
    if len(parts) == 1:
        return "page" if "_getpages=" in query else "search"
    history = len(parts) > 2 and parts[2] == "_history"
    return {2: "read", 3: "history" if history else "other", 4: "vread" if history else "other"}.get(
        len(parts), "other"
    )


class Route:
    """One request on its way; `kind` is what `kind_of` calls it."""

    def __init__(self, machine: Machine, request: Request, kind: str, own: str) -> None:
        self._machine = machine
        self._request = request
        self._kind = kind
        self._session = Session(machine, own)

    def reply(self) -> Reply:
        """Do what is asked; Refusal where it can't be done."""
        kind = self._kind
        if kind in ("search", "page"):
            return self._json(self._found())
        if kind == "capabilities":
            return self._json(self._capability())
        if kind == "bundle":
            return self._bundle()
        if kind == "validate":
            return self._validate()
        if kind == "history":
            return self._json(self._history())
        if kind in ("read", "vread"):
            return self._read()
        if kind in ("create", "update", "delete"):
            return self._write()
        raise self._machine.no("no operation", method=self._request.method, path=self._request.path)

    def _read(self) -> Reply:
        name, _, number = self._request.path.partition("/_history/")
        done = self._session.read(name, number or None)
        known = self._request.headers.get("if-none-match", "")
        headers = _tags(done)
        if known and known.removeprefix("W/") == headers["ETag"].removeprefix("W/"):
            return Reply(status=304, headers=headers)
        return Reply(body=self._machine.store.show(done.version), headers=headers | {"Content-Type": JSON})

    def _write(self) -> Reply:
        session, request = self._session, self._request
        kind, path = request.path.partition("/")[0], request.path
        match = request.headers.get("if-match")
        if kind not in self._machine.parser.kinds:
            raise self._machine.no("no type", kind=kind)
        with self._machine.store.together():
            if request.method == "DELETE":
                done = session.delete_where(kind, request.query) if request.query else session.delete(path, match)
            elif request.method == "POST":
                done = session.post(kind, self._body(), request.headers.get("if-none-exist"))
            elif request.query:
                done = session.put_where(kind, request.query, self._body(), match)
            else:
                done = session.put(path, self._body(), match)
            session.settle()
        return self._written(done)

    def _written(self, done: Done) -> Reply:
        if self._request.method == "DELETE":
            return self._json(said(done.words)) if self._machine.profile.hapi else Reply(status=204)
        headers = _tags(done)
        headers["Location"] = f"{self._request.base}/{done.name}/_history/{done.version.number}"
        wanted = self._request.headers.get("prefer", "")
        if "return=minimal" in wanted:
            return Reply(status=done.status, headers=headers)
        shown = (
            dump(said(done.words)) if "return=OperationOutcome" in wanted else self._machine.store.show(done.version)
        )
        return Reply(status=done.status, body=shown, headers=headers | {"Content-Type": JSON})

    def _bundle(self) -> Reply:
        machine, bundle = self._machine, self._body()
        kind, entries = bundle.get("type"), bundle.get("entry", [])
        machine.counts.bundle(str(kind), entries)
        if bundle.get("resourceType") != "Bundle" or kind not in _BUNDLES or not isinstance(entries, list):
            raise machine.no("no bundle", kind=kind)
        if kind == "batch" and not machine.profile.batches:
            raise machine.no("no batch", kind=kind)
        self._weigh(entries)
        entries = [self._parsed(place, entry) for place, entry in enumerate(entries)]
        bundles = Bundles(machine, self._session, lambda url: self._search(url))
        whole = "return=representation" in self._request.headers.get("prefer", "")
        if kind == "transaction" and machine.profile.transactions:
            answers = bundles.transaction(entries, whole, bool(_BY_SEARCH.search(self._request.body)))
        else:
            answers = bundles.batch(entries, whole)
        return self._json({"resourceType": "Bundle", "type": f"{kind}-response", "entry": answers}, len(entries))

    def _weigh(self, entries: list[Tree]) -> None:
        """Refuse more than the server takes."""
        profile = self._machine.profile
        if profile.entries is not None and len(entries) > profile.entries:
            raise self._machine.no("too many", count=len(entries), most=profile.entries)
        if profile.patience is not None and profile.pace * len(entries) > profile.patience:
            raise self._machine.no("too slow", seconds=profile.patience)

    def _parsed(self, place: int, entry: Tree) -> Tree:
        """Refuse a Bundle for what one of its entries is; HAPI parses all of it before it does anything."""
        request = entry.get("request") if isinstance(entry, dict) else None
        verb = request.get("method") if isinstance(request, dict) else None
        if not isinstance(request, dict) or verb not in _VERBS or not isinstance(request.get("url"), str):
            raise self._machine.no("no request", place=place)
        resource = entry.get("resource")
        if isinstance(resource, dict) and (words := self._machine.orders.condemn(resource)):
            raise self._machine.no("condemned", words=words)
        if self._machine.profile.hapi and verb in ("PUT", "POST"):
            return {**entry, "resource": self._machine.parser.resource(resource)}
        return entry

    def _found(self) -> Tree:
        request = self._request
        query = request.body.decode() if request.method == "POST" else ""
        pairs = [*read_pairs(request.query), *read_pairs(query)]
        if self._kind == "page":
            return self._machine.pages.following(pairs, request.base)
        return self._first(request.path.partition("/")[0], pairs)

    def _search(self, url: str) -> Tree:
        kind, _, query = url.partition("?")
        pairs = read_pairs(query)
        return self._machine.pages.following(pairs, self._request.base) if not kind else self._first(kind, pairs)

    def _first(self, kind: str, pairs: Pairs) -> Tree:
        if kind not in self._machine.parser.kinds:
            raise self._machine.no("no type", kind=kind)
        fresh = "no-cache" in self._request.headers.get("cache-control", "")
        return self._machine.pages.first(kind, pairs, self._request.base, fresh=fresh)

    def _history(self) -> Tree:
        name = self._request.path.removesuffix("/_history")
        past = self._machine.store.past(name)
        if not past:
            raise self._machine.no("no id", name=name)
        shown = []
        for each in reversed(past):
            verb = "DELETE" if each.gone else "POST" if each.number == 1 else "PUT"
            resource = {} if each.gone else {"resource": raw(self._machine.store.show(each))}
            shown.append(
                {"fullUrl": f"{self._request.base}/{name}", **resource, "request": {"method": verb, "url": name}}
            )
        return {"resourceType": "Bundle", "type": "history", "total": len(past), "entry": shown}

    def _capability(self) -> Tree:
        machine = self._machine
        pairs = read_pairs(self._request.query)
        return capability(machine.profile, machine.fhir, machine.parser.kinds, self._request.base, pairs)

    def _validate(self) -> Reply:
        """Check a resource with our own validator: 200 whatever it finds, as HAPI answers."""
        from fhir_adapter.validate import validate

        tree = self._body()
        if tree.get("resourceType") == "Parameters":
            tree = next((each["resource"] for each in tree.get("parameter", []) if each.get("name") == "resource"), {})
        self._machine.parser.resource(tree)
        return self._json(to_outcome(validate(tree, self._machine.fhir)))

    def _body(self) -> Tree:
        """Read the body, unpacked."""
        content = self._request.body
        if self._request.headers.get("content-encoding") == "gzip":
            try:
                content = gzip.decompress(content)
            except (OSError, EOFError, zlib.error) as error:
                raise self._machine.no("no JSON", why=f"the body is not gzip: {error}") from error
        return self._machine.parser.body(content, self._request.headers.get("content-type", ""))

    def _json(self, tree: Tree, entries: int = 0) -> Reply:
        return Reply(body=dump(tree), headers={"Content-Type": JSON}, delay=self._machine.profile.pace * entries)


def _tags(done: Done) -> dict[str, str]:
    changed = format_datetime(done.version.updated, usegmt=True)
    return {"ETag": f'W/"{done.version.number}"', "Last-Modified": changed}
