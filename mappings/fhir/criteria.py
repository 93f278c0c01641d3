"""Eligibility texts split into criteria: what ClinicalTrials.gov's eligibilityCriteria says, bullet by bullet.

Both of the registry's styles are read: markdown (API v2) and plain wrapped text (XML, web pages).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

from fhir_adapter.mappings.fhir.criteria_leads import NEAR, STARTS, cohort, combination, empty, lead
from fhir_adapter.mappings.fhir.criteria_markers import Node, runs
from fhir_adapter.mappings.fhir.criteria_reader import Reader

__all__ = ["Criterion", "Split", "plain", "split"]


class Criterion(NamedTuple):
    """One bullet: its verbatim text, its side, its sub-bullets.

    `combination` is "any-of" or "all-of" where there are `parts`, else None. `note` is the cohort or section
    header it stands under.
    """

    text: str
    exclude: bool
    combination: str | None
    parts: tuple[Criterion, ...]
    note: str | None


@dataclass(frozen=True, slots=True)
class Split:
    """The criteria in the order of the text; `headed` is False where no heading told the sides apart."""

    criteria: tuple[Criterion, ...]
    headed: bool


_OR = re.compile(r"(?i)(?:and ?/ ?)?or\b")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")


def plain(text: str) -> str:
    """Take CommonMark's backslashes away, for display.

    >>> plain("BP \\\\> 160")
    'BP > 160'
    """
    return "".join(_ESCAPE.split(text)) if "\\" in text else text


def split(text: str) -> Split:
    """Split an eligibility text into its criteria, nested as its lists are. Never raises."""
    reader = Reader()
    lines = iter(text.splitlines())
    for line in lines:
        while line:
            reader.read(line)
            line = reader.run(lines)
        reader.fresh = True
    found: list[Criterion] = []
    for node, exclude, note in reader.end():
        text = node.text
        simple = node.parts is None and node.more is None and node.run is None and text[-1:] not in ":d"
        if simple and (len(text) > NEAR or text[0] not in STARTS):
            found.append(Criterion(text, exclude, None, (), note))  # the usual case, in a hurry
        elif node.parts is None:
            _leaf(node, exclude, note, found)
        elif cohort(node.whole()):
            title = node.whole().rstrip(" :：")
            _branch(node.parts, exclude, f"{note}: {title}" if note else title, found)
        else:
            _branch([node], exclude, note, found)
    return Split(tuple(found), reader.headed)


def _leaf(node: Node, exclude: bool, note: str | None, found: list[Criterion]) -> None:
    """Add a node without sub-bullets; as several criteria where a list was run together."""
    text = node.text if node.more is None else node.whole()
    if node.run is not None:
        *before, text = runs(text, node.run)
        found += [Criterion(one, exclude, None, (), note) for one in before if not empty(one)]
    if not empty(text) and not (text.endswith(":") and lead(text)):
        found.append(Criterion(text, exclude, None, (), note))


def _branch(nodes: list[Node], exclude: bool, note: str | None, found: list[Criterion]) -> None:
    """Add nodes with their sub-bullets; those of an empty bullet stand for themselves."""
    for node in nodes:
        if node.parts is None:
            _leaf(node, exclude, note, found)
            continue
        text = node.whole()
        if not text:
            _branch(node.parts, exclude, note, found)
            continue
        if node.run is not None:
            *before, text = runs(text, node.run)
            found += [Criterion(one, exclude, None, (), note) for one in before if not empty(one)]
        inner: list[Criterion] = []
        _branch(node.parts, exclude, None, inner)
        parts = tuple(inner)
        how = combination(text, exclude, node.either or _alternatives(parts)) if parts else None
        found.append(Criterion(text, exclude, how, parts, note))


def _alternatives(parts: tuple[Criterion, ...]) -> bool:
    """Say whether an `or` ends one of the sub-bullets and no `and` does."""
    ends = (part.text[-6:].lower().rstrip(" .,;:") for part in parts[:-1])
    starts = (part.text[:9] for part in parts[1:])
    return any(end.endswith((" or", ",or", ";or")) for end in ends) or any(map(_OR.match, starts))
