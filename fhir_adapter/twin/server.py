"""The server itself, apart from any wire: a request comes in, a reply goes out, one at a time."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from threading import RLock

from fhir_adapter.tree import Tree
from fhir_adapter.twin.fault import Fault, Place
from fhir_adapter.twin.machine import build
from fhir_adapter.twin.message import Reply, Request, dump, outcome
from fhir_adapter.twin.orders import Orders
from fhir_adapter.twin.profile import Profile
from fhir_adapter.twin.refusal import Refusal
from fhir_adapter.twin.route import JSON, Route, kind_of

__all__ = ["Server"]

_SMALL = 1_000  # bytes that aren't worth packing
_WRITES = ("create", "update", "delete", "bundle")


class Server:
    """A FHIR server in memory, safe for threads. `now` is its clock."""

    def __init__(self, profile: Profile, fhir: str, seed: int, now: Callable[[], datetime]) -> None:
        self._machine = build(profile, fhir, seed, now)
        self._lock = RLock()  # who meddles writes while a transaction waits
        self._served = 0

    @property
    def orders(self) -> Orders:
        """Give what is ordered for single resources; change it at any time."""
        return self._machine.orders

    def answer(self, request: Request) -> Reply:
        """Do what a request asks."""
        with self._lock:
            kind = kind_of(request)
            self._served += 1
            self._machine.counts.request(kind, len(request.body))
            reply = self._packed(self._reply(request, kind), request)
            self._machine.counts.reply(0 if reply.lost else reply.status, len(reply.body))
        return replace(reply, delay=reply.delay + self._machine.profile.delay)

    def counts(self) -> Tree:
        """Give what was counted so far."""
        with self._lock:
            resources, versions = self._machine.store.size()
            faults = self._machine.faults.counts
            return self._machine.counts.as_dict(faults=faults, resources=resources, versions=versions)

    def state(self) -> dict[str, Tree]:
        """Give what is stored, without what the server adds, by name and in order of names."""
        with self._lock:
            return self._machine.store.state()

    def history(self) -> dict[str, list[Tree | None]]:
        """Give every version, the oldest first, by name; None for a deletion."""
        with self._lock:
            return self._machine.store.history()

    def dump(self) -> bytes:
        """Give what `state` gives as JSON."""
        with self._lock:
            return dump(self._machine.store.dump())

    def _reply(self, request: Request, kind: str) -> Reply:
        """Do a request, with what goes wrong before it and after it."""
        writes = kind in _WRITES
        if fault := self._machine.faults.hit(Place.BEFORE, writes=writes):
            return self._fail(fault)
        reply = self._done(request, kind)
        if reply.status < 400 and (fault := self._machine.faults.hit(Place.AFTER, writes=writes)):
            return self._fail(fault)
        return reply

    def _done(self, request: Request, kind: str) -> Reply:
        most = self._machine.profile.size
        try:
            if most is not None and len(request.body) > most:
                raise self._machine.no("too large", count=len(request.body), most=most)
            return Route(self._machine, request, kind, f"{self._served:016x}").reply()
        except Refusal as no:
            return self._refused(no)
        except RecursionError:
            return self._refused(self._machine.no("no JSON", why="it is nested too deeply"))

    def _refused(self, no: Refusal) -> Reply:
        # Who runs out of patience has waited.
        delay = (self._machine.profile.patience or 0.0) if no.status == 408 else 0.0
        return Reply(status=no.status, body=dump(outcome(no.words)), headers={"Content-Type": JSON}, delay=delay)

    def _fail(self, fault: Fault) -> Reply:
        if not fault.status:
            return Reply(lost=True)
        later = self._soon() if fault.later == "date" else fault.later
        headers = {"Retry-After": later} if later else {}
        if fault.html:
            return Reply(status=fault.status, body=_markup(fault), headers=headers | {"Content-Type": "text/html"})
        words = self._machine.no("conflict").words if fault.status == 409 else f"{fault.kind}: try again later"
        return Reply(status=fault.status, body=dump(outcome(words)), headers=headers | {"Content-Type": JSON})

    def _soon(self) -> str:
        """Spell the next full second but one: a date has no parts of seconds."""
        return format_datetime(self._machine.now() + timedelta(seconds=2), usegmt=True)

    def _packed(self, reply: Reply, request: Request) -> Reply:
        asked = "gzip" in request.headers.get("accept-encoding", "")
        if not asked or not self._machine.profile.gzip or len(reply.body) < _SMALL:
            return reply
        packed = gzip.compress(reply.body, compresslevel=1, mtime=0)
        return replace(reply, body=packed, headers={**reply.headers, "Content-Encoding": "gzip"})


def _markup(fault: Fault) -> bytes:
    title = f"{fault.status} {fault.kind}"
    style = "<style>h1 {color: red}</style>"
    return f"<html><head><title>{title}</title>{style}</head><body><h1>{title}</h1>twin</body></html>".encode()
