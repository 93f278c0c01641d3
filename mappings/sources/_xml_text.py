"""Texts of the classic XML as the CommonMark of the study, and back to the letter.

The XML's writer broke each paragraph to lines of at most 99 characters, put an empty line between all paragraphs,
and marked items with a dash or a number that end in column 5, 10, 15 …:

    Inclusion Criteria:                              Inclusion Criteria:

      -  A measurable lesion, on a scan              * A measurable lesion, on a scan of the last month
         of the last month                           * One of:

      -  One of:                                       1. Pain \\> 3

           1. Pain > 3                               Never treated.

    Never treated.

Left the record, right the study: one line a paragraph or item, signs that CommonMark would take for its own
escaped, as the registry's API v2 does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from fhir_adapter.table import Codec

__all__ = ["LINES", "escape", "text", "unescape"]

_WIDEST = 99
_NARROWEST = 60
_LONG_WORD = 20
_STEP = 5  # columns a level of items
_DEEPEST = 20
_ITEM = re.compile(r" *(?:(?P<dash>-)  |(?P<number>\d{1,3}\.) )(?=\S)")
_MARKED = re.compile(r" *(?:\*|(?P<number>\d{1,3}\.)) (?=\S)")
_LISTED = re.compile(r" *(?:[-*]|\d{1,3}[.)]) ")
_SIGNS = re.compile(r"[\\<>\[\]*^&~`|]")
_LEAD = re.compile(r"(\d+)([.)])(?= )|([-+#=])(?=\s|$|[-+#=])")  # what begins an item, a heading or a rule
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")


def escape(words: str) -> str:
    """Escape the signs that mean something in CommonMark, as API v2 does."""
    return _SIGNS.sub(r"\\\g<0>", words)


def unescape(words: str) -> str:
    """Take the escapes of CommonMark away.

    >>> unescape(escape("p < 0.05 [1]"))
    'p < 0.05 [1]'
    """
    return _ESCAPE.sub(r"\1", words) if "\\" in words else words


def read_lines(record: str) -> str:
    """Make each line of a short text a paragraph; items stand line under line."""
    out, last_item = "", None
    for line in filter(str.strip, record.split("\n")):
        item = _LISTED.match(line)
        mark = item[0] if item else ""
        out += ("" if last_item is None else "\n" if item and last_item else "\n\n") + mark + escape(line[len(mark) :])
        last_item = bool(item)
    return out


def write_lines(study: str) -> str:
    return unescape(re.sub(r"\n+", "\n", study))


LINES = Codec(write_lines, read_lines, coding="CommonMark")


def text(depth: int) -> Codec:
    """Make the codec of a text that stands in the XML `depth` elements below the root."""
    width = _WIDEST - 2 * (depth + 1)
    return Codec(lambda study: _wrapped(study, width), lambda record: _unwrapped(record, width), coding="CommonMark")


@dataclass(frozen=True, slots=True)
class _Block:
    """A paragraph or an item: its words, its level (0: no item is above it), its marker ("": a paragraph)."""

    words: str
    level: int
    marker: str = ""


def _unwrapped(record: str, width: int) -> str:
    """Join what the writer broke; where its lines are not those of the writer they stay, as an author's own."""
    blocks = list(_read_record(record))
    if _write_record(blocks, width) != record and not _foreign(record, blocks):
        return escape(record)
    return _write_study(blocks)


def _foreign(record: str, blocks: list[_Block]) -> bool:
    """Say whether another writer broke the lines, to a width of its own that is worth breaking at."""
    longest = max(map(len, record.split("\n")))
    widths = range(max(longest, _NARROWEST), longest + _LONG_WORD)
    return any(_write_record(blocks, width) == record for width in widths)


def _wrapped(study: str, width: int) -> str:
    return _write_record(list(_read_study(study)), width)


# --- the record's layout ---------------------------------------------------------------------------------------


