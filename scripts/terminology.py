"""Collect codes, value sets and extensions as HL7's engine knows them, in one shape for the three versions.

The packages are those that the engine reads (HAPI's, and HL7's extensions pack), not the newest terminology:
its codes decide what is an error.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from packages import HAPI, Json, Package, gather

VALUE_SETS = "org/hl7/fhir/{}/model/valueset/valuesets"
V2_AND_V3 = ("org/hl7/fhir/r4/model/valueset/v2-tables", "org/hl7/fhir/r4/model/valueset/v3-codesystems")
EXTENSIONS = "org/hl7/fhir/{}/model/extension/"
PACK = "hl7.fhir.uv.extensions"
JARS = {
    "r4": "801cb6de72b4a9bbbf6589dcf1327b4c9626564105233d9e213066f0183ea0b1",
    "r4b": "71c762afb81cc9be0abba8d08b8208bdd14196c284e3f0ec69802f40165af956",
    "r5": "913172549df8c02993c9ed8e009e4bc3917189490296b0cba5836844990e48b7",
}
PACK_R4 = Package(f"{PACK}.r4", "5.3.0-ballot-tc1", "54f70616bbd444ba0259d5fc5a5c978d463971865f23dcef3103081f529ad213")
PACK_R5 = Package(f"{PACK}.r5", "5.3.0-ballot-tc1", "33a55f290663f3f9d61c9dbdeb0be6ef10d0e64b54af539d1d557585c8f9e1c2")


def _jar(fhir: str, *prefixes: str) -> Package:
    return Package(f"{HAPI}-{fhir}", "8.8.1", JARS[fhir], prefixes)


# Later packages win. HAPI gives R4's tables of HL7 v2 and v3 to R4B.
_INSIDE = "org/hl7/fhir/r5/packages/hl7."
SOURCES = {
    "r4": (_jar("r4", EXTENSIONS.format("r4"), VALUE_SETS.format("r4"), *V2_AND_V3), PACK_R4),
    "r4b": (_jar("r4b", EXTENSIONS.format("r4b"), VALUE_SETS.format("r4b")), _jar("r4", *V2_AND_V3), PACK_R4),
    "r5": (_jar("r5", f"{_INSIDE}fhir.r5.core", f"{_INSIDE}fhir.uv", f"{_INSIDE}terminology"), PACK_R5),
}
NUMBERS = {"r4": (4, 0), "r4b": (4, 3), "r5": (5, 0)}
CHECKED = ("complete", "example", "supplement")
VERSION_USE = "http://hl7.org/fhir/StructureDefinition/version-specific-use"
Found = dict[str, dict[str, Json]]
Codes = dict[str, list[str] | None]


def terminology(cache: Path, bound: dict[str, set[str]]) -> Json:
    """Give what terminology.json holds; `bound` are the value sets that the types of each version bind."""
    each = {fhir: _version(fhir, gather(packages, cache), bound[fhir]) for fhir, packages in SOURCES.items()}
    packages = {package.archive: package.source for found in SOURCES.values() for package in found}
    parts = ("systems", "caseless", "valuesets", "extensions", "profiles")
    shared = {part: _share({fhir: content[part] for fhir, content in each.items()}) for part in parts}
    return {"sources": list(packages.values()), **shared}


def _share(each: dict[str, Json]) -> Json:
    """Turn {version: {key: value}} into {key: {versions that agree: value}}."""
    out: Json = {}
    for key in sorted({key for content in each.values() for key in content}):
        groups: list[tuple[list[str], Json]] = []
        for fhir, content in each.items():
            if key in content:
                same = next((names for names, value in groups if value == content[key]), None)
                if same is None:
                    groups.append(([fhir], content[key]))
                else:
                    same.append(fhir)
        out[key] = {" ".join(names): value for names, value in groups}
    return out


def _version(fhir: str, found: Found, bound: set[str]) -> Json:
    systems = {url: item for url, item in found["CodeSystem"].items() if item.get("content") in CHECKED}
    extensions = {}
    for url, item in found["StructureDefinition"].items():
        if item.get("type") == "Extension" and item.get("derivation") == "constraint":
            extensions[url] = extension(item, fhir)
    wanted = bound | {str(entry[3]) for entry in extensions.values()}
    expansions = {url: expand(url, found) for url in wanted}
    return {
        "systems": {url: list(codes_of(item.get("concept", []))) for url, item in systems.items()},
        "caseless": {url: 1 for url, item in systems.items() if str(item.get("caseSensitive")).lower() != "true"},
        "valuesets": {url: codes for url, codes in expansions.items() if codes},
        "extensions": extensions,
        "profiles": {
            url: item["type"]
            for url, item in found["StructureDefinition"].items()
            if url not in extensions and item.get("derivation") == "constraint"
        },
    }


def extension(item: Json, fhir: str) -> list[object]:
    """Spell an extension: [contexts, types of the value, parts, value set that it insists on or "", modifier].

    Parts are {name: [min, max (0 is *), types]}; a context that is no element name is spelt `?`.
    """
    contexts: list[str] = []
    for context in item.get("context", []):
        if not isinstance(context, dict):
            contexts.append("?")
        elif _holds(context, fhir):
            contexts.append(context["expression"] if context["type"] == "element" else "?")
    elements = item.get("snapshot", {}).get("element", [])
    values = [element for element in elements if element["path"] == "Extension.value[x]" and element["max"] != "0"]
    kinds = [kind["code"] for element in values for kind in element.get("type", [])]
    modifier = any(str(element.get("isModifier")).lower() == "true" for element in elements[:1])
    binding = values[0].get("binding", {}) if values else {}
    bound = binding.get("valueSet", "") if binding.get("strength") == "required" else ""
    return [sorted(set(contexts)), kinds, {} if kinds else _parts(elements), bound.partition("|")[0], int(modifier)]


def _holds(context: Json, fhir: str) -> bool:
    """Say whether a context is meant for a version."""
    uses = [part for part in context.get("extension", []) if part["url"] == VERSION_USE]
    for part in (inner for use in uses for inner in use["extension"]):
        limit = tuple(int(number) for number in part["valueCode"].split(".")[:2])
        late = part["url"] == "startFhirVersion" and NUMBERS[fhir] < limit
        if late or (part["url"] == "endFhirVersion" and NUMBERS[fhir] > limit):
            return False
    return True


def _parts(elements: list[Json]) -> Json:
    out: Json = {}
    name = ""
    for element in elements:
        path = element["path"]
        if path == "Extension.extension" and element.get("sliceName"):
            name = element["sliceName"]
            out[name] = [int(element["min"]), 0 if element["max"] == "*" else int(element["max"]), []]
        elif path == "Extension.extension.url" and name and "fixedUri" in element:
            out[element["fixedUri"]] = out.pop(name)
            name = element["fixedUri"]
        elif path == "Extension.extension.value[x]" and name and element["max"] != "0":
            out[name][2] = [kind["code"] for kind in element.get("type", [])]
    return out


def codes_of(concepts: list[Json]) -> Iterator[str]:
    for concept in concepts:
        yield concept["code"]
        yield from codes_of(concept.get("concept", []))


def expand(url: str, found: Found) -> Codes | None:
    """Give {system: codes, None for all} of a value set; None when it isn't finite or not at hand."""
    compose = found["ValueSet"].get(url.partition("|")[0], {}).get("compose", {})
    out: Codes = {}
    for include in compose.get("include", []):
        part = _include(include, found)
        if part is None:
            return None
        for system, codes in part.items():
            held = out.get(system, [])
            out[system] = None if held is None or codes is None else [*held, *(c for c in codes if c not in held)]
    for exclude in compose.get("exclude", []):
        part = _include(exclude, found)
        if part is None:
            return None
        for system, codes in part.items():
            held = _all(system, found) if out.get(system, []) is None else out.get(system, [])
            dropped = _all(system, found) if codes is None else codes
            out[system] = [code for code in held or [] if code not in dropped]
    return out or None


def _all(system: str, found: Found) -> list[str]:
    return list(codes_of(found["CodeSystem"].get(system, {}).get("concept", [])))


def _include(include: Json, found: Found) -> Codes | None:
    if "valueSet" in include:
        whole = "system" not in include and len(include["valueSet"]) == 1
        return expand(include["valueSet"][0], found) if whole else None
    system = include["system"]
    if "concept" in include:
        return {system: [concept["code"] for concept in include["concept"]]}
    content = found["CodeSystem"].get(system, {})
    if content.get("content") != "complete":
        return None
    if "filter" not in include:
        return {system: None}
    tests = [(test["property"], test["op"], test["value"]) for test in include["filter"]]
    if len(tests) == 1 and tests[0][:2] in (("concept", "is-a"), ("concept", "descendent-of")):
        below = list(_below(content.get("concept", []), tests[0][2]))
        return {system: below if tests[0][1] == "is-a" else below[1:]} if below else None
    return None


def _below(concepts: list[Json], code: str) -> Iterator[str]:
    for concept in concepts:
        if concept["code"] == code:
            yield from codes_of([concept])
        else:
            yield from _below(concept.get("concept", []), code)
