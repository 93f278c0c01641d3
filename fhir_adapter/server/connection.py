"""The wire: HTTP to one FHIR server, with time-outs, few connections, retries, and batches done to the end.

Speaks to the origin of its address only; redirects are refused, so a login never leaves for another host.
"""

from __future__ import annotations

import gzip
import logging
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib.metadata import version
from threading import local
from typing import TypeVar

import httpx
import orjson

from fhir_adapter.auth import OAuth, Token, split_login
from fhir_adapter.errors import ConfigError, Refused, ServerError, Temporary, Unauthorized
from fhir_adapter.issues import Issue
from fhir_adapter.meter import Meter
from fhir_adapter.retry import Retry, never
from fhir_adapter.server.answer import BUSY, SECRETS, Answer, read_answer, read_entry, trouble
from fhir_adapter.server.failure import doubtful, overdue, refusal
from fhir_adapter.server.metering import metered
from fhir_adapter.server.reaching import reaching
from fhir_adapter.server.wire import Wire
from fhir_adapter.tree import Tree

__all__ = ["Connection"]

T = TypeVar("T")

_log = logging.getLogger(__name__)

_JSON = "application/fhir+json"
_NOT_DONE = (404, 405, 501)
_HEADERS = {"ifMatch": "If-Match", "ifNoneExist": "If-None-Exist", "ifNoneMatch": "If-None-Match"}
_PACKED = 1_000  # bytes of a body that are worth packing
_GROWTH = 4  # a quarter more after each batch that came in time
_CONNECTIONS = 4  # hospital servers are busy with patients


