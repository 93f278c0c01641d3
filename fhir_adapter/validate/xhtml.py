"""Narrative: what XHTML the `div` of a resource may hold (https://hl7.org/fhir/R5/narrative.html#xhtml).

It follows HL7's engine, whose reader is milder than XML (text after the div, attributes without quotes or twice).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from html import unescape
from html.entities import name2codepoint

from fhir_adapter.validate.report import DEEPEST

__all__ = ["SIMPLE", "faults", "has_content", "is_plain"]

XHTML = "http://www.w3.org/1999/xhtml"
ENTITIES = ("quot", "amp", "apos", "lt", "gt")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


ELEMENTS = _words(
    "p br div h1 h2 h3 h4 h5 h6 a span b em i strong small big tt dfn q var abbr acronym cite blockquote hr address bdo"
    " kbd sub sup ul ol li dl dt dd pre table caption colgroup col thead tr tfoot tbody th td code samp img map area"
)
ATTRIBUTES = _words(
    "title style class id lang xml:lang xml:space dir accesskey tabindex span width align valign char charoff abbr axis"
    " headers scope rowspan colspan a.href a.name a.charset a.type a.hreflang a.rel a.rev a.shape a.coords img.src"
    " img.border img.alt img.longdesc img.height img.width img.usemap img.ismap blockquote.cite q.cite map.name"
    " area.shape area.coords area.href area.nohref area.alt table.summary table.width table.border table.frame"
    " table.rules table.cellspacing table.cellpadding pre.space td.nowrap"
)
PHRASES = _words("a b em i strong small big sub sup code tt dfn q var abbr acronym cite bdo kbd samp")
FLAT = PHRASES | _words("p h1 h2 h3 h4 h5 h6 pre address span caption dt dd")
BLOCKS = _words("div pre table ul ol")
NOT_IN_PARAGRAPH = _words("p div table blockquote ul ol")
VOID = ("br", "img", "hr", "area")
INSIDE = {
    "tr": ("table", "thead", "tfoot", "tbody"),
    **dict.fromkeys(("tbody", "thead", "tfoot", "caption", "colgroup"), ("table",)),
    "col": ("colgroup", "table"),
    **dict.fromkeys(("th", "td"), ("tr", "thead", "tfoot")),
    "li": ("ul", "ol"),
    **dict.fromkeys(("dt", "dd"), ("dl",)),
}
ONLY = {
    "table": ("tbody", "tr", "caption", "thead", "tfoot", "col", "colgroup"),
    "tr": ("td", "th"),
    **dict.fromkeys(("tbody", "thead", "tfoot"), ("tr",)),
    **dict.fromkeys(("ul", "ol"), ("li",)),
    "dl": ("dd", "dt"),
    "map": ("area",),
}
_NAME = r"[A-Za-z_][\w.\-]*(?::[\w.\-]+)?"
_TOKEN = re.compile(
    rf"(?P<skip><!--.*?-->|<\?.*?\?>|<!\[CDATA\[.*?\]\]>)|(?P<doctype><![A-Za-z][^>]*>)|</(?P<end>{_NAME})>"
    rf"|<(?P<start>{_NAME})(?P<attributes>(?:\s+{_NAME}(?:\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s\"'>/]+))?)*)\s*(?P<close>/?)>"
    r"|(?P<text>[^<]+)",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(rf"({_NAME})(?:\s*=\s*(\"[^\"]*\"|'[^']*'|[^\s\"'>/]+))?")
_AMPERSAND = re.compile(r"&(#[0-9]+;|#x[0-9A-Fa-f]+;|[A-Za-z][A-Za-z0-9]*;?)?")
# A narrative such as we write, as a pattern: paragraphs, headings and lists of plain or marked text, none of it nested.
_LETTER = r"[^<&]|&(?:amp|lt|gt|quot|apos|#[0-9]+);"
_MARKED = "|".join(f"<{name}>(?:{_LETTER})*</{name}>" for name in ("b", "i", "em", "strong"))
_LINE = f"(?:{_LETTER}|{_MARKED}|<br/>)*"
_PARTS = [f"<{name}>{_LINE}</{name}>" for name in ("p", "h1", "h2", "h3", "h4", "h5", "h6")]
_LISTS = [rf"<{name}>\s*(?:<li>{_LINE}</li>\s*)+</{name}>" for name in ("ul", "ol")]
SIMPLE = rf'^<div xmlns="{XHTML}">\s*(?:(?:{"|".join([*_PARTS, *_LISTS])})\s*)+</div>$'
_HREF = re.compile(r"(?:[^\W_]|[;?:@&=+$.,/%\-_~#\[\]!'()*|])+")


@dataclass(frozen=True, slots=True)
class Element:
    """One element: `attributes` as written, `space` its namespace, `above` the names of those around it."""

    name: str
    space: str
    attributes: dict[str, str]
    above: tuple[str, ...]
    children: list[Element | str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Page:
    """What was read: the elements in their order, the entities by name, and why it could not be read."""

    elements: tuple[Element, ...]
    entities: tuple[str, ...] = ()
    doctype: bool = False
    fault: str | None = None


def is_plain(text: str) -> bool:
    """Say whether only the elements and attributes of a narrative are used (txt-1)."""
    page = _read(text)
    return page.fault is None and not page.doctype and not any(_strange(element) for element in page.elements)


def has_content(text: str) -> bool:
    """Say whether there is any text or image (txt-2)."""
    page = _read(text)
    return page.fault is None and any(element.name == "img" or _said(element) for element in page.elements)


def faults(text: str) -> Iterator[str]:
    """Name what is wrong beside strange elements and a lack of content."""
    page = _read(text)
    if page.fault is not None:
        yield f"this is not XHTML: {page.fault}"
        return
    yield from (f"the entity &{name}; is not known in XML; write the character" for name in page.entities)
    if page.elements[0].name != "div":
        yield f"the narrative is a {page.elements[0].name}; it must be a div"
    for element in page.elements:
        if element.space != XHTML:
            yield f"{element.name} is not in the namespace {XHTML}"
        yield from _misplaced(element)
    anchors = {value for element in page.elements for key, value in element.attributes.items() if key in ("id", "name")}
    for element in page.elements:
        yield from _bad_links(element, anchors)


def _said(element: Element) -> bool:
    return any(isinstance(child, str) and child.strip("".join(map(chr, range(33)))) for child in element.children)


def _strange(element: Element) -> bool:
    if element.name not in ELEMENTS:
        return True
    names = [name for name in element.attributes if not name.startswith("xmlns")]
    return any("." in name or not {name, f"{element.name}.{name}"} & ATTRIBUTES for name in names)


def _misplaced(element: Element) -> Iterator[str]:
    """Name what HTML allows nowhere here: blocks inside a line of text, parts of lists and tables on their own."""
    name, above = element.name, element.above
    if not above:
        return
    inline = next((outer for outer in above if outer in FLAT), None) if name in BLOCKS else None
    if inline or (name in NOT_IN_PARAGRAPH and "p" in above):
        yield f"{name} may not be inside {inline or 'p'}"
    if name in PHRASES and name in above:
        yield f"{name} may not be inside another {name}"
    if name in VOID and element.children:
        yield f"{name} must be empty"
    if name in INSIDE and above[-1] not in INSIDE[name]:
        yield f"{name} belongs in {' or '.join(INSIDE[name])}, not in {above[-1]}"
    inner = [child.name if isinstance(child, Element) else "text" for child in element.children]
    if name in ONLY and (_said(element) or any(child not in (*ONLY[name], "text") for child in inner)):
        yield f"only {', '.join(ONLY[name])} may be in {name}"


def _bad_links(element: Element, anchors: set[str]) -> Iterator[str]:
    source = element.attributes.get("src", "") if element.name == "img" else ""
    if source.startswith("#") and source[1:] not in anchors:
        yield f"the image leads to {source!r}, which is not there"
    link = element.attributes.get("href") if element.name == "a" else None
    if link is None:
        return
    if not _HREF.fullmatch(link):
        yield f"{link!r} is no link"
    elif link.startswith(("javascript:", "vbscript:")):
        yield f"the link {link!r} runs a script"
    elif link.startswith("urn:"):
        yield f"the link {link!r} leads nowhere"
    elif link.startswith("#") and len(link) > 1 and link[1:] not in anchors:
        yield f"the link leads to {link!r}, which is not there"


@lru_cache(maxsize=16)
def _read(text: str) -> _Page:
    """Read the first element; what follows it is not looked at."""
    reader = _Reader()
    at = 0
    while at < len(text) and not (reader.elements and not reader.stack):
        match = _TOKEN.match(text, at)
        fault = f"{text[at : at + 20]!r} is not understood" if match is None else reader.take(match)
        if match is None or fault:
            return _Page((), fault=fault)
        at = match.end()
    fault = None if reader.elements else "there is no element"
    return _Page(tuple(reader.elements), tuple(reader.entities), reader.doctype, fault)


class _Reader:
    """Takes the tokens in turn; `stack` are the elements that are open."""

    def __init__(self) -> None:
        self.elements: list[Element] = []
        self.stack: list[Element] = []
        self.entities: list[str] = []
        self.doctype = False

    def take(self, match: re.Match[str]) -> str | None:
        """Take one token; give what is wrong with it."""
        if match["text"] is not None:
            return self.write(match["text"])
        if match["start"] is not None:
            return self.open(match)
        if match["end"] is not None and (not self.stack or match["end"].rpartition(":")[2] != self.stack.pop().name):
            return f"{match[0]} ends what is not open"
        self.doctype = self.doctype or (match["doctype"] is not None and bool(self.stack))
        return None

    def write(self, text: str) -> str | None:
        if self.stack:
            self.stack[-1].children.append(text)
        elif text.strip():
            return f"text {text[:20]!r} before the div"
        return _spell(text, self.entities)

    def open(self, match: re.Match[str]) -> str | None:
        element = _element(match, self.stack)
        if len(self.stack) > DEEPEST:
            return f"nested deeper than {DEEPEST} levels"
        self.elements.append(element)
        if self.stack:
            self.stack[-1].children.append(element)
        if not match["close"]:
            self.stack.append(element)
        return _spell(match["attributes"], self.entities)


def _element(match: re.Match[str], stack: list[Element]) -> Element:
    prefix, _, name = match["start"].rpartition(":")
    pairs = {key: unescape(value.strip("\"'")) for key, value in _ATTRIBUTE.findall(match["attributes"])}
    space = pairs.get(f"xmlns:{prefix}" if prefix else "xmlns")
    if space is None:
        space = stack[-1].space if stack and not prefix else ""
    return Element(name, space, pairs, (*stack[-1].above, stack[-1].name) if stack else ())


def _spell(text: str, entities: list[str]) -> str | None:
    """Note the entities that only HTML knows; say what is wrong with an ampersand."""
    for match in _AMPERSAND.finditer(text):
        name = (match[1] or "").removesuffix(";")
        ended = match[0][-1] == ";" or match.end() == len(text)
        if not name or not ended or (name not in ENTITIES and not name.startswith("#") and name not in name2codepoint):
            return f"{text[match.start() : match.start() + 20]!r} should begin with &amp;"
        if not name.startswith("#") and name not in ENTITIES:
            entities.append(name)
    return None
