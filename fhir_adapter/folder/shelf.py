"""A folder of `<Type>.ndjson` files: reading lines, telling whose they are, replacing files whole."""

from __future__ import annotations

import os
import re
from codecs import BOM_UTF8
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import orjson

from fhir_adapter.resource import COMPANIONS, ID, STUDY
from fhir_adapter.tree import Tree

__all__ = ["Line", "files", "lines", "owner", "replace"]

_FILE = re.compile(r"([A-Z][A-Za-z]+)\.ndjson")
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a file. `raw` is verbatim, `resource` None where it is none of the file's type."""

    number: int
    offset: int
    raw: bytes
    resource: Tree | None

    @property
    def blank(self) -> bool:
        return not self.raw.strip()

    @property
    def id(self) -> str | None:
        return str(self.resource["id"]) if self.resource else None


def files(folder: Path) -> dict[str, Path]:
    """Find the files of resources by type, the studies first; anything else in the folder isn't ours."""
    found = {match[1]: path for path in folder.iterdir() if (match := _FILE.fullmatch(path.name))}
    return dict(sorted(found.items(), key=lambda item: (item[0] != STUDY, item[0])))


def lines(path: Path, kind: str) -> Iterator[Line]:
    """Read a file line by line; a line that can't be read is given too, without a resource."""
    offset = 0
    with path.open("rb") as file:
        for number, raw in enumerate(file, 1):
            yield Line(number, offset, raw, _resource(raw, kind))
            offset += len(raw)


def _resource(raw: bytes, kind: str) -> Tree | None:
    try:
        tree = orjson.loads(raw.removeprefix(BOM_UTF8))
    except orjson.JSONDecodeError:
        return None
    fits = isinstance(tree, dict) and tree.get("resourceType") == kind and isinstance(tree.get("id"), str)
    return tree if fits and ID.fullmatch(tree["id"]) else None


def owner(kind: str, own: str, studies: Collection[str]) -> str | None:
    """Tell which of the known studies a resource was made for: the longest whose id begins its own."""
    if kind == STUDY:
        return own
    if kind not in COMPANIONS:
        return None
    end = own.rfind("-")
    while end > 0:
        if own[:end] in studies:
            return own[:end]
        end = own.rfind("-", 0, end)
    return None


def replace(path: Path, chunks: Iterable[bytes]) -> None:
    """Write a file so that it is old or new whole, never half; one that stays the same isn't touched.

    A file that ends up empty is removed.
    """
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("wb") as file:
            file.writelines(chunks)
            size = file.tell()
            file.flush()
            os.fsync(file.fileno())
        if not size:
            path.unlink(missing_ok=True)
        elif not _equal(part, path):
            part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _equal(one: Path, other: Path) -> bool:
    if not other.exists() or one.stat().st_size != other.stat().st_size:
        return False
    with one.open("rb") as left, other.open("rb") as right:
        return all(left.read(_BLOCK) == right.read(_BLOCK) for _ in range(0, one.stat().st_size, _BLOCK))
