"""A FHIR server in memory, stricter than most: it makes a new version of every PUT, checks references and If-Match.

Use `FakeServer.handle` as the handler of an `httpx.MockTransport`, or as a callback of pytest-httpx.
"""

from __future__ import annotations

import copy
import json
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import httpx

Tree = dict[str, Any]

NUMBERS = {"R4": "4.0.1", "R4B": "4.3.0", "R5": "5.0.0", "DSTU2": "1.0.2", "STU3": "3.0.2"}
JSON = {"Content-Type": "application/fhir+json;charset=UTF-8"}


def nothing(_: Any) -> None:
    """Refuse nothing, change nothing."""


class No(Exception):  # noqa: N818  (a refusal is no error of the fake)
    """A refusal, in the server's words."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status
        self.words = words


class FakeServer:
    """`history` holds every version of every resource, None for a deleted one.

    `refuse` gives the words for a resource that it won't store; `condemn` for one that makes it refuse the
    whole Bundle, as HAPI does with what it can't parse. `busy` counts, by name, how often an entry of a batch
    is answered 429. `changing` is called before each write, as someone else would.
    """

    def __init__(self, fhir: str = "R5", *, url: str = "http://fhir.example/base", page: int = 50) -> None:
        self.fhir = fhir
        self.url = url
        self.page = page
        self.history: dict[str, list[Tree | None]] = {}
        self.requests: list[httpx.Request] = []
        self.refuse: Callable[[Tree], str | None] = nothing
        self.condemn: Callable[[Tree], str | None] = nothing
        self.busy: Counter[str] = Counter()
        self.most_entries: int | None = None
        self.no_batches = False
        self.atomic = True
        self.changing: Callable[[FakeServer], None] = nothing

    @property
    def versions(self) -> int:
        """Count all versions ever made, deletions included."""
        return sum(map(len, self.history.values()))

    @property
    def stored(self) -> dict[str, Tree]:
        return {name: past[-1] for name, past in self.history.items() if past and past[-1]}

    @property
    def bundles(self) -> list[Tree]:
        """Give the Bundles that were posted."""
        return [json.loads(each.content) for each in self.requests if each.method == "POST"]

    def handle(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        try:
            body = self._route(request)
        except No as no:
            return httpx.Response(no.status, json=outcome(no.words), headers=JSON)
        return httpx.Response(200, json=body, headers=JSON)

    def _route(self, request: httpx.Request) -> Tree:
        path = str(request.url.copy_with(query=None)).removeprefix(self.url).strip("/")
        if path == "metadata":
            kind = "Conformance" if self.fhir == "DSTU2" else "CapabilityStatement"
            return {"resourceType": kind, "fhirVersion": NUMBERS[self.fhir]}
        if request.method == "POST":
            return self._bundle(json.loads(request.content))
        if "/" not in path:
            return self._search(request)
        resource = json.loads(request.content) if request.content else None
        return self._do(request.method, path, resource, request.headers.get("If-Match"))[1] or {}

    def _search(self, request: httpx.Request) -> Tree:
        start = int(request.url.params.get("_offset", 0))
        size = min(self.page, int(request.url.params.get("_count", 20)))
        studies = [self._read(name) for name in self.stored if name.startswith("ResearchStudy/")]
        links = []
        if start + size < len(studies):
            # Relative to the host, as some servers give it.
            here = request.url.copy_merge_params({"_offset": str(start + size)})
            links = [{"relation": "next", "url": here.raw_path.decode()}]
        found = [{"resource": each, "search": {"mode": "match"}} for each in studies[start : start + size]]
        return {"resourceType": "Bundle", "type": "searchset", "link": links, "entry": found}

    def _bundle(self, bundle: Tree) -> Tree:
        entries = bundle["entry"]
        if self.no_batches and bundle["type"] == "batch":
            raise No(405, "no batches here")
        if self.most_entries and len(entries) > self.most_entries:
            raise No(413, f"more than {self.most_entries} entries")
        for words in (self.condemn(entry["resource"]) for entry in entries if "resource" in entry):
            if words:
                raise No(400, words)
        if bundle["type"] == "batch" or not self.atomic:
            answers = [self._entry(entry) for entry in entries]
        else:
            answers = list(self._transaction(entries))
        return {"resourceType": "Bundle", "type": f"{bundle['type']}-response", "entry": answers}

    def _entry(self, entry: Tree) -> Tree:
        request = entry["request"]
        if self.busy[request["url"]] > 0:
            self.busy[request["url"]] -= 1
            return {"response": {"status": "429 Too Many Requests"}}
        try:
            return self._answer(entry)
        except No as no:
            return {"response": {"status": str(no.status), "outcome": outcome(no.words)}}

    def _transaction(self, entries: list[Tree]) -> Iterator[Tree]:
        names = [entry["request"]["url"] for entry in entries]
        if len(set(names)) < len(names):
            raise No(400, "two entries with the same id")
        self.changing(self)
        before = copy.deepcopy(self.history)
        try:
            answers = [self._answer(entry, checked=False) for entry in entries]
            self._check_all()
        except No:
            self.history = before
            raise
        yield from answers

    def _answer(self, entry: Tree, *, checked: bool = True) -> Tree:
        request = entry["request"]
        status, resource = self._do(
            request["method"], request["url"], entry.get("resource"), request.get("ifMatch"), checked=checked
        )
        shown = {"resource": resource} if request["method"] == "GET" else {}
        return {**shown, "response": {"status": status}}

    def _do(
        self, method: str, name: str, resource: Tree | None, match: str | None, *, checked: bool = True
    ) -> tuple[str, Tree | None]:
        if method == "GET":
            return "200 OK", self._read(name)
        past = self.history.setdefault(name, [])
        if match and match != f'W/"{len(past)}"':
            raise No(412, f"{name} is at version {len(past)}, not {match}")
        if method == "DELETE":
            if checked:
                self._check_unreferenced(name)
            past.append(None)
            return "204 No Content", None
        assert resource is not None
        if words := self.refuse(resource):
            raise No(422, words)
        if checked:
            self._check(resource)
        created = not past or past[-1] is None
        past.append(resource)
        return ("201 Created" if created else "200 OK"), self._read(name)

    def _read(self, name: str) -> Tree:
        past = self.history.get(name)
        if not past:
            raise No(404, f"{name} is not known")
        if past[-1] is None:
            raise No(410, f"{name} was deleted")
        meta = {"versionId": str(len(past)), "lastUpdated": "2026-01-01T00:00:00Z", "source": "#0123456789abcdef"}
        shown = {**past[-1], "meta": {**past[-1].get("meta", {}), **meta}}
        return numbers(shown) if self.fhir == "R5" else shown

    def _check_all(self) -> None:
        for resource in self.stored.values():
            self._check(resource)

    def _check(self, resource: Tree) -> None:
        for name in native(resource):
            if name not in self.stored:
                raise No(400, f"{name} not found, specified in {resource['resourceType']}/{resource['id']}")

    def _check_unreferenced(self, name: str) -> None:
        for own, resource in self.stored.items():
            if name in native(resource):
                raise No(409, f"unable to delete {name}: {own} refers to it")


def native(tree: Any) -> Iterator[str]:
    """Walk for references outside extensions, which HAPI doesn't check either."""
    if isinstance(tree, dict):
        for key, value in tree.items():
            if key == "reference" and isinstance(value, str):
                yield value
            elif key != "extension":
                yield from native(value)
    elif isinstance(tree, list):
        for item in tree:
            yield from native(item)


def numbers(tree: Any) -> Any:
    """Give integer64 as a number, as HAPI does."""
    if isinstance(tree, dict):
        return {key: int(value) if key == "size" else numbers(value) for key, value in tree.items()}
    return [numbers(item) for item in tree] if isinstance(tree, list) else tree


def outcome(words: str) -> Tree:
    issue = {"severity": "error", "code": "processing", "diagnostics": words}
    return {"resourceType": "OperationOutcome", "issue": [issue]}
