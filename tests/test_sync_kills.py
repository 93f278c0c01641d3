"""A `fhir-adapter sync` that is killed at any moment, and run again: as if nothing had happened."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest

from command_line import PROGRAM, lines, record
from fhir_adapter.convert import convert
from fhir_adapter.sync import sync
from fhir_adapter.twin import PROFILES, Profile, Twin

Tree = dict[str, Any]

KILLS = 50
# Slow enough that reading, sending and noting all take some time. Several of 25 entries make one trial.
SERVERS: dict[str, Profile] = {
    "hapi": replace(PROFILES["hapi"], delay=0.01, pace=0.0005),
    "a version of every PUT": replace(PROFILES["blaze"], delay=0.01, pace=0.0005),
    "25 entries": replace(PROFILES["hapi"], entries=25, delay=0.01, pace=0.0005),
}
BEFORE = [*(record(number, outcomes=3, sites=2) for number in range(1, 15)), record(25, outcomes=4, sites=60)]
SLOW = replace(PROFILES["hapi"], entries=25, delay=0.2)
# Some stay, some get another outcome, some shrink; the large one loses most of its sites.
AFTER = [
    *(record(number, outcomes=3 + number % 3 - 1, sites=2 - (number % 4 == 0)) for number in range(1, 15)),
    record(25, outcomes=2, sites=20),
]


@dataclass(frozen=True, slots=True)
class Work:
    """A twin, the file of its ledger, and the file with the records."""

    twin: Twin
    ledger: Path
    records: Path

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start the command as a program of its own."""
        given = ["sync", str(self.records), "--to", self.twin.url, "--state", str(self.ledger), *words]
        return subprocess.Popen([*PROGRAM, *given], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def again(self, records: list[Tree]) -> None:
        """Run the same to its end."""
        report = sync(records, self.twin.url, state=self.ledger, workers=2)
        assert (report.read, report.failed) == (len(records), 0)


@contextmanager
def working(server: str | Profile, folder: Path, records: list[Tree]) -> Iterator[Work]:
    with Twin(SERVERS[server] if isinstance(server, str) else server) as twin:
        (folder / "records.ndjson").write_bytes(lines(records))
        yield Work(twin, folder / "ledger.sqlite", folder / "records.ndjson")


@cache
def undisturbed(after: bool) -> dict[str, Tree]:
    """What a server holds where nobody was killed."""
    with Twin("hapi") as twin:
        sync(AFTER if after else BEFORE, twin.url)
        return twin.state()


def asked(twin: Twin) -> int:
    return sum(twin.counts()["requests"].values())


def put(twin: Twin, resource: Tree) -> None:
    """Store a resource as someone else would."""
    name = f"{resource['resourceType']}/{resource['id']}"
    assert httpx.put(f"{twin.url}/{name}", json=resource).status_code == 200


def studies(stored: dict[str, Tree]) -> int:
    return sum(name.startswith("ResearchStudy/") for name in stored)


def whole(stored: dict[str, Tree], records: list[Tree]) -> bool:
    """Say whether no trial is there in parts."""
    made = [{each["request"]["url"] for each in convert(own).bundle()["entry"]} for own in records]
    return all(names <= stored.keys() or not names & stored.keys() for names in made)


def until(process: subprocess.Popen[str], twin: Twin, requests: int) -> None:
    """Wait until the twin was asked so often, or the process ended."""
    while process.poll() is None and asked(twin) < requests:
        time.sleep(0.002)


@pytest.fixture(scope="module")
def span(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, bool], float]:
    """Give the seconds from the first request of an undisturbed run to its end, on this machine."""

    @cache
    def measured(server: str, after: bool) -> float:
        with working(server, tmp_path_factory.mktemp("span"), AFTER if after else BEFORE) as work:
            if after:
                work.again(BEFORE)
            with work.start() as process:
                until(process, work.twin, asked(work.twin) + 1)
                begun = time.monotonic()
                process.communicate()
                return time.monotonic() - begun

    return measured


