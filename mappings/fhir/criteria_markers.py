"""List markers of eligibility texts: `* `, `1.`, `(a)`, `iv)`, `•`, `１、` … and what they say about nesting."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice, repeat

from fhir_adapter.mappings.fhir.criteria_headings import SHORT, worded

__all__ = ["BARE", "LINE", "Level", "Marker", "Node", "follow", "inner", "marker", "outline", "place", "runs"]

DEPTH = 8  # deeper lists are flattened: no real text needs more, and recursion stays bounded

_GLYPHS = "•·●○◦▪▫■□◆◇►▶➢➤‣⁃∙⚫✓✔√\uf0b7\uf0a7"
LINE = re.compile(
    r"([ \t\xa0\u3000]*)"
    r"(?:"
    rf"(\\?[*+\-–—‐−]{{1,4}}(?=[ \t\xa0]|$)|o(?=[ \t])|[{_GLYPHS}]{{1,3}}|-{{1,4}}(?=[^\W\d_]|[\"“(]))[ \t\xa0]*"
    r"|([(（]?)(\d{1,3}|[ivxIVX]{1,5}|[A-Za-z])(\\?[.)]|[、．）.])"
    r"(?=[ \t\xa0]|$|[^\W\d_]|(?<=[)）、．])\d)[ \t\xa0]*"
    r")?"
    r"(.*)"
)
_OUTLINE = re.compile(r"(\d{1,2})\.(\d{1,2})\.?[ \t]+(?=[^\W\d_]|[<>≥≤\\(])")
_ROMAN = {"i": 1, "v": 5, "x": 10}
_SHAPES = {"）": ")", "．": ".", "、": "."}
_REACH = 5  # a lettered list may miss some letters: they stand inside a neighbour's line


Marker = tuple[str, int]  # a kind, equal for the markers of one list, and a number: 0 for a glyph


class Node:
    """A criterion being read: its text, the lines that go on with it, its sub-bullets."""

    __slots__ = ("either", "more", "parts", "run", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.more: list[str] | None = None
        self.parts: list[Node] | None = None
        self.either = False  # an "OR" stands between the sub-bullets
        self.run: Marker | None = None  # its marker, where more of that list may stand in its text

    def add(self, text: str) -> None:
        """Go on with the text."""
        if not self.text:
            self.text = text
        elif self.more is None:
            self.more = [text]
        else:
            self.more.append(text)

    def hang(self, *nodes: Node) -> None:
        """Take in sub-bullets."""
        if self.parts is None:
            self.parts = list(nodes)
        else:
            self.parts += nodes

    def last(self) -> str:
        """Give the last line of the text."""
        return self.more[-1] if self.more else self.text

    def whole(self) -> str:
        """Give the text, its lines joined."""
        return " ".join((self.text, *self.more)) if self.more else self.text


class Level:
    """An open list: where its markers stand, their kind, the last number, and its last item."""

    __slots__ = ("indent", "kind", "node", "number")

    def __init__(self, indent: int, kind: str, number: int, node: Node) -> None:
        self.indent = indent
        self.kind = kind
        self.number = number
        self.node = node


def _roman(word: str) -> int:
    total = last = 0
    for letter in reversed(word):
        value = _ROMAN[letter]
        total += value if value >= last else -value
        last = max(last, value)
    return total


def _shape(opening: str, closing: str) -> str:
    return ("(" if opening else "") + _SHAPES.get(closing[-1], closing[-1])


def _readings(opening: str, word: str, closing: str) -> list[Marker]:
    """Give what a lettered marker can mean: `i` is a letter and a Roman number."""
    shape, low = _shape(opening, closing), word.lower()
    case = "a" if word == low else "A"
    found = [(case + shape, ord(low) - 96)] if len(word) == 1 else []
    if all(letter in _ROMAN for letter in low):
        found.append((("i" if case == "a" else "I") + shape, _roman(low)))
    return found


def _follows(kind: str, number: int, stack: list[Level], reach: int) -> bool:
    return any(level.kind == kind and 0 < number - level.number <= reach for level in stack)


def marker(opening: str, word: str, closing: str, rest: str, stack: list[Level], fresh: bool) -> Marker | None:
    """Say which marker a line starts with, or None where it is plain text that looks like one.

    A number must open a list, go on with an open one, or stand after an empty line (`fresh`); a letter must
    open or go on: `E. coli` and the end of a wrapped sentence are no markers.
    """
    if word.isdigit():
        kind = "1." if closing == "." and not opening else "1" + _shape(opening, closing)
        number = int(word)
        return (kind, number) if fresh or number == 1 or _follows(kind, number, stack, 1) else None
    if "." in closing and rest[:1].islower() and word.isupper():
        return None
    readings = _readings(opening, word, closing)
    for found in readings:
        if _follows(*found, stack, _REACH):
            return found
    return next((found for found in reversed(readings) if found[1] == 1), None)


def inner(text: str, stack: list[Level], kind: str) -> tuple[str, int, str] | None:
    """Find a second marker behind a bullet (`* 1) …`, `• o …`): kind, number, text; None without one."""
    match = LINE.match(text)
    if match is None:
        return None
    _, glyph, opening, word, closing, rest = match.groups()
    if glyph:
        return kind + glyph.lstrip("\\")[0], 0, rest
    if word is None or not rest:
        return None
    found = marker(opening, word, closing, rest, stack, fresh=False)
    return (*found, rest) if found else None


def outline(text: str, stack: list[Level]) -> tuple[int, str, int, str] | None:
    """Read `10.2 Text` under an open `10.`: indent, kind, number and text of an item below it."""
    match = _OUTLINE.match(text)
    if match is None:
        return None
    for level in stack:
        if level.kind[:1] == "1" and level.number == int(match[1]):
            return level.indent + 2, match[1] + ".1", int(match[2]), text[match.end() :]
    return None


def place(stack: list[Level], indent: int, kind: str, number: int) -> bool:
    """Close the lists that an item at `indent` ends; say whether the item goes on with the top list."""
    if number > 1:
        near = [level for level in stack if level.kind == kind and 0 < number - level.number <= _REACH]
        if near:
            best = min(reversed(near), key=lambda level: abs(level.indent - indent))
            del stack[stack.index(best) + 1 :]
            return True
    while stack and indent < stack[-1].indent - 1:
        stack.pop()
    if not stack:
        return False
    top = stack[-1]
    if indent > top.indent + 1 and len(stack) < DEPTH:
        return False
    if top.kind == kind:
        return True
    for position in range(len(stack) - 2, -1, -1):
        level = stack[position]
        if level.indent < indent - 1:
            break
        if level.kind == kind or (number == 0 < top.number and level.number == 0 and level.kind):
            del stack[position + 1 :]
            return True
    return not _nests(top, kind, number) or len(stack) >= DEPTH


def _nests(top: Level, kind: str, number: int) -> bool:
    """Say whether another marker at the same indent opens a list below `top`."""
    if top.node.last().endswith((":", "：")):
        return True
    return number <= 1 and (top.number > 0 or kind[-2:-1].isalpha())


_NUMBERED = [f"{number}. " for number in range(1, 1000)]
# Text behind a bullet that has no second marker (`* 1) …`, `• o …`).
BARE = re.compile(r"(?![-+\\*(]|o\s)[\0-(*-\-/-\x7f]{6}")


def follow(level: Level, lines: Iterator[str]) -> tuple[list[Node], str, int]:
    """Take the lines that plainly go on with a list, `* text` or the next `3. text`: most lines are such ones.

    Gives their items, the next line ("" at the end), and the length of the last one taken.
    """
    nodes: list[Node] = []
    numbered, margin, last = level.kind == "1.", " " * level.indent, 0
    if not numbered and level.kind != "*":
        return nodes, next(lines, ""), last
    marks = islice(_NUMBERED, level.number, None) if numbered else repeat("* ")
    for mark, line in zip(map(margin.__add__, marks), lines, strict=False):
        before, _, text = line.partition(mark)
        text = text.strip()
        if before or not text or (not numbered and (BARE.match(text) is None or text[-1] in ":-")):
            break
        low = text.lower()
        if "lusi" in low or (len(low) <= SHORT and worded(low)):
            break
        nodes.append(Node(text))
        last = len(line)
    else:
        line = next(lines, "")
    if nodes:
        if numbered:
            level.number += len(nodes)
            level.node.run = None  # the next marker is here: none is inside the text above
            nodes[-1].run = (level.kind, level.number) if f" {level.number + 1}." in nodes[-1].text else None
        level.node = nodes[-1]
    return nodes, line, last


_RUN = re.compile(r"(?:(?<=\s)|(?<=[;；。]))([(（]?)(\d{1,2}|[ivx]{1,5}|[a-zA-Z])(\\?[.)）．、])\s*(?=[^\s\d])")


def runs(text: str, start: Marker) -> list[str]:
    """Cut a text at the later markers of a list whose items were run together: `3) … 4) …`, `- … - …`."""
    cuts, (kind, number) = [0], start
    if number == 0:
        return [piece.strip() for piece in text.split(f" {kind} ")]
    for match in _RUN.finditer(text):
        opening, word, closing = match.groups()
        if word.isdigit():
            readings = [("1" + _shape(opening, closing), int(word))]
        else:
            readings = _readings(opening, word, closing)
        if (kind, number + 1) in readings:
            cuts += [match.start(), match.end()]
            number += 1
    cuts.append(len(text))
    return [text[cuts[i] : cuts[i + 1]].strip() for i in range(0, len(cuts), 2)]
