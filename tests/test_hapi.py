"""A real HAPI FHIR server holds our trials and gives them back: R4, R4B and R5."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from fhir_adapter.convert import convert, restore
from fhir_adapter.readers import readings
from fhir_adapter.report import Report
from fhir_adapter.sync import sync
from fhir_adapter.target import Target, open_target
from fhir_adapter.tree import canonical
from fhir_adapter.version import VERSIONS

COUNT, LARGEST, AGAIN = 200, 5, 60
Corpus = Callable[[str], Iterator[dict[str, Any]]]


@pytest.fixture(params=VERSIONS)
def fhir(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def url(hapi: Callable[[str], str], fhir: str) -> str:
    return hapi(fhir.lower())


@pytest.fixture
def server(url: str) -> Iterator[Target]:
    with open_target(url) as target:
        yield target


def records(corpus: Corpus) -> list[dict[str, Any]]:
    """Two hundred records: the largest, and others spread over the corpus; results left out as a conversion does."""
    every = [{key: own[key] for key in own if key != "resultsSection"} for own in corpus("ctgov_v2")]
    every.sort(key=lambda record: len(orjson.dumps(record)), reverse=True)
    few = COUNT - LARGEST
    return every[:LARGEST] + every[LARGEST :: (len(every) - LARGEST) // few][:few]


def versions(url: str, resources: list[dict[str, Any]]) -> dict[str, str]:
    """The version that the server itself says each resource has."""
    found = {}
    with httpx.Client(timeout=60) as client:
        for resource in resources:
            name = f"{resource['resourceType']}/{resource['id']}"
            found[name] = client.get(f"{url}/{name}").json()["meta"]["versionId"]
    return found


def test_the_server_says_which_version_it_speaks(server: Target, fhir: str) -> None:
    assert server.fhir == fhir


def test_trials_come_back_as_the_records_they_were(server: Target, url: str, corpus: Corpus, fhir: str) -> None:
    """Real trials, the largest among them: push, pull, restore, identical; pushed again, nothing gets a new version."""
    wanted = records(corpus)
    made = [convert(record, fhir) for record in wanted]

    first = list(server.push_all(conversion.bundle() for conversion in made))
    pulled = list(server.pull([conversion.id for conversion in made]))
    before = versions(url, [own for conversion in made[:5] for own in conversion.resources])
    again = list(server.push_all(conversion.bundle() for conversion in made))

    assert [str(issue) for receipt in first for issue in receipt.issues] == []
    assert [receipt.created for receipt in first] == [len(conversion.resources) for conversion in made]
    assert [str(issue) for trial in pulled for issue in trial.issues] == []
    assert [canonical(restore(trial.bundle).record) for trial in pulled] == [canonical(own) for own in wanted]
    assert sum(receipt.written for receipt in again) == 0
    assert versions(url, [own for conversion in made[:5] for own in conversion.resources]) == before


def test_all_then_nothing_then_only_what_changed(url: str, corpus: Corpus, fhir: str, tmp_path: Path) -> None:
    """Three runs with a ledger: the second asks whether all is as it was, the third writes five resources."""
    own = [numbered(record, 80_000_000 + n) for n, record in enumerate(records(corpus)[LARGEST : LARGEST + AGAIN])]
    later = [titled(record, "Another title") if n % 12 == 0 else record for n, record in enumerate(own)]
    file = tmp_path / "ledger.sqlite"

    first = sync(own, url, state=file)
    before = versions(url, convert(own[0], fhir).resources)
    second = sync(own, url, state=file)
    after = versions(url, convert(own[0], fhir).resources)
    third = sync(later, url, state=file)
    changed = versions(url, convert(own[0], fhir).resources)

    whole = sum(first.resources.values())
    assert counts(first) == (whole, 0, 0, 0)
    assert counts(second) == (0, 0, whole, 0)
    assert counts(third) == (0, 5, whole - 5, 0)
    assert (asked(second), asked(third)) == (2, 3)  # /metadata, a glance, and one transaction
    assert set(before.values()) == {"1"}
    assert after == before
    assert changed == {**before, "ResearchStudy/NCT80000000": "2"}


def numbered(record: dict[str, Any], number: int) -> dict[str, Any]:
    """The record under a number that no other test uses: the server is shared."""
    new = copy.deepcopy(record)
    new["protocolSection"]["identificationModule"]["nctId"] = f"NCT{number}"
    return new


def titled(record: dict[str, Any], title: str) -> dict[str, Any]:
    new = copy.deepcopy(record)
    new["protocolSection"]["identificationModule"]["briefTitle"] = title
    return new


def counts(report: Report) -> tuple[int, int, int, int]:
    """What was created, updated, left unchanged, deleted; nothing failed."""
    assert report.ok
    assert report.written is not None
    assert report.written.failed == 0
    return report.written.created, report.written.updated, report.written.unchanged, report.written.deleted


def asked(report: Report) -> int:
    assert report.requests is not None
    return report.requests.requests


def sample(shared: Path, name: str, number: str) -> dict[str, Any]:
    """One of the sample's invented trials under a number that no other test uses: the server is shared."""
    record: dict[str, Any] = orjson.loads((shared / "docs" / "sample" / f"{name}.json").read_bytes())
    record["protocolSection"]["identificationModule"]["nctId"] = number
    return record


