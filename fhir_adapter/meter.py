"""Counting what goes to a server and comes from it, in memory that doesn't grow with the run."""

from __future__ import annotations

import heapq
import math
import secrets
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from threading import Lock

from fhir_adapter.exchange import Exchange
from fhir_adapter.tree import Tree

__all__ = ["Meter", "Usage"]

_SLOWEST, _FAILED = 5, 20  # so many are kept whole
_STEP = math.log(1.01)  # latencies are kept to one per cent
_SHORTEST = 0.01  # milliseconds
_LOST = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """The requests of a run: how many, how many of them sent again, bytes of bodies, answers by status.

    `statuses` has "none" for requests without an answer; `p50`, `p95`, `p99` and `longest` are milliseconds. `slowest`
    are the slowest ones, the worst first; `failed` the first that were refused or lost.
    """

    requests: int
    repeats: int
    sent: int
    received: int
    statuses: Mapping[str, int]
    p50: float
    p95: float
    p99: float
    longest: float
    slowest: tuple[Exchange, ...] = ()
    failed: tuple[Exchange, ...] = ()

    def as_dict(self) -> Tree:
        latency = {"p50": self.p50, "p95": self.p95, "p99": self.p99, "max": self.longest}
        return {
            "sent": self.requests,
            "repeated": self.repeats,
            "bytes_sent": self.sent,
            "bytes_received": self.received,
            "statuses": dict(sorted(self.statuses.items())),
            "ms": {key: round(value, 1) for key, value in latency.items()},
            "slowest": [each.as_dict() for each in self.slowest],
            "failed": [each.as_dict() for each in self.failed],
        }


class Meter:
    """Notes the requests of any number of threads; `listen` is given each as it ends, one at a time.

    `mark` begins the ids of its requests: eight letters or digits, random where it isn't given.
    """

    def __init__(self, mark: str | None = None, listen: Callable[[Exchange], None] | None = None) -> None:
        self._mark, self._listen = mark or secrets.token_hex(4), listen
        self._numbers = count(1)
        self._lock = Lock()
        self._repeats = self._sent = self._received = 0
        self._statuses: Counter[str] = Counter()
        self._times: Counter[int] = Counter()
        self._slowest: list[tuple[float, str, Exchange]] = []
        self._failed: list[Exchange] = []

    def number(self) -> str:
        """Give the next request its id.

        HAPI keeps it in meta.source, after a #; `plain` takes off what has sixteen letters and digits, as its own have.
        """
        return f"{self._mark}{next(self._numbers):08x}"

    def note(self, exchange: Exchange) -> None:
        """Count a request that has ended."""
        with self._lock:
            self._repeats += exchange.attempt > 1
            self._sent += exchange.sent
            self._received += exchange.received
            self._statuses[_LOST if exchange.status is None else str(exchange.status)] += 1
            self._times[_place(exchange.ms)] += 1
            heapq.heappush(self._slowest, (exchange.ms, exchange.id, exchange))
            if len(self._slowest) > _SLOWEST:
                heapq.heappop(self._slowest)
            if exchange.failed and len(self._failed) < _FAILED:
                self._failed.append(exchange)
            if self._listen:
                self._listen(exchange)

    def usage(self) -> Usage | None:
        """Give the numbers so far; None where nothing was sent."""
        with self._lock:
            total = self._statuses.total()
            if not total:
                return None
            slowest = [each for _, _, each in sorted(self._slowest, reverse=True)]
            p50, p95, p99 = (min(each, slowest[0].ms) for each in self._quantiles(total, (0.5, 0.95, 0.99)))
            return Usage(
                requests=total,
                repeats=self._repeats,
                sent=self._sent,
                received=self._received,
                statuses=dict(self._statuses),
                p50=p50,
                p95=p95,
                p99=p99,
                longest=slowest[0].ms,
                slowest=tuple(slowest),
                failed=tuple(self._failed),
            )

    def _quantiles(self, total: int, shares: tuple[float, ...]) -> Iterator[float]:
        """Give the time within which each share of the requests had ended."""
        for share in shares:
            left = math.ceil(share * total)
            for place in sorted(self._times):
                left -= self._times[place]
                if left <= 0:
                    yield _SHORTEST * math.exp(place * _STEP)
                    break


def _place(ms: float) -> int:
    return round(math.log(max(ms, _SHORTEST) / _SHORTEST) / _STEP)
