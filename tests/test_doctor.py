"""doctor: what a server says and what it does, measured; nothing of the measuring is left behind."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

import fhir_adapter
from command_line import Run, lines, records
from fhir_adapter.errors import ConfigError
from fhir_adapter.retry import Retry
from fhir_adapter.server import ServerTarget
from fhir_adapter.server.examination import Examination
from fhir_adapter.server.habits import Habits
from fhir_adapter.server.verdict import Level
from fhir_adapter.twin import PROFILES, Twin

pytest_plugins = ["command_line_fixtures"]

CALM = Retry(attempts=12, pause=lambda _: 0.0)

# What each server does, as the twin's own profile has it.
MEASURED: dict[str, dict[str, Any]] = {
    "hapi": {"ids": "letter", "mode": "put", "noop": True, "stale": 409, "integrity": True, "transactions": True},
    "hapi-open": {"ids": "any", "mode": "put", "integrity": False},
    "healthlake": {"ids": "any", "entries": 160, "conditional_update": False, "conditional_create": False},
    "azure": {"ids": "any", "noop": False, "stale": 412, "conditional_update": True},
    "google": {"ids": "any", "integrity": True, "conditional_update": True, "conditional_create": True},
    "blaze": {"ids": "any", "noop": False, "integrity": True, "stale": 412},
    "medplum": {"transactions": False, "noop": True},
    "fhir-works": {"entries": 25, "stale": 0, "conditional_update": False},
    "numeric-ids": {"ids": "letter", "mode": "put"},
    "server-ids": {"ids": "server", "mode": "conditional-update", "transactions": True, "integrity": True},
    "conditional-only": {"ids": "server", "mode": "conditional-update"},
    "no-transactions": {"transactions": False, "batches": True},
    "no-batches": {"transactions": True, "batches": False},
}


def examine(twin: Twin, **options: Any) -> Examination:
    with ServerTarget(twin.url, retry=CALM, **options) as target:
        return target.examine(trial=True)


@pytest.mark.parametrize("profile", MEASURED)
def test_each_server_is_measured_as_it_is(profile: str) -> None:
    """Ids, versions, conditions, limits, transactions; and then nothing is left."""
    with Twin(profile) as twin:
        found = examine(twin)
        left = twin.state()

    assert found.measured is not None
    habits = found.measured.habits.as_dict()
    assert {key: habits.get(key) for key in MEASURED[profile]} == MEASURED[profile]
    assert found.fit
    assert left == {}
    assert found.measured.left == ()


@pytest.mark.parametrize("fhir", ["R5", "R4B", "R4"])
def test_every_version_is_measured(fhir: str) -> None:
    with Twin("google", fhir=fhir) as twin:
        found = examine(twin)

    assert found.fhir == fhir
    assert found.measured is not None
    assert found.measured.habits.integrity is True


def test_a_limit_is_found_to_a_tenth() -> None:
    """Azure's 500 entries: what is told went through, and a tenth more would not."""
    with Twin("azure") as twin:
        found = examine(twin)

    assert found.measured is not None
    assert 450 <= (found.measured.habits.entries or 0) <= 500


def test_bodies_are_weighed() -> None:
    """64,000 bytes: the entries of a Bundle may have a little less."""
    with Twin("small-bodies") as twin:
        found = examine(twin)

    assert found.measured is not None
    assert 50_000 <= (found.measured.habits.size or 0) <= 64_000


def test_a_probe_is_kind() -> None:
    """Some 50 requests are enough for a server without surprises."""
    with Twin("hapi") as twin:
        examine(twin)
        assert sum(twin.counts()["requests"].values()) <= 65


def test_a_server_that_takes_ids_only_by_conditional_create_is_written_that_way() -> None:
    odd = replace(PROFILES["server-ids"], conditionals=frozenset({"create"}))
    with Twin(odd) as twin:
        found = examine(twin)

    assert found.measured is not None
    assert found.measured.habits.mode == "conditional-create"


@pytest.mark.parametrize("odd", [{"writes": False}, {"ids": "server", "conditionals": frozenset()}])
def test_a_server_that_trials_can_not_be_kept_on_is_a_problem(odd: dict[str, Any]) -> None:
    with Twin(replace(PROFILES["azure"], **odd)) as twin:
        found = examine(twin)

    assert not found.fit
    assert "ids" in [each.name for each in found.verdicts if each.level is Level.PROBLEM]


@pytest.mark.parametrize("at", [12, 25, 40])
def test_scratch_is_removed_when_the_probe_fails(at: int) -> None:
    """Whatever request fails for good, what was written goes."""
    passed = 0

    def fail(request: httpx.Request) -> httpx.Response:
        nonlocal passed
        passed += 1
        if passed == at:
            raise RuntimeError("the probe breaks here")
        with httpx.Client() as client:
            answer = client.request(request.method, request.url, headers=request.headers, content=request.read())
        headers = {key: value for key, value in answer.headers.items() if key in ("etag", "location", "content-type")}
        return httpx.Response(answer.status_code, headers=headers, content=answer.content)

    with Twin("server-ids") as twin:
        with pytest.raises(RuntimeError, match="breaks here"):
            examine(twin, transport=httpx.MockTransport(fail))
        assert twin.state() == {}


