"""Criteria as lines that a test can show: side, depth, text."""

from __future__ import annotations

from collections.abc import Iterator

from fhir_adapter.mappings.fhir.criteria import Criterion, split


def outline(criteria: tuple[Criterion, ...], depth: int = 0) -> Iterator[str]:
    """Show criteria as lines: side, depth, text."""
    for criterion in criteria:
        yield f"{'-' if criterion.exclude else '+'}{'>' * depth} {criterion.text}"
        yield from outline(criterion.parts, depth + 1)


def read(text: str) -> list[str]:
    return list(outline(split(text).criteria))
