"""Code systems, value sets and HL7's extensions of one FHIR version, as `scripts/definitions` wrote them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import orjson

from fhir_adapter.tree import Tree
from fhir_adapter.validate.registries import REGISTRIES
from fhir_adapter.validate.ucum import SYSTEM, is_unit

__all__ = ["CURRENCIES", "Defined", "Terminology", "lacks", "load"]

CURRENCIES = "http://hl7.org/fhir/ValueSet/currencies"


@dataclass(frozen=True, slots=True)
class Defined:
    """An extension that HL7 defines: where it may stand, the types of its value or its parts, its value set.

    A part is (least, most (0: no limit), types); a context `?` is one that is not looked at.
    """

    contexts: frozenset[str]
    kinds: tuple[str, ...]
    parts: dict[str, tuple[int, int, tuple[str, ...]]]
    valueset: str
    modifier: bool


@dataclass(frozen=True, slots=True)
class Terminology:
    """What one version knows: {system: codes}, systems that ignore case, {value set: {system: codes}}."""

    systems: dict[str, frozenset[str]]
    caseless: frozenset[str]
    valuesets: dict[str, dict[str, frozenset[str]]]
    extensions: dict[str, Defined]
    profiles: dict[str, str]

    def holds(self, system: str, codes: frozenset[str], code: Any) -> bool:
        """Say whether a code is among those of its system, in any case where the system says so."""
        if isinstance(code, str) and code in codes:
            return True
        if system not in self.caseless or not isinstance(code, str):
            return False
        return code.lower() in {own.lower() for own in codes}


@cache
def load(fhir: str) -> Terminology:
    """Read the terminology of `r4`, `r4b` or `r5`; once, then it is shared."""
    body = orjson.loads((files("fhir_adapter") / "definitions" / "terminology.json").read_bytes())
    parts = {
        part: {
            key: value
            for key, groups in body[part].items()
            for names, value in groups.items()
            if fhir in names.split(" ")
        }
        for part in ("systems", "caseless", "valuesets", "extensions", "profiles")
    }
    systems = {url: frozenset(codes) for url, codes in parts["systems"].items()} | REGISTRIES
    valuesets = {url: _codes(content, systems) for url, content in parts["valuesets"].items()}
    valuesets[CURRENCIES] = {"urn:iso:std:iso:4217": REGISTRIES["urn:iso:std:iso:4217"]}
    extensions = {url: _defined(entry) for url, entry in parts["extensions"].items()}
    return Terminology(systems, frozenset(parts["caseless"]), valuesets, extensions, parts["profiles"])


def _codes(content: Tree, systems: dict[str, frozenset[str]]) -> dict[str, frozenset[str]]:
    return {
        system: systems.get(system, frozenset()) if codes is None else frozenset(codes)
        for system, codes in content.items()
    }


def _defined(entry: list[Any]) -> Defined:
    contexts, kinds, parts, valueset, modifier = entry
    spelt = {name: (least, most, tuple(types)) for name, (least, most, types) in parts.items()}
    return Defined(frozenset(contexts), tuple(kinds), spelt, valueset, bool(modifier))


def lacks(fhir: str, system: Any, code: Any) -> bool:
    """Say whether a code system that is known whole lacks the code; None is no code of any but UCUM."""
    if not isinstance(system, str):
        return False
    if system == SYSTEM:
        return isinstance(code, str) and not is_unit(code)
    known = load(fhir)
    codes = known.systems.get(system)
    return codes is not None and not known.holds(system, codes, code)
