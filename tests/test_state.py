"""state on the command line: what is known of a target is shown, exported, imported and forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from command_line import Ran, Run, lines, records
from fhir_adapter.ledger import Ledger
from fhir_adapter.twin import Twin
from fhir_adapter.volume import FORMAT

pytest_plugins = ["command_line_fixtures"]


@pytest.fixture
def twin() -> Iterator[Twin]:
    with Twin("hapi") as opened:
        yield opened


@pytest.fixture
def synced(cli: Run, here: Path, twin: Twin) -> Twin:
    """A server with two trials; a third it refused. It is called ward in the settings."""
    (here / "fhir-adapter.toml").write_text(f'[servers.ward]\nurl = "{twin.url}"\ntoken = "c4nary"\n')
    twin.orders.refuse = lambda own: "not this" if own["id"] == "NCT00000002" else None
    cli("sync", "-", "--to", "ward", stdin=lines(records(3)))
    twin.orders.refuse = lambda _: None
    return twin


def export(cli: Run, *words: str) -> list[dict[str, object]]:
    ran = cli("state", "export", *words)
    assert ran.code == 0, ran.err
    return ran.trees


def file(here: Path) -> Path:
    (found,) = (here / ".state").rglob("*.sqlite")
    return found


def test_show_tells_people_what_is_known(cli: Run, synced: Twin) -> None:
    """Target, version, trials by state, and what failed with the server's words."""
    ran = cli("state", "show", "ward")

    assert ran.code == 0
    told = ran.out.decode()
    assert f"target     {synced.url} (FHIR R5)" in told
    assert "trials     2 held, 1 failed, 0 withdrawn" in told
    assert "failed     NCT00000002 from -:2: " in told
    assert "not this" in told
    assert "c4nary" not in told


def test_show_tells_what_a_server_calls_a_resource(cli: Run, here: Path) -> None:
    """Where the server gives the ids, its own are what people look for there."""
    with Twin("server-ids") as twin:
        cli("sync", "-", "--to", twin.url, "--mode", "conditional-update", stdin=lines(records(1)))
        shown = cli("state", "show", twin.url, "NCT00000001").out.decode()
        (told,) = cli("state", "show", twin.url, "NCT00000001", "--json").trees

        name = told["resources"]["ResearchStudy/NCT00000001"]["name"]
        assert twin.state()[name]["identifier"][0]["value"] == "NCT00000001"
        assert f"ResearchStudy/NCT00000001 is {name} version 1 digest" in shown


def test_show_tells_programs_the_same(cli: Run, synced: Twin) -> None:
    """One JSON object."""
    (told,) = cli("state", "show", synced.url, "--json").trees

    assert (told["target"], told["fhir"], told["locked"]) == (synced.url, "R5", False)
    assert (told["trials"]["held"], told["trials"]["failed"]) == (2, 1)
    assert [entry["study"] for entry in told["failed"]] == ["NCT00000002"]
    assert told["cursors"] == []
    assert told["bytes"] > 0


