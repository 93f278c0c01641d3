"""What the tables name, in words: fields of the study, and the lists of codes that are written for them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from fhir_adapter import study
from fhir_adapter.claims import covered
from fhir_adapter.path import join
from fhir_adapter.row import Row, Vocabulary
from fhir_adapter.version import Version

__all__ = ["Use", "meaning", "uses"]


@dataclass(frozen=True, slots=True)
class Use:
    """A list of codes and the paths of the study whose values it codes, or whose place it marks."""

    terms: Vocabulary
    paths: tuple[str, ...]


def meaning(path: str) -> str:
    """Say what a field of the study is; where others are described alike, with what it belongs to.

    >>> meaning("protocolSection.statusModule.startDateStruct.date")
    'Opening for recruitment, or first participant enrolled: the day, month or year'
    """
    if path not in study.paths():
        return meaning(path.rpartition(".")[0]) if path else "The record as a whole"
    words = study.describe(path)
    if words not in _shared():
        return words
    first, _, rest = words.partition(" ")
    first = first.lower() if first.istitle() else first  # MeSH stays as it is
    return f"{study.describe(path.rpartition('.')[0])}: {first} {rest}"


@cache
def _shared() -> frozenset[str]:
    """Give the descriptions that several fields have."""
    counts = Counter(map(study.describe, study.paths()))
    return frozenset(words for words, count in counts.items() if count > 1)


def uses(*versions: Version) -> tuple[Use, ...]:
    """Give every code list that has an address, in the order in which the tables of these versions name them."""
    lists: dict[str, Vocabulary] = {}
    paths: dict[str, list[str]] = {}
    for version in versions:
        for terms, found in [*_walk(version.table.rows, ""), *_beside(version)]:
            if terms.uri:
                lists.setdefault(terms.uri, terms)
                paths.setdefault(terms.uri, []).extend(found)
    return tuple(Use(terms, tuple(dict.fromkeys(paths[uri]))) for uri, terms in lists.items())


def _walk(rows: Iterable[Row], above: str) -> Iterator[tuple[Vocabulary, list[str]]]:
    for row in rows:
        left = join(above, row.left)
        own = [join(above, path) for path in covered(row)]
        for terms in row.codec.terms:
            yield terms, _about(terms, own) or [left]
        if row.codec.table:
            yield from _walk(row.codec.table.rows, left)


def _beside(version: Version) -> Iterator[tuple[Vocabulary, list[str]]]:
    """Give the lists that no row writes."""
    known = sorted(study.paths())
    for terms in version.terms:
        yield terms, [path for path in known if path.rpartition(".")[2].lower() == terms.name.lower()]


def _about(terms: Vocabulary, paths: list[str]) -> list[str]:
    """Choose among the fields of a row the coded ones, or those that the list is named after."""
    coded = [path for path in paths if study.enum_of(path) == terms.name]
    return coded or [path for path in paths if terms.name.lower().endswith(path.rpartition(".")[2].lower())]
