"""What the twin does wrong on purpose, what it counts, and how it runs as a program."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest

from command_line import PROGRAM
from fhir_adapter.target import open_target
from fhir_adapter.twin import PROFILES, Fault, Place, Twin
from trials import resources, trial
from twin_client import Client, entry, study

WHOLE = len(trial()["entry"])


@pytest.fixture
def opened() -> Iterator[list[Client]]:
    clients: list[Client] = []
    yield clients
    for client in clients:
        client.close()


def faulty(opened: list[Client], *faults: Fault, seed: int = 0) -> Client:
    """Open a HAPI with faults."""
    opened.append(Client(Twin(replace(PROFILES["hapi"], faults=faults), seed=seed)))
    return opened[-1]


def test_an_answer_is_lost_after_the_work_is_done(opened: list[Client]) -> None:
    client = faulty(opened, Fault(kind="lost", place=Place.AFTER, share=1, times=1))
    with pytest.raises(httpx.TransportError):
        client.put(study())

    assert client.twin.state() == {"ResearchStudy/a": study()}
    assert client.put(study()).status_code == 200
    assert client.twin.counts()["faults"] == {"lost": 1}
    assert client.twin.counts()["statuses"] == {"200": 1, "lost": 1}


def test_a_refusal_before_the_work_leaves_nothing(opened: list[Client]) -> None:
    client = faulty(opened, Fault(kind="busy", place=Place.BEFORE, status=503, share=1, times=1, later="7"))
    answer = client.put(study())

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "7")
    assert client.twin.state() == {}


def test_retry_after_may_be_a_date_and_the_body_mark_up(opened: list[Client]) -> None:
    client = faulty(
        opened, Fault(kind="away", place=Place.BEFORE, status=502, share=1, times=1, later="date", html=True)
    )
    answer = client.get("ResearchStudy/a")

    assert answer.headers["Retry-After"].endswith(" GMT")
    assert answer.headers["Content-Type"] == "text/html"
    assert "<h1>502 away</h1>" in answer.text


def test_entries_are_put_off_inside_a_200(opened: list[Client]) -> None:
    client = faulty(opened, Fault(kind="put off", place=Place.ENTRY, status=429, share=1, times=1))
    entries = [entry(study(id=own)) for own in "ab"]
    answer = client.post({"resourceType": "Bundle", "type": "batch", "entry": entries})

    assert answer.status_code == 200
    statuses = [each["response"]["status"] for each in answer.json()["entry"]]
    assert statuses == ["429 Too Many Requests", "201 Created"]


def test_a_page_expires(opened: list[Client]) -> None:
    client = faulty(opened, Fault(kind="expired", place=Place.PAGE, status=410, share=1, times=1))
    for own in "abc":
        client.put(study(id=own))
    page = client.get("ResearchStudy?_count=2").json()

    assert client.get(page["link"][1]["url"]).status_code == 410
    assert client.pages("ResearchStudy?_count=2")[0] == [f"ResearchStudy/{own}" for own in "abc"]


def test_the_same_seed_makes_the_same_faults(opened: list[Client]) -> None:
    """And another one makes others; never more than two in a row."""

    def statuses(seed: int) -> list[int]:
        client = faulty(opened, Fault(kind="busy", place=Place.BEFORE, status=503, share=0.7), seed=seed)
        return [client.get("ResearchStudy").status_code for _ in range(30)]

    first, again, other = statuses(1), statuses(1), statuses(2)
    assert first == again != other
    assert set(first) == {200, 503}
    assert all(200 in first[place : place + 3] for place in range(28))


def test_a_server_out_of_patience_does_nothing(opened: list[Client]) -> None:
    opened.append(Client(Twin(replace(PROFILES["slow"], delay=0.0, pace=0.01, patience=0.05))))
    client = opened[-1]

    assert client.post(trial()).status_code == 408
    assert client.twin.state() == {}
    assert client.post({**trial(), "type": "batch", "entry": trial()["entry"][-2:]}).status_code == 200


def test_a_large_body_is_413(opened: list[Client]) -> None:
    opened.append(Client(Twin("small-bodies")))
    assert opened[-1].put(study(title="x" * 70_000)).status_code == 413


def test_a_client_that_dies_in_the_middle_has_asked_for_nothing(opened: list[Client]) -> None:
    client = faulty(opened)
    address = httpx.URL(client.twin.url)
    head = f"PUT /fhir/ResearchStudy/a HTTP/1.1\r\nHost: {address.host}\r\nContent-Length: 500\r\n\r\n"
    with socket.create_connection((address.host, address.port or 0)) as connection:
        connection.sendall(head.encode() + json.dumps(study()).encode())

    assert client.get("metadata").status_code == 200
    assert client.twin.state() == {}


def test_a_resource_can_be_ordered_to_be_refused(opened: list[Client]) -> None:
    client = faulty(opened)
    client.twin.orders.refuse = lambda each: "not this one" if each["id"] == "a" else None

    assert client.put(study()).status_code == 422
    assert client.put(study(id="b")).status_code == 201


def test_everything_is_counted(opened: list[Client]) -> None:
    client = faulty(opened)
    client.post(trial())
    client.post(trial())
    reads = [{"request": {"method": "GET", "url": each["request"]["url"]}} for each in trial()["entry"]]
    client.post({"resourceType": "Bundle", "type": "batch", "entry": reads})
    client.get("ResearchStudy/NCT00000000")
    counts = client.twin.counts()

    assert (counts["writes"], counts["unchanged"], counts["versions"]) == (2 * WHOLE, WHOLE, WHOLE)
    assert counts["reads"] == 2
    assert counts["requests"] == {"batch": 1, "read": 1, "transaction": 2}
    assert counts["entries"] == {"read": WHOLE, "update": 2 * WHOLE}
    assert counts["sent"] > 0


def test_counts_and_state_are_shown_beside_the_base(opened: list[Client]) -> None:
    client = faulty(opened)
    client.post(trial())
    beside = client.twin.url.removesuffix("/fhir")

    assert client.get(f"{beside}/_twin/counts").json() == client.twin.counts()
    assert client.get(f"{beside}/_twin/state").json() == client.twin.state() == resources(trial())


def test_packed_bodies_are_understood_and_given(opened: list[Client]) -> None:
    import gzip

    client = faulty(opened)
    packed = gzip.compress(json.dumps(trial()).encode())
    answer = client.send("POST", "", content=packed, headers={"Content-Encoding": "gzip"})

    assert answer.headers["Content-Encoding"] == "gzip"
    assert len(answer.json()["entry"]) == WHOLE


@pytest.mark.parametrize(
    "name", sorted(set(PROFILES) - {"read-only", "server-ids", "conditional-only", "foreign-link"})
)
def test_trials_come_through_to_every_profile_and_back(name: str) -> None:
    """What our client stores on a server with its limits and faults is what it pulls."""
    strict = replace(PROFILES[name], strict=False)  # these trials are too small to be valid
    with Twin(strict, seed=3) as twin, open_target(twin.url) as target:
        receipts = list(target.push_all(trial(f"NCT000000{number:02}") for number in range(12)))
        pulled = {each.id: resources(each.bundle) for each in target.pull()}

    assert [receipt.failed for receipt in receipts] == [0] * 12
    assert pulled == {own: resources(trial(own)) for own in pulled}
    assert len(pulled) == 12


def test_the_program_says_where_it_is_and_what_it_counted() -> None:
    """It runs until it is told to end, and ends well."""
    command = [*PROGRAM, "twin", "--profile", "blaze", "--refuse", "ResearchStudy/b"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        ready, url = program.stdout.readline().split()
        headers = {"Content-Type": "application/fhir+json"}
        answers = [httpx.put(f"{url}/ResearchStudy/{own}", json=study(id=own), headers=headers) for own in "ab"]
        program.send_signal(signal.SIGTERM)
        _, said = program.communicate(timeout=20)

    assert ready == "READY"
    assert [each.status_code for each in answers] == [201, 422]
    assert program.returncode == 0
    assert Counter(json.loads(said)["requests"]) == {"update": 2}
