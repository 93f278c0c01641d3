"""What failed is tried again, and only that where it is wanted."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from command_line import Run, lines, record, records
from fhir_adapter.twin import Twin
from following_runs import QUERY, Sync, refusing, studies
from registry_stub import RegistryStub

pytest_plugins = ["command_line_fixtures", "registry_fixtures"]


def test_what_failed_is_asked_for_again_by_number_and_holds_nothing_back(
    sync: Sync, stub: RegistryStub, twin: Twin
) -> None:
    """A trial that the server refused comes again until it is stored; the day moves on meanwhile."""
    twin.orders.refuse = refusing("NCT00000003")
    first = sync("--since", "auto")
    second = sync("--since", "auto")
    asked = stub.numbers
    twin.orders.refuse = refusing()
    third = sync("--since", "auto")
    fourth = sync("--since", "auto")

    assert (first.code, first.trees[0]["failures"]) == (1, ["NCT00000003"])
    assert (second.code, second.trees[0]["records"]["read"], asked) == (1, 1, ["NCT00000003"])
    assert (third.code, third.trees[0]["records"]["done"]) == (0, 1)
    assert fourth.trees[0]["records"]["read"] == 0
    assert len(studies(twin)) == 5


def test_only_what_failed_is_tried_again(sync: Sync, stub: RegistryStub, twin: Twin) -> None:
    """`--retry-failed` asks the registry for nothing else."""
    twin.orders.refuse = refusing("NCT00000003")
    sync()
    twin.orders.refuse = refusing()
    ran = sync("--retry-failed")

    assert ran.trees[0]["records"] == {"read": 1, "done": 1, "failed": 0}
    assert (stub.numbers, stub.listings) == (["NCT00000003"], [])


def test_only_what_failed_in_a_push_is_tried_again(cli: Run, stub: RegistryStub, twin: Twin, registry: str) -> None:
    """push follows no query, and yet knows what failed of it."""
    twin.orders.refuse = refusing("NCT00000003")
    cli("push", QUERY, "--to", twin.url)
    twin.orders.refuse = refusing()
    stub.forget()
    ran = cli("push", QUERY, "--to", twin.url, "--json", "--retry-failed")

    assert ran.trees[0]["records"] == {"read": 1, "done": 1, "failed": 0}
    assert (stub.numbers, stub.listings) == (["NCT00000003"], [])


@pytest.mark.parametrize("verb", ["push", "sync"])
def test_only_what_failed_of_a_file_is_tried_again(cli: Run, here: Path, twin: Twin, verb: str) -> None:
    """Of a file the records are picked that the ledger knows to have failed."""
    (here / "trials.ndjson").write_bytes(lines(records(4)))
    twin.orders.refuse = refusing("NCT00000002")
    first = cli(verb, "trials.ndjson", "--to", twin.url, "--json")
    twin.orders.refuse = refusing()
    second = cli(verb, "trials.ndjson", "--to", twin.url, "--json", "--retry-failed")
    third = cli(verb, "trials.ndjson", "--to", twin.url, "--json", "--retry-failed")

    assert first.trees[0]["failures"] == ["NCT00000002"]
    assert second.trees[0]["records"] == {"read": 1, "done": 1, "failed": 0}
    assert third.trees[0]["records"]["read"] == 0


def test_only_what_failed_of_fhir_is_tried_again(cli: Run, here: Path, twin: Twin) -> None:
    """The same for trials that are FHIR already."""
    cli("convert", "-", "-o", "out", stdin=lines(records(3)))
    twin.orders.refuse = refusing("NCT00000002")
    cli("push", "out", "--to", twin.url)
    twin.orders.refuse = refusing()

    ran = cli("push", "out", "--to", twin.url, "--json", "--retry-failed")

    assert ran.trees[0]["records"] == {"read": 1, "done": 1, "failed": 0}


def test_failures_are_kept_with_the_command_that_tries_them_again(sync: Sync, cli: Run, here: Path, twin: Twin) -> None:
    """failures.ndjson names each record, its place, its errors, and a command that works."""
    twin.orders.refuse = refusing("NCT00000003")
    sync("--since", "auto", "--report", "log", json=False)
    (failure,) = [json.loads(line) for line in (here / "log" / "failures.ndjson").read_bytes().splitlines()]
    twin.orders.refuse = refusing()
    words = shlex.split(failure["retry"])
    again = cli(*words[1:], "--json")

    assert failure["id"] == "NCT00000003"
    assert failure["place"].startswith(QUERY)
    assert failure["errors"][0]["severity"] == "error"
    assert words == ["fhir-adapter", "sync", "ctgov:NCT00000003", "--to", twin.url, "--report", "log"]
    assert again.trees[0]["records"] == {"read": 1, "done": 1, "failed": 0}


def test_a_failure_in_a_file_is_tried_again_by_its_id(cli: Run, here: Path, twin: Twin) -> None:
    """What can't even be read is tried again with the whole file."""
    (here / "my trials.ndjson").write_bytes(lines([record(1), {**record(2), "protocolSection": {"x": 1}}]) + b"{oh\n")
    twin.orders.refuse = refusing("NCT00000001")
    address = twin.url.replace("://", "://me:s3cret@")
    cli("push", "my trials.ndjson", "--to", address, "--report", "log", "--workers", "1")
    text = (here / "log" / "failures.ndjson").read_text()
    found = {each["place"]: each["retry"] for each in map(json.loads, text.splitlines())}

    own = f"fhir-adapter push 'my trials.ndjson' --to {twin.url} --workers 1 --report log"
    assert found["my trials.ndjson:1"] == f"{own} --retry-failed"
    assert found["my trials.ndjson:3"] == own
    assert "s3cret" not in text
