"""Conformance resources of what is written: code systems, our one extension, profiles; made from the tables.

A server or validator that has them loaded knows the registry's codes and what to expect of each resource.
"""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Iterator
from html import escape
from importlib.metadata import version as installed
from typing import Any
from urllib.parse import urlsplit

import orjson

from fhir_adapter import remainder, study
from fhir_adapter.assembly import child, told
from fhir_adapter.profile import Profile
from fhir_adapter.row import Scope
from fhir_adapter.tree import Tree
from fhir_adapter.validate import profiles as profiling
from fhir_adapter.validate.definitions import load
from fhir_adapter.version import BASE, Version
from fhir_adapter.vocabulary import Use, meaning, uses

__all__ = ["definitions", "file_name", "package", "package_name", "profiles"]

_STRUCTURES = "http://hl7.org/fhir/StructureDefinition/"
_PUBLISHER = "The FHIR Adapter authors"
_NOT_THE_REGISTRY = (
    "Made from the registry's public description by the FHIR Adapter project, so that servers and validators know "
    "the codes; the registry itself publishes no code system."
)
# An invariant and not elements below value[x]: no snapshot has to look into Attachment.
_JSON = {
    "key": "remainder-1",
    "severity": "error",
    "human": "The value is a JSON object, in the resource itself",
    "expression": "contentType = 'application/json' and data.exists()",
}
_CORE = {"R5": "hl7.fhir.r5.core", "R4B": "hl7.fhir.r4b.core", "R4": "hl7.fhir.r4.core"}


def definitions(version: Version, base: str = BASE) -> list[Tree]:
    """Give the conformance resources for a FHIR version; `base` is the canonical base url that trials are written with.

    One StructureDefinition for the extension and one for each profile, then a CodeSystem for each list of codes.
    """
    base = base.rstrip("/")
    found = [_extension(version, base), *(_profile(own, version, base) for own in version.profiles)]
    return found + [_code_system(use) for use in uses(version)]


def profiles(version: Version, base: str = BASE) -> list[profiling.Profile]:
    """Give what `definitions` demands of resources, the extension last, to be checked with `check_profiles`."""
    base = base.rstrip("/")
    structures = [*(_profile(own, version, base) for own in version.profiles), _extension(version, base)]
    return [profiling.read_profile(each, version.name) for each in structures]


def _definition(kind: str, identity: str, url: str, title: str, about: str) -> Tree:
    """Start a conformance resource, its narrative included."""
    start: Tree = {"resourceType": kind, "id": identity, "text": None, "url": url}
    start["version"] = installed("fhir-adapter")
    start["name"] = "".join(word[:1].upper() + word[1:] for word in identity.split("-"))
    start |= {"title": title, "status": "active", "experimental": False, "publisher": _PUBLISHER, "description": about}
    lines = "".join(f"<p>{escape(words, quote=False)}</p>" for words in (title, about))
    return told(start, f'<div xmlns="http://www.w3.org/1999/xhtml">{lines}</div>')


# --- code systems ----------------------------------------------------------------------------------------------


def _code_system(use: Use) -> Tree:
    """Write a list of codes; without values of its own it says that its codes are published elsewhere."""
    address = urlsplit(use.terms.uri)
    enumeration = use.terms.name in study.enums()
    words = meaning(use.paths[0]) if use.paths else use.terms.name
    kind = "enumeration" if enumeration else "data element"
    about = f"The {kind} {use.terms.name} of {address.hostname}. {words}: {', '.join(use.paths)}. {_NOT_THE_REGISTRY}"
    title = f"{address.hostname}: {use.terms.name}"
    system = _definition("CodeSystem", address.fragment or use.terms.name, use.terms.uri, title, about)
    concepts = [{"code": code, "display": label or words} for code, (label, _) in use.terms.values.items()]
    system |= {"caseSensitive": True, "content": "complete" if concepts else "not-present"}
    return {**system, "count": len(concepts), "concept": concepts} if concepts else system


# --- the extension and the profiles ----------------------------------------------------------------------------


def _structure(identity: str, version: Version, base: str, title: str, about: str, **rest: Any) -> Tree:
    own = _definition("StructureDefinition", identity, f"{base}/StructureDefinition/{identity}", title, about)
    return own | {"fhirVersion": version.number, "abstract": False, "derivation": "constraint", **rest}


