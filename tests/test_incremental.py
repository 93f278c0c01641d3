"""A registry query is followed from run to run: only what changed is asked for, and what is gone is told."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from command_line import Ran, Run, lines, record, records
from fhir_adapter.twin import Twin
from loopback import serving
from registry_stub import ROOT, RegistryStub, Tree

pytest_plugins = ["command_line_fixtures"]

QUERY = "ctgov:?query.cond=imaginary+cough"
OLD = "2020-01-01"


def day(ago: int = 0) -> str:
    """A day, so many before today."""
    return (datetime.now(UTC).date() - timedelta(days=ago)).isoformat()


@pytest.fixture
def stub() -> RegistryStub:
    """Five trials that were posted long ago."""
    made = RegistryStub()
    made.post(range(1, 6), OLD)
    return made


@pytest.fixture
def registry(stub: RegistryStub, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of the registry, which the settings know."""
    with serving(stub) as url:
        monkeypatch.setenv("FHIR_ADAPTER_REGISTRIES__CTGOV", url + ROOT)
        yield url


@pytest.fixture
def twin() -> Iterator[Twin]:
    with Twin("hapi", fhir="R5") as opened:
        yield opened


class Sync:
    """Syncs the query with the twin, as cron would."""

    def __init__(self, cli: Run, stub: RegistryStub, twin: Twin) -> None:
        self._cli, self._stub, self._twin = cli, stub, twin

    def __call__(self, *words: str, query: str = QUERY, json: bool = True) -> Ran:
        self._stub.forget()
        return self._cli("sync", query, "--to", self._twin.url, *(["--json"] if json else []), *words)


@pytest.fixture
def sync(cli: Run, stub: RegistryStub, twin: Twin, registry: str) -> Sync:
    return Sync(cli, stub, twin)


def studies(twin: Twin) -> dict[str, str]:
    """The studies on the server, each with its status."""
    held = {name.partition("/")[2]: own for name, own in twin.state().items() if name.startswith("ResearchStudy/")}
    return {name: own["status"] for name, own in held.items()}


def refusing(*ids: str) -> Callable[[Tree], str | None]:
    """Let a server refuse studies."""
    return lambda own: "not this one" if own["resourceType"] == "ResearchStudy" and own["id"] in ids else None


def advanced(stub: RegistryStub) -> list[str | None]:
    return [asked.get("filter.advanced") for asked in stub.listings]


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


# --- what failed ---------------------------------------------------------------------------------------------


def test_what_failed_is_asked_for_again_by_number_and_holds_nothing_back(
    sync: Sync, stub: RegistryStub, twin: Twin
) -> None:
    """A trial that the server refused comes again until it is stored; the day moves on meanwhile."""
    twin.orders.refuse = refusing("NCT00000003")
    first = sync("--since", "auto")
    second = sync("--since", "auto")
    asked = stub.numbers
    twin.orders.refuse = refusing()
    third = sync("--since", "auto")
    fourth = sync("--since", "auto")

    assert (first.code, first.trees[0]["failures"]) == (1, ["NCT00000003"])
    assert (second.code, second.trees[0]["records"]["read"], asked) == (1, 1, ["NCT00000003"])
    assert (third.code, third.trees[0]["records"]["done"]) == (0, 1)
    assert fourth.trees[0]["records"]["read"] == 0
    assert len(studies(twin)) == 5


def test_only_what_failed_is_tried_again(sync: Sync, stub: RegistryStub, twin: Twin) -> None:
    """`--retry-failed` asks the registry for nothing else."""
    twin.orders.refuse = refusing("NCT00000003")
    sync()
    twin.orders.refuse = refusing()
    ran = sync("--retry-failed")

    assert ran.trees[0]["records"] == {"read": 1, "done": 1, "failed": 0}
    assert (stub.numbers, stub.listings) == (["NCT00000003"], [])


def test_only_what_failed_in_a_push_is_tried_again(cli: Run, stub: RegistryStub, twin: Twin, registry: str) -> None:
    """push follows no query, and yet knows what failed of it."""
    twin.orders.refuse = refusing("NCT00000003")
    cli("push", QUERY, "--to", twin.url)
    twin.orders.refuse = refusing()
    stub.forget()
    ran = cli("push", QUERY, "--to", twin.url, "--json", "--retry-failed")

    assert ran.trees[0]["records"] == {"read": 1, "done": 1, "failed": 0}
    assert (stub.numbers, stub.listings) == (["NCT00000003"], [])


@pytest.mark.parametrize("verb", ["push", "sync"])
def test_only_what_failed_of_a_file_is_tried_again(cli: Run, here: Path, twin: Twin, verb: str) -> None:
    """Of a file the records are picked that the ledger knows to have failed."""
    (here / "trials.ndjson").write_bytes(lines(records(4)))
    twin.orders.refuse = refusing("NCT00000002")
    first = cli(verb, "trials.ndjson", "--to", twin.url, "--json")
    twin.orders.refuse = refusing()
    second = cli(verb, "trials.ndjson", "--to", twin.url, "--json", "--retry-failed")
    third = cli(verb, "trials.ndjson", "--to", twin.url, "--json", "--retry-failed")

    assert first.trees[0]["failures"] == ["NCT00000002"]
    assert second.trees[0]["records"] == {"read": 1, "done": 1, "failed": 0}
    assert third.trees[0]["records"]["read"] == 0


def test_only_what_failed_of_fhir_is_tried_again(cli: Run, here: Path, twin: Twin) -> None:
    """The same for trials that are FHIR already."""
    cli("convert", "-", "-o", "out", stdin=lines(records(3)))
    twin.orders.refuse = refusing("NCT00000002")
    cli("push", "out", "--to", twin.url)
    twin.orders.refuse = refusing()

    ran = cli("push", "out", "--to", twin.url, "--json", "--retry-failed")

    assert ran.trees[0]["records"] == {"read": 1, "done": 1, "failed": 0}


