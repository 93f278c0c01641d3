"""A FHIR server as a target: it says itself which FHIR it speaks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from types import TracebackType
from typing import TYPE_CHECKING, Self

from fhir_adapter.errors import ConfigError, ServerError
from fhir_adapter.issues import Issue
from fhir_adapter.ledger import Ledger
from fhir_adapter.meter import Meter
from fhir_adapter.plan import Plan, withdrawal
from fhir_adapter.receipt import Pulled, Receipt
from fhir_adapter.resource import STUDY
from fhir_adapter.retry import Retry
from fhir_adapter.server import planning
from fhir_adapter.server.chunks import Limits, pack
from fhir_adapter.server.connection import Connection
from fhir_adapter.server.delivery import Delivery
from fhir_adapter.server.examination import Examination, examine
from fhir_adapter.server.habits import Habits
from fhir_adapter.server.judgement import judge
from fhir_adapter.server.mode import choose
from fhir_adapter.server.pace import Pace
from fhir_adapter.server.pulling import Pulling, found
from fhir_adapter.server.query import read_query
from fhir_adapter.server.traffic import Traffic
from fhir_adapter.server.trust import glance
from fhir_adapter.server.wire import Wire
from fhir_adapter.tree import Tree
from fhir_adapter.trial import gather, read_trial

if TYPE_CHECKING:
    from pathlib import Path

    import httpx

__all__ = ["ServerTarget"]

_VERSIONS = {"4.0.": "R4", "4.3.": "R4B", "5.0.": "R5"}
_OTHERS = {"1.0.": " (DSTU2)", "3.0.": " (STU3)", "6.0.": " (R6)"}
_PAGE = 50  # studies a round of reading: some MB


class ServerTarget:
    """A FHIR server, held open; use it as a context manager, or close it.

    Opening reads `/metadata`: Temporary where nobody answers, ServerError where it is no FHIR server,
    ConfigError where it speaks a FHIR that we don't, or not the one that is asked for. `state` is the file of its
    ledger, which then knows what need not be sent, and is locked: Locked where another run has it. `workers` is how
    many requests may be under way at once; `meter` counts them. `habits` are what `doctor` measured of the server,
    `mode` is how resources get their ids (`put`, `conditional-update`, `conditional-create`) where they don't tell.
    """

    def __init__(
        self,
        url: str,
        *,
        fhir: str | None = None,
        auth: httpx.Auth | None = None,
        timeout: float = 120.0,
        transport: httpx.BaseTransport | None = None,
        retry: Retry | None = None,
        limits: Limits | None = None,
        wire: Wire | None = None,
        state: Path | None = None,
        workers: int = 1,
        mode: str | None = None,
        habits: Habits | None = None,
        meter: Meter | None = None,
    ) -> None:
        self.ledger: Ledger | None = None
        self.meter = meter or Meter()
        self._http = Connection(
            url, auth=auth, timeout=timeout, transport=transport, retry=retry, wire=wire, meter=self.meter
        )
        try:
            self._fhir = _speaks(self._http)
            if fhir and fhir.upper() != self._fhir:
                raise ConfigError(f"{self._http.url} speaks FHIR {self._fhir}, not {fhir!r}; leave the version out")
            self.ledger = Ledger(state, self._http.url, self._fhir) if state else None
            habits = habits or Habits()
            self._mode = choose(mode or habits.mode, self._http, self.ledger, proven=habits.transactions is True)
            habits.teach(self._http)
            if self.ledger:
                glance(self._http, self.ledger, self._mode.ids)
        except BaseException:
            self.close()
            raise
        self._pace = Pace(limits or habits.limits)
        self._workers = workers

    @property
    def fhir(self) -> str:
        """The FHIR version: R5, R4B or R4."""
        return self._fhir

    def push(self, bundle: Tree) -> Receipt:
        """Store one trial; nothing is written that is there already."""
        (receipt,) = self.push_all([bundle])
        return receipt

    def push_all(self, bundles: Iterable[Tree]) -> Iterator[Receipt]:
        """Store trials, several in a request; a receipt each as soon as they are stored.

        Receipts come in order, except that those which the ledger knows to be stored don't wait for others.
        """
        trials = (self._mode.expect(read_trial(bundle, self._fhir, self._http.url)) for bundle in bundles)
        for receipt in Traffic(self._delivery, self._pace, self.ledger, self._workers).run(trials):
            self._mode.settle(receipt)
            yield receipt

    def plan(self, bundles: Iterable[Tree]) -> Iterator[Plan]:
        """Say what pushing trials would do, element by element; nothing is written."""
        trials = (read_trial(bundle, self._fhir, self._http.url) for bundle in bundles)
        for group in pack(trials, self._pace.limits, lambda trial: trial.entries, lambda trial: trial.id):
            yield from planning.plan(group, self._delivery(), self._http.url, self._fhir, self.ledger)

    def withdrawal(self, ids: Iterable[str], how: str) -> Iterator[Plan]:
        """Plan what becomes of trials that are gone from their registry: `retire` or `delete`."""
        read = self._delivery().read
        wanted = iter(ids)
        while named := list(islice(wanted, _PAGE)):
            there = found(read([f"{STUDY}/{each}" for each in named]))
            for resources, _ in gather([*there.values()], lambda names: found(read(names)), self._http.url):
                own, steps = str(resources[0]["id"]), tuple(withdrawal(resources, how, self._fhir))
                yield Plan(trial=own, target=self._http.url, fhir=self._fhir, steps=steps, withdraw=True)

    def apply(self, plans: Iterable[Plan]) -> Iterator[Receipt]:
        """Carry out plans; a trial that moved since its plan was made is left as it is, and its receipt says so."""
        for plan in plans:
            if (plan.target, plan.fhir) != (self._http.url, self._fhir):
                words = f"the plan is for {plan.target} in FHIR {plan.fhir}, not for {self._http.url} in {self._fhir}"
                raise ConfigError(f"{words}; apply it there, or plan again")
            for receipt in planning.apply([plan], self._delivery(), self._http.url, self._fhir):
                if self.ledger is not None and plan.withdraw and receipt.ok:
                    self.ledger.withdraw(plan.trial)
                elif self.ledger is not None and plan.steps:
                    self.ledger.forget([plan.trial])
                yield receipt

    def pull(self, ids: Iterable[str] | None = None, search: str | None = None) -> Iterator[Pulled]:
        """Read trials with all that they refer to: those named, in that order, those of a search, or all there are.

        Studies that others made come as they are. Raises ConfigError where `search` is none, or beside ids.
        """
        if ids is not None and search is not None:
            raise ConfigError("trials are pulled by id or by a search; give one of them")
        asked = read_query(search) if search is not None else ()
        reading = Pulling(self._http, self._mode, self._fhir, self._delivery)
        return reading.searched(asked) if ids is None else reading.named(ids)

    def validate(self, resource: Tree) -> list[Issue]:
        """Ask what the server has against a resource or Bundle ($validate); nothing is stored.

        Raises Refused where it has no such operation.
        """
        return judge(self._http, resource, self._fhir)

    def examine(self, *, trial: bool = False) -> Examination:
        """Find out what the server can do; with `trial` scratch resources are written, and removed again."""
        return examine(self._http, self._fhir, trial=trial)

    def close(self) -> None:
        """Close the connections and the ledger."""
        self._http.close()
        if self.ledger is not None:
            self.ledger.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"ServerTarget({self._http.url!r}, fhir={self._fhir!r})"

    def _delivery(self) -> Delivery:
        return Delivery(self._mode.channel(), self._http.url, self._fhir, self._pace)


def _speaks(http: Connection) -> str:
    asked = {"_elements": "fhirVersion,software"}
    statement = http.get("metadata", asked, attempts=2).resource or {}
    number = statement.get("fhirVersion")
    if statement.get("resourceType") not in ("CapabilityStatement", "Conformance") or not number:
        kind = statement.get("resourceType")
        raise ServerError(f"{http.url}/metadata gives {kind!r} instead of a CapabilityStatement; is this its base?")
    for prefix, version in _VERSIONS.items():
        if str(number).startswith(prefix):
            return version
    called = next((words for prefix, words in _OTHERS.items() if str(number).startswith(prefix)), "")
    raise ConfigError(f"{http.url} speaks FHIR {number}{called}; this program speaks R4, R4B and R5")
