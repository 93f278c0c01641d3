"""Trials that wait to be written to a folder: on disk, not in memory; the newest of each."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Self

__all__ = ["Spool"]


class Spool:
    """Lines of NDJSON by study and resource type. Its files have no name and vanish with the process."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[str, IO[bytes]] = {}
        self._places: dict[str, dict[str, tuple[int, int]]] = {}

    def put(self, study: str, lines: Mapping[str, list[bytes]]) -> None:
        """Keep a trial's lines, each ending in a line feed; an earlier version of it is forgotten.

        The first version decides the study's place among `studies()`.
        """
        self._places[study] = {kind: self._append(kind, b"".join(parts)) for kind, parts in lines.items()}

    def get(self, study: str, kind: str) -> bytes:
        """Read the lines of one type of one trial, b"" where it has none."""
        if kind not in self._places.get(study, {}):
            return b""
        offset, size = self._places[study][kind]
        file = self._files[kind]
        file.seek(offset)
        return file.read(size)

    def studies(self) -> Iterator[str]:
        """Give the ids of the trials in the order in which they first came."""
        return iter(self._places)

    def kinds(self, study: str) -> Iterator[str]:
        """Give the resource types that a trial has."""
        return iter(self._places[study])

    def __contains__(self, study: object) -> bool:
        return study in self._places

    def __len__(self) -> int:
        return len(self._places)

    def _append(self, kind: str, block: bytes) -> tuple[int, int]:
        if kind not in self._files:
            # In the folder itself: what fits there now will fit there at the end.
            self._files[kind] = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115
        file = self._files[kind]
        offset = file.seek(0, 2)
        file.write(block)
        return offset, len(block)

    def close(self) -> None:
        """Forget everything."""
        for file in self._files.values():
            file.close()
        self._files.clear()
        self._places.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
