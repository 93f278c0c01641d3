"""A registry query is followed from run to run: only what changed is asked for."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from command_line import Run, lines, records
from fhir_adapter.twin import Twin
from following_runs import QUERY, Sync, advanced, day
from registry_stub import RegistryStub

pytest_plugins = ["command_line_fixtures", "registry_fixtures"]


# --- what changed --------------------------------------------------------------------------------------------


def test_the_first_run_asks_for_everything_and_the_next_for_what_changed(sync: Sync, stub: RegistryStub) -> None:
    """`--since auto` goes on where the last run was, with some days of overlap."""
    first = sync("--since", "auto")
    asked = advanced(stub)
    stub.post([2], day(), sites=2)
    second = sync("--since", "auto")

    assert asked == [None]
    assert first.trees[0]["records"] == {"read": 5, "done": 5, "failed": 0}
    assert advanced(stub)[0] == f"AREA[LastUpdatePostDate]RANGE[{day(3)},MAX]"
    assert second.trees[0]["records"] == {"read": 1, "done": 1, "failed": 0}
    assert second.trees[0]["written"]["created"] == 1


def test_nothing_changed_costs_one_page_and_one_list(sync: Sync, stub: RegistryStub, twin: Twin) -> None:
    """A quiet day is cheap for the registry, and for the server."""
    sync("--since", "auto")
    before = twin.counts()["writes"]

    ran = sync("--since", "auto")

    assert ran.trees[0]["records"]["read"] == 0
    assert [asked.get("fields") for asked in stub.listings] == [None, "NCTId"]
    assert stub.numbers == []
    assert twin.counts()["writes"] == before


def test_the_overlap_is_as_long_as_it_is_told(sync: Sync, stub: RegistryStub) -> None:
    """`--overlap 10` looks ten days back behind the last run."""
    sync("--since", "auto")
    sync("--since", "auto", "--overlap", "10")

    assert advanced(stub)[0] == f"AREA[LastUpdatePostDate]RANGE[{day(10)},MAX]"


def test_the_user_s_own_filter_stays(sync: Sync, stub: RegistryStub) -> None:
    """What the query asks for already is joined with the day, and is one query however it is written."""
    own = "ctgov:?query.cond=cough&filter.advanced=AREA[Phase]PHASE2"
    sync("--since", "auto", query=own)
    sync("--since", "auto", query="ctgov:?filter.advanced=AREA%5BPhase%5DPHASE2&query.cond=cough&pageSize=2")

    assert advanced(stub)[0] == f"(AREA[Phase]PHASE2) AND AREA[LastUpdatePostDate]RANGE[{day(3)},MAX]"


def test_numbers_are_followed_in_one_request(sync: Sync, stub: RegistryStub) -> None:
    """A list of numbers is asked for one by one at first, and as one listing of what changed later."""
    own = "ctgov:NCT00000001,nct00000003"
    sync("--since", "auto", query=own)
    stub.post([3], day(), sites=3)
    ran = sync("--since", "auto", query=own)

    assert ran.trees[0]["records"]["read"] == 1
    assert stub.listings[0]["filter.ids"] == "NCT00000001,NCT00000003"
    assert stub.numbers == []


def test_a_day_can_be_told(sync: Sync, stub: RegistryStub) -> None:
    """`--since DATE` asks from that day; where that leaves a gap, a later `auto` still asks for everything."""
    stub.post([5], "2024-05-01", sites=2)
    ran = sync("--since", "2024-01-01")
    asked = advanced(stub)[0]
    sync("--since", "auto")

    assert asked == "AREA[LastUpdatePostDate]RANGE[2024-01-01,MAX]"
    assert ran.trees[0]["records"]["read"] == 1
    assert advanced(stub)[0] is None


def test_a_whole_run_is_where_the_next_goes_on_from(sync: Sync, stub: RegistryStub) -> None:
    """Without --since everything is asked for, as ever, and `auto` knows of it."""
    sync()
    sync("--since", "auto")

    assert advanced(stub)[0] == f"AREA[LastUpdatePostDate]RANGE[{day(3)},MAX]"


def test_a_run_that_was_cut_short_is_not_gone_on_from(sync: Sync, stub: RegistryStub) -> None:
    """A run whose time was over, or whose registry broke, doesn't count."""
    halted = sync("--since", "auto", "--max-runtime", "0")
    sync("--since", "auto")

    assert halted.code == 130
    assert advanced(stub)[0] is None


