"""Stopping a run in good order: at a signal, or when its time is over."""

from __future__ import annotations

import os
import re
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from types import FrameType, TracebackType
from typing import Self, TypeVar

from fhir_adapter.errors import ConfigError

__all__ = ["INTERRUPTED", "Halt"]

T = TypeVar("T")

INTERRUPTED = 130  # 128 + SIGINT, as shells say it
_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_TIME = re.compile(r"(\d+(?:\.\d+)?)([smh]?)")
_SECONDS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}


class Halt:
    """Use it as a context manager around a run; `reason` then says why it ended early, None where it didn't.

    At the first SIGINT or SIGTERM, and after `within` ("90", "55m", "2h"), no new item is begun and what is under way
    is finished. At the second signal the process ends at once: that is safe too, the next run finds out what was done.
    """

    def __init__(self, within: str | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self.reason: str | None = None
        self._within, self._clock = within, clock
        self._end = clock() + _seconds(within) if within else None
        self._before: dict[signal.Signals, object] = {}

    def until(self, items: Iterable[T]) -> Iterator[T]:
        """Give items until the run is to stop."""
        for item in items:
            if self._end is not None and self._clock() >= self._end:
                self.reason = self.reason or f"--max-runtime {self._within} is over"
            if self.reason:
                return
            yield item

    def __enter__(self) -> Self:
        self._before = {each: signal.signal(each, self._asked) for each in _SIGNALS}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for each, handler in self._before.items():
            signal.signal(each, handler)  # type: ignore[arg-type]

    def _asked(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002  (the signature is Python's)
        if self.reason:
            os._exit(INTERRUPTED)
        self.reason = signal.Signals(number).name
        print("fhir-adapter: finishing what is under way; once more to stop at once", file=sys.stderr, flush=True)


def _seconds(text: str) -> float:
    match = _TIME.fullmatch(text.strip().lower())
    if match is None:
        raise ConfigError(f"no time: {text!r}; write --max-runtime 90 (seconds), 55m or 2h")
    return float(match[1]) * _SECONDS[match[2]]
