"""Lists of codes of the registry, each with the HL7 code system that it maps to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from fhir_adapter.tree import Tree

__all__ = ["CT", "HL7", "Terms", "marker", "piece", "yes_or_no"]

CT = "https://clinicaltrials.gov/data-about-studies/study-data-structure#"
HL7 = "http://hl7.org/fhir/"


def piece(name: str) -> str:
    """Name the code system of one piece (data element) of the registry's study structure."""
    return CT + name


@dataclass(frozen=True, slots=True)
class Terms:
    """One list of codes of the registry: its name, its values, and the HL7 code system they map to.

    `prefer` are the values that a HL7 code is read as where several share it and someone else wrote it.
    `enumeration` says that the registry's schema has it; else it is a piece (data element) with few values.
    """

    name: str
    values: Mapping[str, tuple[str, str | None]]
    system: str = ""
    prefer: tuple[str, ...] = ()
    enumeration: bool = True
    uri: str = field(init=False)
    back: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "uri", piece(f"enum-{self.name}" if self.enumeration else self.name))
        back: dict[str, str] = {}
        for code in (*self.prefer, *self.values):
            hl7 = self.values[code][1]
            if hl7:
                back.setdefault(hl7, code)
        object.__setattr__(self, "back", back)

    def label(self, code: str) -> str:
        """Give the legacy label of a code; the code itself where there is none."""
        known = self.values.get(code)
        return known[0] if known else code

    def codings(self, code: str) -> list[Tree]:
        """Give the HL7 coding, where one honestly fits, and then the registry's own."""
        codings: list[Tree] = self.concept(code)["coding"]
        return codings

    def concept(self, code: str, text: str | None = None) -> Tree:
        """Give the CodeableConcept of a code; `text` stands in for its label."""
        label, hl7 = self.values.get(code) or (code, None)
        own = {"system": self.uri, "code": code}
        return {"coding": [{"system": self.system, "code": hl7}, own] if hl7 else [own], "text": text or label}

    def code(self, concept: Tree) -> str | None:
        """Read the registry's code of a CodeableConcept; by its HL7 code where someone else wrote it."""
        codings = concept.get("coding") or ()
        for coding in codings:
            if coding.get("system") == self.uri:
                return str(coding["code"])
        for coding in codings:
            if coding.get("code") in self.back and self._twin(coding.get("system", "")):
                return self.back[coding["code"]]
        return None

    def _twin(self, system: str) -> bool:
        """Say whether a system is HL7's for these codes: under R5's address, R4's, or SEVCO's of another publisher."""
        return system.rpartition("/")[2] == self.system.rpartition("/")[2] or "sevco" in system.lower()


def marker(name: str, label: str = "") -> Terms:
    """Make the codes of a piece that marks a place: one, its own name."""
    return Terms(name, {name: (label, None)}, enumeration=False)


def yes_or_no(name: str, system: str = "", hl7: str | None = None) -> Terms:
    """Make the codes of a piece that is a boolean; `hl7` is the code that means yes."""
    return Terms(name, {"true": ("Yes", hl7), "false": ("No", None)}, system, enumeration=False)
