"""The definitions of the validator say where they come from and can be made again."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import orjson
import pytest

from fhir_adapter.validate.definitions import VERSIONS, load

SCRIPT = Path(__file__).resolve().parents[1] / "scripts" / "definitions"


@pytest.mark.parametrize("fhir", VERSIONS)
def test_a_file_names_its_packages(fhir):
    """Package, version and SHA-256 of each."""
    body = orjson.loads((files("fhir_adapter") / "definitions" / f"{fhir}.json").read_bytes())
    assert body["sources"]
    for source in body["sources"]:
        assert set(source) == {"package", "version", "sha256"}
        assert re.fullmatch("[0-9a-f]{64}", source["sha256"])


def test_the_files_are_small():
    """Three megabytes for the three versions is the limit in the wheel."""
    folder = files("fhir_adapter") / "definitions"
    assert sum(len((folder / f"{fhir}.json").read_bytes()) for fhir in (*VERSIONS, "terminology")) < 3_000_000


def test_r4_is_r4():
    """No element of R5 slipped into R4's ResearchStudy, and the types of R4B are not in R4."""
    assert "progressStatus" not in load("r4").types["ResearchStudy"]
    assert "progressStatus" in load("r5").types["ResearchStudy"]
    assert "CodeableReference" not in load("r4").types
    assert load("r4").types["EvidenceVariable"]["characteristic"][:2] == [1, 0]
    assert load("r4b").types["EvidenceVariable"]["characteristic"][:2] == [0, 0]


def test_the_files_can_be_made_again():
    """The same packages give the same bytes; needs them in the folder that FHIR_PACKAGES names."""
    cache = os.environ.get("FHIR_PACKAGES")
    if not cache:
        pytest.skip("FHIR_PACKAGES names no folder with HL7's packages: definitions are not made again")
    done = subprocess.run([sys.executable, SCRIPT, "--check", "--cache", cache], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
