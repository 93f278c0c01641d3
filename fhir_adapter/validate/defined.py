"""Extensions that HL7 defines: where they may stand, what they hold, and `meta.profile`.

An extension that nobody here knows is free; HL7's engine only takes note of it. How often one occurs is not
checked, as the engine does not; how often a part of one occurs is.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Any

from fhir_adapter.tree import Tree
from fhir_adapter.validate.bindings import check_code
from fhir_adapter.validate.definitions import load as load_definitions
from fhir_adapter.validate.extensions import check_parts_absent, is_absolute, values_of
from fhir_adapter.validate.misreading import check_as
from fhir_adapter.validate.primitives import shorten
from fhir_adapter.validate.report import Report
from fhir_adapter.validate.shapes import binding_of
from fhir_adapter.validate.terminology import Defined, load

__all__ = [
    "ADDRESS",
    "check_address",
    "check_extension",
    "check_place",
    "check_profiles",
    "contexts",
    "is_canonical",
    "is_sound",
]

ADDRESS = r"^[A-Za-z][A-Za-z0-9+.\-]*:\S"
_INDEX = re.compile(r"\[[0-9]+\]|\.ofType\(\w+\)")
_ADDRESS = re.compile(ADDRESS)
_CORE = "http://hl7.org/fhir/StructureDefinition/"
_PLAIN = ("Bundle", "Binary", "Parameters")  # resources that are no DomainResource
_QUANTITIES = ("Age", "Count", "Distance", "Duration", "MoneyQuantity", "SimpleQuantity")


def check_place(report: Report, key: str, found: Any, path: str, names: tuple[str, ...]) -> None:
    """Report, at the element that holds them, extensions that belong elsewhere; `names` are the element's."""
    known = load(report.fhir).extensions
    for index, extension in enumerate(found if isinstance(found, list) else ()):
        url = extension.get("url") if isinstance(extension, dict) else None
        content = known.get(url) if isinstance(url, str) else None
        if content is None:
            continue
        if not _fits(report.fhir, content, path, names):
            allowed = ", ".join(sorted(content.contexts)[:8])
            report.error("structure", path, f"the extension {shorten(url)} does not belong here but on {allowed}")
        if content.modifier != (key == "modifierExtension"):
            said = "is" if content.modifier else "is not"
            report.error("structure", f"{path}.{key}[{index}]", f"{shorten(url)} {said} a modifier extension")


@cache
def contexts(fhir: str) -> frozenset[str]:
    """Give every type and element that an extension is defined for."""
    return frozenset().union(*(content.contexts for content in load(fhir).extensions.values()))


def is_sound(fhir: str, extension: Tree, names: tuple[str, ...]) -> bool:
    """Say whether an extension of a type, an element also of other names, is surely where and what HL7 allows."""
    known = str(extension.get("url")).partition("|")[0] in load(fhir).extensions
    return not known or _is_sound(fhir, names, _outline(extension))


def _outline(extension: Tree) -> tuple[Any, ...]:
    """Give all of an extension that its definition speaks of: url, code and properties, and these of its parts."""
    parts = tuple([(part.get("url"), *part) for part in _parts(extension)])
    return extension.get("url"), extension.get("valueCode"), tuple(extension), parts


@lru_cache(maxsize=4096)
def _is_sound(fhir: str, names: tuple[str, ...], outline: tuple[Any, ...]) -> bool:
    """Look at an extension with such an outline; the same few come again and again."""
    report = Report(fhir)
    url, code, keys, parts = outline
    drawn = [{key: {"url": name, "extension": [{}]}.get(key) for key in own} for name, *own in parts]
    extension = {key: {"url": url, "valueCode": code, "extension": drawn}.get(key) for key in keys}
    check_place(report, "extension", [extension], names[0], names)
    check_extension(report, extension, names[0])
    return not report.issues


def _fits(fhir: str, content: Defined, path: str, names: tuple[str, ...]) -> bool:
    bare = _INDEX.sub("", path)
    here = {*names, bare}
    if names[0] in load_definitions(fhir).resources:
        here |= {"Resource", "CanonicalResource", "MetadataResource"} if is_canonical(fhir, names[0]) else {"Resource"}
        here |= set() if names[0] in _PLAIN else {"DomainResource"}
    if here & set(_QUANTITIES):
        here.add("Quantity")
    if bare.count(".") and "xtension" in bare:
        here |= {"Extension", "Extension.value"}
    return not content.contexts or bool(content.contexts & (here | {"Base", "Element", "?"}))


def is_canonical(fhir: str, name: str) -> bool:
    """Say whether a type of resource has a canonical address; ResearchStudy is one since R5."""
    return bool({"url", "status"} <= load_definitions(fhir).types[name].keys())


