"""What went to a server and came back, in words for people."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fhir_adapter.report import counted

if TYPE_CHECKING:
    from fhir_adapter.exchange import Exchange
    from fhir_adapter.meter import Usage

__all__ = ["requests"]

_SHOWN = 3
_UNITS = ("B", "kB", "MB", "GB", "TB")


def requests(usage: Usage) -> Iterator[str]:
    """Give the lines of a summary that are about requests."""
    again = f", {usage.repeats:,} of them sent again" if usage.repeats else ""
    weights = f"{_bytes(usage.sent)} sent, {_bytes(usage.received)} received"
    statuses = ", ".join(f"{number:,} × {_status(status)}" for status, number in sorted(usage.statuses.items()))
    yield f"requests: {usage.requests:,}{again}; {weights}; {statuses}"
    yield f"answered within {_time(usage.p50)} (p50), {_time(usage.p95)} (p95), {_time(usage.p99)} (p99)"
    if usage.failed:
        shown = "; ".join(map(_failed, usage.failed[:_SHOWN]))
        yield f"{counted(len(usage.failed), 'request')} refused or lost, the first: {shown}"
    yield f"slowest: {'; '.join(f'{_time(each.ms)} {_spelt(each)}' for each in usage.slowest[:_SHOWN])}"


def _failed(exchange: Exchange) -> str:
    return f"{_spelt(exchange)} (X-Request-Id {exchange.id})"


def _spelt(exchange: Exchange) -> str:
    return f"{exchange.method} {exchange.url} {_status(exchange.status)}"


def _status(status: int | str | None) -> str:
    return "no answer" if status in (None, "none") else str(status)


def _time(ms: float) -> str:
    return f"{ms:.0f} ms" if ms < 10_000 else f"{ms / 1000:,.0f} s"


def _bytes(number: float) -> str:
    """Spell a number of bytes.

    >>> _bytes(999), _bytes(340_000), _bytes(1_260_000)
    ('999 B', '340 kB', '1.3 MB')
    """
    unit = 0
    while number >= 1000 and unit < len(_UNITS) - 1:
        number, unit = number / 1000, unit + 1
    return f"{number:.0f} {_UNITS[unit]}" if unit < 2 or number >= 100 else f"{number:.1f} {_UNITS[unit]}"
