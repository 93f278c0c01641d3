"""scripts/demo shows what it says: the examples go through every version and come back identical."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script as a module, in a folder of its own that has the examples."""
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(ROOT / "scripts")
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    loader = SourceFileLoader("demo", str(ROOT / "scripts" / "demo"))
    module = module_from_spec(spec_from_loader("demo", loader))  # type: ignore[arg-type]  # a loader gives a spec
    loader.exec_module(module)
    return module


def test_the_demo_ends_well(demo: ModuleType, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Files for three versions, a report each, and all records identical."""
    wanted = demo.originals()

    assert demo.folders(wanted)

    words = capfd.readouterr().err
    assert words.count(f"{len(wanted)} of {len(wanted)} restored records are identical to the originals") == 3
    for fhir in ("r5", "r4b", "r4"):
        assert (tmp_path / "out" / fhir / "ResearchStudy.ndjson").read_bytes().count(b"\n") == len(wanted)
        assert (tmp_path / "out" / fhir / "report.json").exists()


def test_the_demo_tells_a_difference(demo: ModuleType, capfd: pytest.CaptureFixture[str]) -> None:
    """A record that comes back otherwise is named, and is not called identical."""
    wanted = demo.originals()
    demo.folders(wanted)

    assert not demo.identical(wanted, [])
    assert "NOT identical: " in capfd.readouterr().err


@pytest.mark.parametrize("fhir", ["r5"])
def test_the_demo_goes_through_a_real_server(
    demo: ModuleType, hapi: Callable[[str], str], monkeypatch: pytest.MonkeyPatch, fhir: str
) -> None:
    """Push, push again without a write, pull, restore, identical: on a real HAPI."""

    class Running:
        """A server that runs already, in place of one that the demo starts."""

        def __init__(self, version: str) -> None:
            self.url = hapi(version)

        def __enter__(self) -> str:
            return self.url

        def __exit__(self, *_: object) -> None:
            """Leave it running for other tests."""

    monkeypatch.setattr(demo, "hapi", Running)

    assert demo.server(demo.originals(), fhir)


@pytest.mark.parametrize("script", ["demo", "test"])
def test_scripts_are_executable_and_named_in_the_readme(script: str) -> None:
    """The two commands of the README exist and can be run."""
    assert f"scripts/{script}" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert (ROOT / "scripts" / script).stat().st_mode & 0o111


def test_the_demo_explains_itself() -> None:
    """--help needs no environment."""
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "demo", "--help"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert "--hapi" in done.stdout
