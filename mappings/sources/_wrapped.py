"""Texts that were broken into lines of some 88 characters, put together again."""

from __future__ import annotations

import re
from itertools import pairwise

__all__ = ["unwrap"]

# A broken line could not have held the next word too. Two widths are known: 88 with the list marker, 86 without.
_FULL = 85
# A text with a longer line than this was not broken into lines.
_WIDEST = 100
_BULLET = re.compile(r"[-*•·◦▪●○–—]\s|\s|$")
_NUMBER = re.compile(r"\(?(\d{1,2})[.)]\s")
_LETTER = re.compile(r"\(?[A-Za-z][.)]\s")
_HEADING = re.compile(r"(?i)(?:key |main )?(?:inclusion|exclusion)\b[^.]{0,40}:$")
_OPEN = re.compile(r"(?i)(?:,|(?<!/)\b(?:and|or|of|to|the|a|an|in|with|than|for|by|from|at|on))$")
_HYPHEN = re.compile(r"\w-$")


def unwrap(text: str) -> str:
    """Join broken lines; blank lines, list items, indented lines and headings keep their own.

    >>> unwrap("* one\\n* two")
    '* one\\n* two'
    """
    lines = [line.rstrip() for line in text.split("\n")]
    if max(map(len, lines)) > _WIDEST:
        return text
    joined, last = [lines[0]], _number(lines[0])
    for before, line in pairwise(lines):
        if _continues(before, line, last):
            joined[-1] += line if _HYPHEN.search(before) else f" {line}"
        else:
            joined.append(line)
            last = _number(line) or last
    return "\n".join(joined)


def _number(line: str) -> int:
    """Give the number of an item that stands at the margin, or 0."""
    match = _NUMBER.match(line)
    return int(match[1]) if match else 0


def _continues(before: str, line: str, last: int) -> bool:
    """Say whether a line goes on with the sentence of the line before it; `last` is the last item's number."""
    if not before or _BULLET.match(line) or _HEADING.match(line):
        return False
    if len(before) + 1 + len(line.split(maxsplit=1)[0]) < _FULL:
        return False
    number = _number(line)
    if number:
        return number not in (1, last + 1)
    return not _LETTER.match(line) or bool(_OPEN.search(before))
