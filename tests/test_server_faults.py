"""What real servers do wrong while trials are pushed, and what we do then."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from fhir_adapter.errors import Temporary
from fhir_adapter.server.catalogue import advise
from fhir_adapter.server.chunks import Limits
from trials import resources, trial
from wire import Wire, outcome

pytest_plugins = ["server_fixtures"]

WHOLE = len(trial()["entry"])


# Busy servers


@pytest.mark.parametrize("status", [429, 502, 503])
def test_push_waits_and_tries_again(connect, fault, status):
    """A temporary refusal is retried after the time the server asks for."""
    server = connect()
    fault(*[{"status_code": status, "headers": {"Retry-After": "0"}}] * 2)

    receipt = server.push(trial())

    assert receipt.attempts == 3
    assert receipt.created == WHOLE


@pytest.mark.parametrize(
    ("asked", "waited"),
    [("7", 7.0), ("Thu, 01 Jan 2026 12:00:42 GMT", 42.0), ("Thu, 01 Jan 2026 11:00:00 GMT", 0.0)],
)
def test_retry_after_is_obeyed_exactly(connect, fault, waits, asked, waited):
    """Seconds and HTTP dates alike, never earlier than asked."""
    server = connect()
    fault({"status_code": 503, "headers": {"Retry-After": asked}})
    server.push(trial())

    assert waited in waits


def test_a_wait_beyond_our_patience_ends_the_run_at_once(connect, httpx_mock):
    server = connect()
    httpx_mock.add_response(status_code=429, headers={"Retry-After": "86400"})
    with pytest.raises(Temporary, match="come back after '86400'"):
        server.push(trial())


def test_a_server_that_stays_busy_ends_the_run_with_its_first_words(connect, httpx_mock):
    server = connect()
    page = "<html><head><style>h1 {color: red}</style></head><body><h1>502 Bad\n Gateway</h1>nginx</body></html>"
    for _ in range(5):
        httpx_mock.add_response(status_code=502, html=page)
    with pytest.raises(Temporary, match=r"answered 502: 502 Bad Gateway nginx$") as raised:
        server.push(trial())

    assert raised.value.response.status_code == 502


@pytest.mark.parametrize("error", [httpx.ReadTimeout("slow"), httpx.ConnectError("[Errno 111] Connection refused")])
def test_a_server_that_is_away_is_named(connect, httpx_mock, error):
    server = connect()
    httpx_mock.add_exception(error, is_reusable=True)
    with pytest.raises(Temporary, match=r"http://fhir\.example/base"):
        list(server.pull())


def test_only_the_entries_that_were_put_off_are_sent_again(connect, fake):
    """A 429 may hide inside a batch that is answered 200."""
    server = connect()
    fake.orders.put_off.update({"Location/NCT00000000-loc-1": 2, "ResearchStudy/NCT00000000": 1})
    server.push(trial())

    reads = [len(each["entry"]) for each in fake.bundles if each["type"] == "batch"]
    assert reads == [WHOLE, 2, 1]
    assert fake.versions == WHOLE


# Lost answers and other writers


def lose(fake: Wire) -> Callable[[httpx.Request], httpx.Response]:
    def handle(request: httpx.Request) -> httpx.Response:
        fake.handle(request)
        raise httpx.ReadError("connection reset")

    return handle


def test_a_lost_answer_makes_no_second_version(connect, fake, fault):
    """The server committed and the connection broke: we look before we send again."""
    server = connect()
    fault(lose(fake), lose(fake), method="POST")  # the first of them read, the second wrote
    receipt = server.push(trial())

    assert receipt.ok
    assert fake.versions == WHOLE


def test_someone_elses_change_is_seen_before_it_is_overwritten(connect, fake):
    """412: read again, compare again, write again, guarded by the version that was read."""
    server = connect()
    server.push(trial())

    def edit() -> None:
        fake.orders.meddle = None
        fake.put({**fake.stored["ResearchStudy/NCT00000000"], "status": "retired"})

    fake.orders.meddle = edit
    receipt = server.push(trial(title="New"))

    assert (receipt.ok, receipt.updated, receipt.attempts) == (True, 1, 2)
    assert fake.stored["ResearchStudy/NCT00000000"] == resources(trial(title="New"))["ResearchStudy/NCT00000000"]
    guards = [each["request"].get("ifMatch") for each in fake.bundles[-1]["entry"]]
    assert guards == ['W/"2"']


def test_an_endless_conflict_is_an_issue(connect, httpx_mock, fake):
    server = connect()
    server.push(trial())
    words = "HAPI-0989: this is not the current version"

    def conflict(request: httpx.Request) -> httpx.Response:
        if request.method == "PUT" or b'"transaction"' in request.content:
            return httpx.Response(409, json=outcome(words))
        return fake.handle(request)

    httpx_mock.add_callback(conflict, is_reusable=True)
    receipt = server.push(trial(title="New"))

    assert receipt.failed == 1
    assert receipt.issues[0].message == f"{words} ({advise(words)})"


# Refusals


def test_a_refused_resource_is_reported_in_the_servers_words_and_the_rest_is_stored(connect, fake):
    server = connect()
    bad = "Location/NCT00000001-loc-2"
    fake.orders.refuse = lambda each: "unknown LocationStatus 'nope'" if each["id"] == bad[9:] else None
    receipts = list(server.push_all(trial(f"NCT0000000{n}") for n in range(4)))

    dangling = f"HAPI-1094: Resource {bad} not found, specified in path: ResearchStudy.site"
    assert [receipt.failed for receipt in receipts] == [0, 2, 0, 0]
    assert [(issue.path, issue.message) for issue in receipts[1].issues] == [
        (bad, "unknown LocationStatus 'nope'"),
        ("ResearchStudy/NCT00000001", f"{dangling} ({advise(dangling)})"),
    ]
    assert all(issue.record == "NCT00000001" for issue in receipts[1].issues)
    assert len(fake.stored) == 4 * WHOLE - 2
    assert fake.versions == len(fake.stored)


@pytest.mark.parametrize("habit", ["condemned whole", "stumbled over", "no batches", "no transactions"])
def test_other_kinds_of_servers_lose_no_more_than_the_refused(connect, fake, httpx_mock, habit):
    """HAPI refuses a Bundle it can't parse, some stumble (500), some know no batch, some make it one."""
    bad = {"NCT00000002-out-p2"}

    def words(resource: dict[str, Any]) -> str | None:
        return "bad variable" if resource["id"] in bad else None

    fake.change(batches=habit != "no batches", transactions=habit != "no transactions")
    server = connect()
    if habit == "condemned whole":
        fake.orders.condemn = words
    fake.orders.refuse = words
    if habit == "stumbled over":
        httpx_mock.add_callback(stumble(fake, b"NCT00000002-out-p2"), is_reusable=True)
    receipts = list(server.push_all(trial(f"NCT0000000{n}") for n in range(5)))

    assert [receipt.failed for receipt in receipts] == [0, 0, 2, 0, 0]
    assert receipts[2].issues[0].path == "EvidenceVariable/NCT00000002-out-p2"
    assert receipts[2].issues[0].message == "bad variable"
    assert len(fake.stored) == 5 * WHOLE - 2


