"""The FHIR version that a folder holds: as a note in it says, or as its studies look."""

from __future__ import annotations

from pathlib import Path

import orjson

from fhir_adapter.errors import ConfigError
from fhir_adapter.folder.shelf import lines
from fhir_adapter.resource import STUDY, family
from fhir_adapter.version import VERSIONS

__all__ = ["NOTE", "agree"]

NOTE = "fhir-version.json"
_GLANCE = 20  # studies looked at to tell the version of a folder that has no note


def agree(folder: Path, wanted: str | None) -> str:
    """Settle the version: what is asked for, if the folder doesn't hold another one."""
    told = wanted.upper() if wanted else None
    if told and told not in VERSIONS:
        raise ConfigError(f"no FHIR version {wanted!r}; choose one of {', '.join(VERSIONS)}")
    noted, seen = _noted(folder), _seen(folder)
    if noted:
        held = noted
    elif seen == "R4" and told != "R5":
        held = told or "R4"  # R4 and R4B studies look alike: believe what is asked for
    else:
        held = seen or told or "R5"
    if told and told != held:
        raise ConfigError(f"{str(folder)!r} holds FHIR {held}, not {told}; choose another folder or version")
    return held


def _noted(folder: Path) -> str | None:
    try:
        note = orjson.loads((folder / NOTE).read_bytes())
    except (OSError, orjson.JSONDecodeError):
        return None
    version = note.get("fhir") if isinstance(note, dict) else None
    return version if version in VERSIONS else None


def _seen(folder: Path) -> str | None:
    path = folder / f"{STUDY}.ndjson"
    if not path.is_file():
        return None
    for line in lines(path, STUDY):
        if line.resource and (version := family(line.resource)):
            return version
        if line.number >= _GLANCE:
            break
    return None
