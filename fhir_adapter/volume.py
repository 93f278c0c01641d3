"""The file that a ledger is written in: opened or made, brought up to date, read and written in transactions."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fhir_adapter.errors import ConfigError
from fhir_adapter.lock import Lock

__all__ = ["FORMAT", "Volume"]

Row = tuple[Any, ...]

# Each step brings a file from one format to the next: a new file goes through all, an older one through the rest.
# A step that was released is never changed; what is new comes in a new one.
_STEPS = (
    """
    CREATE TABLE IF NOT EXISTS about (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS trials (
        study TEXT PRIMARY KEY, state TEXT NOT NULL, source TEXT, record TEXT, mapping TEXT, words TEXT,
        sent TEXT NOT NULL, checked TEXT NOT NULL) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS by_record ON trials (record);
    CREATE INDEX IF NOT EXISTS by_checked ON trials (checked);
    CREATE TABLE IF NOT EXISTS resources (
        study TEXT NOT NULL, name TEXT NOT NULL, digest TEXT NOT NULL, version TEXT,
        PRIMARY KEY (study, name)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS cursors (
        query TEXT PRIMARY KEY, since TEXT NOT NULL, moved TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS members (
        query TEXT NOT NULL, study TEXT NOT NULL, PRIMARY KEY (query, study)) WITHOUT ROWID
    """,
    "CREATE INDEX IF NOT EXISTS by_state ON trials (state)",
    """
    CREATE TABLE IF NOT EXISTS names (
        study TEXT NOT NULL, name TEXT NOT NULL, own TEXT NOT NULL, PRIMARY KEY (study, name)) WITHOUT ROWID
    """,
    """
    CREATE TABLE IF NOT EXISTS traces (
        study TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (study, name)) WITHOUT ROWID
    """,
)
FORMAT = str(len(_STEPS))


class Volume:
    """One file; `make` it where it isn't there, and bring it up to date. Else it is only looked into.

    Raises ConfigError where the file is no ledger, broken, or of a newer program.
    """

    def __init__(self, path: Path, *, make: bool) -> None:
        self.path = path
        self._lock = Lock(path) if make else None
        try:
            with self._sound():
                self._db = _connected(path, make)
            try:
                with self._sound():
                    self._prepare(make)
            except BaseException:
                self._db.close()
                raise
        except BaseException:
            self._unlock()
            raise

    def close(self) -> None:
        """Close the file and let other runs have it."""
        self._db.close()
        self._unlock()

    @property
    def size(self) -> int:
        """Give the size in bytes, with what isn't merged into the file yet."""
        beside = self.path.with_name(f"{self.path.name}-wal")
        return sum(each.stat().st_size for each in (self.path, beside) if each.exists())

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        """Read all rows at once."""
        return list(self.stream(sql, values))

    def stream(self, sql: str, values: Sequence[Any] = ()) -> Iterator[Row]:
        """Read rows one at a time."""
        with self._sound():
            found = self._db.execute(sql, values)
        while True:
            with self._sound():
                some = found.fetchmany(1000)
            if not some:
                return
            yield from some

    def write(self, *statements: tuple[str, Iterable[Sequence[Any]]]) -> None:
        """Run statements, each for all its rows of values, in one transaction."""
        with self._writing():
            for sql, rows in statements:
                self._db.executemany(sql, rows)

    def tables(self) -> dict[str, list[str]]:
        """Give the columns of each table, the key first; tables by name."""
        names = [name for (name,) in self.rows("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
        return {name: [row[1] for row in self.rows(f"PRAGMA table_info({name})")] for name in names}

    def _prepare(self, make: bool) -> None:
        tables = self.tables()
        if tables and "about" not in tables:
            raise ConfigError(f"{str(self.path)!r} is a database, and no ledger; give another file with --state")
        if not tables and not make:
            raise _missing(self.path)
        if make:
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")
        told = self.rows("SELECT value FROM about WHERE key = 'format'") if tables else []
        there = str(told[0][0]) if told else "0"
        if there == FORMAT:
            return
        if not there.isdigit() or int(there) > len(_STEPS):
            words = f"{str(self.path)!r} is a ledger of format {there!r}, and this program knows up to {FORMAT}"
            raise ConfigError(f"{words}; update fhir-adapter, or give another file with --state")
        if not make:
            words = f"{str(self.path)!r} is a ledger of the older format {there!r}"
            raise ConfigError(f"{words}; the next push or sync brings it up to date")
        self._migrate(int(there))

    def _migrate(self, there: int) -> None:
        with self._writing():
            for step in _STEPS[there:]:
                for statement in step.split(";"):
                    self._db.execute(statement)
            self._db.execute("INSERT OR REPLACE INTO about VALUES ('format', ?)", (FORMAT,))

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with self._sound():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    @contextmanager
    def _sound(self) -> Iterator[None]:
        """Say of trouble with the file what can be done."""
        try:
            yield
        except sqlite3.IntegrityError:
            raise  # of what is written, not of the file
        except (sqlite3.Error, OSError) as error:
            words = f"cannot use {str(self.path)!r} as a ledger: {str(error).lower()}"
            more = "give another file with --state, or move this one away: the target is read instead"
            raise ConfigError(f"{words}; {more}") from error

    def _unlock(self) -> None:
        if self._lock is not None:
            self._lock.release()


def _connected(path: Path, make: bool) -> sqlite3.Connection:
    if not make and not path.is_file():
        raise _missing(path)
    mode = "rwc" if make else "rw"
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode={mode}", uri=True, isolation_level=None)


def _missing(path: Path) -> ConfigError:
    return ConfigError(f"no ledger {str(path)!r}; the first push or sync to the target makes it")
