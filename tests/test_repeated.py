"""Several records of one trial in one run: the last one counts, whatever the target held before, and it is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from command_line import Run, Tree, lines, record
from fhir_adapter.twin import Twin
from following_runs import refusing

pytest_plugins = ["command_line_fixtures", "registry_fixtures"]

OLD, NEW, OTHER = record(1, outcomes=3, sites=2), record(1, outcomes=1), record(2)


def held(cli: Run, place: str) -> list[Tree]:
    return cli("restore", "-", stdin=cli("pull", "NCT00000001", "--from", place).out).trees


@pytest.fixture(params=["folder", "server"])
def place(request: pytest.FixtureRequest, twin: Twin, tmp_path: Path) -> str:
    return twin.url if request.param == "server" else str(tmp_path / "there")


@pytest.mark.parametrize("before", [[], [OLD], [NEW], [OTHER]], ids=["nothing", "the old", "the new", "another"])
@pytest.mark.parametrize("verb", ["push", "sync"])
@pytest.mark.parametrize("workers", ["1", "4"])
def test_the_last_record_of_a_trial_counts(cli: Run, place: str, before: list[Tree], verb: str, workers: str) -> None:
    """Also where the target, or the ledger, knows the last one from an earlier run."""
    cli("push", "-", "--to", place, stdin=lines(before))

    ran = cli(verb, "-", "--to", place, "--workers", workers, "--json", stdin=lines([OLD, OTHER, NEW]))

    assert (ran.code, ran.trees[0]["repeated"]) == (0, 1)
    assert held(cli, place) == [NEW]


def test_records_in_turn_end_with_the_last(cli: Run, place: str) -> None:
    """Old and new take turns, in one run after the other."""
    for turns in ([OLD, NEW, OLD], [NEW, OLD, NEW], [OLD, NEW, NEW, OLD, OLD, NEW]):
        assert cli("sync", "-", "--to", place, stdin=lines(turns)).code == 0
        assert held(cli, place) == [turns[-1]]


def test_the_same_record_again_is_nothing_to_speak_of(cli: Run, place: str) -> None:
    ran = cli("sync", "-", "--to", place, "--json", stdin=lines([OLD, OTHER, OLD]))

    assert ran.trees[0]["repeated"] == 0
    assert ran.trees[0]["records"] == {"read": 3, "done": 3, "failed": 0}


def test_people_are_told(cli: Run, place: str) -> None:
    """In the summary, and with the trial's name."""
    said = cli("push", "-", "--to", place, stdin=lines([OLD, OTHER, NEW])).err

    assert "1 record of a trial that came before, with other content" in said
    assert "leave one out (NCT00000001)" in said


def test_one_that_was_refused_is_sent_again(cli: Run, twin: Twin) -> None:
    """That the record before it was stored makes it no known one."""
    twin.orders.refuse = lambda own: "not this one" if len(own.get("outcomeMeasure", ())) == 1 else None
    first = cli("sync", "-", "--to", twin.url, "--json", stdin=lines([OLD, NEW]))
    twin.orders.refuse = refusing()
    second = cli("sync", "-", "--to", twin.url, stdin=lines([NEW]))

    assert (first.code, second.code) == (1, 0)
    assert held(cli, twin.url) == [NEW]
