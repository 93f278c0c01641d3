"""Moments and spans of FHIR's date searches: `ge2026-01`, `lt2026-01-31T12:00:00Z`."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

__all__ = ["asked_moments"]

_FORM = re.compile(
    r"(eq|ne|ge|gt|le|lt|sa|eb)?(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d:\d\d(?::\d\d(\.\d+)?)?)(Z|[+ -]\d\d:\d\d)?)?)?)?"
)


def asked_moments(asked: str) -> Callable[[datetime], bool]:
    """Make the test of a moment that a date search asks for; ValueError where it asks for no date.

    A moment is told to the millisecond; a date without a zone is UTC.
    """
    match = _FORM.fullmatch(asked)
    if not match:
        raise ValueError(f"no date: {asked!r}")
    start, end = _span(match)
    tests: dict[str, Callable[[datetime], bool]] = {
        "ge": lambda moment: moment >= start,
        "gt": lambda moment: moment >= end,
        "sa": lambda moment: moment >= end,
        "le": lambda moment: moment < end,
        "lt": lambda moment: moment < start,
        "eb": lambda moment: moment < start,
        "ne": lambda moment: not start <= moment < end,
        "eq": lambda moment: start <= moment < end,
    }
    test = tests[match[1] or "eq"]
    return lambda moment: test(moment.replace(microsecond=moment.microsecond // 1000 * 1000))


def _span(match: re.Match[str]) -> tuple[datetime, datetime]:
    """Give the first moment of what is written, and the first after it."""
    year, month, day, time, fraction, zone = match.groups()[1:]
    if time:
        # A plus that wasn't escaped in the address arrives as a blank.
        text = f"{year}-{month}-{day}T{time}{(zone or 'Z').replace(' ', '+')}"
        start = datetime.fromisoformat(text)
        step = timedelta(milliseconds=1) if fraction else timedelta(seconds=1 if time.count(":") == 2 else 60)
        return start, start + step
    start = datetime(int(year), int(month or 1), int(day or 1), tzinfo=UTC)
    if day:
        return start, start + timedelta(days=1)
    if month:
        return start, (start + timedelta(days=31)).replace(day=1)
    return start, start.replace(year=start.year + 1)
