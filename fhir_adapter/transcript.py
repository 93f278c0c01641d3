"""A ledger as lines of JSON, for people, backups and other machines.

{"ledger": {"fhir": "R5", "format": "2", "target": "https://…"}}
{"table": "cursors", "query": "ctgov:?query.cond=…", "since": "2026-01-01", "moved": "…"}
{"table": "trials", "study": "NCT…", "state": "held", …}
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any

from fhir_adapter.errors import ConfigError
from fhir_adapter.tree import Tree
from fhir_adapter.volume import FORMAT, Volume

__all__ = ["head", "spell", "take"]

_ABOUT = "about"


def spell(volume: Volume) -> Iterator[Tree]:
    """Give all that a ledger holds: what it is of, then each row, by table and key; what is empty is left out."""
    yield {"ledger": dict(volume.rows(f"SELECT key, value FROM {_ABOUT} ORDER BY key"))}  # noqa: S608  (our name)
    for table, columns in volume.tables().items():
        if table == _ABOUT:
            continue
        named = ", ".join(columns)
        for row in volume.stream(f"SELECT {named} FROM {table} ORDER BY {named}"):  # noqa: S608  (names of the file)
            values = zip(columns, row, strict=True)
            yield {"table": table, **{column: value for column, value in values if value is not None}}


def head(line: Any) -> dict[str, str]:
    """Read the first line: which target and FHIR version it is the ledger of. Raises ConfigError for anything else."""
    about = line.get("ledger") if isinstance(line, dict) else None
    if not isinstance(about, dict) or not all(isinstance(about.get(key), str) for key in ("target", "fhir", "format")):
        raise ConfigError("line 1 says of no ledger; give what `fhir-adapter state export` wrote")
    if about["format"] != FORMAT:
        words = f"this was exported in format {about['format']!r}, and this program reads {FORMAT!r}"
        raise ConfigError(f"{words}; export it again with the same version of fhir-adapter")
    return about


def take(volume: Volume, lines: Iterable[tuple[int, Any]]) -> None:
    """Put lines after the first, each with its number, in place of all that a ledger holds; in one transaction.

    Raises ConfigError for a line that is none of an export, and then nothing is changed.
    """
    tables = {table: columns for table, columns in volume.tables().items() if table != _ABOUT}
    rows: dict[str, list[tuple[Any, ...]]] = {table: [] for table in tables}
    for number, line in lines:
        table = line.get("table") if isinstance(line, dict) else None
        columns = tables.get(table) if isinstance(table, str) else None
        if columns is None or not line.keys() <= {"table", *columns}:
            raise ConfigError(f"line {number} is no line of an exported ledger; nothing was changed")
        if not all(isinstance(value, (str, int)) for value in line.values()):
            raise ConfigError(f"line {number} has a value that is neither text nor a number; nothing was changed")
        rows[str(table)].append(tuple(line.get(column) for column in columns))
    clear = [(f"DELETE FROM {table}", [()]) for table in tables]  # noqa: S608  (names of the file)
    fill = [
        (f"INSERT INTO {table} VALUES ({', '.join('?' for _ in columns)})", rows[table])  # noqa: S608
        for table, columns in tables.items()
    ]
    try:
        volume.write(*clear, *fill)
    except sqlite3.IntegrityError as error:
        raise ConfigError(f"the lines contradict each other: {str(error).lower()}; nothing was changed") from error
