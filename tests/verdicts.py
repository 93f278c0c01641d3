"""What HL7's engine said about mutants of sound resources: recorded by base and name, not by resource.

`scripts/verdicts` makes the files of tests/data: {"engine", "fhir", "mutants": {base: [digest, {name: errors}]}},
an error being [location, messageId, invariant or ""], and nothing but errors kept.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from mutants import mutants
from sound import kept

Tree = dict[str, Any]
Error = tuple[str, str, str]

DATA = Path(__file__).resolve().parent / "data"
_COMMENT = re.compile(r"(?s)/\*.*?\*/")
LARGE, MOST_OF_LARGE = 8_000, 60


@dataclass(frozen=True, slots=True)
class Verdict:
    """What HL7's engine found wrong in one mutant."""

    base: str
    name: str
    resource: Any
    errors: tuple[Error, ...]


def chosen(fhir: str, count: int) -> list[tuple[str, str, str]]:
    """Choose mutants as (base, name, JSON): each sort of defect once, then twice, in the smallest resource first."""
    ranked = []
    met: dict[str, int] = defaultdict(int)
    sizes = {base: len(text_of(resource)) for base, resource in kept(fhir).items()}
    for base, resource in sorted(kept(fhir).items(), key=lambda pair: sizes[pair[0]]):
        found = [(met[each.sort], _hash(base, each.name), base, each) for each in mutants(fhir, resource)]
        for _, _, _, mutant in found:
            met[mutant.sort] += 1
        ranked += found if sizes[base] <= LARGE else sorted(found, key=lambda each: each[:2])[:MOST_OF_LARGE]
    ranked.sort(key=lambda each: each[:2])
    return sorted((base, mutant.name, text_of(mutant.resource)) for _, _, base, mutant in ranked[:count])


def plain(location: str) -> str:
    """Leave out the comments of a location as the engine spells it."""
    return _COMMENT.sub("", location)


def _hash(base: str, name: str) -> str:
    return hashlib.sha256(f"{base}\n{name}".encode()).hexdigest()


def text_of(resource: Any) -> str:
    """Spell a resource as the engine is given it."""
    return json.dumps(resource, ensure_ascii=False, separators=(",", ":"))


def digest_of(texts: list[str]) -> str:
    """Give a short name of what was judged."""
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:12]


def write(fhir: str, engine: str, found: dict[tuple[str, str], tuple[str, list[Error]]]) -> Path:
    """Record verdicts, given as {(base, name): (JSON, errors)}; the same verdicts give the same bytes."""
    bases: dict[str, dict[str, list[Error]]] = defaultdict(dict)
    texts: dict[str, list[str]] = defaultdict(list)
    for (base, name), (text, errors) in sorted(found.items()):
        bases[base][name] = errors
        texts[base].append(text)
    body = {base: [digest_of(texts[base]), verdicts] for base, verdicts in bases.items()}
    path = _path(fhir)
    path.write_bytes(gzip.compress(orjson.dumps({"engine": engine, "fhir": fhir, "mutants": body}), 9, mtime=0))
    return path


def read(fhir: str) -> Iterator[Verdict]:
    """Give the recorded verdicts with the mutants, made again."""
    body = orjson.loads(gzip.decompress(_path(fhir).read_bytes()))
    resources = kept(fhir)
    for base, (digest, verdicts) in body["mutants"].items():
        made = {each.name: each.resource for each in mutants(fhir, resources[base]) if each.name in verdicts}
        known = [name for name in verdicts if name in made]
        if len(known) < len(verdicts) or digest_of([text_of(made[name]) for name in verdicts]) != digest:
            raise ValueError(f"the mutants of {base!r} in {fhir} are no longer those recorded: run scripts/verdicts")
        for name in known:
            yield Verdict(base, name, made[name], tuple(tuple(error) for error in verdicts[name]))


def _path(fhir: str) -> Path:
    return DATA / f"verdicts-{fhir}.json.gz"
