"""Faults: what a server does wrong now and then, thrown with seeded dice and counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from random import Random

__all__ = ["Fault", "Faults", "Place"]


class Place(StrEnum):
    """Where in a request a fault happens."""

    BEFORE = "before"  # nothing is done yet
    AFTER = "after"  # all is done, and the client doesn't learn of it
    ENTRY = "entry"  # one entry of a batch isn't done
    PAGE = "page"  # a following page of a search isn't there any more


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One kind of fault. `status` 0 breaks the connection instead of answering.

    `share` of all occasions are hit, never more than `row` in a row and `times` in all (None: no end).
    `later` is what `Retry-After` says: seconds as text, or "date" for the moment one second from now.
    `html` answers a page of mark-up, as proxies do. `writes` spares requests that only read.
    """

    kind: str
    place: Place
    status: int = 0
    share: float = 0.1
    row: int = 2
    times: int | None = None
    later: str | None = None
    html: bool = False
    writes: bool = False


class Faults:
    """The dice of one server: the same seed and the same occasions give the same faults."""

    def __init__(self, faults: Iterable[Fault], seed: int) -> None:
        self.counts: Counter[str] = Counter()
        self._dice = [(fault, Random(f"{seed} {fault.kind}")) for fault in faults]  # noqa: S311  (a game, no secret)
        self._rows: Counter[str] = Counter()

    def hit(self, place: Place, *, writes: bool = True) -> Fault | None:
        """Throw for one occasion; None: all goes well."""
        for fault, dice in self._dice:
            if fault.place is not place or (fault.writes and not writes):
                continue
            if self._spent(fault) or dice.random() >= fault.share:
                self._rows[fault.kind] = 0
                continue
            self._rows[fault.kind] += 1
            self.counts[fault.kind] += 1
            return fault
        return None

    def _spent(self, fault: Fault) -> bool:
        over = fault.times is not None and self.counts[fault.kind] >= fault.times
        return over or self._rows[fault.kind] >= fault.row
