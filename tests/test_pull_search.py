"""Trials are pulled by a search, which is checked first, from Python and on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from command_line import Run, lines, record, records
from fhir_adapter.convert import convert, restore
from fhir_adapter.errors import ConfigError, Refused
from fhir_adapter.server.query import read_query
from fhir_adapter.target import open_target
from fhir_adapter.twin import PROFILES, Twin
from paging import expiring, fill, opened
from wire import Wire

pytest_plugins = ["command_line_fixtures"]

Tree = dict[str, Any]


def studies(fake: Wire, number: int) -> list[Tree]:
    """Store invented records as FHIR, each later than the one before."""
    made = [convert(record(n), "R5") for n in range(1, number + 1)]
    with opened(fake) as server:
        for each in made:
            assert server.push(each.bundle()).ok
    fake.requests.clear()
    return [each.resources[0] for each in made]


def test_a_search_gives_what_it_finds() -> None:
    fake = Wire(profile=PROFILES["hapi"])
    made = studies(fake, 4)
    own = made[2]["identifier"][0]
    with opened(fake) as server:
        by_identifier = server.pull(search=f"identifier={own['system']}|{own['value']}")
        assert [restore(each.bundle).record for each in by_identifier] == [record(3)]
        assert [each.id for each in server.pull(search="_id=NCT00000001,NCT00000004")] == ["NCT00000001", "NCT00000004"]
        assert [each.id for each in server.pull(search="status=active&_lastUpdated=ge2999-01-01")] == []
        assert len(list(server.pull(search="?status=active&_lastUpdated=ge2020-01-01T00:00:00+02:00"))) == 4

    assert all(each.headers["Prefer"] == "handling=strict" for each in fake.requests if "identifier" in each.url.params)


def test_a_search_that_expired_keeps_the_users_own_time() -> None:
    fake = Wire(profile=expiring(times=1))
    ids = fill(fake, 40)
    with opened(fake) as server:
        assert sorted(each.id for each in server.pull(search="_lastUpdated=ge2020-01-01&status=active")) == ids

    again = next(each for each in fake.requests if len(each.url.params.get_list("_lastUpdated")) == 2)
    assert again.url.params.get_list("_lastUpdated")[0] == "ge2020-01-01"


def test_the_users_order_and_size_are_left_alone() -> None:
    fake = Wire(profile=PROFILES["hapi"])
    ids = fill(fake, 8)
    with opened(fake) as server:
        assert [each.id for each in server.pull(search="_sort=-_id&_count=3")] == ids[::-1]


def test_what_a_server_does_not_search_by_is_its_refusal() -> None:
    fake = Wire(profile=PROFILES["hapi"])
    fill(fake, 1)
    with opened(fake) as server, pytest.raises(Refused, match=r"HAPI-0524.*bogus"):
        list(server.pull(search="bogus=1"))


def test_a_search_that_a_server_understands_in_part_is_told(caplog: pytest.LogCaptureFixture) -> None:
    fake = Wire(profile=PROFILES["hapi"])
    fill(fake, 2)

    def handle(request: httpx.Request) -> httpx.Response:
        bare = request.url.copy_remove_param("phase")
        return fake.handle(httpx.Request(request.method, bare, headers=request.headers, content=request.content))

    with opened(fake, handle) as server:
        list(server.pull(search="phase=phase-3&status=active"))
    assert "ignores phase in a search" in caplog.text


@pytest.mark.parametrize(
    ("search", "words"),
    [
        ("", "searches for nothing"),
        ("status", "no name=value"),
        ("=active", "no name=value"),
        ("_summary=true", "no whole trials"),
        ("status=active&_elements=id", "no whole trials"),
        ("_count=0", "no whole trials"),
    ],
)
def test_what_is_no_search_is_refused_before_it_is_sent(search: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        read_query(search)


def test_ids_and_a_search_are_not_mixed(tmp_path: Path) -> None:
    with opened(Wire()) as server, pytest.raises(ConfigError, match="by id or by a search"):
        server.pull(["NCT00000001"], search="status=active")
    with open_target(tmp_path / "there") as folder, pytest.raises(ConfigError, match="folder can't be searched"):
        folder.pull(search="status=active")


# On the command line


def test_the_command_line_searches(cli: Run, here: Path) -> None:
    """`--search` and `--since` give the same trials as a search; restored they are the records."""
    (here / "trials.ndjson").write_bytes(lines(records(5)))
    with Twin("relative-links") as twin:
        assert cli("push", "trials.ndjson", "--to", twin.url).code == 0
        some = cli("pull", "--from", twin.url, "--search", "_id=NCT00000002,NCT00000005")
        since = cli("pull", "--from", twin.url, "--search", "status=active", "--since", "2020-01-01")
        later = cli("pull", "--from", twin.url, "--since", "2999-12-31T23:59:59+01:00")

    assert cli("restore", "-", stdin=some.out).trees == [record(2), record(5)]
    assert len(since.trees) == 5
    assert (later.code, later.out) == (0, b"")
    assert "0 trials read" in later.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--since", "yesterday"], "no date 'yesterday'"),
        (["--since", "2026-13-01"], "no date"),
        (["NCT00000001", "--since", "2026-01-01"], "by id or by a search"),
        (["--search", "_summary=count"], "no whole trials"),
    ],
)
def test_a_wrong_search_is_one_line(cli: Run, here: Path, words: list[str], said: str) -> None:
    with Twin("hapi") as twin:
        ran = cli("pull", "--from", twin.url, *words)

    assert (ran.code, ran.out) == (2, b"")
    assert said in ran.last


def test_a_folder_is_not_searched(cli: Run, here: Path) -> None:
    (here / "trials.ndjson").write_bytes(lines(records(1)))
    cli("push", "trials.ndjson", "--to", "./there")
    ran = cli("pull", "--from", "./there", "--since", "2026-01-01")

    assert ran.code == 2
    assert "is no server, and a folder can't be searched: name trials by id" in ran.last
