"""Fixtures of all tests: the real records, and real servers, where they are at hand."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import settings

import servers

# CI tries the same examples each time, so that a change is judged by itself; elsewhere hypothesis looks for new ones.
# How long one takes is no question for a test.
settings.register_profile("ci", derandomize=True, deadline=None)
settings.register_profile("here", deadline=None)
settings.load_profile("here")
if os.environ.get("CI", "").lower() == "true":
    settings.load_profile("ci")

SHARED = Path(__file__).resolve().parents[2] / "shared"


def needed(reason: str) -> None:
    """Skip with one visible line; with CI=true a missing thing is a failure."""
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(f"{reason}; CI needs it")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder beside the checkout with the sample, the seeds and the real records."""
    if not (SHARED / "data").is_dir():
        needed("no ../shared beside the checkout: tests on real records are skipped")
    return SHARED


@pytest.fixture(scope="session")
def corpus(shared: Path) -> Callable[[str], Iterator[dict[str, Any]]]:
    """Give the records of one NDJSON file of ../shared/data by its name without `.ndjson.gz`."""

    def records(name: str) -> Iterator[dict[str, Any]]:
        with gzip.open(shared / "data" / f"{name}.ndjson.gz") as lines:
            yield from map(orjson.loads, lines)

    return records


@pytest.fixture(scope="session")
def hapi() -> Iterator[Callable[[str], str]]:
    """Give the base url of a real HAPI FHIR server of a version; each is started once a session, when asked for."""
    reason = servers.available()
    if reason:
        needed(reason)
    with servers.lazy() as url:
        yield url


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests by the real things that they use, so that `-m "not hapi"` leaves them out."""
    for item in items:
        names = getattr(item, "fixturenames", ())
        if "hapi" in names:
            item.add_marker(pytest.mark.hapi)
        if "shared" in names or "corpus" in names:
            item.add_marker(pytest.mark.corpus)
