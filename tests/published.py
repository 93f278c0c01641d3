"""FHIR resources that others published (../shared/data): what HL7's engine said about them, by file, line and digest.

A resource is looked at in each version that it is of: where HL7's engine knows its elements. What is of none (R6, as
a rule, or STU3) is left out and counted. The resources themselves are not in this repository.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import orjson

from filled import TYPES
from verdicts import DATA, Error, Verdict, digest_of, text_of

PATH = DATA / "verdicts-published.json.gz"
SUPPORTED = {*TYPES, "Bundle"}
# What the engine says of elements and codes of types that a version has not.
FOREIGN = {"Unrecognised_property_", "This_does_not_appear_to_be_a_FHIR_resource_unknown_name_"}

Place = tuple[str, int]


def resources(folder: Path) -> Iterator[tuple[Place, Any]]:
    """Give the published resources of the supported types with their file and line."""
    for path in sorted(folder.glob("fhir_*.ndjson.gz")):
        with gzip.open(path) as lines:
            for number, line in enumerate(lines, start=1):
                resource = orjson.loads(line)
                if resource.get("resourceType") in SUPPORTED:
                    yield (path.name, number), resource


def is_of(errors: Iterable[Error]) -> bool:
    """Say whether a resource is of the version in which these errors were found."""
    return not any(message in FOREIGN for _, message, _ in errors)


def write(engine: str, found: dict[Place, tuple[str, dict[str, list[Error]]]]) -> Path:
    """Record verdicts, given as {place: (JSON, {version: errors})}, of the versions that a resource is of."""
    rows = [
        [*place, digest_of([text]), {fhir: errors for fhir, errors in verdicts.items() if is_of(errors)}]
        for place, (text, verdicts) in sorted(found.items())
    ]
    PATH.write_bytes(gzip.compress(orjson.dumps({"engine": engine, "resources": rows}), 9, mtime=0))
    return PATH


def read(folder: Path, fhir: str) -> Iterator[Verdict]:
    """Give the verdicts on the published resources of a version."""
    known = {(file, line): (digest, verdicts) for file, line, digest, verdicts in _rows()}
    for place, resource in resources(folder):
        digest, verdicts = known[place]
        if digest != digest_of([text_of(resource)]):
            raise ValueError(f"{place} is no longer the resource that was judged: run scripts/verdicts")
        if fhir in verdicts:
            yield Verdict(f"{place[0]} {place[1]}", "as published", resource, tuple(map(tuple, verdicts[fhir])))


def left_out() -> int:
    """Count the resources that are of none of the versions."""
    return sum(not verdicts for _, _, _, verdicts in _rows())


def _rows() -> list[Any]:
    rows: list[Any] = orjson.loads(gzip.decompress(PATH.read_bytes()))["resources"]
    return rows
