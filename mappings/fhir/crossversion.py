"""Codecs for R5 elements that R4B and R4 lack: HL7's official cross-version extensions.

Their address is `http://hl7.org/fhir/5.0/StructureDefinition/extension-` and the R5 path; the sub-extensions of
a backbone element have short urls. Source: HL7's R5-to-R4 cross-version package; shapes: mapping spec, section 9.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fhir_adapter.table import REST, Codec
from fhir_adapter.tree import Tree

XV = "http://hl7.org/fhir/5.0/StructureDefinition/extension-"
THO = "http://terminology.hl7.org/CodeSystem/"
HL7 = "http://hl7.org/fhir/"
# The code systems that R4 and R4B bind under another address; the codes are the same.
RENAMED = {
    f"{HL7}{name}": f"{THO}{name}"
    for name in (
        "research-study-phase",
        "research-study-prim-purp-type",
        "research-study-objective-type",
        "research-study-status",
    )
}
_BACK = {new: old for old, new in RENAMED.items()}


def _rename(concept: Tree, systems: Mapping[str, str]) -> Tree:
    codings = concept.get("coding")
    if not codings or not any(coding.get("system") in systems for coding in codings):
        return concept
    renamed = [
        {**coding, "system": systems[coding["system"]]} if coding.get("system") in systems else coding
        for coding in codings
    ]
    return {**concept, "coding": renamed}


def older(concept: Tree) -> Tree:
    """Give a CodeableConcept with the code systems that R4 and R4B bind."""
    return _rename(concept, RENAMED)


def newer(concept: Tree) -> Tree:
    """Give a CodeableConcept with the code systems that R5 binds."""
    return _rename(concept, _BACK)


recoded = Codec(older, newer, coding="THO's system")
kept = Codec(list, list, marks=(REST,), coding="extensions that R5 has too")


def keys(extension: Tree) -> list[str]:
    """Name an extension by its url."""
    return [extension.get("url", "")]


def xv(path: str, kind: str) -> Codec:
    """Tie an element to an extension with one value."""
    url, name = XV + path, f"value{kind}"
    return Codec(
        lambda value: [{"url": url, name: value}],
        lambda items: items[0].get(name),
        marks=(url,),
        coding=f"XV {name}",
    )


def xv_each(path: str, kind: str, *, write: Callable[[Any], Any] = lambda value: value, read: Any = None) -> Codec:
    """Tie a repeating element to one extension an item."""
    url, name = XV + path, f"value{kind}"
    back: Callable[[Any], Any] = read or (lambda value: value)
    return Codec(
        lambda values: [{"url": url, name: write(value)} for value in values],
        lambda items: [back(item[name]) for item in items],
        marks=(url,),
        coding=f"XV {name}",
    )


Part = tuple[str, str, bool]  # sub-extension, value type, repeats


def pack(own: Tree, parts: tuple[Part, ...]) -> list[Tree]:
    """Write a backbone element as sub-extensions, in the order of the parts."""
    out: list[Tree] = []
    for url, kind, repeats in parts:
        name = f"value{kind}"
        if url in own:
            values = own[url] if repeats else [own[url]]
            renamed = map(older, values) if kind == "CodeableConcept" else values
            out.extend([{"url": url, name: value} for value in renamed])
        elif f"_{url}" in own:
            out.append({"url": url, f"_{name}": own[f"_{url}"]})
    return out


def unpack(extension: Tree, parts: tuple[Part, ...]) -> Tree:
    """Read a backbone element back; sub-extensions may have full urls, as HL7's snapshot writes them."""
    kinds = {url: (kind, repeats) for url, kind, repeats in parts}
    own: Tree = {}
    for part in extension.get("extension") or ():
        url = part.get("url", "").rpartition(".")[2].rpartition("/")[2]
        if url not in kinds:
            continue
        kind, repeats = kinds[url]
        name = f"value{kind}"
        if name in part:
            value = newer(part[name]) if kind == "CodeableConcept" else part[name]
            if repeats:
                own.setdefault(url, []).append(value)
            else:
                own[url] = value
        elif f"_{name}" in part:
            own[f"_{url}"] = part[f"_{name}"]
    return own


def xv_backbone(path: str, *parts: str, repeats: bool = True) -> Codec:
    """Tie a backbone element to an extension of sub-extensions; parts as `name:Type`, `name:Type*` repeats."""
    url = XV + path
    compiled = tuple(_part(part) for part in parts)
    words = f"XV {{{', '.join(parts)}}}"
    if repeats:
        return Codec(
            lambda items: [{"url": url, "extension": pack(item, compiled)} for item in items],
            lambda items: [unpack(item, compiled) for item in items],
            marks=(url,),
            coding=words,
        )
    return Codec(
        lambda item: [{"url": url, "extension": pack(item, compiled)}],
        lambda items: unpack(items[0], compiled),
        marks=(url,),
        coding=words,
    )


def _part(text: str) -> Part:
    name, _, kind = text.partition(":")
    return name, kind.removesuffix("*"), kind.endswith("*")