@pytest.mark.parametrize("seed", range(KILLS))
def test_killed_at_any_moment_and_run_again(span: Callable[[str, bool], float], tmp_path: Path, seed: int) -> None:
    """Every other run is the first; the others find trials that grew and shrank. The server ends up the same."""
    dice = Random(seed)  # noqa: S311  (a moment, no secret)
    server, after = [*SERVERS][seed // 2 % len(SERVERS)], bool(seed % 2)
    moment = dice.random() * span(server, after)
    records = AFTER if after else BEFORE
    with working(server, tmp_path, records) as work:
        if after:
            work.again(BEFORE)
        with work.start() as process:
            until(process, work.twin, asked(work.twin) + 1)
            time.sleep(moment)
            process.kill()
        work.again(records)
        counts = work.twin.counts()
        work.again(records)

        assert work.twin.state() == undisturbed(after)
        assert work.twin.counts()["writes"] == counts["writes"]


def test_a_signal_finishes_what_is_under_way(tmp_path: Path) -> None:
    """SIGTERM: whole trials are on the server and noted, exit code 130, and what to do next is said."""
    many = [record(number) for number in range(1, 121)]
    with working(SLOW, tmp_path, many) as work, work.start() as process:
        until(process, work.twin, 4)
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=60)
        stored = work.twin.state()

        assert process.returncode == 130
        assert "finishing what is under way; once more to stop at once" in said
        assert "stopped early (SIGTERM), in good order; run it again to go on" in said
        assert 0 < studies(stored) < len(many)
        assert whole(stored, many)
        versions = work.twin.counts()["versions"]
        work.again(many)
        assert studies(work.twin.state()) == len(many)
        assert work.twin.counts()["versions"] - versions == len(work.twin.state()) - len(stored)


def test_a_run_ends_when_its_time_is_over(tmp_path: Path) -> None:
    many = [record(number) for number in range(1, 121)]
    with working(SLOW, tmp_path, many) as work:
        with work.start("--max-runtime", "0.3s", "--workers", "1") as process:
            _, said = process.communicate(timeout=60)
        stored = work.twin.state()

        assert process.returncode == 130
        assert "stopped early (--max-runtime 0.3s is over), in good order; run it again to go on" in said
        assert studies(stored) < len(many)
        assert whole(stored, many)
        work.again(many)
        assert studies(work.twin.state()) == len(many)


def test_a_second_signal_stops_at_once(tmp_path: Path) -> None:
    with working(replace(SLOW, delay=20.0), tmp_path, BEFORE) as work, work.start() as process:
        until(process, work.twin, 1)
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        process.stderr.readline()
        begun = time.monotonic()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=10)

        assert process.returncode == 130
        assert time.monotonic() - begun < 5


def test_what_a_killed_run_left_is_cleared_away(tmp_path: Path) -> None:
    """Killed after the study was stored and before its former sites were deleted: nothing refers to them any more."""
    with working("25 entries", tmp_path, BEFORE) as work:
        work.again(BEFORE)
        put(work.twin, undisturbed(True)["ResearchStudy/NCT00000025"])
        work.again(AFTER)

        assert work.twin.state() == undisturbed(True)


def test_a_ledger_knows_what_was_on_its_way(tmp_path: Path) -> None:
    """Killed before anything was noted, and the record shrank before the next run."""
    with working(SLOW, tmp_path, BEFORE[-1:]) as work:
        with work.start() as process:
            while not work.twin.state():
                time.sleep(0.005)
            process.kill()
        left = work.twin.state()
        work.again(AFTER[-1:])

        wanted = [each["request"]["url"] for each in convert(AFTER[-1]).bundle()["entry"]]
        assert "ResearchStudy/NCT00000025" not in left
        assert left.keys() - {*wanted}
        assert work.twin.state().keys() == {*wanted}
