"""What a type of one FHIR version looks like in JSON: its properties, what is required, what excludes what."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from fhir_adapter.validate import terminology
from fhir_adapter.validate.definitions import load

__all__ = ["Binding", "Kind", "Member", "Shape", "binding_of", "kind_of", "shape_of"]

LANGUAGES = {"http://hl7.org/fhir/ValueSet/all-languages", "http://hl7.org/fhir/ValueSet/languages"}


@dataclass(frozen=True, slots=True)
class Kind:
    """One type that an element may have: `targets` are the resource types of a Reference or canonical."""

    name: str
    primitive: bool
    targets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Binding:
    """A binding to a finite value set: its strength and codes by system; no codes: any language tag (BCP 47)."""

    url: str
    strength: str
    systems: dict[str, frozenset[str]]
    codes: frozenset[str]

    @property
    def insists(self) -> bool:
        """Say whether another code is an error."""
        return self.strength == "required"


@dataclass(frozen=True, slots=True)
class Member:
    """One JSON property of a type; `maximum` 0 means no limit; `step` is how FHIRPath reaches it.

    `names` are what HL7's extensions call the element: `Address.line` and `string`.
    """

    step: str
    kind: Kind
    maximum: int
    shadow: bool
    binding: Binding | None
    names: tuple[str, ...] = ()

    @property
    def many(self) -> bool:
        return self.maximum != 1


@dataclass(frozen=True, slots=True)
class Shape:
    """The JSON object of a type: members by property, and the properties of each required or choice element.

    `choosing` are all properties of choices, with and without `_`.
    """

    name: str
    resource: bool
    members: dict[str, Member]
    required: tuple[tuple[str, tuple[str, ...]], ...]
    choices: tuple[tuple[str, tuple[str, ...]], ...]
    choosing: frozenset[str]


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
            bound = _binding(fhir, kind.primitive, tuple(binding[0])) if binding else None
            called = (f"{name}.{element.removesuffix('[x]')}", kind.name)
            members[key] = Member(step, kind, maximum, False, bound, called)
            if kind.primitive:
                members[f"_{key}"] = Member(step, Kind("Element", False), maximum, True, None, called)
            properties += [key, f"_{key}"] if kind.primitive else [key]
        step = element.removesuffix("[x]")
        if minimum:
            required.append((step, tuple(properties)))
        if len(types) > 1:
            choices.append((step, tuple(key for key in properties if key[0] != "_")))
    choosing = frozenset(each for _, names in choices for name in names for each in (name, f"_{name}"))
    own = _mend(fhir, name, members)
    return Shape(name, name in definitions.resources, own, tuple(required), tuple(choices), choosing)


def _names(element: str, kind: str) -> tuple[str, str]:
    if not element.endswith("[x]"):
        return element, element
    stem = element[:-3]
    return stem + kind[0].upper() + kind[1:], f"{stem}.ofType({kind})"


def _mend(fhir: str, name: str, members: dict[str, Member]) -> dict[str, Member]:
    """Put right what HL7's tables say otherwise than HL7's engine does.

    R4 calls the id of a resource a string. The id of an element is a string in R4 and in the backbone elements of
    R4B and R5, an id in their datatypes, for tables and engine alike, but not beside a primitive nor in an
    ElementDefinition, whose ids are paths (`Extension.value[x]`).
    """
    if name in ("Element", "ElementDefinition"):
        members["id"] = Member("id", Kind("string", True), 1, False, None)
    if "id" in members and name in load(fhir).resources:
        members["id"] = Member("id", Kind("id", True), 1, False, None)
    return members


@cache
def _binding(fhir: str, primitive: bool, binding: tuple[str, ...]) -> Binding | None:
    """Give the codes of a binding; None for an endless value set."""
    strength, url, *limit = binding
    if LANGUAGES & {url, *limit}:
        return Binding(url, strength, {}, frozenset())
    known = terminology.load(fhir)
    if limit and limit[0] in known.valuesets:
        strength, url = "required", limit[0]
    # An outer limit without end (MIME types): only in R5 does HL7's engine go by it.
    endless = fhir == "r5" and limit and strength != "required" and limit[0].startswith("http://hl7.org/fhir/ValueSet/")
    systems = None if endless else known.valuesets.get(url)
    if not systems or not all(systems.values()):
        return None
    if primitive and strength != "required" and len(systems) == 1:
        # The code says no system: it is the value set's, and must be one of its codes.
        (system,) = systems
        systems = {system: known.systems.get(system, systems[system])}
        strength = "required"
    return Binding(url, strength, systems, frozenset().union(*systems.values()))


def binding_of(fhir: str, strength: str, url: str) -> Binding | None:
    """Give the binding of a code to a value set."""
    return _binding(fhir, True, (strength, url))
