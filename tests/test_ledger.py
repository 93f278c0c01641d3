"""The ledger of a target: what it knows, who may write to it, and what becomes of it when things break."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from command_line import Run, lines, records
from fhir_adapter.errors import ConfigError, Locked
from fhir_adapter.ledger import Held, Ledger
from fhir_adapter.lock import taken
from fhir_adapter.twin import Twin

pytest_plugins = ["command_line_fixtures"]

URL = "https://fhir.example/base"
AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
HELD = {"ResearchStudy/NCT00000001": Held("d1", "1"), "Location/NCT00000001-loc-1": Held("d2", None)}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ward.sqlite"


def opened(path: Path, *, fhir: str = "R5", lock: bool = True) -> Ledger:
    return Ledger(path, URL, fhir, lock=lock, now=lambda: AT)


def filled(path: Path) -> None:
    with opened(path) as ledger:
        ledger.keep("NCT00000001", HELD)
        ledger.fail("NCT00000002", "refused")
        ledger.join("ctgov:?q", ["NCT00000001", "NCT00000002", "NCT00000003"])
        ledger.move("ctgov:?q", "2026-01-01")


def test_what_is_noted_is_there_in_the_next_run(path: Path) -> None:
    """Resources with digest and version, failures with their words, queries with their day and trials."""
    filled(path)

    with opened(path) as ledger:
        assert ledger.resources("NCT00000001") == HELD
        assert ledger.counts() == {"held": 1, "failed": 1, "withdrawn": 0, "resources": 2}
        assert [(each.study, each.words) for each in ledger.entries("failed")] == [("NCT00000002", "refused")]
        cursor = ledger.cursor("ctgov:?q")
        assert cursor is not None
        assert (cursor.since, cursor.moved) == ("2026-01-01", "2026-01-02T03:04:05.000+00:00")
        assert ledger.members("ctgov:?q") == {"NCT00000001": "held", "NCT00000002": "failed", "NCT00000003": None}


def test_what_is_forgotten_is_not_trusted(path: Path) -> None:
    """A trial, or all: neither its resources nor that it is held. What failed stays known."""
    filled(path)

    with opened(path) as ledger:
        ledger.forget(["NCT00000001", "NCT00000002"])

        assert ledger.resources("NCT00000001") == {}
        assert ledger.counts() == {"held": 0, "failed": 1, "withdrawn": 0, "resources": 0}


def test_a_second_run_is_kept_out(path: Path) -> None:
    """Who only reads is let in; who writes waits until the first has ended."""
    with opened(path):
        assert taken(path)
        with pytest.raises(Locked, match="another run is writing to the same target"):
            opened(path)
        assert len(opened(path, lock=False)) == 0

    assert not taken(path)
    opened(path).close()


HOLD = """
import sys, time
from pathlib import Path
from fhir_adapter.ledger import Held, Ledger
ledger = Ledger(Path(sys.argv[1]), sys.argv[2], "R5")
for number in range(100_000):
    ledger.keep(f"NCT{number:08}", {f"ResearchStudy/NCT{number:08}": Held("d", "1")})
    if number == 50:
        print("writing", flush=True)
