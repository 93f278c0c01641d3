"""Invented resources in which HL7's engine finds no error: what mutants are made of.

They are kept as files, so that the verdicts on their mutants stay true whatever our conversion becomes.
`scripts/verdicts --sound` makes them again.
"""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import orjson

from bundles import bundles, characteristics, containers
from fhir_adapter import convert
from filled import TYPES, datatypes, filled, of_type, turns

Tree = dict[str, Any]

HERE = Path(__file__).resolve().parent
EXAMPLES = HERE.parent / "examples"


def kept(fhir: str) -> dict[str, Tree]:
    """Give the sound resources of a version by name."""
    found: dict[str, Tree] = orjson.loads(gzip.decompress(_path(fhir).read_bytes()))
    return found


def keep(fhir: str, resources: dict[str, Tree]) -> None:
    """Write the sound resources of a version; the same resources give the same bytes."""
    _path(fhir).write_bytes(gzip.compress(orjson.dumps(resources), 9, mtime=0))


def _path(fhir: str) -> Path:
    return HERE / "data" / f"sound-{fhir}.json.gz"


def made(fhir: str) -> dict[str, Tree]:
    """Make the candidates by name; HL7's engine says which of them are sound."""
    found: dict[str, Tree] = {}
    for kind in TYPES:
        found |= {f"{kind} {turn}": filled(fhir, kind, turn) for turn in range(turns(fhir, kind))}
    found |= {f"of {kind}": of_type(fhir, kind) for kind in datatypes(fhir)}
    found |= {f"Bundle {name}": bundle for name, bundle in bundles(fhir).items()}
    found |= {f"container {name}": resource for name, resource in containers(fhir).items()}
    if fhir == "r5":
        found["characteristics"] = characteristics()
    return found | _converted(fhir)


def _converted(fhir: str) -> dict[str, Tree]:
    """Give what we make of the invented records: each resource by itself, and the smallest trial as a Bundle."""
    found: dict[str, Tree] = {}
    for path in sorted([*EXAMPLES.glob("trials/*.json"), *EXAMPLES.glob("xml/*.xml")]):
        conversion = convert(path.read_bytes(), fhir=fhir)
        name = f"{path.parent.name}/{path.stem}"
        resources = {f"{name} {each['resourceType']}/{each['id']}": each for each in conversion.resources}
        found |= {key: each for key, each in resources.items() if each not in found.values()}
        if path.stem == "withheld":
            found[name] = conversion.bundle()
    return found
