"""A lock on a file that keeps other runs out for as long as this process lives."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from fhir_adapter.errors import ConfigError, Locked

__all__ = ["Lock", "taken"]


class Lock:
    """The lock of a file, taken at once: an empty database beside it. Raises Locked where another run has it.

    SQLite's own file locks work on every system and end with the process, however it ends.
    """

    def __init__(self, path: Path) -> None:
        beside = _beside(path)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._held = sqlite3.connect(beside, timeout=0, isolation_level=None)
        except (sqlite3.Error, OSError) as error:
            raise _unusable(beside, error) from error
        try:
            self._held.execute("BEGIN EXCLUSIVE")
        except sqlite3.Error as error:
            self._held.close()
            if "locked" in str(error):
                words = f"another run is writing to the same target (it holds {str(beside)!r})"
                raise Locked(f"{words}; wait until it ends") from None
            raise _unusable(beside, error) from error

    def release(self) -> None:
        """Let others have it."""
        self._held.close()


def taken(path: Path) -> bool:
    """Say whether a run has the lock of a file now."""
    if not _beside(path).exists():
        return False
    try:
        Lock(path).release()
    except Locked:
        return True
    return False


def _beside(path: Path) -> Path:
    return path.with_name(f"{path.name}.lock")


def _unusable(beside: Path, error: Exception) -> ConfigError:
    return ConfigError(f"cannot lock {str(beside)!r}: {str(error).lower()}; give another file with --state")
