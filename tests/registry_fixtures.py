"""Fixtures for tests of following a registry: a registry of invented trials, a twin, and sync between them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from command_line import Run
from fhir_adapter.twin import Twin
from following_runs import Sync
from loopback import serving
from registry_stub import ROOT, RegistryStub

__all__ = ["registry", "stub", "sync", "twin"]

OLD = "2020-01-01"


@pytest.fixture
def stub() -> RegistryStub:
    """Five trials that were posted long ago."""
    made = RegistryStub()
    made.post(range(1, 6), OLD)
    return made


@pytest.fixture
def registry(stub: RegistryStub, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of the registry, which the settings know."""
    with serving(stub) as url:
        monkeypatch.setenv("FHIR_ADAPTER_REGISTRIES__CTGOV", url + ROOT)
        yield url


@pytest.fixture
def twin() -> Iterator[Twin]:
    with Twin("hapi", fhir="R5") as opened:
        yield opened


@pytest.fixture
def sync(cli: Run, stub: RegistryStub, twin: Twin, registry: str) -> Sync:
    return Sync(cli, stub, twin)
