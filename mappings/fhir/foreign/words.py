"""Reading what may have any shape: trees that remember what was asked of them, and words, codes and dates from them.

Nothing here raises: a value of another shape than FHIR's is as good as absent, and stays unasked.
"""

from __future__ import annotations

import html
import math
import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from fhir_adapter.mappings.fhir.terms import Terms

_DEEPEST = 60  # no FHIR resource nests so far; what lies below is left out
_NO_TEXT = re.compile("[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff\ud800-\udfff]")
_DATE = re.compile(r"\s*(\d{4}(?:-\d{2}(?:-\d{2})?)?)(?:T.*)?\s*$")
_NOT_LETTERS = re.compile(r"[\W_]+")
_MARKUP = re.compile(r"</?(?:p|ol|ul|li|br|div|span)\b[^>]*>", re.IGNORECASE)
_TAG = re.compile(r"(</?[a-zA-Z][^<>]*>)")
_NAME = re.compile(r"<(/?[a-zA-Z]+)")
_BLANKS = re.compile(r"\s+")
_LISTS = {"ol": 1, "ul": 1, "/ol": -1, "/ul": -1}
_BREAKS = frozenset(("p", "/p", "div", "/div", "br", "/li", "h1", "h2", "h3", "h4"))


class Node(dict[str, Any]):
    """An object of a resource that remembers which of its elements were asked for."""

    __slots__ = ("asked",)

    def __init__(self, *items: Any, **elements: Any) -> None:
        super().__init__(*items, **elements)
        self.asked: set[str] = set()

    def get(self, key: str, default: Any = None) -> Any:
        self.asked.add(key)
        return super().get(key, default)


def sound(value: Any, depth: int = 0) -> Any:
    """Copy any JSON as nodes: without nulls, control characters, numbers that are none, and bottomless nesting."""
    if isinstance(value, str):
        return _NO_TEXT.sub("", value).replace("\r\n", "\n")
    if depth > _DEEPEST:
        return None
    if isinstance(value, dict):
        items = ((key, sound(inner, depth + 1)) for key, inner in value.items() if isinstance(key, str))
        return Node((key, inner) for key, inner in items if inner is not None)
    if isinstance(value, list):
        return [inner for inner in (sound(inner, depth + 1) for inner in value) if inner is not None]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if isinstance(value, (bool, int, float)) else None


def objects(value: Any) -> list[Node]:
    """Give the objects of a list; one object alone is a list of one."""
    items = value if isinstance(value, list) else [value]
    return [item if isinstance(item, Node) else Node(item) for item in items if isinstance(item, dict)]


def node(value: Any) -> Node:
    """Give an object, the first of a list; an empty one where there is none."""
    return next(iter(objects(value)), Node())


def touch(value: Any) -> None:
    """Note of all that is in a value that it was asked for: it says again what was read elsewhere."""
    for own in objects(value):
        own.asked.update(own)
        for inner in own.values():
            touch(inner)


def prose(value: Any) -> str | None:
    """Give a text of several lines without the indentation that they share, and without markup."""
    found = text(textwrap.dedent(value.strip("\n"))) if isinstance(value, str) else None
    return plain(found) if found else None


def text(value: Any) -> str | None:
    """Give a text without blanks at its ends; None for nothing visible."""
    return value.strip() or None if isinstance(value, str) else None


def whole(value: Any) -> int | None:
    """Give a count: a whole number of 0 or more, also where it is spelt as text."""
    if isinstance(value, str) and value.strip().isdecimal() and len(value) < 11:
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31 else None


def date(value: Any) -> str | None:
    """Give the day, month or year of a FHIR date or dateTime."""
    found = _DATE.match(value) if isinstance(value, str) else None
    return found[1] if found else None


def concept(value: Any) -> dict[str, Any]:
    """Give a CodeableConcept, Coding or bare text as {text, coding: [{system, code, display}]}, all of them texts."""
    if isinstance(value, str):
        return {"text": value.strip(), "coding": []} if text(value) else {"coding": []}
    own = node(value)
    codings = objects(own.get("coding")) or ([own] if "code" in own or "display" in own else [])
    found: dict[str, Any] = {"coding": [_coding(coding) for coding in codings]}
    words = text(own.get("text"))
    return {"text": words, **found} if words else found


