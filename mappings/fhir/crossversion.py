"""Codecs for R5 elements that R4B and R4 lack: HL7's official cross-version extensions.

Their address is `http://hl7.org/fhir/5.0/StructureDefinition/extension-` and the R5 path; the sub-extensions of
a backbone element have short urls. Source: HL7's R5-to-R4 cross-version package; shapes: mapping spec, section 9.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

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
    codings = concept.get("coding") or ()
    for coding in codings:
        if coding.get("system") in systems:
            break
    else:
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


def xv(path: str, kind: str) -> Codec:
    """Tie an element to an extension with one value."""
    url, name = XV + path, f"value{kind}"
    return Codec(
        lambda value: [{"url": url, name: value}],
        lambda items: items[0].get(name),
        marks=(url,),
        coding=f"XV {name}",
    )


def xv_each(path: str, kind: str, *, write: Callable[[Any], Any] | None = None, read: Any = None) -> Codec:
    """Tie a repeating element to one extension an item."""
    url, name = XV + path, f"value{kind}"
    return Codec(
        lambda values: [{"url": url, name: write(value) if write else value} for value in values],
        lambda items: [read(item[name]) if read else item[name] for item in items],
        marks=(url,),
        coding=f"XV {name}",
    )


class _Part(NamedTuple):
    """A sub-extension: its url is the name of the R5 element."""

    url: str
    name: str  # value[x]
    coded: bool
    repeats: bool


def _part(text: str) -> _Part:
    url, _, kind = text.partition(":")
    name = kind.removesuffix("*")
    return _Part(url, f"value{name}", name == "CodeableConcept", kind.endswith("*"))


def _pack(own: Tree, parts: Iterable[_Part]) -> list[Tree]:
    """Write a backbone element as sub-extensions, in the order of the parts."""
    out: list[Tree] = []
    for url, name, coded, repeats in parts:
        if url in own:
            values = own[url] if repeats else (own[url],)
            out += [{"url": url, name: older(value) if coded else value} for value in values]
        elif f"_{url}" in own:
            out.append({"url": url, f"_{name}": own[f"_{url}"]})
    return out


def _unpack(extension: Tree, parts: Mapping[str, _Part]) -> Tree:
    """Read a backbone element back; sub-extensions may have full urls, as HL7's snapshot writes them."""
    own: Tree = {}
    for item in extension.get("extension") or ():
        url = item.get("url", "")
        part = parts.get(url) or parts.get(url.rpartition(".")[2].rpartition("/")[2])
        if part is None:
            continue
        url, name, coded, repeats = part
        if name in item:
            value = newer(item[name]) if coded else item[name]
            if repeats:
                own.setdefault(url, []).append(value)
            else:
                own[url] = value
        elif f"_{name}" in item:
            own[f"_{url}"] = item[f"_{name}"]
    return own


def xv_backbone(path: str, *parts: str, repeats: bool = True) -> Codec:
    """Tie a backbone element to an extension of sub-extensions; parts as `name:Type`, `name:Type*` repeats."""
    url = XV + path
    named = {part.url: part for part in map(_part, parts)}
    order = tuple(named.values())

    def write(own: Any) -> list[Tree]:
        return [{"url": url, "extension": _pack(item, order)} for item in (own if repeats else (own,))]

    def read(items: list[Tree]) -> Any:
        return [_unpack(item, named) for item in items] if repeats else _unpack(items[0], named)

    return Codec(write, read, marks=(url,), coding=f"XV {{{', '.join(parts)}}}")
