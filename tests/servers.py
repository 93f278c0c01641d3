"""Real HAPI FHIR servers for tests: started by scripts/hapi on a free port, at the earliest when asked for.

A server takes 20 s to 2 minutes to start and about 1 GB: start one a version and session. A session fixture with
`params=["r5", "r4b", "r4"]` around `start` lets pytest group its tests, so that one server lives at a time;
`lazy` is for tests that want several at once.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path

import pytest

__all__ = ["HAPI", "available", "demand", "lazy", "start"]

HAPI = Path(__file__).resolve().parents[1] / "scripts" / "hapi"


@cache
def available() -> str | None:
    """Say what this machine lacks to start a server; None when Java and Maven are there."""
    done = subprocess.run([sys.executable, HAPI, "--check"], capture_output=True, text=True, check=False)
    return done.stderr.strip() if done.returncode else None


def demand(env: Mapping[str, str]) -> None:
    """Skip the test on a machine without Java and Maven; fail it where CI is set."""
    lack = available()
    if lack and env.get("CI"):
        pytest.fail(lack, pytrace=False)
    if lack:
        pytest.skip(lack)


@contextmanager
def start(version: str, *options: str) -> Iterator[str]:
    """Run an empty server of one FHIR version (`r4`, `r4b`, `r5`) and give its base URL, without a last slash."""
    command = [sys.executable, str(HAPI), version, "0", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            url = process.stdout.readline().strip()
            assert url, f"scripts/hapi {version} ended with {process.wait()}: see its words on stderr"
            yield url
        finally:
            process.terminate()


@contextmanager
def lazy() -> Iterator[Callable[[str], str]]:
    """Give a function from version to base URL that starts each server once, when it is first asked for."""
    with ExitStack() as stack:
        yield cache(lambda version: stack.enter_context(start(version)))