def _coding(coding: Node) -> dict[str, str]:
    parts = {key: text(coding.get(key)) for key in ("system", "code", "display")}
    return {key: value for key, value in parts.items() if value}


def concepts(value: Any) -> list[dict[str, Any]]:
    """Give the concepts of a list; one alone is a list of one."""
    found = map(concept, value if isinstance(value, list) else [value])
    return [own for own in found if own.get("text") or own["coding"]]


def spoken(own: Mapping[str, Any]) -> Iterator[str]:
    """Give every word that a concept is known by: its text, then displays and codes."""
    if own.get("text"):
        yield own["text"]
    for key in ("display", "code"):
        for coding in own.get("coding") or ():
            if key in coding:
                yield coding[key]


def words(value: Any) -> str | None:
    """Give the words of a concept: its text, else a display, else a code."""
    return next(spoken(concept(value)), None)


def codes(value: Any) -> list[str]:
    """Give the codes of a concept, whatever their systems."""
    return [coding["code"] for coding in concept(value)["coding"] if "code" in coding]


def loose(words: str) -> str:
    """Spell words so that case and punctuation do not count.

    >>> loose("None (Open-Label)"), loose("ACTIVE_COMPARATOR")
    ('none open label', 'active comparator')
    """
    return _NOT_LETTERS.sub(" ", words.casefold()).strip()


def lookup(terms: Terms, value: Any, others: Mapping[str, str] | None = None) -> str | None:
    """Find the registry's code for a concept: by HL7's or SEVCO's code, else by the words of code or label.

    `others` are more words for a code: what other publishers call it.
    """
    own = concept(value)
    known = by_code(terms, own)
    if known is not None:
        return known if known in terms.values else None
    names = {**{loose(label): code for code, (label, _) in terms.values.items()}, **(others or {})}
    names |= {loose(code): code for code in terms.values}
    return next((names[key] for key in map(loose, spoken(own)) if key in names), None)


def by_code(terms: Terms, own: Mapping[str, Any]) -> str | None:
    """Find the registry's code for a cleaned concept by its codes alone."""
    return terms.code({"coding": [coding for coding in own["coding"] if "code" in coding]})


def human(value: Any) -> str | None:
    """Give a HumanName, or the first of several, as one text."""
    own = node(value)
    if isinstance(value, str) or text(own.get("text")):
        touch(own)
        return text(value if isinstance(value, str) else own.get("text"))
    parts: Iterable[Any] = [*_texts(own.get("prefix")), *_texts(own.get("given")), own.get("family")]
    suffix = ", ".join(_texts(own.get("suffix")))
    name = " ".join(part for part in map(text, parts) if part)
    return ", ".join(part for part in (name, suffix) if part) or None


def _texts(value: Any) -> list[str]:
    return [found for found in map(text, value if isinstance(value, list) else [value]) if found]


def plain(markup: str) -> str:
    """Take the markup out of a text that is HTML; lists keep their items, one a line.

    >>> plain("<p>One of:</p> <ul><li>anaemia</li><li>BP &lt; 90</li></ul>")
    'One of:\\n* anaemia\\n* BP < 90'
    """
    if not _MARKUP.search(markup):
        return markup
    lines, depth = [""], 0
    for piece in _TAG.split(_BLANKS.sub(" ", markup)):
        tag = _NAME.match(piece)
        name = tag[1].lower() if tag else ""
        if name in _LISTS:
            depth += _LISTS[name]
        elif name == "li":
            lines.append("    " * max(depth - 1, 0) + "* ")
        elif name in _BREAKS:
            if not lines[-1].endswith("* "):
                lines.append("    " * depth)
        elif not tag:
            lines[-1] += html.unescape(piece if lines[-1].strip(" *") else piece.lstrip())
    return "\n".join(line.rstrip() for line in lines if line.strip(" *"))