def test_a_registry_that_breaks_in_the_middle_is_asked_again_from_the_start(
    sync: Sync, stub: RegistryStub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What came before the break is stored, and the next run begins anew."""
    page = RegistryStub._page

    def broken(self: RegistryStub, asked: httpx.QueryParams) -> httpx.Response:
        return httpx.Response(400) if "pageToken" in asked else page(self, asked)

    with monkeypatch.context() as patch:
        patch.setattr(RegistryStub, "_page", broken)
        ran = sync("--since", "auto", query=f"{QUERY}&pageSize=2")
    again = sync("--since", "auto")

    assert ran.code == 3
    assert advanced(stub)[0] is None
    assert again.trees[0]["written"]["unchanged"] > 0


# --- looking first -------------------------------------------------------------------------------------------


def test_a_dry_run_follows_too_and_notes_nothing(sync: Sync, stub: RegistryStub, twin: Twin) -> None:
    """It shows what changed and what would be withdrawn; the next run finds it all again."""
    sync("--since", "auto")
    stub.post([1], day(), sites=2)
    stub.withdraw(2)
    before = twin.state()
    dry = sync("--since", "auto", "--withdrawn", "delete", "--dry-run", json=False)
    same = twin.state()
    real = sync("--since", "auto", "--withdrawn", "delete")

    assert same == before
    assert b"NCT00000001: update" in dry.out
    assert b"NCT00000002: withdraw" in dry.out
    assert b"NCT00000003" not in dry.out
    assert (real.trees[0]["records"]["read"], real.trees[0]["withdrawn"]) == (1, 1)


WRONG: dict[str, tuple[tuple[str, ...], str]] = {
    "no ledger": (("--state", "none", "--since", "auto"), "--since auto needs a ledger"),
    "no ledger to withdraw": (("--state", "none", "--withdrawn", "delete"), "--withdrawn delete needs a ledger"),
    "no ledger to retry": (("--state", "none", "--retry-failed"), "--retry-failed needs a ledger"),
    "no day": (("--since", "yesterday"), "no day: 'yesterday'; write --since 2026-01-31, auto or all"),
    "no way": (("--withdrawn", "burn"), "the setting 'withdrawn' is wrong"),
}


@pytest.mark.parametrize(("words", "said"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_done_is_said(sync: Sync, twin: Twin, words: tuple[str, ...], said: str) -> None:
    """Exit code 2, and what to do; nothing is written."""
    ran = sync(*words)

    assert ran.code == 2
    assert said in ran.err
    assert twin.state() == {}


def test_a_file_and_a_folder_cannot_be_followed(cli: Run, here: Path, registry: str, twin: Twin) -> None:
    """A file is read whole, and a folder keeps no ledger."""
    (here / "trials.ndjson").write_bytes(lines(records(1)))

    file = cli("sync", "trials.ndjson", "--to", twin.url, "--since", "auto")
    folder = cli("sync", QUERY, "--to", "./out", "--since", "auto")
    rest = cli("sync", f"{QUERY}&pageToken=2", "--to", twin.url, "--since", "auto")

    assert [file.code, folder.code, rest.code] == [2, 2, 2]
    assert "--since auto is for registry queries, and 'trials.ndjson' is none" in file.err
    assert "--since auto needs a ledger" in folder.err
    assert "is the rest of a listing and can't be followed" in rest.err


def test_a_page_is_gone_on_from_without_being_followed(sync: Sync, stub: RegistryStub) -> None:
    """The rest of a listing is no whole run: the next still asks for everything."""
    sync(query=f"{QUERY}&pageToken=2")
    sync("--since", "auto")

    assert advanced(stub)[0] is None
