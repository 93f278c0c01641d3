"""What a report says about the requests of a run: how many, how heavy, how slow, which failed. Never a secret."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

import fhir_adapter
from command_line import Run, lines, record, records
from fhir_adapter.errors import ConfigError, Temporary
from fhir_adapter.exchange import Exchange
from fhir_adapter.meter import Meter
from fhir_adapter.resource import plain
from fhir_adapter.server.connection import Connection
from fhir_adapter.server.metering import shown
from fhir_adapter.server.wire import Wire as Way
from fhir_adapter.twin import PROFILES, Fault, Place, Twin
from paging import fill, opened
from wire import Wire

pytest_plugins = ["command_line_fixtures"]

Tree = dict[str, Any]


def exchange(ms: float = 1.0, status: int | None = 200, **more: Any) -> Exchange:
    return Exchange(id="0123456789abcdef", method="GET", url="metadata", status=status, ms=ms, **more)


# Counting


def test_a_meter_adds_up() -> None:
    """Bytes, statuses, what was sent again; latencies to one per cent."""
    meter = Meter()
    for ms in range(1, 101):
        meter.note(exchange(ms, sent=10, received=100, attempt=1 + (ms > 97)))
    meter.note(exchange(2_000, status=None))
    usage = meter.usage()

    assert usage is not None
    assert (usage.requests, usage.repeats, usage.sent, usage.received) == (101, 3, 1_000, 10_000)
    assert usage.statuses == {"200": 100, "none": 1}
    assert (usage.p50, usage.p95, usage.p99) == pytest.approx((51, 96, 100), rel=0.01)
    assert [each.ms for each in usage.slowest] == [2_000, 100, 99, 98, 97]
    assert [each.status for each in usage.failed] == [None]


def test_one_request_is_all_percentiles() -> None:
    meter = Meter()
    meter.note(exchange(12.34))
    usage = meter.usage()
    assert usage is not None
    assert usage.p50 == usage.p95 == usage.p99 == pytest.approx(12.34, rel=0.01)
    assert usage.p99 <= usage.longest == 12.34


def test_a_meter_without_requests_says_nothing() -> None:
    assert Meter().usage() is None


def test_a_meter_keeps_no_more_for_a_long_run() -> None:
    """50,000 requests, from several threads: each is counted, few are kept."""
    meter = Meter()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: meter.note(exchange(n % 977 / 7, status=500)), range(50_000)))
    usage = meter.usage()

    assert usage is not None
    assert (usage.requests, len(usage.failed), len(usage.slowest)) == (50_000, 20, 5)


def test_ids_of_requests_are_unique_and_leave_no_trace_in_a_pulled_resource() -> None:
    """HAPI puts the id behind meta.source: what is pulled says the source alone."""
    meter = Meter()
    ids = {meter.number() for _ in range(1_000)}
    study = {"resourceType": "ResearchStudy", "id": "a", "meta": {"source": f"urn:x#{min(ids)}"}}

    assert len(ids) == 1_000
    assert plain(study, "R5")["meta"] == {"source": "urn:x"}


# From the wire


def test_every_request_has_an_id_and_is_counted() -> None:
    fake = Wire(profile=PROFILES["hapi"])
    fill(fake, 3)
    with opened(fake) as server:
        list(server.pull())
        usage = server.meter.usage()

    ids = [each.headers["X-Request-Id"] for each in fake.requests]
    assert usage is not None
    assert usage.requests == len(ids) == len(set(ids)) == fake.twin.counts()["requests"]["capabilities"] + 1
    assert usage.sent == sum(len(each.content) for each in fake.requests)
    assert usage.received > 0
    assert {each.id for each in usage.slowest} <= set(ids)


def test_what_is_sent_again_has_another_id_and_a_number() -> None:
    """A request that is lost has no status."""
    fake = Wire()
    answers: list[Any] = [httpx.Response(503), None, httpx.ConnectError("gone")]

    def handle(request: httpx.Request) -> httpx.Response:
        answer = answers.pop(0) if answers else None
        if isinstance(answer, Exception):
            raise answer
        return answer or fake.handle(request)

    with opened(fake, handle) as server:
        list(server.pull())
        usage = server.meter.usage()

    assert usage is not None
    assert (usage.requests, usage.repeats) == (4, 2)
    assert usage.statuses == {"503": 1, "none": 1, "200": 2}
    assert [(each.status, each.attempt) for each in usage.failed] == [(503, 1), (None, 1)]
    assert len({each.id for each in usage.slowest}) == 4


def test_what_is_not_there_is_no_failure() -> None:
    assert not exchange(status=404).failed
    assert replace(exchange(status=404), method="POST").failed
    assert exchange(status=409).failed


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://h/fhir/metadata?_elements=x", "metadata?_elements"),
        ("http://me:canary@h/fhir/ResearchStudy?token=canary&token=canary&a=canary", "ResearchStudy?token&a"),
        ("http://h/fhir?_getpages=canary", "/?_getpages"),
        ("http://h/fhir", "/"),
    ],
)
def test_addresses_are_shown_without_what_could_be_secret(url: str, words: str) -> None:
    assert shown(httpx.URL(url), "http://h/fhir") == words


def test_the_id_of_a_request_is_not_for_settings() -> None:
    with pytest.raises(ConfigError, match="'X-Request-ID' can't be set"):
        Connection("http://h/fhir", wire=Way(headers={"X-Request-ID": "1"}))


# In the report


def test_push_reports_its_requests(cli: Run, here: Path) -> None:
    """For people, with --json and in report.json: the same numbers, which are those that the server counted."""
    (here / "trials.ndjson").write_bytes(lines(records(3)))
    with Twin("hapi") as twin:
        ran = cli("push", "trials.ndjson", "--to", twin.url, "--json", "--report", "log")
        counts = twin.counts()
    told = json.loads(ran.out)["requests"]

    assert told == json.loads((here / "log" / "report.json").read_bytes())["requests"]
    assert told["sent"] == sum(counts["requests"].values())
    assert told["bytes_sent"] == counts["received"]
    assert told["bytes_received"] == counts["sent"]
    assert told["statuses"] == counts["statuses"]
    assert told["ms"]["p50"] <= told["ms"]["p95"] <= told["ms"]["p99"] <= told["ms"]["max"]
    assert told["slowest"][0]["ms"] == told["ms"]["max"]


def test_people_are_told_about_the_requests(cli: Run, here: Path) -> None:
    (here / "trials.ndjson").write_bytes(lines(records(2)))
    fault = Fault(kind="unavailable", place=Place.BEFORE, status=503, share=1.0, times=1, later="0")
    with Twin(replace(PROFILES["hapi"], faults=(fault,))) as twin:
        ran = cli("sync", "trials.ndjson", "--to", twin.url)
        pulled = cli("pull", "--from", twin.url)

    assert ", 1 of them sent again; " in ran.err
    assert ", 1 × 503" in ran.err
    assert "1 request refused or lost, the first: GET metadata?_elements 503 (X-Request-Id " in ran.err
    assert " (p50), " in ran.err
    assert "\nslowest: " in ran.err
    assert "\nrequests: " in pulled.err
    assert "refused or lost" not in pulled.err


def test_a_folder_has_no_requests(cli: Run, here: Path) -> None:
    (here / "trials.ndjson").write_bytes(lines(records(1)))
    ran = cli("push", "trials.ndjson", "--to", "./there", "--json")
    assert "requests" not in json.loads(ran.out)


def test_a_run_that_ends_early_reports_what_was_refused(cli: Run, here: Path) -> None:
    """Plan, then apply: the requests of each; the last words of a server that is down are in the report."""
    (here / "trials.ndjson").write_bytes(lines(records(1)))
    with Twin("hapi") as twin:
        assert "\nrequests: " in cli("plan", "trials.ndjson", "--to", twin.url, "-o", "plan.ndjson").err
        assert "\nrequests: " in cli("apply", "plan.ndjson", "--to", twin.url).err


def test_a_library_user_finds_them_in_the_report() -> None:
    with Twin("hapi") as twin:
        report = fhir_adapter.sync([record(1)], twin.url)
    assert report.requests is not None
    assert report.requests.statuses["200"] >= 1


# In the log


def test_the_log_has_a_line_a_request(cli: Run, here: Path) -> None:
    """JSON lines with time, level, event; a request by its id, as the server knows it. A second run adds to them."""
    (here / "trials.ndjson").write_bytes(lines(records(2)))
    with Twin("hapi") as twin:
        assert cli("push", "trials.ndjson", "--to", twin.url, "--log", "run.log").code == 0
        once = sum(twin.counts()["requests"].values())
        cli("pull", "NCT00000009", "--from", twin.url, "--log", "run.log")
        twice = sum(twin.counts()["requests"].values())
    told = [json.loads(line) for line in (here / "run.log").read_text().splitlines()]

    events = [each["event"] for each in told]
    assert events == ["start", *["request"] * once, "end", "start", *["request"] * (twice - once), "end"]
    assert told[0]["verb"] == "push"
    assert told[-1]["records"] == {"read": 1, "done": 0, "failed": 1}
    asked = [each for each in told if each["event"] == "request"]
    assert len({each["request"] for each in asked}) == twice
    assert {*asked[0]} == {"ts", "level", "event", "request", "method", "url", "status", "ms", "attempt"}
    assert all(each["ts"].endswith("+00:00") for each in told)


def test_the_log_goes_to_stderr_too_and_ends_with_an_error(cli: Run, here: Path) -> None:
    fault = Fault(kind="unavailable", place=Place.BEFORE, status=501, share=1.0, row=99)
    with Twin(replace(PROFILES["hapi"], faults=(fault,))) as twin:
        ran = cli("pull", "--from", twin.url, "--log", "-")
    told = [json.loads(line) for line in ran.err.splitlines() if line.startswith("{")]

    assert ran.out == b""
    assert [(each["event"], each["level"]) for each in told] == [
        ("start", "info"),
        ("request", "warning"),
        ("end", "error"),
    ]
    assert told[-1]["error"] == "Refused"


def test_a_log_that_cannot_be_written_is_one_line(cli: Run, here: Path) -> None:
    ran = cli("pull", "--from", "http://127.0.0.1:1/fhir", "--log", "no/such/folder/log")
    assert ran.code == 2
    assert ran.last.startswith("fhir-adapter: cannot write the log 'no/such/folder/log': no such file")


def test_a_server_that_never_answers_is_counted() -> None:
    meter = Meter()

    def handle(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("slow", request=request)

    with pytest.raises(Temporary):
        opened(Wire(), handle, meter=meter)
    usage = meter.usage()
    assert usage is not None
    assert usage.statuses == {"none": 2}
