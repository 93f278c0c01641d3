"""The wire: HTTP to one FHIR server, with time-outs, few connections, retries, and batches done to the end.

Speaks to the origin of its address only; redirects are refused, so a login never leaves for another host.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib.metadata import version
from typing import TypeVar

import httpx
import orjson

from fhir_adapter.auth import split_login
from fhir_adapter.errors import ConfigError, Refused, ServerError, Temporary, Unauthorized
from fhir_adapter.issues import Issue
from fhir_adapter.retry import Retry, never
from fhir_adapter.server.answer import BUSY, Answer, read_answer, read_entry, trouble
from fhir_adapter.tree import Tree

__all__ = ["Connection", "doubtful", "refusal"]

T = TypeVar("T")

_log = logging.getLogger(__name__)

_JSON = "application/fhir+json"
_NO_BATCHES = (404, 405, 501)
_CONNECTIONS = 4  # hospital servers are busy with patients


class Connection:
    """One server's base address. Use it as a context manager, or close it.

    `repeats` counts the requests that had to be sent again so far.
    """

    def __init__(
        self,
        url: str,
        *,
        auth: httpx.Auth | None = None,
        timeout: float = 120.0,
        transport: httpx.BaseTransport | None = None,
        retry: Retry | None = None,
    ) -> None:
        bare, login = split_login(url)
        self._base = httpx.URL(bare)
        if self._base.scheme not in ("http", "https") or not self._base.host:
            raise ConfigError(f"{bare!r} is no http(s) address; give one like 'http://localhost:8080/fhir'")
        if self._base.query or self._base.fragment:
            raise ConfigError(f"the address of {self._base.host!r} ends in a query; give the base address only")
        self.url = str(self._base).rstrip("/")
        self.repeats = 0
        self._retry = retry or Retry()
        self._batches = True
        self._most = sys.maxsize
        self._client = httpx.Client(
            auth=auth or login,
            headers={"Accept": _JSON, "User-Agent": f"fhir-adapter/{version('fhir-adapter')}"},
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

    def get(self, path: str, params: dict[str, str] | None = None, *, attempts: int | None = None) -> Answer:
        """Read one resource or search once; a server's cache of searches is told to stand aside."""
        address = self._address(path)
        return self._persist(lambda: read_answer(self._send("GET", address, params=params)), attempts=attempts)

    def follow(self, link: str, came_from: str) -> str:
        """Resolve a paging link as a browser would; one to another host raises ServerError."""
        try:
            target = httpx.URL(self._address(came_from)).join(link)
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
        unless = never if _reads(entry) else doubtful
        try:
            return self._persist(lambda: self._alone(entry), unless)
        except ServerError as error:
            if not refusal(error):
                raise
            status = error.response.status_code if error.response is not None else 400
            return Answer(status, issues=error.issues or (Issue.error("processing", "", str(error)),))

    def transaction(self, entries: Sequence[Tree]) -> list[Answer]:
        """Do all entries or none; Refused where one is, even by a server that does the others anyway.

        One whose answer is lost is not sent again: see `doubtful`.
        """
        answers = self._persist(lambda: self._bundle("transaction", entries)[0], doubtful)
        failed = [answer for answer in answers if not answer.ok]
        if not failed:
            return answers
        issues = tuple(issue for answer in failed for issue in answer.explain())
        words = "; ".join(issue.message for issue in issues)
        kind = Unauthorized if any(answer.status in (401, 403) for answer in failed) else Refused
        raise kind(f"{self.url} refused {len(failed)} entries of a transaction: {words}", issues=issues)

    def batch(self, entries: Sequence[Tree]) -> list[Answer]:
        """Do each entry on its own; an answer each, in order, refusals included.

        A batch that is refused as a whole (HAPI: one entry that it can't parse) is halved until it isn't.
        """
        if len(entries) <= 1 or not self._batches:
            return [self.one(entry) for entry in entries]
        if len(entries) > self._most:
            return self.batch(entries[: self._most]) + self.batch(entries[self._most :])
        try:
            return self._insist(entries)
        except ServerError as error:
            if not refusal(error):
                raise
            middle = len(entries) // 2
            status = error.response.status_code if error.response is not None else None
            if status in _NO_BATCHES:
                self._batches = False
            if status == 413:
                self._most = middle
            return self.batch(entries[:middle]) + self.batch(entries[middle:])

    def _insist(self, entries: Sequence[Tree]) -> list[Answer]:
        """Send a batch; entries that a busy server put off inside it are sent again, and only those."""
        answers: dict[int, Answer] = {}

        def send() -> None:
            waiting = [place for place in range(len(entries)) if place not in answers]
            reply, response = self._bundle("batch", [entries[place] for place in waiting])
            answers.update({p: a for p, a in zip(waiting, reply, strict=True) if a.status not in BUSY})
            if len(answers) < len(entries):
                busy = len(entries) - len(answers)
                raise Temporary(f"{self.url} is too busy for {busy} entries of a batch", response=response)

        self._persist(send, never if all(map(_reads, entries)) else doubtful)
        ordered = [answers[place] for place in range(len(entries))]
        if any(answer.status in (401, 403) for answer in ordered):
            raise Unauthorized(f"{self.url} refuses entries of a batch; check the login and its rights")
        return ordered

    def _bundle(self, kind: str, entries: Sequence[Tree]) -> tuple[list[Answer], httpx.Response]:
        body = {"resourceType": "Bundle", "type": kind, "entry": list(entries)}
        response = self._send("POST", self.url, body=body)
        answer = read_answer(response)
        found = answer.resource.get("entry") if answer.resource else None
        if not isinstance(found, list) or len(found) != len(entries):
            count = len(found) if isinstance(found, list) else 0
            message = f"{self.url} answered {count} entries to a {kind} of {len(entries)}"
            raise ServerError(message, response=response)
        return [read_entry(entry) for entry in found], response

    def _alone(self, entry: Tree) -> Answer:
        request = entry["request"]
        match = {"If-Match": request["ifMatch"]} if "ifMatch" in request else {}
        address = self._address(request["url"])
        return read_answer(self._send(request["method"], address, body=entry.get("resource"), headers=match))

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
            if sent > 1:
                self.repeats += 1
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
        extra = {**kind, **(headers or {})}
        try:
            response = self._client.request(method, url, content=content, params=params, headers=extra)
        except httpx.TimeoutException as error:
            raise Temporary(f"{self.url} did not answer in time ({type(error).__name__})") from error
        except httpx.RequestError as error:
            why = str(error) or type(error).__name__
            raise Temporary(f"cannot reach {self.url}: {why}; check the address and the server") from error
        if response.status_code >= 300:
            raise trouble(response)
        return response


def _reads(entry: Tree) -> bool:
    return bool(entry["request"]["method"] == "GET")


def doubtful(error: ServerError) -> bool:
    """Say whether the server may have done what it was asked: the answer is lost, or came too late.

    Look before sending again: a server that makes a version of every PUT would make two.
    """
    if error.response is not None:
        return error.response.status_code in (408, 504)
    never_sent = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
    return isinstance(error.__cause__, httpx.TransportError) and not isinstance(error.__cause__, never_sent)


def refusal(error: ServerError) -> bool:
    """Say whether it is about what was sent, so that the rest may go on.

    A 500 with an OperationOutcome is: servers stumble over single resources that way.
    """
    stumbled = error.response is not None and error.response.status_code == 500 and error.issues
    return isinstance(error, Refused) or bool(stumbled)
