"""Fixtures for tests of OAuth logins: a token server in this process, a clock, and connections over no network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from fhir_adapter.auth import OAuth, Secret
from fhir_adapter.retry import Retry
from fhir_adapter.server.connection import Connection
from token_server import BASE, CLIENT, NOW, SECRET, TokenServer

__all__ = ["clock", "issuer", "login"]


@pytest.fixture
def issuer() -> TokenServer:
    return TokenServer(base=BASE)


@pytest.fixture
def clock() -> list[float]:
    """The time, which a test may change."""
    return [NOW]


@pytest.fixture
def login(issuer: TokenServer, clock: list[float]) -> Iterator[Callable[..., Connection]]:
    """Connect with an OAuth login; `proof` is the secret unless told otherwise."""
    opened: list[Connection] = []

    def connect(proof: Any = None, *, base: str = BASE, answer: Any = None, **options: Any) -> Connection:
        own = proof or Secret(client_id=CLIENT, secret=SECRET)
        auth = OAuth(own, base=base, now=lambda: clock[0], **options)
        retry = Retry(attempts=3, pause=lambda _: 0.0)
        transport = httpx.MockTransport(answer or issuer.answer)
        opened.append(Connection(base, auth=auth, transport=transport, retry=retry))
        return opened[-1]

    yield connect
    for each in opened:
        each.close()
