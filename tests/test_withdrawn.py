"""What is gone from its registry is told, retired or deleted, and nothing else."""

from __future__ import annotations

import pytest

from fhir_adapter.twin import Twin
from following_runs import Sync, day, studies
from registry_stub import RegistryStub

pytest_plugins = ["command_line_fixtures", "registry_fixtures"]


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