"""


def test_a_run_that_is_killed_leaves_a_ledger_that_can_be_read_and_taken(path: Path) -> None:
    """Another process has the lock while it lives; killed in the midst of writing, all it noted is there."""
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(path), URL], stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"writing\n"
        with pytest.raises(Locked):
            opened(path)
        with opened(path, lock=False) as ledger:
            assert len(ledger) > 50
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()

    with opened(path) as ledger:
        assert len(ledger) > 50
        assert all(ledger.resources(entry.study) for entry in ledger.entries())
        ledger.keep("NCT99999999", HELD)


def test_two_runs_at_once_end_with_seven(cli: Run, here: Path) -> None:
    """The command that came second says what to do."""
    with Twin("hapi") as twin, Ledger(here / "ward.sqlite", twin.url, "R5"):
        ran = cli("sync", "-", "--to", twin.url, "--state", "ward.sqlite", stdin=lines(records(1)))

    assert ran.code == 7
    assert "another run is writing to the same target" in ran.last
    assert "wait until it ends" in ran.last


# --- files that aren't what they should be ---------------------------------------------------------------------


def garbage(path: Path) -> None:
    path.write_bytes(b"this is no database at all, whatever its name may say\n" * 99)


def cut(path: Path) -> None:
    filled(path)
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    path.write_bytes(path.read_bytes()[:5000])


def foreign(path: Path) -> None:
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE recipes (name TEXT)")
    db.close()


def newer(path: Path) -> None:
    filled(path)
    with sqlite3.connect(path) as db:
        db.execute("UPDATE about SET value = '99' WHERE key = 'format'")
    db.close()


def another(path: Path) -> None:
    Ledger(path, "https://other.example", "R5").close()


def upgraded(path: Path) -> None:
    Ledger(path, URL, "R4").close()


BAD = {
    garbage: "file is not a database; give another file with --state, or move this one away: the target is read",
    cut: "malformed; give another file with --state, or move this one away: the target is read instead",
    foreign: "is a database, and no ledger; give another file with --state",
    newer: "is a ledger of format '99', and this program knows up to",
    another: "is the ledger of the target 'https://other.example', not 'https://fhir.example/base'",
    upgraded: "is the ledger of a target that speaks FHIR 'R4', not 'R5'; give another file with --state",
}


@pytest.mark.parametrize(("damage", "words"), BAD.items(), ids=lambda value: getattr(value, "__name__", ""))
def test_a_file_that_is_no_ledger_is_told_with_what_to_do(path: Path, damage: object, words: str) -> None:
    """Nothing is written to it, and it isn't locked afterwards."""
    assert callable(damage)
    damage(path)
    before = path.read_bytes()

    with pytest.raises(ConfigError, match=words.replace("(", r"\(")) as caught:
        looked_through(path)

    assert repr(str(path)) in str(caught.value)
    assert not taken(path)
    if damage in (foreign, garbage):
        assert path.read_bytes() == before


def looked_through(path: Path) -> None:
    with opened(path) as ledger:
        list(ledger.entries())
        ledger.counts()


FORMAT_1 = """
CREATE TABLE about (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE trials (
    study TEXT PRIMARY KEY, state TEXT NOT NULL, source TEXT, record TEXT, mapping TEXT, words TEXT,
    sent TEXT NOT NULL, checked TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE resources (
    study TEXT NOT NULL, name TEXT NOT NULL, digest TEXT NOT NULL, version TEXT,
    PRIMARY KEY (study, name)) WITHOUT ROWID;
CREATE TABLE cursors (query TEXT PRIMARY KEY, since TEXT NOT NULL, moved TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE members (query TEXT NOT NULL, study TEXT NOT NULL, PRIMARY KEY (query, study)) WITHOUT ROWID;
INSERT INTO about VALUES ('format', '1'), ('target', 'https://fhir.example/base'), ('fhir', 'R5');
INSERT INTO trials VALUES ('NCT00000001', 'held', NULL, NULL, NULL, NULL, 'then', 'then');
INSERT INTO resources VALUES ('NCT00000001', 'ResearchStudy/NCT00000001', 'd1', '1');
"""


def test_a_ledger_of_an_older_format_is_brought_up_to_date(path: Path) -> None:
    """All that it knew is kept. Who only looks is told that a run will do it."""
    db = sqlite3.connect(path)
    db.executescript(FORMAT_1)
    db.close()
    with pytest.raises(ConfigError, match="of the older format '1'; the next push or sync brings it up to date"):
        opened(path, lock=False)

    with opened(path) as ledger:
        assert ledger.resources("NCT00000001") == {"ResearchStudy/NCT00000001": Held("d1", "1")}
    with opened(path, lock=False) as ledger:
        assert len(ledger) == 1


def test_a_ledger_that_is_lost_costs_reads_and_no_duplicates(cli: Run, here: Path) -> None:
    """The server is compared instead; nothing is written, and the ledger knows it all again."""
    with Twin("hapi") as twin:
        words = ("sync", "-", "--to", twin.url, "--state", "ward.sqlite", "--json")
        cli(*words, stdin=lines(records(3)))
        for each in here.glob("ward.sqlite*"):
            each.unlink()
        before = twin.counts()["writes"]
        ran = cli(*words, stdin=lines(records(3)))
        with Ledger(here / "ward.sqlite", lock=False) as ledger:
            held = len(ledger)

        assert (ran.code, twin.counts()["writes"], held) == (0, before, 3)
