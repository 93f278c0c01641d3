"""Servers that give ids themselves hold the same trials as others: nothing doubled, lost, or sent twice."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

import fhir_adapter
from fhir_adapter.errors import ConfigError
from fhir_adapter.receipt import Receipt
from fhir_adapter.retry import Retry
from fhir_adapter.server import ServerTarget
from fhir_adapter.twin import PROFILES, Twin
from trials import bundle, resources

Tree = dict[str, Any]

ALL = [
    "server-ids",
    "conditional-only",
    "numeric-ids",
    "azure",
    "google",
    "no-transactions",
    "no-batches",
    "blaze",
    "hapi",
]
UNCERTAIN = ["lost-response", "hapi-busy", "medplum", "flaky"]
MODES = ["conditional-update", "conditional-create"]
EXAMPLES = Path(__file__).resolve().parents[1] / "examples" / "trials"
SYSTEM = "https://clinicaltrials.gov/nctid"


def records(count: int = 3) -> list[Tree]:
    """Make invented records: the example with its sites and outcomes, under several numbers."""
    example = orjson.loads((EXAMPLES / "trial.json").read_bytes())
    made = [copy.deepcopy(example) for _ in range(count)]
    for number, record in enumerate(made):
        record["protocolSection"]["identificationModule"]["nctId"] = f"NCT0000000{number}"
    return made


def bundles(records: list[Tree], fhir: str = "R5") -> list[Tree]:
    return [fhir_adapter.convert(record, fhir).bundle() for record in records]


def changed(records: list[Tree]) -> list[Tree]:
    """Change the title of the first trial, and take its last site and outcome away."""
    first, *rest = copy.deepcopy(records)
    protocol = first["protocolSection"]
    protocol["identificationModule"]["briefTitle"] += ", second part"
    protocol["contactsLocationsModule"]["locations"].pop()
    return [first, *rest]


def push(url: str, sent: list[Tree], mode: str, state: Path | None = None, **options: Any) -> list[Receipt]:
    with ServerTarget(url, mode=mode, state=state, workers=2, **options) as target:
        return list(target.push_all(sent))


def pull(url: str, mode: str, ids: list[str] | None = None) -> dict[str, Tree]:
    with ServerTarget(url, mode=mode) as target:
        return {each.id: each.bundle or {} for each in target.pull(ids)}


def stored(twin: Twin) -> dict[str, str]:
    """Say what the twin holds: the identifier of each resource, by the server's name."""
    return {name: resource["identifier"][0]["value"] for name, resource in twin.state().items()}


@pytest.fixture(params=[True, False], ids=["ledger", "no ledger"])
def state(request: pytest.FixtureRequest, tmp_path: Path) -> Path | None:
    return tmp_path / "ledger.sqlite" if request.param else None


@pytest.mark.parametrize("fhir", ["R5", "R4"])
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("profile", ALL)
def test_three_runs_store_all_then_nothing_then_what_changed(
    profile: str, mode: str, fhir: str, state: Path | None
) -> None:
    """The server counts: the second run writes nothing, the third only what changed, and what is gone goes."""
    before, after = records(), changed(records())
    with Twin(profile, fhir=fhir) as twin:
        first = push(twin.url, bundles(before, fhir), mode, state)
        assert all(receipt.ok for receipt in first)
        names = sorted(name.partition("/")[2] for each in bundles(before, fhir) for name in resources(each))
        assert sorted(stored(twin).values()) == names

        versions = twin.counts()["versions"]
        second = push(twin.url, bundles(before, fhir), mode, state)
        assert twin.counts()["versions"] == versions
        assert sum(receipt.unchanged for receipt in second) == len(names)

        third = push(twin.url, bundles(after, fhir), mode, state)
        written = [receipt for receipt in third if receipt.written]
        assert [receipt.id for receipt in written] == ["NCT00000000"]
        assert written[0].created == 0
        assert twin.counts()["versions"] == versions + written[0].updated + written[0].deleted
        assert written[0].deleted >= 1

        left = sorted(name.partition("/")[2] for each in bundles(after, fhir) for name in resources(each))
        assert sorted(stored(twin).values()) == left


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("profile", ["server-ids", "conditional-only", "no-transactions"])
def test_what_comes_back_is_what_was_sent(profile: str, mode: str) -> None:
    """The server's ids are in nothing that is pulled, and a restored record is the record."""
    sent = records(2)
    with Twin(profile) as twin:
        push(twin.url, bundles(sent), mode)
        everything, one = pull(twin.url, mode), pull(twin.url, mode, ["NCT00000001"])

    wanted = {f"NCT0000000{n}": resources(each) for n, each in enumerate(bundles(sent))}
    assert {own: resources(each) for own, each in everything.items()} == wanted
    assert {own: resources(each) for own, each in one.items()} == {"NCT00000001": wanted["NCT00000001"]}
    restored = {own: fhir_adapter.restore(each) for own, each in everything.items()}
    for record in sent:
        own = record["protocolSection"]["identificationModule"]["nctId"]
        assert restored[own] == fhir_adapter.restore(bundles([record])[0])


