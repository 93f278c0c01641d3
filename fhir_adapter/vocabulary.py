"""The lists of codes that the tables write, each once, with the fields of the study that it is for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from fhir_adapter import study
from fhir_adapter.claims import covered
from fhir_adapter.path import join
from fhir_adapter.row import Row, Vocabulary
from fhir_adapter.version import Version

__all__ = ["Use", "uses"]


@dataclass(frozen=True, slots=True)
class Use:
    """A list of codes and the paths of the study whose values it codes, or whose place it marks."""

    terms: Vocabulary
    paths: tuple[str, ...]


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
