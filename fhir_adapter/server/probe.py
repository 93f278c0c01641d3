"""What a server does, measured with scratch resources: whatever its statement says."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

from fhir_adapter.errors import Refused
from fhir_adapter.resource import name
from fhir_adapter.server.answer import Answer
from fhir_adapter.server.connection import Connection
from fhir_adapter.server.habits import Habits
from fhir_adapter.server.load import Load
from fhir_adapter.server.pages import Pages
from fhir_adapter.server.scratch import SYSTEM, Scratch, location, query, study
from fhir_adapter.trial import put

__all__ = ["SEARCHES", "Measured", "probe"]

_DIGITS = "90817263544536271809"  # an id that nobody has
_READS = 7
_WAITS = (0.0, 0.2, 0.5, 1.0, 2.0, 5.0)  # seconds until a search is asked again
_LATE = "2999-01-01"
# What each search is asked: for what is there, and for what is not, as a server may answer with all that it has.
SEARCHES = ("identifier", "_id", "_lastUpdated", "_elements", "_count")


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """The habits that were found, what can't be searched by, whether answers come packed, what could not be removed."""

    habits: Habits
    unsearched: tuple[str, ...] = ()
    packs: bool = False
    left: tuple[str, ...] = ()


def probe(
    http: Connection,
    habits: Habits,
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Measured:
    """Measure a server with some 50 requests; `habits` say what is known of it already.

    Scratch resources are written and removed again, also where something fails. Raises Temporary and Unauthorized.
    """
    scratch = Scratch(http)
    with scratch:
        found = _Probe(http, scratch, habits, clock, sleep).measure()
    return replace(found, left=tuple(scratch.left))


class _Probe:
    """One probe under way; `_own` is the scratch Location that most is tried with, by the server's name of it."""

    def __init__(
        self,
        http: Connection,
        scratch: Scratch,
        habits: Habits,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
    ) -> None:
        self._http, self._scratch, self._habits = http, scratch, habits
        self._clock, self._sleep = clock, sleep
        self._own = ""

    def measure(self) -> Measured:
        """Try everything, in an order in which one thing can rest on another."""
        self._note(ids=self._ids())
        self._conditions()
        if not self._own:
            return Measured(habits=self._habits)
        self._note(noop=self._noop(), stale=self._stale(), if_none_match=self._none_match())
        self._note(integrity=self._integrity(), delay=self._delay())
        self._note(transactions=self._transactions(), batches=self._batches())
        packs = self._reads()
        if self._habits.transactions or self._habits.batches:
            load = Load(self._http, self._own, "transaction" if self._habits.transactions else "batch")
            self._note(entries=load.entries(), size=load.size(), gzip=load.gzip())
        lacking = tuple(each for each in SEARCHES if not self._searches(each))
        return Measured(habits=self._habits, unsearched=lacking, packs=packs)

    def _note(self, **found: Any) -> None:
        self._habits = replace(self._habits, **found)

    def _ids(self) -> str:
        """Find out who gives ids."""
        given = self._scratch.put(location("a"))
        if not given.ok:
            return "server"
        self._own = name(location("a"))
        digits = self._scratch.put({**location("digits"), "id": _DIGITS})
        return "any" if digits.ok else "letter"

    def _conditions(self) -> None:
        """Write twice by a search: the second time what the first one made must be found."""
        again = {**location("where"), "description": "changed"}
        first, second = self._scratch.put_where(location("where")), self._scratch.put_where(again)
        update = first.ok and second.ok and first.location == second.location
        first, second = self._scratch.post_unless(location("unless")), self._scratch.post_unless(location("unless"))
        create = first.ok and second.ok and second.status == 200
        self._note(conditional_update=update, conditional_create=create)
        if self._habits.ids == "server" and (update or create):
            self._note(mode="conditional-update" if update else "conditional-create")
            answer = self._scratch.put_where(location("where")) if update else first
            self._own = answer.location or ""

    def _write(self, words: str, **request: str) -> Answer:
        """Store the scratch Location once more, under the id that it has."""
        return self._scratch.put({**self._location(), "description": words}, **request)

    def _location(self) -> dict[str, Any]:
        label = "a" if self._habits.ids != "server" else "where" if self._habits.conditional_update else "unless"
        return {**location(label), "id": self._own.partition("/")[2]}

    def _noop(self) -> bool | None:
        first, second = self._write("the same"), self._write("the same")
        if not (first.ok and second.ok and first.version and second.version):
            return None
        return first.version == second.version

    def _stale(self) -> int | None:
        """Write against a version that is out of date: the status of the refusal, 0 where it is done all the same."""
        before = self._write("one").version
        after = self._write("two").version
        if not before or before == after:
            return None
        answer = self._write("three", ifMatch=f'W/"{before}"')
        return 0 if answer.ok else answer.status

    def _none_match(self) -> bool:
        return self._write("four", ifNoneMatch="*").status in (409, 412)

    def _integrity(self) -> bool | None:
        """Refer to what isn't there; None where the study is refused for something else."""
        dangling = self._stored(study("lost", "Location/fhir-adapter-probe-nowhere"))
        if dangling.ok:
            return False
        return True if self._stored(study("found", self._own)).ok else None

    def _stored(self, resource: dict[str, Any]) -> Answer:
        if self._habits.ids != "server":
            return self._scratch.put(resource)
        return (
            self._scratch.put_where(resource)
            if self._habits.conditional_update
            else self._scratch.post_unless(resource)
        )

    def _delay(self) -> float | None:
        """Write, and search until it is found; seconds that it took, None where it never was."""
        fresh = location("late")
        begun = self._clock()
        if not self._stored(fresh).ok:
            return None
        for wait in _WAITS:
            self._sleep(wait)
            if self._found({"identifier": f"{SYSTEM}|{fresh['identifier'][0]['value']}"}):
                return round(self._clock() - begun, 2) if wait else 0.0
        return None

    def _transactions(self) -> bool | None:
        """Send one good and one bad entry: a transaction stores neither."""
        good = location("whole")
        entry = put(good, f"{self._http.url}/{name(good)}")
        if self._habits.ids == "server":
            url = f"Location?{query(good)}"
            entry = {"resource": {k: v for k, v in good.items() if k != "id"}, "request": {"method": "PUT", "url": url}}
        self._scratch.expect(name(good))
        try:
            answers = self._http.bundle("transaction", [entry, self._bad()])
        except Refused as error:
            if error.response is not None and error.response.status_code in (404, 405, 501):
                return False
        else:
            if all(answer.ok for answer in answers):
                return None
        stored = self._found({"identifier": f"{SYSTEM}|{good['identifier'][0]['value']}"})
        return not stored and self._does("transaction")

    def _bad(self) -> dict[str, Any]:
        """Make an entry that is refused: for its version, where that is checked, else for its code."""
        own = self._location()
        if self._habits.stale:
            guarded = {"method": "PUT", "url": name(own), "ifMatch": 'W/"0"'}
            return {"resource": {**own, "description": "bad"}, "request": guarded}
        return put({**own, "status": "fhir-adapter-probe-of-a-wrong-code"}, f"{self._http.url}/{name(own)}")

    def _batches(self) -> bool:
        return self._does("batch")

    def _does(self, kind: str) -> bool:
        asked = [{"request": {"method": "GET", "url": self._own}}] * 2
        try:
            return all(answer.ok for answer in self._http.bundle(kind, asked))
        except Refused:
            return False

    def _reads(self) -> bool:
        """Read some times: how long it takes, and whether an answer comes packed."""
        times = []
        for _ in range(_READS):
            begun = self._clock()
            self._http.get(self._own)
            times.append(self._clock() - begun)
        self._note(latency=round(median(times), 4))
        return self._http.get("metadata", {"_elements": "rest"}).packed

    def _searches(self, parameter: str) -> bool:
        """Try one search parameter; one that is ignored counts as missing."""
        own = self._own.partition("/")[2]
        ours = {"identifier": f"{SYSTEM}|", "_count": "50"}
        if parameter == "_elements":
            return any("name" not in each for each in self._found({**ours, "_elements": "id"}))
        if parameter == "_count":
            page = self._page({"identifier": f"{SYSTEM}|", "_count": "1"})
            return page is not None and len(page.get("entry") or ()) == 1
        there = {"identifier": self._identifier(), "_id": own, "_lastUpdated": "gt2000-01-01"}[parameter]
        absent = {"identifier": f"{SYSTEM}|none", "_id": "fhir-adapter-probe-none", "_lastUpdated": f"gt{_LATE}"}
        base = {} if parameter != "_lastUpdated" else {"_id": own}
        found = self._page({**base, parameter: there})
        nothing = self._page({**base, parameter: absent[parameter]})
        return bool(found and found.get("entry")) and nothing is not None and not nothing.get("entry")

    def _identifier(self) -> str:
        return f"{SYSTEM}|{self._location()['identifier'][0]['value']}"

    def _page(self, asked: dict[str, str]) -> dict[str, Any] | None:
        try:
            return self._http.get("Location", asked).resource
        except Refused:
            return None

    def _found(self, asked: dict[str, str]) -> list[dict[str, Any]]:
        try:
            return list(Pages(self._http, "Location", list(asked.items())).matches())
        except Refused:
            return []
