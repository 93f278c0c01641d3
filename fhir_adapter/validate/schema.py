"""The fast half of validation: a JSON Schema of resource types, run by jsonschema-rs.

It says whether a resource is certainly without error. What it refuses may still be right (an absolute
reference, a rare type in an extension, a null beside one): then `structure` looks closely and has the last word.
`tests/test_validate_schema.py` holds that nothing accepted here has an error there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from fhir_adapter.tree import Tree
from fhir_adapter.validate import extensions, shortcut, terminology
from fhir_adapter.validate.defined import ADDRESS, contexts, is_canonical
from fhir_adapter.validate.formats import ID, URN, format_of
from fhir_adapter.validate.keywords import KEYWORDS
from fhir_adapter.validate.primitives import LONGEST
from fhir_adapter.validate.registries import LANGUAGES
from fhir_adapter.validate.shapes import Kind, Member, Shape, shape_of
from fhir_adapter.validate.ucum import SYSTEM as UCUM

if TYPE_CHECKING:
    from jsonschema_rs import Draft202012Validator

__all__ = ["fits"]

# What a trial is written as; other types are compiled on their own.
TRIAL = frozenset(
    {"ResearchStudy", "PlanDefinition", "EvidenceVariable", "Group", "Location", "Practitioner", "PractitionerRole"}
)
# The only resource whose elements we give ids; with ids on other elements a resource is looked at closely.
MARKED = "PlanDefinition"

# Parts the name of a type from the names that extensions have for the element: `Element+ContactPoint.value`.
_ALSO = "+"
_LANGUAGE = {"type": "string", "pattern": f"^(?:{'|'.join(sorted(LANGUAGES))})(?:-[A-Z]{{2}})?$"}
CODED = ("Coding", "Quantity")
# Of a code system that is not known here.
_ADDRESS = {"type": "string", "maxLength": LONGEST, "pattern": r"^https?:\S*$"}
# Without a hash, or a size beside the data, that must agree.
_UNSIZED = {"not": {"anyOf": [{"required": ["hash"]}, {"required": ["data", "size"]}]}}
# What an extension of which no definition is known may hold here; the rare types would treble the schema.
_COMMON = (
    *("boolean", "integer", "positiveInt", "unsignedInt", "decimal", "string", "markdown", "code", "id", "uri", "url"),
    *("canonical", "date", "dateTime", "instant", "Annotation", "Attachment", "CodeableConcept", "Coding", "Period"),
    *("ContactPoint", "Duration", "Identifier", "Quantity", "Range", "Reference"),
)


def fits(fhir: str, resources: Iterable[Tree], contained: frozenset[str]) -> bool:
    """Say whether resources surely have no error of their own; local references may lead to the `contained` types."""
    groups: dict[str, list[Tree]] = {}
    for resource in resources:
        groups.setdefault(resource["resourceType"], []).append(resource)
    usual = groups.keys() <= TRIAL
    return _compiled(fhir, TRIAL if usual else frozenset(groups), contained).is_valid(groups)


@lru_cache(maxsize=128)
def _compiled(fhir: str, names: frozenset[str], contained: frozenset[str]) -> Draft202012Validator:
    """Compile one schema for resource types: types of elements that they share stand in it, and in the cache, once."""
    from jsonschema_rs import Draft202012Validator, RegexOptions

    schema = _Builder(fhir, contained).build(sorted(names))
    return Draft202012Validator(schema, pattern_options=RegexOptions(), keywords={**KEYWORDS, **shortcut.KEYWORDS})


class _Builder:
    """Writes `$defs` for each type that it meets."""

    def __init__(self, fhir: str, contained: frozenset[str]) -> None:
        self.fhir = fhir
        self.contained = contained
        self.defs: Tree = {}
        self.waiting: list[str] = []

    def build(self, names: Iterable[str]) -> Tree:
        """Build the JSON Schema (2020-12) of lists of resources by their type."""
        lists = {name: {"items": self.refer(name)} for name in names}
        while self.waiting:
            name = self.waiting.pop()
            self.defs[name] = self.define(name)
        return {"properties": lists, "$defs": self.defs}

    def refer(self, name: str) -> Tree:
        if name not in self.defs:
            self.defs[name] = {}
            self.waiting.append(name)
        return {"$ref": f"#/$defs/{name}"}

    def define(self, name: str) -> Tree:
        if name == "Extension":
            return self.open(r"^(?:https?:\S|urn:[^ou\s]|urn:o[^i\s])\S*$", {"pattern": r"^http://hl7\.org/fhir/[0-9]"})
        if name == "Extension.extension":
            return self.open("^[A-Za-z-]+$", {"pattern": ":"})
        name, *names = name.split(_ALSO)
        shape = shape_of(self.fhir, name)
        properties = {
            key: self.member(member, shortcut.tests_of_member(self.fhir, name, key))
            for key, member in shape.members.items()
        }
        if "extension" in properties:
            placed = {"anyOf": [_url({"not": _hl7(self.fhir)}), {"placed": [self.fhir, name, *names]}]}
            crossing = extensions.WRITTEN.get(name, ()) if self.fhir != "r5" else ()
            properties["extension"] = self.extended({**self.refer("Extension"), **placed}, crossing)
        for rare in self.rare(shape):
            properties.pop(rare, None)
        properties |= self.narrower(shape, properties) | ({"resourceType": {"const": name}} if shape.resource else {})
        needed = {step for step, _ in shape.required}
        choices = [_one(keys, step in needed) for step, keys in shape.choices]
        return _object(properties, shape, [*self.whole(name), *choices, *shortcut.tests_of(self.fhir, name)])

    def rare(self, shape: Shape) -> Iterator[str]:
        """Give the properties with which a resource is looked at closely."""
        if not shape.resource and not shape.name.startswith(f"{MARKED}."):
            yield "id"
        if shape.name == "Reference":
            yield "type"  # `references` compares
        yield from (f"_{key}" for _, keys in shape.choices for key in keys)

    def narrower(self, shape: Shape, own: Tree) -> Tree:
        """Give the properties of which a type asks more than theirs does."""
        if shape.resource and is_canonical(self.fhir, shape.name):
            return {"url": {"allOf": [own["url"], {"pattern": ADDRESS}]}}
        if shape.name == "Reference":
            return {"reference": {**own["reference"], "noted": "reference"}}
        if shape.name.startswith(f"{MARKED}."):
            return {"id": {**own["id"], "noted": "id"}}
        if shape.name == "Meta":
            # HL7's own profiles are each for one type.
            return {"profile": {"allOf": [own["profile"], {"items": {"not": {"pattern": r"^http://hl7\.org/fhir/"}}}]}}
        if shape.name == "Identifier":
            return {"system": {"type": "string", "pattern": r"^(?:https?:|urn:[^i])\S*$", "not": URN}}
        return {"system": {"anyOf": [_known(self.fhir), _ADDRESS]}} if shape.name in CODED else {}

    def whole(self, name: str) -> Iterator[Tree]:
        """Give the tests of an object of a type, beside its invariants."""
        if name == "Attachment":
            yield _UNSIZED
        if name in CODED:
            yield {"anyOf": [{"properties": {"system": {"not": _known(self.fhir)}}}, {"coded": self.fhir}]}

    def member(self, member: Member, tests: tuple[Tree, ...] = ()) -> Tree:
        one = {"allOf": [self.value(member), *tests]} if tests else self.value(member)
        if not member.many:
            return one
        limit = {"maxItems": member.maximum} if member.maximum else {}
        return {"type": "array", "minItems": 1, **limit, "items": one}

    def value(self, member: Member) -> Tree:
        kind, binding = member.kind, member.binding
        if binding and not binding.insists and binding.codes:
            binding = None
        if binding and kind.primitive:
            return {"enum": sorted(binding.codes)} if binding.codes else _LANGUAGE
        if binding and not binding.codes:
            return {"not": True}  # languages as concepts are rare: they are looked at closely
        if binding and binding.codes:
            return {"allOf": [self.kind(kind), _concept(kind, binding.systems)]}
        if member.shadow:
            known = [name for name in member.names if name in contexts(self.fhir)]
            return self.refer(_ALSO.join((kind.name, *known)))
        return self.kind(kind)

    def kind(self, kind: Kind) -> Tree:
        if kind.primitive:
            return format_of(self.fhir, kind.name)
        if kind.name == "Resource":
            # What is contained is tried on its own; a Bundle is looked at closely.
            return {"not": True}
        if kind.name != "Reference":
            return self.refer(kind.name)
        return {**self.refer("Reference"), "properties": {"reference": {"pattern": self.reference(kind.targets)}}}

    def reference(self, targets: tuple[str, ...]) -> str:
        types = "|".join(targets) if targets else "[A-Z][A-Za-z]+"
        local = self.contained and (not targets or self.contained <= set(targets))
        return f"^(?:{'#|' if local else ''}(?:{types})/{ID}$)"

    def extended(self, item: Tree, crossing: tuple[str, ...]) -> Tree:
        """Extensions, also cross-version ones of the elements for which we write them; more than enough is no error."""
        found = {extensions.CROSS + element: extensions.content_of(self.fhir, element) for element in crossing}
        contents = {url: content for url, content in found.items() if content}
        if contents:
            item = {"if": _url({"enum": list(contents)}), "then": self.closed(contents), "else": item}
        return {"type": "array", "minItems": 1, "items": item}

    def open(self, url: str, but: Tree) -> Tree:
        """An extension of which no definition is known: its url and one more property."""
        shape = shape_of(self.fhir, "Extension")
        known = {key: member for key, member in shape.members.items() if member.kind.name in _COMMON}
        properties = {key: self.member(member) for key, member in known.items()}
        properties["extension"] = {"type": "array", "minItems": 1, "items": self.refer("Extension.extension")}
        return _pair({**properties, "url": {"type": "string", "pattern": url, "not": but}})

    def closed(self, contents: dict[str, extensions.Content]) -> Tree:
        """An extension with one of the urls, and the value or the parts that belong to it."""
        urls: dict[str, dict[str, list[str]]] = {}
        tests: dict[str, Tree] = {}
        for url, content in contents.items():
            for key, name, test in self.alternatives(content):
                urls.setdefault(key, {}).setdefault(name, []).append(url)
                tests[name] = test
        places: dict[str, Tree] = {}
        properties: Tree = {"url": {"enum": list(contents)}}
        for key, named in urls.items():
            *others, last = named
            properties[key] = True if others else tests[last]
            way: Tree = {"properties": {key: tests[last]}} if others else {}
            for name in reversed(others):
                way = {"if": _url({"enum": named[name]}), "then": {"properties": {key: tests[name]}}, "else": way}
            places[key] = {"allOf": [_url({"enum": [url for found in named.values() for url in found]}), way]}
        return {**_pair(properties), "dependentSchemas": places}

    def alternatives(self, content: extensions.Content) -> Iterator[tuple[str, str, Tree]]:
        """Give the properties that may hold a content: property, a name for its test, the test."""
        if content.parent is not None:
            yield "extension", content.parent, self.parts(content.parent)
        for kind in content.kinds:
            key = f"value{kind.name[0].upper()}{kind.name[1:]}"
            yield key, f"{kind.name} {kind.targets}", self.kind(kind)
            if kind.primitive:
                yield f"_{key}", "Element", self.refer("Element")

    def parts(self, parent: str) -> Tree:
        """The array of sub-extensions that stand for the children of an R5 element."""
        name = f"parts-{parent}"
        if name not in self.defs:
            self.defs[name] = {}
            item = self.closed(extensions.parts_of(self.fhir, parent))
            self.defs[name] = {"type": "array", "minItems": 1, "items": item}
        return {"$ref": f"#/$defs/{name}"}


@cache
def _known(fhir: str) -> Tree:
    """A code system of which all codes are known here; whether it has one its keyword says."""
    return {"enum": sorted({*terminology.load(fhir).systems, UCUM})}


@cache
def _hl7(fhir: str) -> Tree:
    """An address where HL7 defines extensions."""
    roots = sorted({re.escape(url.rpartition("/")[0]) for url in terminology.load(fhir).extensions})
    return {"pattern": f"^(?:{'|'.join(roots)})/"}


def _url(test: Tree) -> Tree:
    return {"properties": {"url": test}}


def _pair(properties: Tree) -> Tree:
    """An object with a url and exactly one more of the properties."""
    return {
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        "required": ["url"],
        "minProperties": 2,
        "maxProperties": 2,
    }


def _object(properties: Tree, shape: Shape, choices: list[Tree]) -> Tree:
    out: Tree = {"type": "object", "properties": properties, "additionalProperties": False, "minProperties": 1}
    required = [names[0] for _, names in shape.required if len([n for n in names if n[0] != "_"]) == 1]
    if required:
        out["required"] = required
    return {**out, "allOf": choices} if choices else out


def _one(names: tuple[str, ...], needed: bool) -> Tree:
    """At most one of the properties of a choice, or exactly one."""
    if needed:
        return {"oneOf": [{"required": [name]} for name in names]}
    return shortcut.exclusive(names) or {}


def _concept(kind: Kind, systems: dict[str, frozenset[str]]) -> Tree:
    """A Coding of the value set, or a CodeableConcept that has one."""
    members = [
        {"properties": {"system": {"const": system}, "code": {"enum": sorted(codes)}}, "required": ["system", "code"]}
        for system, codes in systems.items()
    ]
    one: Tree = {"anyOf": members}
    if kind.name != "CodeableConcept":
        return one
    return {"properties": {"coding": {"contains": one}}, "required": ["coding"]}
