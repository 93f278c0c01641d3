"""push, pull, sync and validate on the command line, against a folder and a server on the loopback."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from command_line import Run, lines, record, records
from loopback import serving
from wire import Wire

pytest_plugins = ["command_line_fixtures"]


@pytest.fixture
def fake() -> Wire:
    return Wire("R4")


@pytest.fixture
def url(fake: Wire) -> Iterator[str]:
    """The address of the twin, which speaks R4 unless a test says otherwise."""
    with serving(fake.handle) as origin:
        fake.url = f"{origin}/base"
        yield fake.url


def test_sync_brings_a_server_up_to_date(cli: Run, url: str, fake: Wire) -> None:
    """The first run creates, the second writes nothing, a third writes what changed and deletes what is gone."""
    first = cli("sync", "-", "--to", url, "--json", stdin=lines(records(2)))
    again = cli("sync", "-", "--to", url, "--json", stdin=lines(records(2)))
    made = fake.versions
    shrunk = cli("sync", "-", "--to", url, "--json", stdin=lines([record(1, outcomes=1, sites=0)]))

    (report,) = first.trees
    assert report["fhir"] == "R4"
    assert report["written"]["created"] == sum(report["resources"].values()) == made
    assert again.trees[0]["written"] == {"created": 0, "updated": 0, "unchanged": made, "deleted": 0, "failed": 0}
    assert shrunk.trees[0]["written"]["deleted"] == 2
    assert {first.code, again.code, shrunk.code} == {0}


@pytest.mark.parametrize("fhir", ["R5", "R4B", "R4"])
def test_what_was_pushed_is_pulled_and_restored(cli: Run, url: str, fake: Wire, fhir: str) -> None:
    """`pull | restore -` gives back what `push` was given, in the version that the server speaks."""
    fake.change(fhir)
    assert cli("push", "-", "--to", url, stdin=lines(records(3))).code == 0

    pulled = cli("pull", "--from", url)

    assert pulled.code == 0
    assert cli("restore", "-", stdin=pulled.out).trees == records(3)


def test_pull_takes_ids_from_the_command_and_from_stdin(cli: Run, url: str) -> None:
    """`pull ID` gives this trial; `pull -` reads ids, one a line."""
    cli("push", "-", "--to", url, stdin=lines(records(3)))

    named = cli("pull", "NCT00000002", "--from", url)
    listed = cli("pull", "-", "--from", url, stdin=b"NCT00000003\n\nNCT00000001\n")

    assert cli("restore", "-", stdin=named.out).trees == [record(2)]
    assert cli("restore", "-", stdin=listed.out).trees == [record(3), record(1)]


def test_a_trial_that_is_not_there_is_said(cli: Run, url: str) -> None:
    """Pulling an unknown id gives an error that names it, and exit code 1."""
    ran = cli("pull", "NCT00000009", "--from", url)

    assert ran.code == 1
    assert ran.out == b""
    assert "no ResearchStudy 'NCT00000009' on this server" in ran.err


@pytest.mark.parametrize("packed", [False, True])
def test_push_takes_fhir_too(cli: Run, here: Path, url: str, fake: Wire, packed: bool) -> None:
    """A converted folder, or Bundles in a pipe, are pushed as they are."""
    bundles = cli("convert", "-", "-o", "-", "--fhir", "r4", stdin=lines(records(2))).out
    cli("convert", "-", "-o", "out", "--fhir", "r4", stdin=lines(records(2)))

    ran = cli("push", "-", "--to", url, stdin=bundles) if packed else cli("push", "out", "--to", url)

    assert ran.code == 0
    assert {"ResearchStudy/NCT00000001", "ResearchStudy/NCT00000002"} <= set(fake.stored)


def test_fhir_of_another_version_is_not_pushed(cli: Run, url: str, fake: Wire) -> None:
    """R5 Bundles don't get onto an R4 server: they are listed as failed."""
    bundles = cli("convert", "-", "-o", "-", "--fhir", "r5", stdin=lines(records(2))).out

    ran = cli("push", "-", "--to", url, "--json", stdin=bundles)

    assert ran.code == 1
    assert ran.trees[0]["failures"] == ["NCT00000001", "NCT00000002"]
    assert fake.stored == {}


