"""Reads an eligibility text line by line into nested nodes, each with its side and cohort."""

from __future__ import annotations

from collections.abc import Iterator

from fhir_adapter.mappings.fhir.criteria_headings import (
    USUAL,
    Heading,
    buried,
    characteristics,
    heading,
    section,
    worded,
)
from fhir_adapter.mappings.fhir.criteria_leads import alternative, aside, lead, named, opens, remark, shade, title, torn
from fhir_adapter.mappings.fhir.criteria_markers import BARE, LINE, Level, Node, follow, inner, marker, outline, place

__all__ = ["Reader", "Top"]

_BURIED = 8  # headings looked for inside one line
_WRAP = 60  # a line that ends before this column was not wrapped: the next one starts something new
_NEXT = frozenset((0, 1))  # a glyph has the number 0, the next number is one more
_ENDS = (".", ";", ":", "。", "；", "：")

Top = tuple[Node, bool, str | None]  # a criterion of the first level, whether it excludes, its cohort


class Reader:
    """What is known after some lines: the side, the cohort, the open lists, the paragraph not yet placed."""

    def __init__(self) -> None:
        self.tops: list[Top] = []
        self.stack: list[Level] = []
        self.past: list[Level] = []
        self.pending: tuple[Node, int] | None = None
        self.open: Node | None = None
        self.exclude = self.headed = self.untold = False
        self.note: str | None = None
        self.notes: tuple[str | None, str | None, str | None] = (None, None, None)
        self.fresh = True
        self.last = 0

    def run(self, lines: Iterator[str]) -> str:
        """Take in the lines that plainly go on with the open list; give the next one, "" where there is none."""
        if not self.stack or self.pending is not None:
            return next(lines, "")
        nodes, line, last = follow(self.stack[-1], lines)
        if nodes:
            self.open, self.last, self.fresh = nodes[-1], last, False
            self._hang(self.stack[-2].node if len(self.stack) > 1 else None, *nodes)
        return line

    def read(self, line: str, tries: int = _BURIED) -> None:
        """Take in one line; look for headings inside it `tries` times."""
        low = line.lower()
        if tries and low in USUAL:
            self._head(USUAL[low], tries)
            return
        if (match := LINE.match(line)) is None:
            return
        margin, glyph, opening, word, closing, rest = match.groups()
        rest = rest.strip()
        if not rest and glyph is None and word is None:
            self.fresh = True
            return
        if tries and worded(low):
            # Behind a heading, and under the hanging indent of a bullet, stands text.
            hangs = word is None and self.stack and not self.fresh and len(margin) > self.stack[-1].indent + 1
            at = buried(line) if tries < _BURIED or hangs else 0
            found = None if at else heading(rest, rest.lower(), glyph is not None or word is not None)
            if found is not None:
                self._head(found, tries)
                return
            at = at or buried(line)
            if at:
                self.read(line[:at], 0)
                self.read(line[at:], tries - 1)
                return
        indent = len(margin)
        if glyph is not None:
            if rest or self.stack:
                self._bullet(indent, glyph[-1], rest)
        elif word is None or not self._number(indent, opening, word, closing, rest):
            self._paragraph(indent, line.strip() if word else rest)
        self.fresh = not rest
        self.last = len(line)

    def end(self) -> list[Top]:
        """Close what is open and give all criteria in order."""
        self._settle(listed=False)
        return self.tops

    def _bullet(self, indent: int, kind: str, text: str) -> None:
        """Take in a bullet; a number behind it (`* 1) …`) is its true marker."""
        if text.endswith((":", "-")) and self._titles(text):
            return
        if BARE.match(text) is None:
            found = inner(text, self.stack, kind)
            if found is not None:
                self._item(indent, *found)
                return
        node = self._item(indent, kind, 0, text)
        if kind == "•" and " • " in text:
            node.run = ("•", 0)

    def _titles(self, text: str) -> bool:
        """Take in a bullet that is a title: "- Excluded within 30 days:", "--Disease Characteristics--"."""
        if text[-1:] == ":" and shade(text):
            self._settle(listed=True)
            self._title(text)
            return True
        if text[-2:] == "--" and section(text.rstrip("-:")):
            self._section(text.rstrip("-:"))
            return True
        return False

    def _number(self, indent: int, opening: str, word: str, closing: str, text: str) -> bool:
        """Take in a numbered line; False where the number belongs to the text."""
        fresh = self.fresh or self.open is None or self.last < _WRAP or self.open.last().endswith(_ENDS)
        if self.past and not (word == "1" or marker(opening, word, closing, text, self.stack, fresh=False)):
            self._resume(opening, word, closing, text)
        found = marker(opening, word, closing, text, self.stack, fresh)
        if found is None:
            return False
        node = self._item(indent, *found, text)
        if closing != "." or word.isalpha() or f" {found[1] + 1}." in text:
            node.run = found
        return True

    def _resume(self, opening: str, word: str, closing: str, text: str) -> None:
        """Open the lists before the last paragraph again, where a number goes on with one of them."""
        if marker(opening, word, closing, text, self.past, fresh=False):
            self._settle(listed=True)
            self.stack, self.past = self.past or self.stack, []

    def _head(self, found: Heading, tries: int) -> None:
        """Begin a side, and read what stands on the heading's line."""
        self._settle(listed=False)
        self.stack, self.past = [], []
        self.open = None
        self.exclude = bool(found.exclude)
        self.headed = self.headed or found.exclude is not None
        self._named((found.note, None, None))
        self.fresh = True
        if found.rest:
            self.read(found.rest, tries - 1)
            if found.rest[0] in "-*•" and self.open is not None:
                self.open.run = (found.rest[0], 0)

    def _named(self, notes: tuple[str | None, str | None, str | None]) -> None:
        """Set the cohort that the next criteria stand under: the heading's, a section's, a part's of it."""
        self.notes = notes
        self.note = ": ".join(filter(None, notes)) or None
        self.untold = True

    def _item(self, indent: int, kind: str, number: int, text: str) -> Node:
        """Put a list item where its marker and indent say."""
        self._settle(listed=True)
        stack = self.stack
        self.open = node = Node(text)
        level = stack[-1] if stack else None
        near = level is not None and level.kind == kind and level.indent == indent and number - level.number in _NEXT
        if level is not None and (near or place(stack, indent, kind, number)):
            level = stack[-1]
            if number == level.number + 1:
                level.node.run = None  # the next marker is here: none is inside the text above
            level.node, level.number, level.kind = node, number, kind
            level.indent = min(indent, level.indent)
            parent = stack[-2].node if len(stack) > 1 else None
        else:
            parent = stack[-1].node if stack else None
            stack.append(Level(indent, kind, number, node))
        self._hang(parent, node)
        return node

    def _hang(self, parent: Node | None, *nodes: Node) -> None:
        """Put items below a parent, or on the first level."""
        if parent is not None:
            parent.hang(*nodes)
        else:
            self.untold = False
            self.tops += [(node, self.exclude, self.note) for node in nodes]

    def _paragraph(self, indent: int, text: str) -> None:
        """Take in a line without a marker: it goes on with what is open, or begins something new."""
        if not self.fresh and self._goes_on(indent, text):
            if self.open is not None:
                self.open.add(text)
            return
        below = outline(text, self.stack) if self.stack and text[0].isdigit() else None
        if below is not None:
            self._item(*below)
            return
        if self.fresh and self._inside(indent, text):
            return
        self._settle(listed=False)
        self.stack, self.past = [], self.stack or self.past
        parts = section(text)
        if parts is not None:
            self._section(parts[0])
            text = parts[1]
            if not text:
                self.open = None
                return
        self.open = Node(text)
        self.pending = (self.open, indent)

    def _section(self, name: str) -> None:
        """Begin a section of an older oncology record."""
        self._settle(listed=False)
        self.stack, self.past = [], []
        self._named((self.notes[0], name, None))
        self.headed = True

    def _goes_on(self, indent: int, text: str) -> bool:
        """Say whether a line right below another is its wrapped rest."""
        if self.open is None or not self.open.text:
            return self.open is not None
        if (self.stack and indent > self.stack[-1].indent + 1) or text[0].islower():
            return True
        return self.last + len(text.split(None, 1)[0]) >= _WRAP

    def _inside(self, indent: int, text: str) -> bool:
        """Take in a paragraph below an empty line that belongs to an open list; False where it does not."""
        stack = self.stack
        depth = len(stack)
        while depth and (indent < stack[depth - 1].indent + 2 or not stack[depth - 1].kind):
            depth -= 1
        if depth == 1 and text.endswith(":") and named(text):
            return False
        if depth:
            outer, node = (stack[depth - 2].node if depth > 1 else None), stack[depth - 1].node
            del stack[depth:]
            if alternative(text) and outer is not None:
                outer.either = True
            elif node.parts:
                self.open = Node(text)
                node.hang(self.open)
            else:
                node.add(text)
                self.open = node
            return True
        if self.open is None or self.pending is not None:
            return False
        if not self.open.text and not self.open.parts:
            self.open.add(text)
            return True
        if aside(text) or alternative(text) or torn(text, self.open.last()):
            self.open.add(text)
            return True
        return False

    def _settle(self, listed: bool) -> None:
        """Decide what the waiting paragraph is, now that its successor is known (`listed`: a list)."""
        if self.pending is None:
            return
        node, indent = self.pending
        self.pending = None
        text = node.whole()
        if listed or text.endswith((":", "：")):
            said = lead(text)
            if said is not None:
                self._introduce(node, indent, said)
                return
        if title(text, listed):
            self._title(text)
        elif self.notes[1] is not None and section(self.notes[1]):
            for piece in characteristics(text):
                self._hang(None, Node(piece))
        elif not remark(text):
            self._hang(None, node)
            if listed and opens(text):
                self.stack.append(Level(indent - 4, "", 0, node))

    def _introduce(self, node: Node, indent: int, said: tuple[bool | None, bool]) -> None:
        """Take the side that a lead-in sets; keep the lead-in only where it groups its list."""
        exclude, grouped = said
        if exclude is not None:
            self.exclude = exclude
        self.headed = True
        self.past = []
        cohort = named(node.whole())
        if cohort:
            self._title(cohort)
        elif not self.untold:
            self._named((self.notes[0], None, None))
        if grouped and not self.exclude:
            self._hang(None, node)
            self.stack.append(Level(indent - 4, "", 0, node))

    def _title(self, text: str) -> None:
        text = text.strip(" *_:：-\\")
        self.past = []
        base, upper, lower = self.notes
        below = upper is not None and upper.isupper() and " " in upper and not text.isupper()
        if below or (upper is not None and ((shade(text) and not shade(upper)) or (self.untold and lower is None))):
            self._named((base, upper, text))
        else:
            self._named((base, text, None))
