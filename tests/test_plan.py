"""plan looks and writes nothing; apply does what was planned, and only where nothing moved since."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from command_line import Run, lines, record, records
from fhir_adapter.errors import ConfigError
from fhir_adapter.plan import Plan
from fhir_adapter.retry import Retry
from fhir_adapter.target import Target, open_target
from fhir_adapter.twin import Twin
from trials import changed, resources, trial

pytest_plugins = ["command_line_fixtures"]

STUDY = "ResearchStudy/NCT00000000"


@pytest.fixture(params=["folder", "server"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Target]:
    """An empty target."""
    if request.param == "folder":
        with open_target(tmp_path / "there", fhir="R5") as opened:
            yield opened
        return
    with (
        Twin("hapi-open") as twin,
        open_target(twin.url, retry=Retry(pause=lambda _: 0.0), state=tmp_path / "l.sqlite") as opened,
    ):
        yield opened


def plan(target: Target, bundle: dict[str, Any]) -> Plan:
    (found,) = target.plan([bundle])
    return Plan.read(json.loads(json.dumps(found.as_dict())))


def test_a_new_trial_is_to_create_and_planning_it_writes_nothing(target: Target) -> None:
    found = plan(target, trial())

    assert found.action == "create"
    assert {step.action for step in found.steps} == {"create"}
    assert len(found.steps) == len(trial()["entry"])
    assert plan(target, trial()) == found


def test_what_was_planned_is_applied(target: Target) -> None:
    (receipt,) = target.apply([plan(target, trial())])
    (pulled,) = target.pull(["NCT00000000"])

    assert (receipt.ok, receipt.created) == (True, len(trial()["entry"]))
    assert resources(pulled.bundle) == resources(trial())
    assert plan(target, trial()).action == "unchanged"


def test_a_change_is_told_element_by_element(target: Target) -> None:
    target.push(trial())
    (found,) = target.plan([changed(trial(outcomes=2), STUDY, label=[{"value": "Another name"}])])
    study = next(step for step in found.steps if step.resource == STUDY)
    told = {change.path: (change.before, change.after) for change in study.changes}

    assert found.action == "update"
    assert told["ResearchStudy.label[0].value"] == ("Zorvatib", "Another name")
    assert {step.resource for step in found.steps if step.action == "delete"} == {"EvidenceVariable/NCT00000000-out-p3"}


def test_what_moved_since_is_left_as_it_is(target: Target) -> None:
    target.push(trial())
    found = plan(target, trial(title="As planned"))
    target.push(trial(title="By someone else"))
    (receipt,) = target.apply([found])
    (pulled,) = target.pull(["NCT00000000"])

    assert not receipt.ok
    assert "since the plan was made" in receipt.issues[0].message
    assert resources(pulled.bundle) == resources(trial(title="By someone else"))


def test_a_plan_is_applied_once(target: Target) -> None:
    found = plan(target, trial())
    (first,) = target.apply([found])
    (again,) = target.apply([found])

    assert first.ok
    assert (again.ok, again.written) == (False, 0)


def test_a_plan_for_another_target_is_refused(target: Target) -> None:
    told = {**plan(target, trial()).as_dict(), "target": "http://elsewhere.example/fhir"}
    with pytest.raises(ConfigError, match=r"elsewhere\.example"):
        list(target.apply([Plan.read(told)]))


@pytest.mark.parametrize("how", ["retire", "delete"])
def test_a_trial_that_is_gone_from_its_registry_is_withdrawn(target: Target, how: str) -> None:
    target.push(trial())
    target.push(trial("NCT00000001"))
    plans = list(target.withdrawal(["NCT00000000"], how))
    (receipt,) = target.apply(plans)
    pulled = {each.id: each for each in target.pull(["NCT00000000", "NCT00000001"])}

    assert [each.action for each in plans] == ["withdraw"]
    assert receipt.ok
    assert resources(pulled["NCT00000001"].bundle) == resources(trial("NCT00000001"))
    if how == "delete":
        assert pulled["NCT00000000"].bundle is None
        assert receipt.deleted == len(trial()["entry"])
    else:
        left = resources(pulled["NCT00000000"].bundle)
        assert left.pop(STUDY)["status"] == "retired"
        assert left == {name: own for name, own in resources(trial()).items() if name != STUDY}


def test_a_withdrawn_trial_that_comes_back_is_brought_up_to_date(target: Target) -> None:
    target.push(trial())
    list(target.apply(target.withdrawal(["NCT00000000"], "retire")))
    receipt = target.push(trial())
    (pulled,) = target.pull(["NCT00000000"])

    assert receipt.updated == 1
    assert resources(pulled.bundle) == resources(trial())


@pytest.mark.parametrize("line", [b"no plan\n", lines([record(1)]), lines([{"trial": "x", "steps": [{}]}])])
def test_a_file_that_is_no_plan_is_refused(cli: Run, line: bytes) -> None:
    Path("plan.ndjson").write_bytes(line)
    ran = cli("apply", "plan.ndjson", "--to", "out")

    assert ran.code == 2
    assert "plan" in ran.last


def test_plan_shows_people_what_would_be_done(cli: Run) -> None:
    with Twin("hapi") as twin:
        cli("sync", "-", "--to", twin.url, stdin=lines(records(3)))
        before = twin.counts()["writes"]
        one = record(1)
        one["protocolSection"]["identificationModule"]["briefTitle"] = "Another title"
        shown = cli("plan", "-", "--to", twin.url, stdin=lines([one, record(2), record(4)]))

        assert shown.code == 0
        assert 'ResearchStudy.title: "Invented Trial 1 of Zorvatib" → "Another title"' in shown.out.decode()
        assert "NCT00000004: create" in shown.out.decode()
        assert "NCT00000002" not in shown.out.decode()
        assert "1 to update, 1 unchanged, 1 to create" in shown.err
        assert twin.counts()["writes"] == before


def test_a_plan_is_kept_and_applied_later(cli: Run) -> None:
    with Twin("hapi") as twin:
        kept = cli("plan", "-", "--to", twin.url, "-o", "plan.ndjson", stdin=lines(records(2)))
        applied = cli("apply", "plan.ndjson", "--json")
        again = cli("sync", "-", "--to", twin.url, "--json", stdin=lines(records(2)))

        assert (kept.code, applied.code, again.code) == (0, 0, 0)
        assert applied.trees[0]["written"]["created"] == len(twin.state())
        assert again.trees[0]["written"] == {**again.trees[0]["written"], "created": 0, "updated": 0, "deleted": 0}


def test_dry_run_writes_nothing(cli: Run) -> None:
    with Twin("hapi") as twin:
        for verb in ("push", "sync"):
            ran = cli(verb, "-", "--to", twin.url, "--dry-run", stdin=lines(records(1)))
            assert ran.code == 0
            assert "ResearchStudy/NCT00000001" in ran.out.decode()
        assert twin.state() == {}
