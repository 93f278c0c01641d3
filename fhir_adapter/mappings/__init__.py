"""Finds the mapping modules: `sources/<id>.py` and `fhir/<version>.py`, loaded by name at run time."""

from __future__ import annotations

from pathlib import Path

_repo = Path(__file__).resolve().parents[2]
if (_repo / "pyproject.toml").is_file() and (_repo / "mappings").is_dir():
    __path__.append(str(_repo / "mappings"))
