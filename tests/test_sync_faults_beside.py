"""What goes wrong beside the server: other writers, backups, logins, this machine, the input. Nothing is lost.

A run is judged as in test_sync_faults.py.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import httpx
import pytest

from fhir_adapter.errors import ConfigError, ServerError, Unauthorized
from fhir_adapter.ledger import Ledger
from fhir_adapter.server.chunks import Limits
from fhir_adapter.twin import Fault, Place
from trials import resources, trial
from wire import Wire, outcome
from world import STORED, STRICT, TRIALS, World, posts, stored_once


@pytest.fixture
def world() -> World:
    return World()


@pytest.mark.parametrize("stale", [409, 412, None], ids=["409", "412", "If-Match ignored"])
def test_someone_else_changes_what_we_change(world: World, tmp_path: Path, stale: int | None) -> None:
    """Whatever the server says of it, in the end it holds what we sent; and that was compared, not sent blindly."""
    world.wire.change(stale=stale)
    file = tmp_path / "ledger.sqlite"
    world.push(TRIALS, file)
    world.wire.put({**world.wire.stored["ResearchStudy/NCT00000002"], "status": "retired"})
    later = [trial(f"NCT000000{n:02}", title="New") for n in range(1, 13)]
    receipts = world.push(later, file)

    assert all(each.ok for each in receipts)
    assert world.wire.stored == {name: tree for each in later for name, tree in resources(each).items()}
    assert world.wire.versions == len(STORED) + 1 + len(later)


def test_someone_else_deletes_a_companion(world: World, tmp_path: Path) -> None:
    """A ledger believes in it until it is told to forget; without a ledger it comes back at once."""
    world.wire.change(integrity=False)
    file = tmp_path / "ledger.sqlite"
    world.push(TRIALS, file)
    httpx_delete(world, "Location/NCT00000005-loc-1")
    world.push(TRIALS, file)
    assert "Location/NCT00000005-loc-1" not in world.wire.stored

    with Ledger(file) as ledger:
        ledger.forget()
    world.push(TRIALS, file)
    assert world.wire.stored == STORED

    httpx_delete(world, "Location/NCT00000005-loc-1")
    world.push(TRIALS)
    assert world.wire.stored == STORED


def httpx_delete(world: World, name: str) -> None:
    request = httpx.Request("DELETE", f"{world.wire.url}/{name}")
    assert world.wire.handle(request).status_code < 300


def test_a_server_that_was_emptied(world: World, tmp_path: Path) -> None:
    file = tmp_path / "ledger.sqlite"
    world.push(TRIALS, file)
    world.wire.change()
    assert stored_once(world, world.push(TRIALS, file))


def test_a_server_that_was_restored_from_an_older_backup(world: World, tmp_path: Path) -> None:
    """It holds the first state again, and half of the trials: all is as in the last run afterwards."""
    file = tmp_path / "ledger.sqlite"
    world.push(TRIALS, file)
    later = [trial(f"NCT000000{n:02}", title="New", sites=1) for n in range(1, 13)]
    world.push(later, file)
    world.wire.change()
    world.push(TRIALS[:6])
    receipts = world.push(later, file)

    assert all(each.ok for each in receipts)
    assert world.wire.stored == {name: tree for each in later for name, tree in resources(each).items()}


def test_the_ledger_of_another_server_is_refused(world: World, tmp_path: Path) -> None:
    file = tmp_path / "ledger.sqlite"
    world.push(TRIALS[:1], file)
    other = World(Wire(profile=STRICT, url="http://other.example/base"))
    with pytest.raises(ConfigError, match=r"is the ledger of the target 'http://fhir\.example/base'"):
        other.push(TRIALS[:1], file)

    assert other.wire.stored == {}


def test_a_full_disk_ends_the_run_and_the_next_one_goes_on(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite is let have two more pages: what the ledger couldn't note is read again, nothing is written again."""
    file = tmp_path / "ledger.sqlite"
    world.push([], file)
    connect = sqlite3.connect

    def small(*args: Any, **options: Any) -> sqlite3.Connection:
        db: sqlite3.Connection = connect(*args, **options)
        (pages,) = db.execute("PRAGMA page_count").fetchone()
        db.execute(f"PRAGMA max_page_count = {pages + 2}")
        return db

    monkeypatch.setattr(sqlite3, "connect", small)
    with pytest.raises(ConfigError, match="full"):
        world.push(TRIALS, file, limits=Limits(20))
    monkeypatch.undo()
    there = len(world.wire.stored)
    receipts = world.push(TRIALS, file)

    assert 0 < there < len(STORED)
    assert stored_once(world, receipts)


def test_a_state_folder_that_cannot_be_written(world: World, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="give another file with --state"):
        world.push(TRIALS, tmp_path / "file" / "ledger.sqlite")

    assert world.writes == 0


def test_a_page_that_expired(world: World) -> None:
    """410 on a later page, again and again: all studies are read in the end, none twice."""
    expired = Fault(kind="expired page", place=Place.PAGE, status=410, share=0.3, row=1)
    world.wire.change(page=3, most=3, faults=(expired,))
    world.push(TRIALS)
    with world.open() as target:
        pulled = [each.id for each in target.pull()]

    assert world.wire.twin.counts()["faults"]["expired page"]
    assert sorted(pulled) == [each["entry"][0]["resource"]["id"] for each in TRIALS]


def test_a_next_page_on_another_host(world: World, tmp_path: Path) -> None:
    """It is not followed, and what needs no pages isn't kept from its work."""
    world.wire.change(page=3, most=3, links="foreign")
    file = tmp_path / "ledger.sqlite"
    world.push(TRIALS, file)
    again = world.push(TRIALS, file)

    assert sum(each.written for each in again) == 0
    with (
        world.open() as target,
        pytest.raises(ServerError, match="set the server's public address there"),
    ):
        list(target.pull())
    assert {request.url.host for request in world.wire.requests} == {"fhir.example"}


def test_a_login_that_expires_midway(world: World, tmp_path: Path) -> None:
    """401: the run ends and says so; what was stored is noted, and the next run goes on from there."""
    hit = posts(b"transaction", after=2, times=99)
    world.spoil = lambda request: httpx.Response(401, json=outcome("token expired")) if hit(request) else None
    file = tmp_path / "ledger.sqlite"
    with pytest.raises(Unauthorized, match="token expired"):
        world.push(TRIALS, file, limits=Limits(30))
    there = len(world.wire.stored)
    world.spoil = lambda _: None
    receipts = world.push(TRIALS, file, limits=Limits(30))

    assert 0 < there < len(STORED)
    assert sum(each.unchanged for each in receipts) == there
    assert stored_once(world, receipts)


@pytest.mark.parametrize("workers", [1, 4])
@pytest.mark.parametrize("ledger", [True, False])
def test_the_same_trial_twice_in_one_input(world: World, tmp_path: Path, workers: int, ledger: bool) -> None:
    """The last one counts, and one writer at a time has it; where both are equal there is one version."""
    state = tmp_path / "ledger.sqlite" if ledger else None
    news = trial("NCT00000003", title="New")
    receipts = world.push([*TRIALS, *TRIALS[:3], news], state, workers=workers)

    assert all(each.ok for each in receipts)
    assert world.wire.stored == {**STORED, **resources(news)}
    assert world.wire.versions == len(STORED) + 1
