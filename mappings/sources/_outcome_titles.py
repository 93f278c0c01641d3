"""Measures In Title Case That Go On After A Comma, as the registry wants them once results are posted."""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["title_end"]

_SMALL = frozenset(
    re.findall(r"\S+", "of the and or in at to from for with by on as a an vs vs. per than who were was during")
)
_CAPITAL = re.compile(r"[a-z]?[A-Z0-9(≥≤<>#&+/-]")
_ARTICLE = re.compile(r"(?:The|A|An)\b")
# Which participants were analysed: "mITT", "LOCF".
_POPULATION = re.compile(r"m?ITT\b|LOCF\b|[A-Z]{2,5}$")
_SENTENCE = re.compile(r"[A-Z0-9]\S* .*?\b[a-z]{4,}")


def title_end(pieces: Sequence[str]) -> int:
    """Count the pieces of a measure in title case that a sentence follows; 0 where it is not that clear.

    >>> title_end(["Change in Mood Score", "Baseline to Week 12", "The score is a sum.", "Week 12"])
    2
    """
    if len(pieces) < 4 or not _title(pieces[0]):
        return 0
    end = 1
    while end < len(pieces) - 2 and (_goes_on(pieces, end) or (end > 1 and _POPULATION.match(pieces[end]))):
        end += 1
    follows = pieces[end]
    return end if end > 1 and follows[:1].isupper() and _SENTENCE.search(follows) else 0


def _goes_on(pieces: Sequence[str], at: int) -> bool:
    piece = pieces[at]
    return _title(piece) and not _ARTICLE.match(piece) and not _words(piece) <= _words(pieces[0])


def _title(text: str) -> bool:
    words = text.split()
    cased = all(_CAPITAL.match(word) or word in _SMALL for word in words)
    return len(words) >= 3 and cased and sum(word[0].isupper() for word in words) >= 2


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.lower())) - _SMALL
