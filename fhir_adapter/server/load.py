"""How much goes into one Bundle: found out by doubling and halving, with requests that change nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from fhir_adapter.errors import ServerError, Unauthorized
from fhir_adapter.server.connection import Connection
from fhir_adapter.tree import Tree

__all__ = ["Load"]

_FIRST, _MOST = 20, 600  # entries; larger Bundles are no faster
_LARGEST = 4_000_000  # bytes
_SMALLEST = 8_000
_NEAR = 10  # a limit is told to a tenth
_SHARE = 0.95  # of the bytes that went through: addresses and methods come on top
_PUT_OFF = 429  # inside a Bundle: the Bundle itself was taken
_STRING = 90_000  # characters of one text: FHIR allows a million, proxies may not


class Load:
    """Sends Bundles that read one resource (`Type/id`) many times; `kind` is transaction or batch."""

    def __init__(self, http: Connection, own: str, kind: str) -> None:
        self._http, self._kind = http, kind
        self._entry = {"request": {"method": "GET", "url": own}}

    def entries(self) -> int | None:
        """Find the most entries that a Bundle may have, up to 600; None where not even a few are taken."""
        return _limit(lambda count: self._taken([self._entry] * count), _FIRST, _MOST)

    def size(self) -> int | None:
        """Find the most bytes that the entries of a Bundle may have, up to 4 MB."""
        fine = _LARGEST if self._weighs(_LARGEST) else _limit(self._weighs, _SMALLEST, _LARGEST)
        return int(fine * _SHARE) if fine else None

    def gzip(self) -> bool:
        """Say whether a packed body is read."""
        before, self._http.packs = self._http.packs, True
        try:
            return self._weighs(_SMALLEST)
        finally:
            self._http.packs = before

    def _weighs(self, size: int) -> bool:
        texts = [_STRING] * (size // _STRING) + [size % _STRING]
        tags = [{"display": "x" * length} for length in texts if length]
        return self._taken([self._entry] * 2, {"tag": tags})

    def _taken(self, entries: Sequence[Tree], meta: Tree | None = None) -> bool:
        try:
            answers = self._http.bundle(self._kind, entries, meta)
        except Unauthorized:
            raise
        except ServerError:
            return False
        return all(answer.ok or answer.status == _PUT_OFF for answer in answers)


def _limit(fits: Callable[[int], bool], first: int, most: int) -> int | None:
    """Find what just fits, to a tenth: doubled from `first` up to `most`, then halved between."""
    low, high = 0, first
    while fits(high):
        low = high
        if high == most:
            return most
        high = min(2 * high, most)
    if not low:
        return None
    while high - low > max(1, low // _NEAR):
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low
