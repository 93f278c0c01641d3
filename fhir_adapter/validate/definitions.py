"""HL7's definitions of one FHIR version, as `scripts/definitions` wrote them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import orjson

from fhir_adapter.errors import ConfigError
from fhir_adapter.tree import Tree

__all__ = ["VERSIONS", "Definitions", "load"]

VERSIONS = ("r4", "r4b", "r5")


@dataclass(frozen=True, slots=True)
class Definitions:
    """What one FHIR version allows.

    `types` is {type or path of a backbone element: {element: [min, max (0: no limit), types, binding?]}},
    types spelt `code`, `Reference(Location|Group)` or `@ResearchStudy.arm`, a binding [strength, value set,
    outer limit?].
    `rules` are HL7's invariants as (key, severity, words, FHIRPath), `places` says which hold at a type (`Period`),
    an element (`Narrative.div`) or an element with one of its types (`Dosage.doseAndRate.dose:Quantity`).
    """

    fhir: str
    resources: frozenset[str]
    primitives: frozenset[str]
    types: Tree
    rules: tuple[tuple[str, str, str, str], ...]
    places: dict[str, list[int]]


@cache
def load(fhir: str) -> Definitions:
    """Read the definitions of `r4`, `r4b` or `r5`; once, then they are shared."""
    if fhir not in VERSIONS:
        raise ConfigError(f"no FHIR version {fhir!r}; choose one of {', '.join(VERSIONS)}")
    body = orjson.loads((files("fhir_adapter") / "definitions" / f"{fhir}.json").read_bytes())
    return Definitions(
        fhir,
        frozenset(body["resources"]),
        frozenset(body["primitives"]),
        body["types"],
        tuple(map(tuple, body["rules"])),
        body["places"],
    )
