"""What a target was sent: which resources, with which content, and in which version it has them.

One SQLite file a target, in write-ahead mode: what is noted is noted, also where the machine dies. It saves
requests and nothing else: without it the target itself is read, and nothing is doubled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from fhir_adapter.clock import utc_now
from fhir_adapter.errors import ConfigError
from fhir_adapter.transcript import spell, take
from fhir_adapter.tree import Tree
from fhir_adapter.volume import Volume

__all__ = ["FAILED", "HELD", "WITHDRAWN", "Cursor", "Entry", "Held", "Ledger"]

HELD, FAILED, WITHDRAWN = "held", "failed", "withdrawn"
_COLUMNS = ("study", "state", "source", "record", "mapping", "words", "sent", "checked")
_SPOKEN = {"target": "the target", "fhir": "a target that speaks FHIR"}
_NO_RESOURCES = "DELETE FROM resources WHERE study = ?"
_NO_TRACES = "DELETE FROM traces WHERE study = ?"
_TRACED = "INSERT OR IGNORE INTO traces SELECT study, name FROM resources"
_NOTHING = ((_TRACED, [()]), ("DELETE FROM resources", [()]), ("DELETE FROM names", [()]))
_COUNTED = "SELECT state, count(*) FROM trials GROUP BY state"
_NEW_STATE = (
    "INSERT INTO trials (study, state, words, sent, checked) VALUES (?, ?, ?, ?, ?) ON CONFLICT (study)"
    " DO UPDATE SET state = excluded.state, words = excluded.words, sent = excluded.sent,"
    " checked = excluded.checked, record = NULL, mapping = NULL"
)


@dataclass(frozen=True, slots=True)
class Held:
    """One resource as the target has it: the digest of what was sent, and the version that it was told (or None)."""

    digest: str
    version: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What is known of one trial.

    `state` is `held`, `failed` (with the error in `words`) or `withdrawn`; `record` the digest of the registry's
    record, `mapping` that of the mapping that it went through, `source` the input it came from; `sent` and
    `checked` are UTC times of the last write and of the last look at the target.
    """

    study: str
    state: str
    source: str | None
    record: str | None
    mapping: str | None
    words: str | None
    sent: str
    checked: str

    def as_dict(self) -> Tree:
        return {key: value for key in _COLUMNS if (value := getattr(self, key)) is not None}


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a query was followed: the next run asks for what changed since then."""

    query: str
    since: str
    moved: str


class Ledger:
    """One target's ledger, locked against other runs until it is closed; use it as a context manager.

    `target` is the address that it is kept for, `fhir` its FHIR version; None: whatever the file says. `lock=False`
    only reads, also while another run writes. Raises Locked where another run has it, ConfigError where the file is
    of another target, broken or no ledger.
    """

    def __init__(
        self,
        path: Path,
        target: str | None = None,
        fhir: str | None = None,
        *,
        lock: bool = True,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self.path = path
        self._now = now
        self._file = Volume(path, make=lock)
        try:
            self._agree({"target": target, "fhir": fhir}, note=lock)
        except BaseException:
            self._file.close()
            raise

    def close(self) -> None:
        """Close the file and let other runs have it."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __len__(self) -> int:
        return self.counts()[HELD]

    def resources(self, study: str) -> dict[str, Held]:
        """Give the resources of a trial by name; {} where it isn't known to be held whole."""
        rows = self._file.rows(
            "SELECT name, digest, version FROM resources JOIN trials USING (study) WHERE study = ? AND state = ?",
            (study, HELD),
        )
        return {name: Held(digest, version) for name, digest, version in rows}

    def knows(self, study: str) -> bool:
        """Say whether a trial was ever sent, with whatever outcome."""
        return bool(self._file.rows("SELECT 1 FROM trials WHERE study = ?", (study,)))

    def recall(self, record: str, mapping: str) -> tuple[str, int] | None:
        """Find the trial that a record became: its study and how many resources it has; None for a new record."""
        # The plus keeps SQLite from the index by state, which would walk through all that is held.
        rows = self._file.rows(
            "SELECT study, (SELECT count(*) FROM resources WHERE resources.study = trials.study) FROM trials"
            " WHERE record = ? AND mapping = ? AND +state = ?",
            (record, mapping, HELD),
        )
        return (rows[0][0], rows[0][1]) if rows else None

    def keep(self, study: str, held: Mapping[str, Held]) -> None:
        """Note that the target holds exactly these resources of a trial."""
        rows = [(study, name, own.digest, own.version) for name, own in held.items()]
        fill = ("INSERT INTO resources VALUES (?, ?, ?, ?)", rows)
        own = [(study,)]
        self._file.write(self._state(study, HELD, None), (_NO_RESOURCES, own), (_NO_TRACES, own), fill)

    def expect(self, names: Mapping[str, Iterable[str]]) -> None:
        """Note what is about to be sent, by study: it may be there from now on, however the run ends."""
        rows = [(study, each) for study, own in names.items() for each in own]
        held = (f"{_TRACED} WHERE study = ?", [(study,) for study in names])
        self._file.write(held, ("INSERT OR IGNORE INTO traces VALUES (?, ?)", rows))

    def traces(self, study: str) -> set[str]:
        """Name what may be there of a trial that isn't known to be held whole: all that was sent since it was."""
        return {name for (name,) in self._file.rows("SELECT name FROM traces WHERE study = ?", (study,))}

    def fail(self, study: str, words: str) -> None:
        """Note that a trial couldn't be stored whole; what is known of its resources is forgotten."""
        self._file.write(self._state(study, FAILED, words), (_NO_RESOURCES, [(study,)]))

    def withdraw(self, study: str) -> None:
        """Note that a trial is gone from its registry, and what was to be done about it is done."""
        self._file.write(self._state(study, WITHDRAWN, None), (_NO_RESOURCES, [(study,)]))

    def origin(self, study: str, source: str, record: str, mapping: str) -> None:
        """Note which record a trial that is known was made from."""
        sql = "UPDATE trials SET source = ?, record = ?, mapping = ? WHERE study = ?"
        self._file.write((sql, [(source, record, mapping, study)]))

    def forget(self, studies: Iterable[str] | None = None) -> None:
        """Trust nothing of some trials, or of all: the target is read instead when they come next."""
        if studies is None:
            self._file.write(*_NOTHING, ("DELETE FROM trials WHERE state = ?", [(HELD,)]))
            return
        some = list(studies)
        states = [(each, HELD) for each in some]
        gone = ("DELETE FROM trials WHERE study = ? AND state = ?", states)
        keys = [(each,) for each in some]
        self._file.write((f"{_TRACED} WHERE study = ?", keys), (_NO_RESOURCES, keys), gone)

    def names(self, study: str) -> dict[str, str]:
        """Give what a server that gives ids itself calls the resources of a trial, by our names of them."""
        return dict(self._file.rows("SELECT name, own FROM names WHERE study = ?", (study,)))

    def name(self, study: str, names: Mapping[str, str]) -> None:
        """Note what the server calls the resources of a trial: these and no others."""
        fill = ("INSERT INTO names VALUES (?, ?, ?)", [(study, ours, theirs) for ours, theirs in names.items()])
        self._file.write(("DELETE FROM names WHERE study = ?", [(study,)]), fill)

    def renamed(self) -> bool:
        """Say whether the server calls anything otherwise than we do."""
        return bool(self._file.rows("SELECT 1 FROM names WHERE name <> own LIMIT 1"))

    def longest_unchecked(self, count: int) -> dict[str, str | None]:
        """Give studies that were not compared with the target for longest, with the version that it told."""
        rows = self._file.rows(
            "SELECT study, version FROM trials JOIN resources USING (study)"
            " WHERE state = ? AND name = 'ResearchStudy/' || study ORDER BY checked, study LIMIT ?",
            (HELD, count),
        )
        return dict(rows)

    def checked(self, studies: Iterable[str]) -> None:
        """Note that the target was seen to hold trials as they are here."""
        at = self._stamp()
        self._file.write(("UPDATE trials SET checked = ? WHERE study = ?", [(at, each) for each in studies]))

    def entry(self, study: str) -> Entry | None:
        """Give what is known of one trial."""
        return next(self._entries(" WHERE study = ?", study), None)

    def entries(self, state: str | None = None) -> Iterator[Entry]:
        """Give what is known of all trials, or of those in one state, by study."""
        return self._entries(" WHERE state = ?", state) if state else self._entries("")

    def failed(self) -> dict[str, str | None]:
        """Give the trials that failed, each with the input that it came from."""
        return {entry.study: entry.source for entry in self.entries(FAILED)}

    def counts(self) -> dict[str, int]:
        """Count the trials by state, and the `resources` that are known."""
        states = dict.fromkeys((HELD, FAILED, WITHDRAWN), 0)
        states.update((state, count) for state, count in self._file.rows(_COUNTED))
        ((resources,),) = self._file.rows("SELECT count(*) FROM resources")
        return {**states, "resources": resources}

    @property
    def size(self) -> int:
        """Give the size of the file in bytes."""
        return self._file.size

    def cursor(self, query: str) -> Cursor | None:
        """Tell how far a query was followed."""
        return next((each for each in self.cursors() if each.query == query), None)

    def cursors(self) -> list[Cursor]:
        """Give all cursors, by query."""
        return [Cursor(*row) for row in self._file.rows("SELECT query, since, moved FROM cursors ORDER BY query")]

    def move(self, query: str, since: str) -> None:
        """Note that all that changed before `since` is on the target."""
        self._file.write(("INSERT OR REPLACE INTO cursors VALUES (?, ?, ?)", [(query, since, self._stamp())]))

    def join(self, query: str, studies: Iterable[str]) -> None:
        """Note which trials a query gave."""
        self._file.write(("INSERT OR IGNORE INTO members VALUES (?, ?)", [(query, each) for each in studies]))

    def leave(self, query: str, studies: Iterable[str]) -> None:
        """Note which trials a query no longer gives, though its registry has them."""
        sql = "DELETE FROM members WHERE query = ? AND study = ?"
        self._file.write((sql, [(query, each) for each in studies]))

    def members(self, query: str) -> dict[str, str | None]:
        """Give the trials that a query gave so far, each with its state; None where nothing is known of it any more."""
        rows = self._file.rows(
            "SELECT study, state FROM members LEFT JOIN trials USING (study) WHERE query = ? ORDER BY study", (query,)
        )
        return dict(rows)

    def about(self) -> dict[str, str]:
        """Say which target and FHIR version this is the ledger of."""
        return dict(self._file.rows("SELECT key, value FROM about ORDER BY key"))

    def lines(self) -> Iterator[Tree]:
        """Give all that is here as JSON objects, sorted; `load` reads them."""
        return spell(self._file)

    def load(self, lines: Iterable[tuple[int, Any]]) -> None:
        """Take the lines of another ledger after its first, each with its number, in place of all that is here.

        Raises ConfigError for a line that is none, and then nothing is changed.
        """
        take(self._file, lines)

    def _agree(self, wanted: Mapping[str, str | None], *, note: bool) -> None:
        there = self.about()
        for key, value in wanted.items():
            if value is not None and there.get(key, value) != value:
                words = f"{str(self.path)!r} is the ledger of {_SPOKEN[key]} {there[key]!r}, not {value!r}"
                raise ConfigError(f"{words}; give another file with --state, or move this one away")
        new = [(key, value) for key, value in wanted.items() if value is not None and key not in there]
        if new and note:
            self._file.write(("INSERT INTO about VALUES (?, ?)", new))

    def _entries(self, where: str, *values: str) -> Iterator[Entry]:
        sql = f"SELECT {', '.join(_COLUMNS)} FROM trials{where} ORDER BY study"  # noqa: S608  (column names)
        for row in self._file.stream(sql, values):
            yield Entry(**dict(zip(_COLUMNS, row, strict=True)))

    def _state(self, study: str, state: str, words: str | None) -> tuple[str, list[tuple[str | None, ...]]]:
        at = self._stamp()
        return _NEW_STATE, [(study, state, words, at, at)]

    def _stamp(self) -> str:
        return self._now().isoformat(timespec="milliseconds")