def test_what_the_server_refuses_is_said_in_its_words(cli: Run, url: str, fake: Wire) -> None:
    """A refused resource costs itself: the others are stored, the record is listed, exit code 1."""
    fake.orders.refuse = lambda resource: "no hospitals here" if resource["resourceType"] == "Location" else None

    ran = cli("sync", "-", "--to", url, "--report", "log", stdin=lines(records(1)))

    assert ran.code == 1
    assert "no hospitals here" in ran.err
    assert json.loads(Path("log/report.json").read_text())["failures"] == ["NCT00000001"]
    assert "ResearchStudy/NCT00000001" in fake.stored or "PlanDefinition/NCT00000001-protocol" in fake.stored


def test_a_folder_is_a_target(cli: Run) -> None:
    """sync and pull work the same on a folder; --fhir says what a new one holds."""
    assert cli("sync", "-", "--to", "store", "--fhir", "r4b", stdin=lines(records(2))).code == 0
    ran = cli("sync", "-", "--to", "store", "--json", stdin=lines(records(2)))

    assert ran.trees[0]["fhir"] == "R4B"
    assert ran.trees[0]["written"]["created"] == 0
    assert cli("restore", "-", stdin=cli("pull", "--from", "store").out).trees == records(2)


def test_servers_have_names(cli: Run, here: Path, url: str, fake: Wire) -> None:
    """A name of the settings stands for an address and a login, which is shown nowhere."""
    (here / "fhir-adapter.toml").write_text(f'[servers.ward]\nurl = "{url}"\ntoken = "hush-hush"\n')

    ran = cli("sync", "-", "--to", "ward", stdin=lines(records(1)))

    assert ran.code == 0
    assert fake.requests[-1].headers["Authorization"] == "Bearer hush-hush"
    assert "hush" not in ran.err + ran.out.decode()


def test_a_slip_in_a_name_makes_no_folder(cli: Run, here: Path) -> None:
    """Where servers have names, a bare unknown word is not taken for a new folder."""
    (here / "fhir-adapter.toml").write_text('[servers.ward]\nurl = "http://localhost:1/fhir"\n')

    ran = cli("sync", "-", "--to", "wrad", stdin=lines(records(1)))

    assert ran.code == 2
    assert ran.last == ("fhir-adapter: no server 'wrad' in the settings (there: ward); for a new folder write ./wrad")


def test_a_login_in_the_address_is_never_shown(cli: Run, url: str, fake: Wire) -> None:
    """Neither the words nor the summary hold the password."""
    with_login = url.replace("http://", "http://loader:hush-hush@")

    ran = cli("sync", "-", "--to", with_login, "--json", stdin=lines(records(1)))
    away = cli("sync", "-", "--to", "http://loader:hush-hush@127.0.0.1:1/fhir", stdin=lines(records(1)))

    assert ran.code == 0
    assert fake.requests[-1].headers["Authorization"].startswith("Basic ")
    assert "hush" not in ran.err + ran.out.decode() + away.err


def test_validate_says_what_is_wrong_on_stdout(cli: Run, here: Path) -> None:
    """Each issue is a line of JSON that names its resource; exit code 1 where one is an error."""
    cli("convert", "-", "-o", "out", stdin=lines(records(2)))
    assert cli("validate", "out").code == 0
    (here / "bad.json").write_text('{"resourceType": "Location", "id": "x", "mode": "here"}')

    ran = cli("validate", "out", "bad.json")

    assert ran.code == 1
    assert [(issue["record"], issue["path"]) for issue in ran.trees] == [("Location/x", "Location.mode")]
    assert "with errors" in ran.err