class Connection:
    """One server's base address. Use it as a context manager, or close it.

    `transactions` and `batches` say whether the server does them, as far as is known, `packs` whether bodies go as
    gzip. `meter` counts all requests.
    """

    def __init__(
        self,
        url: str,
        *,
        auth: httpx.Auth | None = None,
        timeout: float = 120.0,
        transport: httpx.BaseTransport | None = None,
        retry: Retry | None = None,
        wire: Wire | None = None,
        meter: Meter | None = None,
    ) -> None:
        wire = wire or Wire()
        bare, login = split_login(url)
        self._base = httpx.URL(bare)
        if self._base.scheme not in ("http", "https") or not self._base.host:
            raise ConfigError(f"{bare!r} is no http(s) address; give one like 'http://localhost:8080/fhir'")
        if self._base.query or self._base.fragment:
            raise ConfigError(f"the address of {self._base.host!r} ends in a query; give the base address only")
        self.url = str(self._base).rstrip("/")
        self.transactions = True
        self.packs = False
        self.meter = meter or Meter()
        self._counts = local()
        self._retry = retry or Retry()
        self.batches = True
        self._most = self._timely = sys.maxsize
        self._secrets = wire.hidden()
        self._auth = auth or login
        options = wire.options()
        names = {"Accept": _JSON, "User-Agent": f"fhir-adapter/{version('fhir-adapter')}"}
        self._client = httpx.Client(
            **{**options, "headers": {**names, **options["headers"]}},
            auth=self._auth,
            timeout=httpx.Timeout(timeout, connect=10.0, pool=10.0),
            limits=httpx.Limits(max_connections=_CONNECTIONS, max_keepalive_connections=_CONNECTIONS),
            transport=transport,
            follow_redirects=False,
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def __repr__(self) -> str:
        return f"Connection({self.url!r})"

    @property
    def repeats(self) -> int:
        """Count the requests of this thread that had to be sent again so far."""
        return int(getattr(self._counts, "repeats", 0))

    def token(self) -> Token | None:
        """Fetch the login's token where it isn't there yet; None for a login without one. Raises as requests do."""
        auth = self._auth
        if not isinstance(auth, OAuth):
            return None

        def fetch() -> Token:
            with reaching(self.url):
                return auth.token(self._client)

        return self._persist(fetch)

    def get(
        self, path: str, params: dict[str, str] | None = None, *, attempts: int | None = None, strict: bool = False
    ) -> Answer:
        """Read one resource or search once; a server's cache of searches is told to stand aside.

        `strict` asks the server to refuse what it doesn't search by.
        """
        address = self._address(path)
        headers = {"Prefer": "handling=strict"} if strict else None
        return self._persist(
            lambda: read_answer(self._send("GET", address, params=params, headers=headers)), attempts=attempts
        )

    def follow(self, link: str, came_from: str) -> str:
        """Resolve a paging link as a browser would, `Type?...` from the base; to another host: ServerError."""
        start = f"{self.url}/" if link[:1].isalpha() else self._address(came_from)
        try:
            target = httpx.URL(start).join(link)
        except httpx.InvalidURL as error:
            raise ServerError(f"{self.url} gives a next page that is no URL ({error})") from error
        here = self._base
        if (target.scheme, target.host, target.port) != (here.scheme, here.host, here.port):
            raise ServerError(
                f"{self.url} gives a next page on {target.scheme}://{target.host};"
                " it was not followed: set the server's public address there"
            )
        return str(target)

    def one(self, entry: Tree) -> Answer:
        """Do one entry of a batch as a request of its own; a refusal is an answer, not an exception."""
        unless = never if _harmless(entry) else doubtful
        try:
            return self._persist(lambda: self._alone(entry), unless)
        except ServerError as error:
            if not refusal(error):
                raise
            status = error.response.status_code if error.response is not None else 400
            return Answer(status, issues=error.issues or (Issue.error("processing", "", str(error)),))

    def transaction(self, entries: Sequence[Tree]) -> list[Answer]:
        """Do all entries or none; an answer each, in order. Refused where the server refuses them as a whole.

        A server that does a transaction as a batch has refusals among its answers. One whose answer is lost is not
        sent again: see `doubtful`.
        """
        try:
            return self._insist("transaction", entries)
        except Refused as error:
            if error.response is not None and error.response.status_code in _NOT_DONE:
                self.transactions = False
            raise

    def batch(self, entries: Sequence[Tree]) -> list[Answer]:
        """Do each entry on its own; an answer each, in order, refusals included.

        A batch that is refused as a whole (HAPI: one entry that it can't parse) is halved until it isn't, and so is
        one of reads that takes a server too long.
        """
        if len(entries) <= 1 or not self.batches:
            return [self.one(entry) for entry in entries]
        most = min(self._most, self._timely)  # another thread may find out less meanwhile
        if len(entries) > most:
            return self.batch(entries[:most]) + self.batch(entries[most:])
        reading = all(map(_harmless, entries))
        try:
            answers = self._insist("batch", entries)
        except ServerError as error:
            if not refusal(error) and not (reading and overdue(error)):
                raise
            middle = len(entries) // 2
            status = error.response.status_code if error.response is not None else None
            if status in _NOT_DONE:
                self.batches = False
            if status == 413:
                self._most = min(self._most, middle)
            if overdue(error):
                self._timely = min(self._timely, middle)
            return self.batch(entries[:middle]) + self.batch(entries[middle:])
        if len(entries) == self._timely:
            self._timely += self._timely // _GROWTH + 1
        return answers

    def _insist(self, kind: str, entries: Sequence[Tree]) -> list[Answer]:
        """Send a Bundle; entries that a busy server put off inside it are sent again, and only those."""
        answers: dict[int, Answer] = {}

        def send() -> None:
            waiting = [place for place in range(len(entries)) if place not in answers]
            reply, response = self._bundle(kind, [entries[place] for place in waiting])
            answers.update({p: a for p, a in zip(waiting, reply, strict=True) if a.status not in BUSY})
            if len(answers) < len(entries):
                busy = len(entries) - len(answers)
                raise Temporary(f"{self.url} is too busy for {busy} entries of a {kind}", response=response)

        self._persist(send, overdue if all(map(_harmless, entries)) else doubtful)
        ordered = [answers[place] for place in range(len(entries))]
        if any(answer.status in (401, 403) for answer in ordered):
            raise Unauthorized(f"{self.url} refuses entries of a {kind}; check the login and its rights")
        return ordered

    def bundle(self, kind: str, entries: Sequence[Tree], meta: Tree | None = None) -> list[Answer]:
        """Send one Bundle as it is, and say what came of it: nothing is halved, put off or done otherwise.

        It must be harmless to send it twice.
        """
        return self._persist(lambda: self._bundle(kind, entries, meta)[0], attempts=3)

    def _bundle(
        self, kind: str, entries: Sequence[Tree], meta: Tree | None = None
    ) -> tuple[list[Answer], httpx.Response]:
        labels = {"meta": meta} if meta else {}
        body = {"resourceType": "Bundle", **labels, "type": kind, "entry": list(entries)}
        response = self._send("POST", self.url, body=body)
        answer = read_answer(response)
        found = answer.resource.get("entry") if answer.resource else None
        if not isinstance(found, list) or len(found) != len(entries):
            count = len(found) if isinstance(found, list) else 0
            message = f"{self.url} answered {count} entries to a {kind} of {len(entries)}"
            raise ServerError(message, response=response)
        return [read_entry(entry, response.request) for entry in found], response

    def _alone(self, entry: Tree) -> Answer:
        request = entry["request"]
        headers = {name: request[key] for key, name in _HEADERS.items() if key in request}
        address = self._address(request["url"])
        return read_answer(self._send(request["method"], address, body=entry.get("resource"), headers=headers))

    def _address(self, path: str) -> str:
        return path if path.startswith(("http://", "https://")) else f"{self.url}/{path}"

    def _persist(
        self,
        call: Callable[[], T],
        unless: Callable[[ServerError], bool] = never,
        attempts: int | None = None,
    ) -> T:
        sent = 0

        def counted() -> T:
            nonlocal sent
            sent += 1
            self._counts.attempt = sent
            if sent > 1:
                self._counts.repeats = self.repeats + 1
                _log.info("attempt %d of a request to %s", sent, self.url)
            return call()

        retry = replace(self._retry, attempts=min(attempts, self._retry.attempts)) if attempts else self._retry
        return retry.run(counted, unless=unless)

    def _send(
        self,
        method: str,
        url: str,
        *,
        body: Tree | None = None,
        params: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        """Send one request once; Temporary, Unauthorized or Refused where it isn't done."""
        kind = {"Content-Type": _JSON} if body is not None else {"Cache-Control": "no-cache"}
        content = orjson.dumps(body) if body is not None else None
        if self.packs and content is not None and len(content) >= _PACKED:
            content, kind = gzip.compress(content, compresslevel=1, mtime=0), {**kind, "Content-Encoding": "gzip"}
        extra = {**kind, **(headers or {}), "X-Request-Id": self.meter.number()}
        if httpx.URL(url).copy_with(raw_path=b"/", fragment=None) != self._base.copy_with(raw_path=b"/"):
            raise ServerError(f"{self.url} leads to another host; nothing was sent there: a login stays at home")
        request = self._client.build_request(method, url, content=content, params=params, headers=extra)
        request.extensions[SECRETS] = self._secrets
        with reaching(self.url), metered(self.meter, request, self.url, self._counts.attempt) as answers:
            answers.append(response := self._client.send(request))
        if response.status_code >= 300:
            raise trouble(response)
        return response


def _harmless(entry: Tree) -> bool:
    """Say whether a request changes nothing, however often it is sent."""
    request = entry["request"]
    return bool(request["method"] == "GET" or request["url"].endswith("/$validate"))