@pytest.mark.parametrize("profile", ["lost-response", "flaky", "hapi-busy"])
def test_scratch_is_removed_from_a_server_that_stumbles(profile: str) -> None:
    """An answer that was lost leaves nothing behind either."""
    with Twin(profile, seed=5) as twin:
        examine(twin)
        assert twin.state() == {}


def test_what_was_there_is_left_alone() -> None:
    """Other people's resources outlive a probe."""
    with Twin("hapi") as twin:
        httpx.put(f"{twin.url}/Location/ward", json={"resourceType": "Location", "id": "ward", "name": "Ward"})
        examine(twin)
        assert list(twin.state()) == ["Location/ward"]


def test_a_profile_is_read_as_it_was_written(tmp_path: Path) -> None:
    habits = Habits(url="https://x.example/fhir", fhir="R4", software='say "hi"', entries=160, stale=0, latency=0.5)
    habits.write(tmp_path / "p.toml")

    assert Habits.read(tmp_path / "p.toml") == habits


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("entries = 0", "'entries' may not be 0"),
        ("entries = true", "'entries' may not be True"),
        ('mode = "post"', "'mode' may not be 'post'"),
        ("speed = 1", "there is no 'speed'"),
        ("= 1", "is not TOML"),
    ],
)
def test_a_wrong_profile_is_refused_with_words(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "p.toml"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        Habits.read(path)
    assert words in str(caught.value)


def test_doctor_says_what_a_server_says_of_itself_and_writes_nothing(cli: Run) -> None:
    with Twin("server-ids") as twin:
        ran = cli("doctor", twin.url)
        counts = twin.counts()

    assert ran.code == 0
    assert b"use --mode conditional-update" in ran.out
    assert b"--probe" in ran.out
    assert counts["writes"] == 0


def test_sync_goes_by_what_doctor_measured(cli: Run) -> None:
    """Without a profile the server refuses our ids; with one nothing need be told, and all comes back."""
    with Twin("server-ids", fhir="R4") as twin:
        assert cli("sync", "-", "--to", twin.url, stdin=lines(records(2))).code == 1
        assert cli("doctor", twin.url, "--probe").code == 0
        assert cli("sync", "-", "--to", twin.url, stdin=lines(records(2))).code == 0
        before = twin.counts()["versions"]
        assert cli("sync", "-", "--to", twin.url, stdin=lines(records(2))).code == 0
        assert cli("sync", "-", "--to", twin.url, "--state", "none", stdin=lines(records(2))).code == 0
        assert twin.counts()["versions"] == before
        pulled = cli("pull", "--from", twin.url)
        named = cli("pull", "--from", twin.url, records(1)[0]["protocolSection"]["identificationModule"]["nctId"])

    assert cli("restore", "-", stdin=pulled.out).trees == records(2)
    assert cli("restore", "-", stdin=named.out).trees == records(1)


def test_a_profile_may_be_kept_and_named(cli: Run, here: Path) -> None:
    """`doctor -o FILE`, then `--profile FILE`: 25 entries a Bundle are kept to."""
    with Twin("fhir-works") as twin:
        assert cli("doctor", twin.url, "--probe", "-o", "works.toml").code == 0
        refused = twin.counts()["statuses"].get("413", 0)
        ran = cli("push", "-", "--to", twin.url, "--profile", "works.toml", stdin=lines(records(12)))
        assert twin.counts()["statuses"].get("413", 0) == refused

    assert ran.code == 0
    assert "entries = 25" in (here / "works.toml").read_text()


def test_doctor_for_programs(cli: Run) -> None:
    """One object: what the server says, the verdicts, the profile and where it is."""
    with Twin("azure") as twin:
        ran = cli("doctor", twin.url, "--probe", "--json")

    told = json.loads(ran.out)
    assert told["fit"] is True
    assert told["statement"]["types"]["ResearchStudy"]["updateCreate"] is True
    assert told["profile"]["ids"] == "any"
    assert Path(told["file"]).is_file()
    assert {each["level"] for each in told["verdicts"]} <= {"ok", "warning", "problem"}


def test_doctor_ends_with_1_where_something_is_missing(cli: Run) -> None:
    with Twin("read-only") as twin:
        assert cli("doctor", twin.url).code == 1
        ran = cli("doctor", twin.url, "--probe")

    assert ran.code == 1
    assert b"problem" in ran.out


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("doctor",), 2),
        (("doctor", "a-folder"), 2),
        (("doctor", "http://127.0.0.1:9/fhir", "-o", "x.toml"), 2),
        (("sync", "-", "--to", "http://127.0.0.1:9/fhir", "--profile", "nowhere.toml"), 2),
        (("sync", "-", "--to", "http://127.0.0.1:9/fhir", "--mode", "post"), 2),
    ],
)
def test_wrong_commands_end_with_2(cli: Run, here: Path, words: tuple[str, ...], code: int) -> None:
    assert cli(*words, stdin=lines(records(1))).code == code
    assert not (here / "a-folder").exists()


def test_a_measured_server_without_transactions_is_spared_them() -> None:
    """What is measured need not be found out again by every run."""
    sent = [fhir_adapter.convert(record, "R5").bundle() for record in records(2)]
    with Twin("no-transactions") as twin:
        habits = Habits(mode="conditional-update", transactions=False)
        with ServerTarget(twin.url, habits=habits) as target:
            assert all(receipt.ok for receipt in target.push_all(sent))
        assert twin.counts()["requests"].get("transaction", 0) == 0