def test_validate_takes_bundles(cli: Run) -> None:
    """What convert writes to a pipe is valid."""
    for fhir in ("r5", "r4b", "r4"):
        bundles = cli("convert", "-", "--fhir", fhir, stdin=lines(records(2))).out
        ran = cli("validate", "-", "--fhir", fhir, stdin=bundles)
        assert (ran.code, ran.out) == (0, b"")


def test_a_query_asks_the_registry(cli: Run, url: str, fake: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """`sync ctgov:?…` pages through the registry's API, which the settings may move, and fills the server."""
    pages = {None: {"studies": records(2), "nextPageToken": "more"}, "more": {"studies": [record(3)]}}

    def answer(request: httpx.Request) -> httpx.Response:
        assert request.url.params["query.cond"] == "cough"
        return httpx.Response(200, json=pages[request.url.params.get("pageToken")])

    with serving(answer) as api:
        monkeypatch.setenv("FHIR_ADAPTER_REGISTRIES__CTGOV", f"{api}/api/v2")
        ran = cli("sync", "ctgov:?query.cond=cough", "--to", url, "--json")

    assert (ran.code, ran.trees[0]["records"]) == (0, {"read": 3, "done": 3, "failed": 0})
    assert "ResearchStudy/NCT00000003" in fake.stored


def test_a_registry_that_does_not_know_a_number_goes_on(cli: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A number that is not there costs itself; one that is down ends the run with exit code 3."""

    def answer(request: httpx.Request) -> httpx.Response:
        number = request.url.path.rpartition("/")[2]
        return httpx.Response(200, json=record(1)) if number == "NCT00000001" else httpx.Response(404)

    with serving(answer) as api:
        monkeypatch.setenv("FHIR_ADAPTER_REGISTRIES__CTGOV", api)
        ran = cli("convert", "ctgov:NCT00000009,NCT00000001")

    assert (ran.code, len(ran.trees)) == (1, 1)
    assert "error: ctgov:NCT00000009: the registry has no such study" in ran.err


def test_a_folder_of_another_version_is_refused_at_once(cli: Run, url: str, fake: Wire) -> None:
    """An R5 folder for an R4 server: one line that says what to do, exit code 2."""
    cli("convert", "-", "-o", "out", stdin=lines(records(2)))

    ran = cli("push", "out", "--to", url)

    assert (ran.code, fake.stored) == (2, {})
    assert ran.last.startswith("fhir-adapter: 'out' holds FHIR R5, and the target takes R4; convert the records")


def test_a_new_folder_takes_the_version_of_what_is_pushed(cli: Run) -> None:
    """Copying an R4 folder makes an R4 folder."""
    cli("convert", "-", "-o", "out", "--fhir", "r4", stdin=lines(records(2)))

    assert cli("push", "out", "--to", "copy", "--json").trees[0]["fhir"] == "R4"
    assert cli("restore", "copy").trees == records(2)


def test_many_errors_don_t_flood_the_screen(cli: Run, url: str, here: Path) -> None:
    """Three lines a record and twenty in all; --report has them all."""
    bad = [{"resourceType": "Bundle", "type": "transaction", "entry": [{"resource": _bad(n)}]} for n in range(40)]

    ran = cli("push", "-", "--to", url, "--report", "log", stdin=lines(bad))

    assert ran.code == 1
    assert len([words for words in ran.err.splitlines() if words.startswith("error: ")]) == 20
    assert "not every error is shown: see log/issues.ndjson" in ran.err
    assert len((here / "log" / "issues.ndjson").read_bytes().splitlines()) > 150


def _bad(number: int) -> dict[str, object]:
    return {"resourceType": "ResearchStudy", "id": f"x-{number}", "status": 7, "a": 1, "b": 2, "c": 3, "d": 4}