def check_extension(report: Report, extension: Any, path: str) -> None:
    """Report an extension whose value or parts are not those that HL7 defines."""
    url = extension.get("url") if isinstance(extension, dict) else None
    content = load(report.fhir).extensions.get(url) if isinstance(url, str) else None
    if content is None:
        if isinstance(url, str) and url.partition("|")[0] in load(report.fhir).extensions:
            report.error("value", path, f"the extension url {shorten(url)} must not name a version")
        return
    if content.kinds or not content.parts:
        _check_value(report, content, extension, path)
    else:
        _check_parts(report, content, extension, path)


def _spelt(kind: str) -> str:
    return f"value{kind[0].upper()}{kind[1:]}"


def _parts(extension: Tree) -> list[Tree]:
    found = extension.get("extension")
    return [part if isinstance(part, dict) else {} for part in found] if isinstance(found, list) else []


def _check_value(report: Report, content: Defined, extension: Tree, path: str) -> None:
    allowed = [_spelt(kind) for kind in content.kinds]
    found = values_of(extension)
    check_parts_absent(report, extension, path)
    if not found and allowed:
        report.error("structure", path, f"no value where {' or '.join(allowed)} belongs")
    for key in found:
        if key in allowed:
            _check_bound(report, content, key, extension.get(key), path)
            continue
        report.error("structure", path, f"{key} where {' or '.join(allowed)} belongs")
        if len(allowed) == 1:
            check_as(report, content.kinds[0], content.valueset, extension.get(key), key, f"{path}.value")


def _check_bound(report: Report, content: Defined, key: str, value: Any, path: str) -> None:
    binding = binding_of(report.fhir, "required", content.valueset) if content.valueset else None
    if binding and key == "valueCode" and isinstance(value, str) and value:
        check_code(report, binding, value, f"{path}.value.ofType(code)")


def _check_parts(report: Report, content: Defined, extension: Tree, path: str) -> None:
    if values_of(extension):
        report.error("structure", path, f"a value where the parts {', '.join(content.parts)} belong")
    counts = dict.fromkeys(content.parts, 0)
    for index, part in enumerate(_parts(extension)):
        name = part.get("url")
        if name is None or is_absolute(name):
            continue
        name = str(name)
        if name not in counts:
            report.error("structure", f"{path}.extension[{index}]", f"there is no part {shorten(name)} here")
            continue
        counts[name] += 1
        _check_part(report, content.parts[name][2], part, f"{path}.extension[{index}]")
    for name, (least, most, _) in content.parts.items():
        if counts[name] < least:
            report.error("required", path, f"the part {name!r} is missing")
        if most and counts[name] > most:
            report.error("structure", path, f"{counts[name]} times the part {name!r}; {most} allowed")


def _check_part(report: Report, kinds: tuple[str, ...], part: Tree, path: str) -> None:
    allowed = [_spelt(kind) for kind in kinds]
    if allowed:
        check_parts_absent(report, part, path, True)
    for key in values_of(part):
        if allowed and key not in allowed:
            kind = key.removeprefix("value")
            primitive = kind[0].lower() + kind[1:]
            name = primitive if primitive in load_definitions(report.fhir).primitives else kind
            place = f"{path}.value.ofType({name})"
            report.error("structure", place, f"{key} where {' or '.join(allowed)} belongs")


def check_address(report: Report, resource: Tree, path: str) -> None:
    """Report the url of a resource that others point to by it, when it is not absolute."""
    url = resource.get("url")
    if not is_canonical(report.fhir, resource["resourceType"]) or not isinstance(url, str):
        return
    if url and url.split() == [url] and not _ADDRESS.match(url):
        report.error("value", f"{path}.url", f"{shorten(url)} is not an absolute address")


def check_profiles(report: Report, resource: Tree, path: str) -> None:
    """Report profiles of another type in `meta.profile`; a profile that is not known is not looked at."""
    meta = resource.get("meta")
    profiles = meta.get("profile") if isinstance(meta, dict) else None
    for url in profiles if isinstance(profiles, list) else ():
        if not isinstance(url, str) or not url:
            continue
        kind = _profiled(report.fhir, url)
        if kind is not None and kind != resource.get("resourceType"):
            report.error("structure", path, f"the profile {shorten(url)} is for {kind}")


def _profiled(fhir: str, url: str) -> str | None:
    known = load(fhir)
    if url in known.extensions:
        return "Extension"
    definitions = load_definitions(fhir)
    name = url.removeprefix(_CORE)
    types = definitions.resources | definitions.primitives | definitions.types.keys()
    if name != url and name in types and "." not in name:
        return name
    return known.profiles.get(url)
