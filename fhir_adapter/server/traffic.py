"""Trials on their way to a server: what the ledger knows is not sent, the rest goes in chunks, several at once."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field

from fhir_adapter.errors import ServerError
from fhir_adapter.ledger import Held, Ledger
from fhir_adapter.receipt import Receipt
from fhir_adapter.server.changes import Changes, remembered
from fhir_adapter.server.chunks import Chunk
from fhir_adapter.server.delivery import Delivery
from fhir_adapter.server.pace import Pace
from fhir_adapter.trial import Trial

__all__ = ["Traffic"]


@dataclass(frozen=True, slots=True)
class _Parcel:
    """A trial to send, with what the ledger tells: digests to keep, what must be done, whether it was never sent, and
    what may be there of it.
    """

    trial: Trial
    digests: dict[str, str] = field(default_factory=dict)
    known: Changes | None = None
    fresh: bool = False
    traces: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, eq=False)
class _Flight:
    """Parcels that are on their way in one request or a few."""

    parcels: list[_Parcel]
    receipts: Future[list[Receipt]]
    ids: set[str]


class Traffic:
    """The trials of one run on their way to one server.

    `deliver` makes the delivery of one chunk. With several `workers` as many chunks are under way at once. A trial that
    comes again waits until it is stored: what must be done then follows from what is there. The ledger is read and
    written by the caller's thread alone, as soon as a chunk is stored.
    """

    def __init__(self, deliver: Callable[[], Delivery], pace: Pace, ledger: Ledger | None, workers: int) -> None:
        self._deliver, self._pace, self._ledger, self._workers = deliver, pace, ledger, workers
        self._flights: deque[_Flight] = deque()

    def run(self, trials: Iterable[Trial]) -> Iterator[Receipt]:
        """Store trials; a receipt each, those of one chunk in order.

        Where the input ends in an error, what came before it is stored first; where the server does, what is under
        way is noted first.
        """
        chunk: Chunk[_Parcel] = Chunk(_entries, lambda parcel: parcel.trial.id)
        source = iter(trials)
        trouble: BaseException | None = None
        with ThreadPoolExecutor(self._workers, thread_name_prefix="fhir-adapter") as pool:
            try:
                while True:
                    try:
                        trial = next(source)
                    except StopIteration:
                        break
                    except (Exception, KeyboardInterrupt) as error:
                        trouble = error
                        break
                    if trial.id in chunk:
                        yield from self._start(pool, chunk.take())
                    while any(trial.id in flight.ids for flight in self._flights):
                        yield from self._land(len(self._flights) - 1)
                    parcel = self._parcel(trial)
                    if parcel.known is not None and not parcel.known.entries:
                        yield Receipt(trial.id, unchanged=len(trial.entries), versions=parcel.known.held)
                    elif before := chunk.add(parcel, self._pace.limits):
                        yield from self._start(pool, before)
                if rest := chunk.take():
                    yield from self._start(pool, rest)
                yield from self._land(0)
            finally:
                self._settle()
        if trouble is not None:
            raise trouble

    def _parcel(self, trial: Trial) -> _Parcel:
        if self._ledger is None:
            return _Parcel(trial)
        digests = trial.digests
        held = self._ledger.resources(trial.id)
        known = remembered(trial, digests, held) if held else None
        traces = frozenset(self._ledger.traces(trial.id))
        fresh = not held and not traces and not self._ledger.knows(trial.id)
        return _Parcel(trial, digests, known, fresh=fresh, traces=traces)

    def _start(self, pool: ThreadPoolExecutor, parcels: list[_Parcel]) -> Iterator[Receipt]:
        """Let a chunk go as soon as a worker is free."""
        yield from self._land(self._workers - 1)
        known = {parcel.trial.id: parcel.known for parcel in parcels if parcel.known is not None}
        fresh = {parcel.trial.id for parcel in parcels if parcel.fresh}
        traces = {parcel.trial.id: parcel.traces for parcel in parcels if parcel.traces}
        trials = [parcel.trial for parcel in parcels]
        if self._ledger is not None:
            self._ledger.expect({trial.id: trial.names for trial in trials if trial.entries})
        receipts = pool.submit(lambda: self._deliver().push(trials, known, fresh, traces))
        self._flights.append(_Flight(parcels, receipts, {trial.id for trial in trials}))

    def _land(self, most: int) -> Iterator[Receipt]:
        """Wait until no more than `most` chunks are under way, whichever are stored first."""
        while len(self._flights) > most:
            wait([flight.receipts for flight in self._flights], return_when=FIRST_COMPLETED)
            flight = next(each for each in self._flights if each.receipts.done())
            self._flights.remove(flight)
            for parcel, receipt in zip(flight.parcels, flight.receipts.result(), strict=True):
                self._keep(parcel, receipt)
                yield receipt

    def _settle(self) -> None:
        """Note what comes of the chunks that are still under way when the run ends early."""
        for flight in self._flights:
            with suppress(ServerError):
                for parcel, receipt in zip(flight.parcels, flight.receipts.result(), strict=True):
                    self._keep(parcel, receipt)
        self._flights.clear()

    def _keep(self, parcel: _Parcel, receipt: Receipt) -> None:
        if self._ledger is None or not receipt.id:
            return
        if receipt.ok:
            versions = receipt.versions
            held = {each: Held(digest, versions.get(each)) for each, digest in parcel.digests.items()}
            self._ledger.keep(receipt.id, held)
        else:
            self._ledger.fail(receipt.id, "; ".join(issue.message for issue in receipt.issues))


def _entries(parcel: _Parcel) -> list[dict[str, object]]:
    return parcel.known.entries if parcel.known is not None else list(parcel.trial.entries)
