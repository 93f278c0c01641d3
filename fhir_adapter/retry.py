"""Trying again: what is worth it, how long to wait, when to give up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

import stamina

from fhir_adapter.clock import utc_now
from fhir_adapter.errors import ServerError, Temporary

__all__ = ["Retry", "asked_wait", "never"]

T = TypeVar("T")


def never(_: ServerError) -> bool:
    """Name no error: every Temporary one is worth trying again."""
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """How patient we are with a busy server; times in seconds.

    Waits as long as the server asks for (`Retry-After`), never shorter, or gives up at once where that is
    longer than `patience`. Where it asks for nothing: `first`, doubled each time up to `longest`, jittered.
    `pause` turns the seconds to wait into those that we do wait: tests give `lambda seconds: 0.0`.
    """

    attempts: int = 5
    first: float = 0.5
    longest: float = 30.0
    patience: float = 300.0
    pause: Callable[[float], float] = float
    now: Callable[[], datetime] = utc_now

    def run(self, call: Callable[[], T], *, unless: Callable[[ServerError], bool] = never) -> T:
        """Call until it doesn't raise Temporary; the last one is let through, and one that `unless` names."""

        def judge(error: Exception) -> bool | float:
            if not isinstance(error, Temporary) or unless(error):
                return False
            asked = asked_wait(error, self.now())
            if asked is None:
                return True
            return False if asked > self.patience else self.pause(asked)

        for attempt in stamina.retry_context(
            on=judge,
            attempts=self.attempts,
            timeout=None,
            wait_initial=self.pause(self.first),
            wait_max=self.pause(self.longest),
            wait_jitter=self.pause(self.first),
        ):
            with attempt:
                return call()
        raise AssertionError("stamina ends with a result or an exception")


def asked_wait(error: ServerError, now: datetime) -> float | None:
    """Read `Retry-After`, seconds or an HTTP date, as seconds from now; None where there is none."""
    text = error.response.headers.get("Retry-After", "").strip() if error.response is not None else ""
    if text.isdecimal():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())
