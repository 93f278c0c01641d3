"""Where the named parts of a trial stand in FHIR: the paths that people read.

`assemble` makes the parts into R5 resources; the shapes of an older version move some elements elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from fhir_adapter.row import Row, Writable
from fhir_adapter.version import Version

__all__ = ["Place", "counterpart", "place", "short"]

_VARIABLE = "EvidenceVariable"
_MEANING = f"{_VARIABLE}.characteristic.definitionCodeableConcept"
# A part, the R5 element that it becomes, and which of several resources of that type is meant.
_PARTS = {
    "study": ("ResearchStudy", ""),
    "plan": ("PlanDefinition", ""),
    "eligibility": (_VARIABLE, "eligibility"),
    "arms.group": ("ResearchStudy.comparisonGroup", ""),
    "interventions.focus": ("ResearchStudy.focus", ""),
    "interventions.variable": (_VARIABLE, "intervention"),
    "interventions.variable.meaning": (_MEANING, "intervention"),
    "interventions.action": ("PlanDefinition.action", ""),
    "links": ("ResearchStudy.comparisonGroup.intendedExposure", ""),
    "outcomes.measure": ("ResearchStudy.outcomeMeasure", ""),
    "outcomes.variable": (_VARIABLE, "outcome"),
    "outcomes.variable.meaning": (_MEANING, "outcome"),
    "outcomes.when": (f"{_VARIABLE}.characteristic.timeFromEvent", "outcome"),
    "sites": ("Location", ""),
}


@dataclass(frozen=True, slots=True)
class Place:
    """An element: its path without indices, and which of several resources of one type has it ("" where there is one).

    An extension stands in the path as `extension(name)`.
    """

    path: str
    of: str = ""

    def __str__(self) -> str:
        return f"{self.path} ({self.of})" if self.of else self.path


def place(right: str, version: Version) -> Place:
    """Give the element of a FHIR version that a right path of its table becomes."""
    shared = "[]" if right.endswith("[]") else ""
    keys = right.removesuffix("[]").split(".")
    for count in range(len(keys), 0, -1):
        known = _PARTS.get(".".join(keys[:count]))
        if known:
            path, of = known
            found = _older([*path.split("."), *keys[count:]], version)
            return Place(found if found.endswith(")") else found + shared, of)
    return Place(right)


def counterpart(path: str, version: Version) -> str:
    """Give the place that an R5 element (`ResearchStudy.progressStatus`) has in a version."""
    return _older(path.split("."), version)


def short(url: str) -> str:
    """Give the last word of an extension's url, without what every cross-version extension begins with."""
    return url.rpartition("/")[2].removeprefix("extension-")


def _older(keys: list[str], version: Version) -> str:
    """Follow an R5 element through the shapes of a version."""
    kind, *rest = keys
    return ".".join([kind, *_shaped(rest, version.shapes.get(kind))])


def _shaped(keys: list[str], shape: Writable | None) -> Iterator[str]:
    while keys and shape is not None:
        row = _row(shape.rows, keys[0])
        if row is None:
            break
        yield _right(row)
        keys, shape = keys[1:], row.codec.table
    yield from keys


def _row(rows: Iterable[Row], key: str) -> Row | None:
    """Find the row that writes an element in a way that can be read back."""
    both = (row for row in rows if row.codec.write and row.codec.read)
    return next((row for row in both if row.left == key or (not row.left and key in row.codec.fields)), None)


def _right(row: Row) -> str:
    urls = [mark for mark in row.codec.marks if "/" in mark]
    return f"{row.right.removesuffix('[]')}({short(urls[0])})" if urls else row.right
