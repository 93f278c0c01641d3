"""What every target promises, kept by a folder and by a server alike."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from fhir_adapter.errors import ConfigError
from fhir_adapter.target import Target, open_target
from trials import bundle, changed, resources, trial
from wire import Wire

Open = Callable[..., Target]


@pytest.fixture(params=["folder", "server"])
def reopen(request: pytest.FixtureRequest, tmp_path: Path) -> Open:
    """Open the same place again and again; it starts empty."""
    fakes: dict[str, Wire] = {}

    def opened(fhir: str = "R5", *, wanted: str | None = None) -> Target:
        if request.param == "folder":
            return open_target(tmp_path / "there", fhir=wanted or fhir)
        fake = fakes.setdefault(fhir, Wire(fhir))
        return open_target(fake.url, fhir=wanted, transport=httpx.MockTransport(fake.handle))

    return opened


@pytest.mark.parametrize("fhir", ["R5", "R4B", "R4"])
def test_what_is_pushed_is_pulled(reopen: Open, fhir: str) -> None:
    """A trial comes back with every resource, references inside extensions followed."""
    sent = trial(fhir=fhir)
    with reopen(fhir) as target:
        receipt = target.push(sent)
    with reopen(fhir) as target:
        (pulled,) = target.pull(["NCT00000000"])
        assert target.fhir == fhir

    assert (receipt.id, receipt.created, receipt.ok) == ("NCT00000000", len(sent["entry"]), True)
    assert resources(pulled.bundle) == resources(sent)
    assert pulled.issues == ()
    assert next(iter(resources(pulled.bundle))) == "ResearchStudy/NCT00000000"


def test_a_pulled_bundle_can_be_pushed_elsewhere(reopen: Open, tmp_path: Path) -> None:
    with reopen() as target:
        target.push(trial())
        (pulled,) = target.pull()
    with open_target(tmp_path / "elsewhere") as elsewhere:
        receipt = elsewhere.push(pulled.bundle or {})
        (again,) = elsewhere.pull()

    assert receipt.created == len(trial()["entry"])
    assert resources(again.bundle) == resources(trial())


@pytest.mark.parametrize("fhir", ["R5", "R4"])
def test_pushing_again_writes_nothing(reopen: Open, fhir: str) -> None:
    sent = [trial(f"NCT0000000{n}", fhir) for n in range(3)]
    with reopen(fhir) as target:
        list(target.push_all(sent))
    with reopen(fhir) as target:
        receipts = list(target.push_all(sent))

    assert [receipt.written for receipt in receipts] == [0, 0, 0]
    assert [receipt.unchanged for receipt in receipts] == [len(each["entry"]) for each in sent]


@pytest.mark.parametrize("fhir", ["R5", "R4"])
def test_a_trial_that_shrinks_leaves_no_orphan(reopen: Open, fhir: str) -> None:
    small = trial(outcomes=1, sites=1, fhir=fhir)
    with reopen(fhir) as target:
        list(target.push_all([trial(outcomes=3, sites=2, fhir=fhir), trial("NCT00000001", fhir)]))
    with reopen(fhir) as target:
        receipt = target.push(small)
    with reopen(fhir) as target:
        first, second = target.pull(["NCT00000000", "NCT00000001"])
        # A trial that names the lost ones shows whether they are still there.
        target.push(bundle([resources(trial("NCT00000002", fhir))["PlanDefinition/NCT00000002-protocol"]]))

    assert (receipt.deleted, receipt.updated, receipt.created) == (3, 1, 0)
    assert resources(first.bundle) == resources(small)
    assert resources(second.bundle) == resources(trial("NCT00000001", fhir))


def test_a_trial_may_grow_back(reopen: Open) -> None:
    with reopen() as target:
        receipts = [target.push(trial(outcomes=n)) for n in (3, 1, 3)]
        (pulled,) = target.pull()

    assert [receipt.deleted for receipt in receipts] == [0, 2, 0]
    assert receipts[2].created == 2
    assert resources(pulled.bundle) == resources(trial())


def test_only_what_changed_is_written(reopen: Open) -> None:
    with reopen() as target:
        target.push(trial())
        receipt = target.push(changed(trial(), "Location/NCT00000000-loc-2", name="Moved Imaginary Site"))
        (pulled,) = target.pull()

    assert (receipt.updated, receipt.created, receipt.unchanged) == (1, 0, len(trial()["entry"]) - 1)
    assert resources(pulled.bundle)["Location/NCT00000000-loc-2"]["name"] == "Moved Imaginary Site"


def test_there_is_one_receipt_a_trial_in_order(reopen: Open) -> None:
    names = [f"NCT0000000{n}" for n in (5, 1, 9, 3)]
    with reopen() as target:
        assert [receipt.id for receipt in target.push_all(map(trial, names))] == names
        assert [pulled.id for pulled in target.pull(reversed(names))] == names[::-1]


def test_the_later_of_two_versions_in_one_run_counts(reopen: Open) -> None:
    with reopen() as target:
        receipts = list(target.push_all([trial(outcomes=3), trial("NCT00000001"), trial(outcomes=1, title="New")]))
        (pulled,) = target.pull(["NCT00000000"])

    assert [receipt.ok for receipt in receipts] == [True, True, True]
    assert receipts[2].deleted == 2
    assert resources(pulled.bundle) == resources(trial(outcomes=1, title="New"))


def test_a_study_whose_id_begins_like_another_is_left_alone(reopen: Open) -> None:
    """`REG-1` is no part of `REG`, however alike their ids look."""
    with reopen() as target:
        list(target.push_all([trial("REG-1"), trial("REG", sites=2)]))
    with reopen() as target:
        receipt = target.push(trial("REG", sites=1))
        pulled = {each.id: resources(each.bundle) for each in target.pull()}

    assert receipt.deleted == 1
    assert pulled == {"REG-1": resources(trial("REG-1")), "REG": resources(trial("REG", sites=1))}


@pytest.mark.parametrize("unknown", ["NCT99999999", "", "../metadata", "a b", "x" * 65])
def test_an_unknown_id_is_an_issue_and_the_rest_comes(reopen: Open, unknown: str) -> None:
    with reopen() as target:
        target.push(trial())
        missing, known = target.pull([unknown, "NCT00000000"])

    assert missing.bundle is None
    assert [(issue.code, issue.record) for issue in missing.issues] == [("not-found", unknown)]
    assert known.bundle is not None


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ([], "one ResearchStudy"),
        ({"resourceType": "Bundle", "entry": "none"}, "one ResearchStudy"),
        (bundle([{"resourceType": "Location", "id": "a"}]), "0 of them"),
        ({"entry": [*trial()["entry"], {"resource": None}]}, "no legal id"),
        (changed(trial(), "ResearchStudy/NCT00000000", id="under_score"), "no legal id"),
        ({"entry": [*trial()["entry"], trial()["entry"][-1]]}, "Location/NCT00000000-loc-2"),
        (trial(fhir="R4"), "R4 or R4B"),
    ],
)
def test_a_bundle_that_is_no_trial_costs_only_itself(reopen: Open, bad: object, words: str) -> None:
    with reopen() as target:
        first, broken, last = target.push_all([trial("NCT00000001"), bad, trial("NCT00000002")])  # type: ignore[list-item]
        stored = [each.id for each in target.pull()]

    assert first.ok
    assert last.ok
    assert not broken.ok
    assert words in broken.issues[0].message
    assert sorted(stored) == ["NCT00000001", "NCT00000002"]


def test_what_a_trial_refers_to_in_vain_is_an_issue(reopen: Open) -> None:
    """In R4 no server checks a reference inside an extension."""
    whole = trial(fhir="R4")
    entries = [each for each in whole["entry"] if "out-p2" not in each["request"]["url"]]
    with reopen("R4") as target:
        target.push({**whole, "entry": entries})
        (pulled,) = target.pull()

    assert [issue.path for issue in pulled.issues] == ["EvidenceVariable/NCT00000000-out-p2"]
    assert len(resources(pulled.bundle)) == len(entries)


def test_another_fhir_version_is_refused(reopen: Open) -> None:
    with reopen("R5") as target:
        target.push(trial())

    with pytest.raises(ConfigError, match="R5"):
        reopen("R5", wanted="R4")


def test_the_input_stays_as_it_was(reopen: Open) -> None:
    sent, kept = trial(), copy.deepcopy(trial())
    with reopen() as target:
        list(target.push_all([sent, trial(outcomes=1), sent]))

    assert sent == kept


def test_an_empty_place_has_no_trials(reopen: Open) -> None:
    with reopen() as target:
        assert list(target.push_all([])) == []
        target.push(trial())
        assert list(target.pull([])) == []