def _read_record(record: str) -> Iterator[_Block]:
    for number, block in enumerate(record.split("\n\n")):
        first, *more = block.split("\n")
        if not number:
            first = _untrimmed(first, more)
        match = _ITEM.match(first)
        column = match.end() if match else len(first) - len(first.lstrip(" "))
        if match and column % _STEP == 0:
            words, marker = first[column:], match["number"] or "*"
            yield _Block(" ".join([words, *(line.lstrip(" ") for line in more)]), column // _STEP - 1, marker)
        else:
            level, odd = divmod(column, _STEP)
            yield _Block(" ".join([first[column - odd :], *(line.lstrip(" ") for line in more)]), level)


def _untrimmed(first: str, more: list[str]) -> str:
    """Put back what the writer trimmed at the start of a text: lines that follow show the column of the words."""
    match = _ITEM.match(first)
    column = len(more[0]) - len(more[0].lstrip(" ")) if more else _STEP if match else 0
    return " " * (column - match.end() if match else column) + first


def _write_record(blocks: list[_Block], width: int) -> str:
    return "\n\n".join("\n".join(_lines(block, width)) for block in blocks).lstrip(" ")


def _lines(block: _Block, width: int) -> Iterator[str]:
    """Break a block at the last blank that fits."""
    column = _STEP * (block.level + 1 if block.marker else block.level)
    marker = "-  " if block.marker == "*" else f"{block.marker} " if block.marker else ""
    first, *words = block.words.split(" ")
    line = marker.rjust(column) + first
    for word in words:
        if len(line) + 1 + len(word) <= width:
            line += f" {word}"
        else:
            yield line
            line = " " * column + word
    yield line


# --- the study's CommonMark ------------------------------------------------------------------------------------


def _write_study(blocks: list[_Block]) -> str:
    """Write one line a block; items of one list stand line under line."""
    out, above = "", _Levels()
    last: _Block | None = None
    for block in blocks:
        if last:
            out += "\n" if _tight(last, block) else "\n\n"
        out += " " * above.indent(block.level) + _study_line(block)
        if block.marker:
            above.begin(block)
        last = block
    return out


def _tight(last: _Block, block: _Block) -> bool:
    if not last.marker or not block.marker or block.level > last.level:
        return False
    return block.level < last.level or (last.marker == "*") == (block.marker == "*")


def _study_line(block: _Block) -> str:
    words = escape(block.words)
    if block.marker:
        return f"{block.marker} {words}"
    match = _LEAD.match(words)
    return _plain(match) + words[match.end() :] if match else words


def _plain(match: re.Match[str]) -> str:
    """Escape what would make a paragraph an item or a heading."""
    return f"{match[1]}\\{match[2]}" if match[1] else f"\\{match[3]}"


def _read_study(study: str) -> Iterator[_Block]:
    above = _Levels()
    for line in study.split("\n"):
        if not line.strip():
            continue
        match = _MARKED.match(line)
        level = above.level(len(line) - len(line.lstrip(" ")))
        if match:
            block = _Block(unescape(line[match.end() :]), level, match["number"] or "*")
            above.begin(block)
            yield block
        else:
            yield _Block(unescape(line.lstrip(" ")), level)


class _Levels:
    """How far the words of the items above are indented, level by level."""

    __slots__ = ("_widths",)

    def __init__(self) -> None:
        self._widths: list[int] = []

    def begin(self, item: _Block) -> None:
        self.indent(item.level)
        self._widths = [*self._widths[: item.level], len(item.marker) + 1]

    def indent(self, level: int) -> int:
        """Give the indentation of a level; levels that have no item above are taken for bullets."""
        self._widths += [2] * (level - len(self._widths))
        return sum(self._widths[:level])

    def level(self, indent: int) -> int:
        """Find the level of an indentation."""
        level = 0
        while level < _DEEPEST and self.indent(level) < indent:
            level += 1
        return level