def stumble(fake: Wire, over: bytes) -> Callable[[httpx.Request], httpx.Response]:
    def handle(request: httpx.Request) -> httpx.Response:
        resource = b'"id":"' + over + b'"'
        if resource in request.content:
            return httpx.Response(500, json=outcome("bad variable"))
        return fake.handle(request)

    return handle


def test_pushing_a_partly_refused_trial_again_writes_nothing(connect, fake):
    server = connect()
    fake.orders.refuse = lambda resource: "no" if resource["id"].endswith("-loc-2") else None
    server.push(trial())
    before = fake.versions
    receipt = server.push(trial())

    assert (receipt.failed, receipt.written, fake.versions) == (2, 0, before)


def test_an_orphan_that_others_refer_to_is_left_with_a_warning(connect, fake):
    server = connect()
    server.push(trial(sites=2))
    site = {"reference": "Location/NCT00000000-loc-2"}
    fake.put({"resourceType": "ResearchStudy", "id": "X", "status": "active", "site": [site]})
    receipt = server.push(trial(sites=1))

    assert receipt.ok
    assert (receipt.updated, receipt.deleted) == (1, 0)
    assert receipt.issues[0].severity == "warning"
    assert "First reference found was resource ResearchStudy/X" in receipt.issues[0].message


# Sizes


@pytest.mark.parametrize(("entries", "size"), [(3, 4_000_000), (150, 900)])
def test_a_trial_beyond_the_limits_goes_in_legal_parts(connect, fake, entries, size):
    """Each part is a whole transaction; what the study refers to goes first, deletions last."""
    server = connect(limits=Limits(entries, size))
    grown = server.push(trial(outcomes=5, sites=5))
    shrunk = server.push(trial(outcomes=1, sites=1))

    assert (grown.ok, grown.created) == (True, len(trial(outcomes=5, sites=5)["entry"]))
    assert (shrunk.ok, shrunk.deleted) == (True, 8)
    assert fake.stored == resources(trial(outcomes=1, sites=1))
    assert max(len(each["entry"]) for each in fake.bundles) <= entries


def test_a_server_that_takes_less_is_given_less(connect, fake):
    """413: half of it, and no more than that for the rest of the run."""
    fake.change(entries=20)
    server = connect()
    receipts = list(server.push_all(trial(f"NCT00000{n:03}") for n in range(20)))

    assert all(receipt.ok for receipt in receipts)
    assert len(fake.stored) == 20 * WHOLE
    sizes = [len(each["entry"]) for each in fake.bundles]
    assert max(sizes[len(sizes) // 2 :]) <= 20


def test_a_slow_server_is_given_less(connect, fake, fault):
    server = connect()
    fault(fake.handle, httpx.ReadTimeout("too much"), method="POST")
    receipts = list(server.push_all(trial(f"NCT0000000{n}") for n in range(9)))

    assert all(receipt.created == WHOLE for receipt in receipts)
    assert max(len(each["entry"]) for each in fake.bundles[2:]) <= 75
