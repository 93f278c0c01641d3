"""Fixtures for tests against the twin, over pytest-httpx. Nobody sleeps: `pause` notes the wait, skips it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from pytest_httpx import HTTPXMock

from fhir_adapter.retry import Retry
from fhir_adapter.server import ServerTarget
from wire import Wire

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def waits() -> list[float]:
    """What we were asked to wait, in order."""
    return []


@pytest.fixture
def fake() -> Wire:
    return Wire()


@pytest.fixture
def live(fake: Wire, httpx_mock: HTTPXMock) -> Callable[[], None]:
    """Let the twin answer from now on. pytest-httpx takes what wasn't used yet, in order, then the last."""
    return lambda: httpx_mock.add_callback(lambda request: fake.handle(request), is_reusable=True, is_optional=True)


@pytest.fixture
def fault(httpx_mock: HTTPXMock, live: Callable[[], None]) -> Callable[..., None]:
    """Answer the next requests (of one method) otherwise than the twin would; an exception is raised.

    `before`: connecting comes after that.
    """

    def register(*faults: Any, method: str | None = None, before: bool = False) -> None:
        for each in faults:
            if isinstance(each, Exception):
                httpx_mock.add_exception(each, method=method)
            elif callable(each):
                httpx_mock.add_callback(each, method=method)
            else:
                httpx_mock.add_response(**each, method=method)
        if not before:
            live()

    return register


@pytest.fixture
def connect(fake: Wire, live: Callable[[], None], waits: list[float]) -> Iterator[Callable[..., ServerTarget]]:
    """Open the twin; answers registered afterwards come before its own."""
    opened: list[ServerTarget] = []

    def pause(seconds: float) -> float:
        waits.append(seconds)
        return 0.0

    def open_it(url: str = fake.url, **options: Any) -> ServerTarget:
        live()
        retry = Retry(pause=pause, now=lambda: NOON)
        opened.append(ServerTarget(url, retry=retry, **options))
        waits.clear()
        return opened[-1]

    yield open_it
    for target in opened:
        target.close()