@pytest.mark.parametrize("words", [("ward", "NCT00000001"), ("NCT00000001",)])
def test_show_tells_of_one_trial(
    cli: Run, synced: Twin, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its resources with their digests and versions; the target may be that of the settings."""
    monkeypatch.setenv("FHIR_ADAPTER_TARGET", "ward")

    (told,) = cli("state", "show", *words, "--json").trees
    shown = cli("state", "show", *words).out.decode()

    assert set(told["resources"]) == {name for name in synced.state() if "NCT00000001" in name}
    assert told["resources"]["ResearchStudy/NCT00000001"]["version"] == "1"
    assert "ResearchStudy/NCT00000001 version 1 digest " in shown


def test_show_and_export_work_while_a_run_goes_on(cli: Run, here: Path, synced: Twin) -> None:
    """What writes needs the lock: exit code 7."""
    cli("state", "export", "ward", "-o", "ward.ndjson")
    with Ledger(file(here)):
        shown = cli("state", "show", "ward")
        exported = cli("state", "export", "ward")
        written = [cli("state", "import", "ward.ndjson"), cli("state", "forget", "ward")]

    assert b"locked     a run is writing to it now" in shown.out
    assert (shown.code, exported.code) == (0, 0)
    assert [ran.code for ran in written] == [7, 7]


def test_an_export_is_sorted_and_imported_to_an_equal_ledger(cli: Run, here: Path, synced: Twin) -> None:
    """The first line says of what; the next run after an import sends nothing."""
    first = export(cli, "ward")
    cli("state", "export", str(file(here)), "-o", "ward.ndjson")
    for each in file(here).parent.iterdir():
        each.unlink()
    ran = cli("state", "import", "ward.ndjson")
    assert ran.code == 0, ran.err
    second = export(cli, "ward")
    before = synced.counts()["writes"]
    again = cli("sync", "-", "--to", "ward", "--json", stdin=lines([records(3)[0]]))

    assert ran.code == 0
    assert b"2 trials held by " in ran.out
    assert first[0] == {"ledger": {"fhir": "R5", "format": FORMAT, "target": synced.url}}
    assert first[1:] == sorted(first[1:], key=lambda line: [str(line.get(key)) for key in ("table", "study", "name")])
    assert second == first
    assert again.trees[0]["written"]["unchanged"] == 7
    assert synced.counts()["writes"] == before


BROKEN = {
    "half a line": lambda lines: [*lines[:-1], lines[-1][:9]],
    "another table": lambda lines: [*lines, b'{"table": "recipes", "name": "soup"}'],
    "another column": lambda lines: [*lines, b'{"table": "members", "soup": "soup"}'],
    "no text": lambda lines: [*lines, b'{"table": "members", "query": [], "study": "x"}'],
    "a line twice": lambda lines: [*lines, lines[-1]],
    "a row without its key": lambda lines: [*lines, b'{"table": "members", "query": "x"}'],
    "no first line": lambda lines: lines[1:],
    "nothing": lambda _: [],
    "another format": lambda lines: [lines[0].replace(f'"format":"{FORMAT}"'.encode(), b'"format":"1"'), *lines[1:]],
}


@pytest.mark.parametrize("damage", BROKEN.values(), ids=BROKEN)
def test_a_broken_file_changes_nothing(cli: Run, here: Path, synced: Twin, damage: object) -> None:
    """Exit code 2, with the line that is wrong; the ledger is as it was."""
    assert callable(damage)
    before = export(cli, "ward")
    whole = cli("state", "export", "ward").out.splitlines()
    (here / "bad.ndjson").write_bytes(b"\n".join(damage(whole)))

    ran = cli("state", "import", "bad.ndjson")

    assert ran.code == 2
    assert "cannot import 'bad.ndjson': " in ran.err
    assert export(cli, "ward") == before


def test_the_export_of_another_target_is_refused(cli: Run, here: Path, synced: Twin) -> None:
    """A ledger is of one target."""
    cli("state", "export", "ward", "-o", "ward.ndjson")
    other = (here / "ward.ndjson").read_text().replace(synced.url, "https://other.example/fhir")
    (here / "other.ndjson").write_text(other)

    ran = cli("state", "import", "other.ndjson", "--to", "ward")

    assert ran.code == 2
    assert f"is the ledger of the target '{synced.url}', not 'https://other.example/fhir'" in ran.err


def test_what_is_forgotten_is_compared_again(cli: Run, synced: Twin) -> None:
    """The next run reads the server, and writes nothing."""
    ran = cli("state", "forget", "ward", "NCT00000001")
    every = cli("state", "forget", "ward")
    before = synced.counts()
    again = cli("sync", "-", "--to", "ward", "--json", stdin=lines([records(3)[0]]))
    after = synced.counts()

    assert b"1 trial forgotten: the next run compares with " in ran.out
    assert b"1 trial forgotten" in every.out
    assert again.trees[0]["written"]["unchanged"] == 7
    assert after["writes"] == before["writes"]
    assert after["reads"] > before["reads"]


def test_a_ledger_can_be_named_by_its_file(cli: Run, here: Path, synced: Twin) -> None:
    """As an argument, or with --state."""
    path = str(file(here))
    (named,) = cli("state", "show", path, "--json").trees
    (told,) = cli("state", "show", "--state", path, "--json").trees

    assert named == told
    assert named["target"] == synced.url


WRONG = {
    "no target": ((), "which ledger? give a server's address"),
    "no ledger yet": (("http://nowhere.example/fhir",), "the first push or sync to the target makes it"),
    "no such trial": (("ward", "NCT00000009"), "knows no trial 'NCT00000009'"),
    "a folder": (("./out",), "'./out' is no server and no ledger's file; only servers have ledgers"),
}


@pytest.mark.parametrize(("words", "said"), WRONG.values(), ids=WRONG)
def test_what_is_not_there_is_said(cli: Run, synced: Twin, words: tuple[str, ...], said: str) -> None:
    """Exit code 2, and what to do."""
    ran: Ran = cli("state", "show", *words)

    assert ran.code == 2
    assert said in ran.err


def test_show_makes_no_ledger(cli: Run, here: Path) -> None:
    """Looking leaves no trace."""
    cli("state", "show", "http://nowhere.example/fhir")
    cli("state", "forget", "http://nowhere.example/fhir")

    assert not list(here.rglob("*.sqlite*"))


def test_a_broken_ledger_is_told(cli: Run, here: Path, synced: Twin) -> None:
    """What to do stands in the message."""
    file(here).write_bytes(b"oh no" * 999)
    for each in file(here).parent.glob("*-wal"):
        each.unlink()

    ran = cli("state", "show", "ward")

    assert ran.code == 2
    assert "move this one away: the target is read instead" in ran.err
