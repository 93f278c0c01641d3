"""How much goes into one request: as much as the server copes with, found out as it answers."""

from __future__ import annotations

from threading import Lock

from fhir_adapter.server.chunks import Limits

__all__ = ["Pace"]

_LONG = 10.0  # seconds for one transaction: many servers and proxies give up at 30 or 60
_SHORT = 2.5


class Pace:
    """The limits of the next request, shared by all writers to one server."""

    def __init__(self, limits: Limits) -> None:
        self._most = self._limits = limits
        self._fine = Limits(0, 0)
        self._lock = Lock()

    @property
    def limits(self) -> Limits:
        return self._limits

    def refused(self, request: Limits) -> None:
        """Learn that a request was too much: no more than half of it from now on.

        Where as many entries went before it must be the bytes, and the other way round.
        """
        with self._lock:
            entries, size = request.entries > self._fine.entries, request.size > self._fine.size
            many, large = entries or not size, size or not entries
            self._most = Limits(
                min(self._most.entries, max(1, request.entries // 2)) if many else self._most.entries,
                min(self._most.size, max(1, request.size // 2)) if large else self._most.size,
            )
            self._limits = _least(self._limits, self._most)

    def slow(self) -> None:
        """Send half as much for now: the answer came too late, or not at all."""
        with self._lock:
            self._limits = Limits(max(1, self._limits.entries // 2), max(1, self._limits.size // 2))

    def took(self, request: Limits, seconds: float) -> None:
        """Learn from a transaction: send less where it took long, more again where it was quick."""
        with self._lock:
            now, entries = self._limits, request.entries
            self._fine = Limits(max(self._fine.entries, entries), max(self._fine.size, request.size))
            if seconds > _LONG and entries > 1:
                self._limits = Limits(min(now.entries, max(1, int(entries * _LONG / seconds))), now.size)
            elif seconds < _SHORT and (entries * 2 > now.entries or request.size * 2 > now.size):
                self._limits = _least(Limits(now.entries * 2, now.size * 2), self._most)


def _least(one: Limits, other: Limits) -> Limits:
    return Limits(min(one.entries, other.entries), min(one.size, other.size))
