"""One line of outcomes taken apart: `measure, description, time frame|measure, time frame|…`.

The line marks the parts with the same commas that the texts hold themselves, so that it can only be guessed
which is which: every way to cut is scored by signs, the best one is taken. Joining gives the same line again,
however it was cut. Measured on real records by `scripts/accuracy_of_rows`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from fhir_adapter.mappings.sources import _outcome_signs as signs
from fhir_adapter.mappings.sources._outcome_titles import title_end
from fhir_adapter.tree import Tree

__all__ = ["Cut", "Evidence", "Text", "cuts", "evidence", "join", "score", "split"]

_PARTS = ("measure", "description", "timeFrame")
_BAR = re.compile(r"(?<! )\|(?! )")  # the layout puts no blanks around its bars, texts do
_MEASURES, _FRAMES = 8, 16  # how many commas from the start and from the end are tried

# Where the measure ends and where the time frame begins, as numbers of pieces; equal: there is no description.
Cut = tuple[int, int]
# A sign that holds: its group, its number there.
Evidence = tuple[str, int]


def split(line: str) -> list[Tree]:
    """Take a line of outcomes apart.

    >>> split("Relapse, Seen on a scan., Up to 2 years|Deaths, 1 year")[1]
    {'measure': 'Deaths', 'timeFrame': '1 year'}
    """
    texts = [Text(text) for text in _BAR.split(line)]
    return [_outcome(text, [other for other in texts if other is not text]) for text in texts]


def join(outcomes: list[Tree]) -> str:
    """Put outcomes into a line."""
    return "|".join(", ".join(one[part].replace("\n", " ") for part in _PARTS if part in one) for one in outcomes)


def _outcome(text: Text, others: list[Text]) -> Tree:
    if len(text.pieces) == 1 or "" in text.pieces:
        return {"measure": text.text}
    best = max(cuts(text), key=lambda cut: score(text, cut, others))
    values = (text.part(0, best[0]), text.part(*best), text.part(best[1]))
    return {name: value for name, value in zip(_PARTS, values, strict=True) if value}


class Text:
    """One outcome, and its pieces between commas. Remembers what it was asked."""

    __slots__ = ("_ends", "_known", "pieces", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.pieces = text.split(", ")
        self._known: dict[tuple[str, int, int], tuple[Evidence, ...]] = {}
        self._ends = [0]
        for piece in self.pieces:
            self._ends.append(self._ends[-1] + len(piece) + 2)

    def part(self, start: int, end: int | None = None) -> str:
        """Give the text of some pieces."""
        stop = self._ends[len(self.pieces) if end is None else end]
        return self.text[self._ends[start] : max(stop - 2, self._ends[start])]

    def comma(self, group: str, at: int) -> tuple[Evidence, ...]:
        """Name the signs that hold at the comma before a piece."""
        if (group, at, at) not in self._known:
            before, after = self.part(0, at), self.part(at)
            looks = {"before": before, "after": after, "last": self.pieces[at - 1], "next": self.pieces[at]}
            self._known[group, at, at] = _holding(group, {**looks, "both": f"{before}\0{after}"})
        return self._known[group, at, at]

    def stretch(self, group: str, start: int, end: int) -> tuple[Evidence, ...]:
        """Name the signs that hold for some pieces together."""
        if (group, start, end) not in self._known:
            looks = {"text": self.part(start, end), "last": self.pieces[end - 1]}
            self._known[group, start, end] = _holding(group, looks)
        return self._known[group, start, end]


def _holding(group: str, looks: dict[str, str]) -> tuple[Evidence, ...]:
    rows = signs.GROUPS[group]
    return tuple((group, index) for index, (at, _, sign) in enumerate(rows) if sign.match(looks[at]))


def cuts(text: Text) -> Iterator[Cut]:
    """List the ways to cut an outcome that are worth a look."""
    count = len(text.pieces)
    titles = title_end(text.pieces)
    measures = (titles,) if titles else range(1, min(count, _MEASURES))
    for frame in range(max(1, count - _FRAMES), count + 1):
        if not titles:
            yield frame, frame
        yield from ((measure, frame) for measure in measures if measure < frame)


def score(text: Text, cut: Cut, others: list[Text]) -> float:
    """Say how much speaks for a cut."""
    return sum(signs.weight(one) for one in evidence(text, cut, others))


def evidence(text: Text, cut: Cut, others: list[Text]) -> Iterator[Evidence]:
    """Name all signs that hold for a cut; `others` are the other outcomes of the line."""
    measure, frame = cut
    count = len(text.pieces)
    if frame == count:
        yield from text.stretch("untimed", frame - 1, frame)
    else:
        yield from text.comma("frame", frame)
        yield from _shared(text, frame, others)
    if measure == frame:
        yield from text.stretch("plain", 0, frame)
        yield from _plain(others)
    else:
        yield from text.comma("measure", measure)
        yield from text.stretch("description", measure, frame)


def _shared(text: Text, frame: int, others: list[Text]) -> Iterator[Evidence]:
    """Look whether other outcomes end with the same time frame."""
    end = text.part(frame)
    longer = text.part(frame - 1)
    sharing = [other for other in others if other.text.endswith(f", {end}") and other.text != text.text]
    if sharing:
        yield "neighbours", 0
        if not any(other.text.endswith(f", {longer}") for other in sharing):
            yield "neighbours", 1


def _plain(others: list[Text]) -> Iterator[Evidence]:
    """Look whether other outcomes have room for a description."""
    plain = sum(len(other.pieces) <= 2 for other in others)
    if plain:
        yield "neighbours", 2
    if plain * 2 > len(others):
        yield "neighbours", 3
    if others and not plain:
        yield "neighbours", 4