@pytest.mark.parametrize("mode", MODES)
def test_references_lead_to_the_servers_own_names(mode: str) -> None:
    """What is stored refers to what is stored: no urn and none of our names are left, in extensions neither."""
    with Twin("server-ids", fhir="R4") as twin:
        push(twin.url, bundles(records(1), "R4"), mode)
        text = orjson.dumps(list(twin.state().values()), default=str).decode()

    assert "urn:uuid" not in text
    assert '"reference":"Location/NCT' not in text
    assert '"reference":"EvidenceVariable/NCT' not in text


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("profile", UNCERTAIN)
def test_nothing_is_doubled_where_the_server_stumbles(profile: str, mode: str, state: Path | None) -> None:
    """Lost answers, other writers and put-off entries double nothing and lose nothing."""
    calm = Retry(attempts=12, pause=lambda _: 0.0)
    sent = bundles(records())
    with Twin(profile, seed=3) as twin:
        push(twin.url, sent, mode, state, retry=calm)
        push(twin.url, sent, mode, state, retry=calm)
        held = sorted(stored(twin).values())

    assert held == sorted(name.partition("/")[2] for each in sent for name in resources(each))


@pytest.mark.parametrize("mode", MODES)
def test_a_lost_ledger_costs_reads_and_no_duplicates(mode: str, tmp_path: Path) -> None:
    sent = bundles(records())
    with Twin("server-ids") as twin:
        push(twin.url, sent, mode, tmp_path / "first.sqlite")
        before = twin.counts()["versions"]
        push(twin.url, bundles(changed(records())), mode, tmp_path / "second.sqlite")
        held = sorted(stored(twin).values())

    assert len(set(held)) == len(held)
    assert twin.counts()["versions"] - before < 10


@pytest.mark.parametrize("mode", MODES)
def test_a_ledger_knows_the_servers_ids(mode: str, tmp_path: Path) -> None:
    """A change costs no search: one look at the start, then the write."""
    state = tmp_path / "ledger.sqlite"
    with Twin("server-ids") as twin:
        push(twin.url, bundles(records()), mode, state)
        before = twin.counts()["requests"]
        push(twin.url, bundles(changed(records())), mode, state)
        after = twin.counts()["requests"]

    done = {kind: after.get(kind, 0) - before.get(kind, 0) for kind in after}
    assert {kind: count for kind, count in done.items() if count} == {"capabilities": 1, "search": 1, "transaction": 1}


@pytest.mark.parametrize("mode", MODES)
def test_two_resources_of_one_name_are_told_and_nothing_is_written(mode: str, state: Path | None) -> None:
    """The error names the search and what it finds; the other trials are stored."""
    sent = bundles(records())
    with Twin("server-ids") as twin:
        for _ in range(2):
            body = {
                "resourceType": "Location",
                "identifier": resources(sent[0])["Location/NCT00000000-loc-1"]["identifier"],
            }
            assert httpx.post(f"{twin.url}/Location", json=body).status_code == 201
        receipts = push(twin.url, sent, mode, state)
        held = [own for own in stored(twin).values() if own == "NCT00000000-loc-1"]

    bad, *good = receipts
    assert [receipt.ok for receipt in good] == [True, True]
    words = " ".join(issue.message for issue in bad.issues)
    assert "2 resources answer to Location?identifier=NCT00000000-loc-1: Location/1000, Location/1001" in words
    assert "delete all but one" in words
    assert len(held) == 2


@pytest.mark.parametrize("mode", MODES)
def test_someone_elses_study_of_the_same_number_is_left_alone(mode: str) -> None:
    """A number in another system is another study."""
    other = [{"use": "official", "system": "https://elsewhere.example", "value": "NCT00000000"}]
    foreign = {"resourceType": "ResearchStudy", "status": "active", "identifier": other}
    with Twin("server-ids") as twin:
        httpx.post(f"{twin.url}/ResearchStudy", json=foreign)
        receipts = push(twin.url, bundles(records(1)), mode)
        studies = [each for name, each in twin.state().items() if name.startswith("ResearchStudy/")]

    assert receipts[0].ok
    assert [each["identifier"][0]["system"] for each in studies] == ["https://elsewhere.example", SYSTEM]


