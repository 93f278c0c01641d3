"""Fixtures for tests of the command line: it runs in this process, in an empty folder, in a quiet environment."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from command_line import Ran, Run
from fhir_adapter.cli import main

__all__ = ["cli", "here"]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder, with no ledger from elsewhere."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / ".state"))
    return tmp_path


@pytest.fixture
def cli(here: Path, capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Run a command line in this process."""
    with ExitStack() as opened:

        def run(*words: str | Path, stdin: bytes = b"") -> Ran:
            stream = opened.enter_context(io.TextIOWrapper(io.BufferedReader(io.BytesIO(stdin))))  # type: ignore[arg-type]
            monkeypatch.setattr(sys, "stdin", stream)
            code = main([*map(str, words)])
            out, err = capfdbinary.readouterr()
            return Ran(code, out, err.decode())

        yield run
