"""A limit on CPU time that is as long on a slow or busy machine as on a quick one: counted in steps of Python.

It tells what hangs from what ends. How fast something is `scripts/bench` measures.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

__all__ = ["soon"]

Given = TypeVar("Given")

STEPS = 400_000
QUIET = 0.02  # seconds that so many take on a machine of the year 2020 that does nothing else


def soon(act: Callable[[], Given], seconds: float) -> Given:
    """Give what comes, if it comes within so many seconds of a quiet machine, the second time at the latest."""
    took = []
    for _ in range(2):
        before = _pace()
        start = time.process_time()
        given = act()
        spent = time.process_time() - start
        took.append(spent / ((before + _pace()) / 2))
        if took[-1] < seconds:
            return given
    raise AssertionError(f"took {' and '.join(f'{each:.1f}' for each in took)} s of a quiet machine, not {seconds}")


def _pace() -> float:
    """Say how many times longer than on a quiet machine a loop takes now."""
    start = time.process_time()
    sum(1 for _ in range(STEPS))
    return (time.process_time() - start) / QUIET