def test_what_has_no_identifier_is_refused_with_words() -> None:
    """A record without a number has nothing that it could be found by."""
    record = records(1)[0]
    del record["protocolSection"]["identificationModule"]["nctId"]
    with Twin("server-ids") as twin:
        (receipt,) = push(twin.url, bundles([record]), "conditional-update")

    assert not receipt.ok
    assert "no identifier says its id" in " ".join(issue.message for issue in receipt.issues)


def test_refused_ids_come_with_advice() -> None:
    with Twin("server-ids") as twin:
        (receipt,) = push(twin.url, bundles(records(1)), "put")

    assert "doctor TARGET --probe" in receipt.issues[0].message
    assert "--mode conditional-update" in receipt.issues[0].message


def test_a_ledger_of_the_servers_names_refuses_put(tmp_path: Path) -> None:
    """Trials that are there under the server's ids would be stored a second time."""
    with Twin("hapi") as twin:
        push(twin.url, bundles(records(1)), "conditional-update", tmp_path / "ledger.sqlite")
        with pytest.raises(ConfigError, match="use --mode conditional-update"):
            push(twin.url, bundles(records(1)), "put", tmp_path / "ledger.sqlite")


def test_trials_that_were_put_are_found_by_their_identifiers(state: Path | None) -> None:
    """From put to another mode nothing is written again."""
    with Twin("hapi") as twin:
        push(twin.url, bundles(records()), "put", state)
        before = twin.counts()["versions"]
        push(twin.url, bundles(records()), "conditional-update", state)
        assert twin.counts()["versions"] == before


@pytest.mark.parametrize("mode", MODES)
def test_a_plan_is_made_and_applied_in_our_names(mode: str) -> None:
    """Plans speak of our resources, and applying them writes the server's."""
    with Twin("server-ids") as twin:
        push(twin.url, bundles(records()), mode)
        before = twin.counts()["versions"]
        with ServerTarget(twin.url, mode=mode) as target:
            plans = list(target.plan(bundles(changed(records()))))
            assert twin.counts()["versions"] == before
            receipts = list(target.apply(plans))
        again = push(twin.url, bundles(changed(records())), mode)

    assert [plan.action for plan in plans] == ["update", "unchanged", "unchanged"]
    assert "ResearchStudy/NCT00000000" in [step.resource for step in plans[0].steps]
    assert all(receipt.ok for receipt in receipts)
    assert sum(receipt.written for receipt in again) == 0


@pytest.mark.parametrize("mode", MODES)
def test_a_trial_that_is_gone_is_withdrawn_under_its_name(mode: str) -> None:
    with Twin("server-ids") as twin:
        push(twin.url, bundles(records(2)), mode)
        with ServerTarget(twin.url, mode=mode) as target:
            receipts = list(target.apply(target.withdrawal(["NCT00000000"], "delete")))
        held = stored(twin).values()

    assert receipts[0].ok
    assert {own.partition("-")[0] for own in held} == {"NCT00000001"}


def test_a_trial_larger_than_a_bundle_passes() -> None:
    """400 sites through a server that takes 160 entries: the study comes last, and knows all of them by name."""
    sent = bundles(records(1))[0]
    sites = [copy.deepcopy(resources(sent)["Location/NCT00000000-loc-1"]) for _ in range(400)]
    for number, site in enumerate(sites, 100):
        own = f"NCT00000000-loc-{number}"
        site |= {"id": own, "identifier": [{**site["identifier"][0], "value": own}]}
    study = resources(sent)["ResearchStudy/NCT00000000"]
    study = {**study, "site": [*study["site"], *({"reference": f"Location/{site['id']}"} for site in sites)]}
    rest = [each for name, each in resources(sent).items() if not name.startswith("ResearchStudy/")]
    with Twin(replace(PROFILES["server-ids"], entries=160)) as twin:
        runs = [push(twin.url, [bundle([study, *rest, *sites])], "conditional-update")[0] for _ in range(2)]
        assert len(twin.state()) == len(rest) + len(sites) + 1

    assert [(run.ok, bool(run.written)) for run in runs] == [(True, True), (True, False)]
