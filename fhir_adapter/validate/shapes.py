"""What a type of one FHIR version looks like in JSON: its properties, what is required, what excludes what."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from fhir_adapter.validate.definitions import load

__all__ = ["Binding", "Kind", "Member", "Shape", "kind_of", "shape_of"]

LANGUAGES = "http://hl7.org/fhir/ValueSet/all-languages"


@dataclass(frozen=True, slots=True)
class Kind:
    """One type that an element may have: `targets` are the resource types of a Reference or canonical."""

    name: str
    primitive: bool
    targets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Binding:
    """A required binding: the value set and its codes by system; no codes: any language tag (BCP 47)."""

    url: str
    systems: dict[str, frozenset[str]]
    codes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Member:
    """One JSON property of a type; `maximum` 0 means no limit; `step` is how FHIRPath reaches it."""

    step: str
    kind: Kind
    maximum: int
    shadow: bool
    binding: Binding | None

    @property
    def many(self) -> bool:
        return self.maximum != 1


@dataclass(frozen=True, slots=True)
class Shape:
    """The JSON object of a type: members by property, and the properties of each required or choice element."""

    name: str
    resource: bool
    members: dict[str, Member]
    required: tuple[tuple[str, tuple[str, ...]], ...]
    choices: tuple[tuple[str, tuple[str, ...]], ...]


def kind_of(fhir: str, spelling: str) -> Kind:
    """Read a type as the definitions spell it."""
    name, _, targets = spelling.lstrip("@").partition("(")
    return Kind(name, name in load(fhir).primitives, tuple(targets[:-1].split("|")) if targets else ())


@cache
def shape_of(fhir: str, name: str) -> Shape:
    """Give the shape of a type or backbone element (`ResearchStudy.arm`)."""
    definitions = load(fhir)
    members: dict[str, Member] = {}
    required, choices = [], []
    for element, (minimum, maximum, types, *binding) in definitions.types[name].items():
        properties = []
        for spelling in types:
            kind = kind_of(fhir, spelling)
            key, step = _names(element, kind.name)
            bound = _binding(fhir, tuple(binding[0])) if binding else None
            members[key] = Member(step, kind, maximum, False, bound)
            if kind.primitive:
                members[f"_{key}"] = Member(step, Kind("Element", False), maximum, True, None)
            properties += [key, f"_{key}"] if kind.primitive else [key]
        step = element.removesuffix("[x]")
        if minimum:
            required.append((step, tuple(properties)))
        if len(types) > 1:
            choices.append((step, tuple(key for key in properties if key[0] != "_")))
    return Shape(name, name in definitions.resources, _mend(fhir, name, members), tuple(required), tuple(choices))


def _names(element: str, kind: str) -> tuple[str, str]:
    if not element.endswith("[x]"):
        return element, element
    stem = element[:-3]
    return stem + kind[0].upper() + kind[1:], f"{stem}.ofType({kind})"


def _mend(fhir: str, name: str, members: dict[str, Member]) -> dict[str, Member]:
    """Put right what HL7's tables say otherwise than HL7's engine does.

    R4 calls the id of a resource a string, R4B and R5 the id of an element an id; it is the other way round.
    """
    if "id" in members:
        kind = Kind("id" if name in load(fhir).resources else "string", True)
        members["id"] = Member("id", kind, 1, False, None)
    return members


@cache
def _binding(fhir: str, binding: tuple[str, ...]) -> Binding | None:
    """Give the codes that a binding insists on; None for a milder one and for an endless value set."""
    strength, url, *limit = binding
    insisted = url if strength == "required" else "".join(limit)
    systems = load(fhir).valuesets.get(insisted)
    if insisted == LANGUAGES:
        return Binding(insisted, {}, frozenset())
    if not systems:
        return None
    sets = {system: frozenset(codes) for system, codes in systems.items()}
    return Binding(insisted, sets, frozenset().union(*sets.values()))
