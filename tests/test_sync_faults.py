"""What goes wrong at a server while whole runs are brought to it: nothing is lost, nothing is doubled.

What a single push does then is in test_server_faults.py; here a run is judged by what the twin holds at the end,
and by how many versions it made of it.
"""

from __future__ import annotations

from dataclasses import replace
from math import ceil, log2
from pathlib import Path
from typing import Any

import httpx
import pytest

from fhir_adapter.errors import Temporary
from fhir_adapter.server.chunks import Limits
from fhir_adapter.server.pace import Pace
from fhir_adapter.twin import Fault, Place, Profile
from trials import resources, trial
from wire import Wire, outcome
from world import STORED, STRICT, TRIALS, World, posts, stored_once


@pytest.fixture
def world() -> World:
    return World()


def of(profile: Profile) -> World:
    return World(Wire(profile=profile))


BUSY = {
    "429 with seconds": Fault(kind="429", place=Place.BEFORE, status=429, share=0.3, later="1"),
    "503 with a date": Fault(kind="503", place=Place.BEFORE, status=503, share=0.3, later="date"),
    "502 as mark-up": Fault(kind="502", place=Place.BEFORE, status=502, share=0.3, html=True),
    "500 as mark-up": Fault(kind="500", place=Place.BEFORE, status=500, share=0.3, html=True),
    "429 inside a 200": Fault(kind="429 inside", place=Place.ENTRY, status=429, share=0.2, row=1),
    "conflicts with others": Fault(kind="409", place=Place.BEFORE, status=409, share=0.2, row=1, writes=True),
    "408 before anything is done": Fault(kind="408", place=Place.BEFORE, status=408, share=0.2, writes=True),
    "504 after all is done": Fault(kind="504", place=Place.AFTER, status=504, share=0.3, html=True, writes=True),
    "an answer lost on its way": Fault(kind="lost", place=Place.AFTER, share=0.3, writes=True),
    "a connection refused midway": Fault(kind="refused", place=Place.BEFORE, share=0.3),
}


@pytest.mark.parametrize("kind", BUSY)
@pytest.mark.parametrize("transactions", [True, False], ids=["transactions", "batches"])
def test_a_busy_server_gets_all_and_nothing_twice(kind: str, transactions: bool) -> None:
    """Each fault comes again and again, never more than twice in a row."""
    world = of(replace(STRICT, transactions=transactions, faults=(BUSY[kind],)))
    receipts = world.push(TRIALS, limits=Limits(30))

    assert world.wire.twin.counts()["faults"] or (transactions and kind == "429 inside a 200")
    assert stored_once(world, receipts)


def test_only_what_was_put_off_is_sent_again(world: World, tmp_path: Path) -> None:
    """Three of a hundred entries are 429 inside a 200: three entries more go out."""
    world.wire.change(transactions=False)
    off = [name for name in STORED if name.startswith("Location/")][:3]
    world.wire.orders.put_off.update(dict.fromkeys(off, 1))
    receipts = world.push(TRIALS, tmp_path / "ledger.sqlite")
    posted = [entry["request"] for each in world.wire.bundles for entry in each["entry"]]

    assert stored_once(world, receipts)
    sent = [each["url"] for each in posted if each["method"] == "PUT" and each["url"].startswith("Location/")]
    assert sorted(each for each in set(sent) if sent.count(each) > 1) == sorted(off)


def test_a_server_that_is_gone_for_good_ends_the_run_and_the_next_one_goes_on(world: World, tmp_path: Path) -> None:
    """Refused midway: what was stored is noted, and not even read again."""
    hit = posts(b"transaction", after=2, times=99)

    def refuse(request: httpx.Request) -> httpx.Response | None:
        if hit(request):
            raise httpx.ConnectError("[Errno 111] Connection refused")
        return None

    world.spoil = refuse
    with pytest.raises(Temporary, match="cannot reach"):
        world.push(TRIALS, tmp_path / "ledger.sqlite", limits=Limits(30))
    there = len(world.wire.stored)
    world.spoil = lambda _: None
    receipts = world.push(TRIALS, tmp_path / "ledger.sqlite", limits=Limits(30))

    assert 0 < there < len(STORED)
    assert sum(each.unchanged for each in receipts) == there
    assert stored_once(world, receipts)


def test_a_slow_server_gets_less_at_a_time_and_more_again_when_it_is_quick() -> None:
    pace = Pace(Limits(160))
    pace.took(Limits(160, 1000), 40.0)
    assert pace.limits.entries == 40
    pace.slow()
    assert pace.limits.entries == 20
    for _ in range(9):
        pace.took(pace.limits, 0.1)
    assert pace.limits.entries == 160


@pytest.mark.parametrize("status", [413, 400, 422])
def test_too_many_entries(world: World, status: int) -> None:
    """A server that says so in one way or another, and takes 25."""

    def refuse(request: httpx.Request) -> httpx.Response | None:
        many = request.content.count(b'"request":') > 25
        return httpx.Response(status, json=outcome("too many entries")) if many else None

    world.spoil = refuse
    receipts = world.push(TRIALS)

    assert stored_once(world, receipts)


def test_a_body_that_is_too_large_is_halved() -> None:
    world = of(replace(STRICT, size=8_000, gzip=False))
    assert stored_once(world, world.push(TRIALS))