def test_failures_are_kept_with_the_command_that_tries_them_again(sync: Sync, cli: Run, here: Path, twin: Twin) -> None:
    """failures.ndjson names each record, its place, its errors, and a command that works."""
    twin.orders.refuse = refusing("NCT00000003")
    sync("--since", "auto", "--report", "log", json=False)
    (failure,) = [json.loads(line) for line in (here / "log" / "failures.ndjson").read_bytes().splitlines()]
    twin.orders.refuse = refusing()
    words = shlex.split(failure["retry"])
    again = cli(*words[1:], "--json")

    assert failure["id"] == "NCT00000003"
    assert failure["place"].startswith(QUERY)
    assert failure["errors"][0]["severity"] == "error"
    assert words == ["fhir-adapter", "sync", "ctgov:NCT00000003", "--to", twin.url, "--report", "log"]
    assert again.trees[0]["records"] == {"read": 1, "done": 1, "failed": 0}


def test_a_failure_in_a_file_is_tried_again_by_its_id(cli: Run, here: Path, twin: Twin) -> None:
    """What can't even be read is tried again with the whole file."""
    (here / "my trials.ndjson").write_bytes(lines([record(1), {**record(2), "protocolSection": {"x": 1}}]) + b"{oh\n")
    twin.orders.refuse = refusing("NCT00000001")
    address = twin.url.replace("://", "://me:s3cret@")
    cli("push", "my trials.ndjson", "--to", address, "--report", "log", "--workers", "1")
    text = (here / "log" / "failures.ndjson").read_text()
    found = {each["place"]: each["retry"] for each in map(json.loads, text.splitlines())}

    own = f"fhir-adapter push 'my trials.ndjson' --to {twin.url} --workers 1 --report log"
    assert found["my trials.ndjson:1"] == f"{own} --retry-failed"
    assert found["my trials.ndjson:3"] == own
    assert "s3cret" not in text


# --- what is gone --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("since", ["all", "auto"])
@pytest.mark.parametrize(("how", "left"), [("retire", "retired"), ("delete", None), ("leave", "active")])
def test_a_trial_that_is_gone_is_withdrawn(
    sync: Sync, stub: RegistryStub, twin: Twin, since: str, how: str, left: str | None
) -> None:
    """Retired, deleted with all that was made for it, or only named."""
    sync("--since", since)
    stub.withdraw(2)
    ran = sync("--since", since, "--withdrawn", how)
    again = sync("--since", since, "--withdrawn", how)

    assert ran.code == again.code == 0
    assert studies(twin).get("NCT00000002") == left
    assert ran.trees[0]["withdrawn"] == (how != "leave") if "withdrawn" in ran.trees[0] else how == "leave"
    assert any("NCT00000002" in name for name in twin.state()) == (how != "delete")
    assert len(studies(twin)) == (4 if how == "delete" else 5)
    told = [kind for kind in again.trees[0]["issues"] if kind["first"]["record"] == "NCT00000002"]
    assert bool(told) == (how == "leave")


def test_the_summary_counts_what_was_withdrawn(sync: Sync, stub: RegistryStub) -> None:
    """People are told too."""
    sync()
    stub.withdraw(4)

    assert "1 trial withdrawn: gone from the registry" in sync("--withdrawn", "retire", json=False).err


def test_a_trial_that_comes_back_is_updated_again(sync: Sync, stub: RegistryStub, twin: Twin) -> None:
    """Retired in one run, active in the next, also where its day is an old one."""
    sync()
    gone = stub.studies["NCT00000002"]
    stub.withdraw(2)
    sync("--since", "auto", "--withdrawn", "retire")
    stub.studies["NCT00000002"] = gone
    sync("--since", "auto", "--withdrawn", "retire")

    assert set(studies(twin).values()) == {"active"}


def test_a_trial_that_only_no_longer_matches_stays_and_is_brought_up_to_date(
    sync: Sync, stub: RegistryStub, twin: Twin
) -> None:
    """The registry still has it: it is sent a last time, and then no longer followed."""
    sync()
    stub.post([2], day(), sites=3)
    stub.hidden.add("NCT00000002")
    ran = sync("--since", "auto", "--withdrawn", "delete")
    sync("--since", "auto", "--withdrawn", "delete")

    assert len(studies(twin)) == 5
    assert ran.trees[0]["written"]["created"] == 2
    assert stub.numbers == []


@pytest.mark.parametrize("trouble", ["unlisted", "refused"])
def test_a_list_that_is_empty_or_fails_withdraws_nothing(
    sync: Sync, stub: RegistryStub, twin: Twin, trouble: str
) -> None:
    """A warning says so; all trials stay as they are."""
    sync()
    setattr(stub, trouble, True)
    ran = sync("--since", "auto", "--withdrawn", "delete")

    assert ran.code == 0
    assert [kind["severity"] for kind in ran.trees[0]["issues"]] == ["warning"]
    assert len(studies(twin)) == 5


def test_a_registry_that_knows_no_number_withdraws_nothing(sync: Sync, stub: RegistryStub, twin: Twin) -> None:
    """Where a trial that it lists isn't found by number either, a 404 says nothing."""
    sync()
    stub.withdraw(2)
    stub.by_number = False
    ran = sync("--since", "auto", "--withdrawn", "delete")

    assert len(studies(twin)) == 5
    assert ran.code == 1
    assert any("no trial is taken for gone" in kind["first"]["message"] for kind in ran.trees[0]["issues"])


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