def _extension(version: Version, base: str) -> Tree:
    """Define the remainder: on a ResearchStudy, one JSON object as an Attachment."""
    about = (
        "What no FHIR element can honestly hold of a registry record, so that the record can be restored: base64 of "
        "one JSON object, from JSON Pointers into the record to values. null says that the record has no such field."
    )
    url, value = f"{base}/StructureDefinition/{remainder.NAME}", "Extension.value[x]"
    elements = [
        {"id": "Extension", "path": "Extension", "short": remainder.TITLE, "definition": about, "min": 0, "max": "1"},
        {"id": "Extension.extension", "path": "Extension.extension", "max": "0"},
        {"id": "Extension.url", "path": "Extension.url", "fixedUri": url},
        {"id": value, "path": value, "min": 1, "type": [{"code": "Attachment"}], "constraint": [_JSON]},
    ]
    return _structure(
        remainder.NAME, version, base, remainder.TITLE, about,
        kind="complex-type", context=[{"type": "element", "expression": "ResearchStudy"}], type="Extension",
        baseDefinition=f"{_STRUCTURES}Extension", differential={"element": elements},
    )  # fmt: skip


def _profile(own: Profile, version: Version, base: str) -> Tree:
    """Define a profile: what is always there is required, what has one value has it fixed."""
    order = list(load(version.name.lower()).types[own.type])  # a differential keeps the order of the base
    found = sorted(_constraints(own, base), key=lambda element: order.index(element["path"].split(".")[1]))
    about = {"id": own.type, "path": own.type, "short": own.title, "definition": own.about}
    return _structure(
        f"trial-{own.type}", version, base, own.title, own.about,
        kind="resource", type=own.type, baseDefinition=_STRUCTURES + own.type,
        differential={"element": [about, *found]},
    )  # fmt: skip


def _constraints(own: Profile, base: str) -> Iterator[Tree]:
    for name in own.always:
        yield _element(own.type, name, min=1)
    for name, value in own.fixed.items():
        kind = {bool: "patternBoolean", str: "patternCode"}.get(type(value), "patternCodeableConcept")
        yield _element(own.type, name, min=1, **{kind: value})
    if "identifier" in own.always:
        system = child(own.type, "", Scope(base=base))["identifier"][0]["system"]
        yield _element(own.type, "identifier.system", min=1, patternUri=system)
        yield _element(own.type, "identifier.value", min=1)


def _element(kind: str, name: str, **rules: Any) -> Tree:
    return {"id": f"{kind}.{name}", "path": f"{kind}.{name}", **rules}


# --- as a package ----------------------------------------------------------------------------------------------


def file_name(resource: Tree) -> str:
    """Give the name of a resource's file, as FHIR packages have it."""
    return f"{resource['resourceType']}-{resource['id']}.json"


def package_name(version: Version) -> str:
    """Give the name of the FHIR package for a version."""
    return f"fhir-adapter.definitions.{version.name.lower()}"


def package(resources: list[Tree], version: Version, base: str = BASE) -> bytes:
    """Pack conformance resources as a FHIR package (.tgz); the same resources give the same bytes."""
    files = {"package.json": _manifest(version, base.rstrip("/")), ".index.json": _index(resources)}
    files |= {file_name(own): own for own in resources}
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, content in files.items():
            data = orjson.dumps(content, option=orjson.OPT_INDENT_2)
            entry = tarfile.TarInfo(f"package/{name}")
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    whole = io.BytesIO()
    with gzip.GzipFile(fileobj=whole, mode="wb", filename="", mtime=0) as zipped:
        zipped.write(packed.getvalue())
    return whole.getvalue()


def _manifest(version: Version, base: str) -> Tree:
    return {
        "name": package_name(version),
        "version": installed("fhir-adapter"),
        "type": "Conformance",
        "fhirVersions": [version.number],
        "canonical": base,
        "title": f"FHIR Adapter: code systems, extension and profiles for {version.name}",
        "description": "The codes of a trial registry, and what the resources made of its records always have.",
        "author": _PUBLISHER,
        "license": "Apache-2.0",
        "dependencies": {_CORE[version.name]: version.number},
    }


def _index(resources: list[Tree]) -> Tree:
    names = ("resourceType", "id", "url", "version", "kind", "type", "content")
    files = [{"filename": file_name(own), **{name: own[name] for name in names if name in own}} for own in resources]
    return {"index-version": 2, "files": files}
