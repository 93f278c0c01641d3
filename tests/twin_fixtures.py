"""Fixtures for tests of the twin: a client of one profile or another, closed with the test."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from fhir_adapter.twin import Twin
from twin_client import Client, Start


@pytest.fixture
def start() -> Iterator[Start]:
    """Open a twin of a profile and a client that talks to it."""
    opened: list[Client] = []

    def open_it(profile: Any = "hapi", **options: Any) -> Client:
        opened.append(Client(Twin(profile, **options)))
        return opened[-1]

    yield open_it
    for client in opened:
        client.close()


@pytest.fixture
def client(start: Start) -> Client:
    return start("hapi")
