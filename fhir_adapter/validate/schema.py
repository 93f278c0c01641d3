"""The fast half of validation: a JSON Schema of a resource type, run by jsonschema-rs.

It says whether a resource is certainly without error. What it refuses may still be right (an absolute
reference, a rare type in an extension, a null beside one): then `structure` looks closely and has the last word.
`tests/test_validate_schema.py` holds that nothing accepted here has an error there.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from fhir_adapter.tree import Tree
from fhir_adapter.validate import extensions, shortcut, terminology
from fhir_adapter.validate.defined import ADDRESS, contexts, is_canonical
from fhir_adapter.validate.formats import ID, URN, format_of
from fhir_adapter.validate.keywords import KEYWORDS
from fhir_adapter.validate.registries import LANGUAGES
from fhir_adapter.validate.shapes import Kind, Member, Shape, shape_of
from fhir_adapter.validate.ucum import SYSTEM as UCUM

if TYPE_CHECKING:
    from jsonschema_rs import Draft202012Validator

__all__ = ["MARKED", "compiled", "schema_of"]

# The only resource whose elements we give ids; with ids on other elements a resource is looked at closely.
MARKED = "PlanDefinition"

# Parts the name of a type from the names that extensions have for the element: `Element+ContactPoint.value`.
_ALSO = "+"
_LANGUAGE = {"type": "string", "pattern": f"^(?:{'|'.join(sorted(LANGUAGES))})(?:-[A-Z]{{2}})?$"}
# Without a hash, or a size beside the data, that must agree.
_UNSIZED = {"not": {"anyOf": [{"required": ["hash"]}, {"required": ["data", "size"]}]}}
# What an extension of which no definition is known may hold here; the rare types would treble the schema.
_COMMON = (
    *("boolean", "integer", "positiveInt", "unsignedInt", "decimal", "string", "markdown", "code", "id", "uri", "url"),
    *("canonical", "date", "dateTime", "instant", "Annotation", "Attachment", "CodeableConcept", "Coding", "Period"),
    *("ContactPoint", "Duration", "Identifier", "Quantity", "Range", "Reference"),
)


@lru_cache(maxsize=128)
def compiled(fhir: str, name: str, contained: frozenset[str]) -> Draft202012Validator:
    """Compile the schema of a resource type; `contained` are the types that a local reference may lead to."""
    from jsonschema_rs import Draft202012Validator, RegexOptions

    schema = schema_of(fhir, name, contained)
    return Draft202012Validator(schema, pattern_options=RegexOptions(), keywords={**KEYWORDS, **shortcut.KEYWORDS})


def schema_of(fhir: str, name: str, contained: frozenset[str] = frozenset()) -> Tree:
    """Build the JSON Schema (2020-12) of a resource type, with what it needs in `$defs`."""
    return _Builder(fhir, contained).build(name)


class _Builder:
    """Writes `$defs` for each type that it meets."""

    def __init__(self, fhir: str, contained: frozenset[str]) -> None:
        self.fhir = fhir
        self.contained = contained
        self.defs: Tree = {}
        self.waiting: list[str] = []

    def build(self, name: str) -> Tree:
        top = self.refer(name)
        while self.waiting:
            name = self.waiting.pop()
            self.defs[name] = self.define(name)
        return {**top, "$defs": self.defs}

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
        if name in extensions.WRITTEN and self.fhir != "r5":
            properties["extension"] = self.crossing(extensions.WRITTEN[name])
        if "extension" in properties:
            place = {"placed": [self.fhir, name, *names]}
            properties["extension"] = {"allOf": [properties["extension"], {"anyOf": [_foreign(self.fhir), place]}]}
        if not shape.resource and not name.startswith(f"{MARKED}."):
            properties.pop("id", None)
        if name == "Reference":
            # Where the type is declared, `references` compares.
            del properties["type"]
            properties["reference"] = {**properties["reference"], "noted": True}
        if name == "Meta":
            # HL7's own profiles are each for one type.
            profile = {"items": {"not": {"pattern": r"^http://hl7\.org/fhir/"}}}
            properties["profile"] = {"allOf": [properties["profile"], profile]}
        if name == "Identifier":
            properties["system"] = {"type": "string", "pattern": r"^(?:https?:|urn:[^i])\S*$", "not": URN}
        if shape.resource:
            properties["resourceType"] = {"const": name}
        if shape.resource and is_canonical(self.fhir, name):
            properties["url"] = {"allOf": [properties["url"], {"pattern": ADDRESS}]}
        choices = [(names, step in {s for s, _ in shape.required}) for step, names in shape.choices]
        for shadow in (f"_{name}" for names, _ in choices for name in names):
            # Beside a choice it is rare: then it is looked at closely.
            properties.pop(shadow, None)
        coded = [_coded(self.fhir)] if name in ("Coding", "Quantity") else [_UNSIZED] if name == "Attachment" else []
        return _object(
            properties, shape, [*coded, *(_one(*choice) for choice in choices), *shortcut.tests_of(self.fhir, name)]
        )

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

    def crossing(self, elements: tuple[str, ...]) -> Tree:
        """The extensions of a type on which we write cross-version ones, none more often than its element."""
        found = {extensions.CROSS + element: extensions.content_of(self.fhir, element) for element in elements}
        contents = {url: content for url, content in found.items() if content}
        item = {
            "if": _url({"pattern": _literal(extensions.CROSS)}),
            "then": self.closed(contents),
            "else": self.refer("Extension"),
        }
        limits = {url: (0, content.maximum) for url, content in contents.items()}
        return {"type": "array", "minItems": 1, "items": item, **_counts(limits)}

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
            alone = len(named) == 1
            properties[key] = tests[next(iter(named))] if alone else True
            places[key] = _url({"enum": [url for found in named.values() for url in found]})
            if not alone:
                places[key]["allOf"] = [
                    {"if": _url({"enum": found}), "then": {"properties": {key: tests[name]}}}
                    for name, found in named.items()
                ]
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
            contents = extensions.parts_of(self.fhir, parent)
            limits = {url: (content.minimum, content.maximum) for url, content in contents.items()}
            self.defs[name] = {"type": "array", "minItems": 1, "items": self.closed(contents), **_counts(limits)}
        return {"$ref": f"#/$defs/{name}"}


@cache
def _coded(fhir: str) -> Tree:
    """A code with a system of which not all codes are known here, or one that its keyword finds right."""
    known = {"enum": sorted({*terminology.load(fhir).systems, UCUM})}
    free = {"required": ["system"], "properties": {"system": {"pattern": "^https?:", "not": known}}}
    return {"anyOf": [free, {"coded": fhir}]}


@cache
def _foreign(fhir: str) -> Tree:
    """Extensions of which none is at an address where HL7 defines some."""
    roots = sorted({url.rpartition("/")[0] for url in terminology.load(fhir).extensions})
    return {"items": _url({"not": {"anyOf": [{"pattern": _literal(f"{root}/")} for root in roots]}})}


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


def _literal(text: str) -> str:
    return "^" + text.replace(".", r"\.")


def _counts(limits: dict[str, tuple[int, int]]) -> Tree:
    """Ask for the least and greatest number of extensions of each url; a greatest of 0 means no limit."""
    tests = []
    for url, (minimum, maximum) in limits.items():
        if minimum or maximum:
            limit = {"maxContains": maximum} if maximum else {}
            tests.append({"contains": _url({"const": url}), "minContains": minimum, **limit})
    return {"allOf": tests} if tests else {}


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