def test_bytes_are_told_from_entries() -> None:
    """150 entries went before: what is refused now is too large, and not too many."""
    pace = Pace(Limits(150, 4_000_000))
    pace.took(Limits(150, 50_000), 1.0)
    pace.refused(Limits(20, 1_000_000))
    assert pace.limits == Limits(150, 500_000)


@pytest.mark.parametrize("status", [413, 400])
def test_a_trial_of_1400_sites_passes_through_160_entries(status: int) -> None:
    """What is referred to goes first; in the end the study refers to all of it."""
    large = trial("NCT00000077", sites=1_400)
    world = of(replace(STRICT, entries=160))
    if status == 400:
        world.wire.change(entries=None)
        world.spoil = lambda request: (
            httpx.Response(400, json=outcome("no more than 160 entries"))
            if request.content.count(b'"request":') > 160
            else None
        )
    receipts = world.push([large, TRIALS[0]], limits=Limits(500))

    assert stored_once(world, receipts, {**resources(large), **resources(TRIALS[0])})


@pytest.mark.parametrize("size", [150, 500])
@pytest.mark.parametrize("place", [0, 0.3, 0.77, 1])
def test_a_poisoned_entry_is_found_by_halves(world: World, size: int, place: float) -> None:
    """In log2 n requests and two; the rest is stored, and each entry in one version."""
    sites = size - 6  # with the study, its protocol, eligibility and outcomes one Bundle
    large = trial("NCT00000001", outcomes=3, sites=sites)
    assert len(large["entry"]) == size
    bad = f"NCT00000001-loc-{max(1, round(place * sites))}"
    world.wire.orders.refuse = lambda each: "poisoned" if each["id"] == bad else None
    (receipt,) = world.push([large], limits=Limits(size))
    alone = next(n for n, each in enumerate(world.wire.requests) if each.method == "PUT")
    tries = sum(b'"type":"transaction"' in each.content for each in world.wire.requests[:alone])

    assert f"Location/{bad}" in str(world.wire.requests[alone].url)
    assert tries + 1 <= ceil(log2(size)) + 2
    assert receipt.issues[0].path == f"Location/{bad}"
    assert len(world.wire.stored) == world.wire.versions == size - 2  # its study can't refer to it


def test_two_poisoned_entries(world: World) -> None:
    bad = {"NCT00000003-out-p1", "NCT00000009-loc-2"}
    world.wire.orders.refuse = lambda each: "poisoned" if each["id"] in bad else None
    receipts = world.push(TRIALS)
    lost = {"EvidenceVariable/NCT00000003-out-p1", "Location/NCT00000009-loc-2"}

    assert [each.id for each in receipts if not each.ok] == ["NCT00000003", "NCT00000009"]
    assert world.wire.stored.keys() == STORED.keys() - lost - {"ResearchStudy/NCT00000003", "ResearchStudy/NCT00000009"}
    assert world.wire.versions == len(world.wire.stored)


@pytest.mark.parametrize("transactions", [True, False], ids=["transactions", "batches"])
def test_a_bundle_that_is_refused_before_it_is_read(world: World, transactions: bool) -> None:
    """A parser refuses the whole for one entry, batches too."""
    world.wire.change(transactions=transactions)
    bad = "HAPI-0450: HAPI-1861: bad"
    world.wire.orders.condemn = lambda each: bad if each["id"] == "NCT00000004-loc-1" else None
    world.wire.orders.refuse = world.wire.orders.condemn  # on its own too
    receipts = world.push(TRIALS)
    missing = STORED.keys() - world.wire.stored.keys()

    assert [each.id for each in receipts if not each.ok] == ["NCT00000004"]
    assert missing == {"Location/NCT00000004-loc-1", "ResearchStudy/NCT00000004"}
    assert "the server can't read this resource" in receipts[3].issues[0].message


def test_transactions_that_are_refused_altogether(world: World) -> None:
    """405, 501: entry by entry in batches then, what is referred to first."""
    hit = posts(b"transaction", times=99)
    world.spoil = lambda request: httpx.Response(405, json=outcome("no transactions")) if hit(request) else None
    assert stored_once(world, world.push(TRIALS))


def test_a_server_without_versions(tmp_path: Path) -> None:
    """No ETag, no meta.versionId: it is compared by content, and known from the ledger."""
    world = of(replace(STRICT, stale=None))
    send = world.wire.handle

    def bare(request: httpx.Request) -> httpx.Response:
        answer = send(request)
        body = answer.json() if answer.content else {}
        return httpx.Response(answer.status_code, json=_without_versions(body))

    world.spoil = bare
    file = tmp_path / "ledger.sqlite"
    first = world.push(TRIALS, file)
    second = world.push(TRIALS, file)
    third = world.push([trial("NCT00000001", title="New"), *TRIALS[1:]], file)
    fourth = world.push(TRIALS[1:])

    assert all(each.ok for each in [*first, *second, *third, *fourth])
    assert sum(each.written for each in [*second, *fourth]) == 0
    assert sum(each.written for each in third) == 1
    assert world.wire.versions == len(STORED) + 1


def _without_versions(tree: Any) -> Any:
    if isinstance(tree, dict):
        gone = ("versionId", "etag", "location", "lastModified", "lastUpdated")
        return {key: _without_versions(value) for key, value in tree.items() if key not in gone}
    return [_without_versions(each) for each in tree] if isinstance(tree, list) else tree