def shrunk(record: dict[str, Any]) -> dict[str, Any]:
    """The record without its last two outcomes and its last site."""
    smaller = copy.deepcopy(record)
    outcomes = smaller["protocolSection"]["outcomesModule"]
    outcomes["secondaryOutcomes"] = outcomes["secondaryOutcomes"][:-2]
    locations = smaller["protocolSection"]["contactsLocationsModule"]
    locations["locations"] = locations["locations"][:-1]
    return smaller


def test_a_trial_that_shrinks_leaves_no_orphan(server: Target, url: str, shared: Path, fhir: str) -> None:
    """Two outcomes and a site less: their resources are gone from the server, all others are as they were."""
    record = sample(shared, "trial", "NCT90000000")
    whole, less = convert(record, fhir), convert(shrunk(record), fhir)
    gone = {own["id"]: own["resourceType"] for own in whole.resources}
    for own in less.resources:
        del gone[own["id"]]

    server.push(whole.bundle())
    receipt = server.push(less.bundle())

    assert sorted(gone) == ["NCT90000000-loc-3", "NCT90000000-out-s1", "NCT90000000-out-s2"]
    assert (receipt.deleted, receipt.failed) == (3, 0)
    assert {httpx.get(f"{url}/{kind}/{own}").status_code for own, kind in gone.items()} == {410}
    (trial,) = server.pull(["NCT90000000"])
    assert canonical(restore(trial.bundle).record) == canonical(shrunk(record))


def test_a_refused_resource_is_told_in_the_servers_words_and_the_others_are_stored(
    server: Target, url: str, shared: Path, fhir: str
) -> None:
    """One site that no server can take: the trial beside it is stored whole, its own other resources too."""
    good = convert(sample(shared, "withdrawn", "NCT90000002"), fhir)
    bad = convert(sample(shared, "observational", "NCT90000001"), fhir).bundle()
    site = next(own["resource"] for own in bad["entry"] if own["resource"]["resourceType"] == "Location")
    site["mode"] = "imaginary"

    receipts = list(server.push_all([bad, good.bundle()]))

    assert [receipt.id for receipt in receipts] == ["NCT90000001", "NCT90000002"]
    assert receipts[1].ok
    assert receipts[0].failed >= 1
    words = " ".join(issue.message for issue in receipts[0].issues)
    assert "imaginary" in words
    assert "HAPI-" in words
    assert httpx.get(f"{url}/Location/NCT90000001-loc-1").status_code == 404
    assert httpx.get(f"{url}/EvidenceVariable/NCT90000001-eligibility").status_code == 200


def test_two_trials_in_one_run_do_not_disturb_each_other(server: Target, shared: Path, fhir: str) -> None:
    """Both are stored; then only one changes, and only that one is written."""
    one, two = sample(shared, "expanded-access", "NCT90000003"), sample(shared, "withheld", "NCT90000004")
    list(server.push_all(convert(record, fhir).bundle() for record in (one, two)))
    two["protocolSection"]["identificationModule"]["briefTitle"] = "Another title"

    receipts = list(server.push_all(convert(record, fhir).bundle() for record in (one, two)))

    assert [(receipt.written, receipt.updated) for receipt in receipts] == [(0, 0), (1, 1)]
    pulled = [restore(trial.bundle).record for trial in server.pull(["NCT90000003", "NCT90000004"])]
    assert [canonical(record) for record in pulled] == [canonical(one), canonical(two)]


@pytest.mark.parametrize("seed", ["000", "003"])
def test_the_seeds_come_back_from_the_server_equal(server: Target, shared: Path, fhir: str, seed: str) -> None:
    """The two texts that the project began with land on the server and come back as the records they were."""
    (path,) = (shared / "seeds").glob(f"{seed}_*.txt")
    (reading,) = readings(path)
    conversion = convert(reading.record, fhir, reading.source)

    receipt = server.push(conversion.bundle())
    (trial,) = server.pull([conversion.id])

    assert receipt.ok
    assert restore(trial.bundle, reading.source).record == reading.record
