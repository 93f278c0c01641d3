"""Three runs of real trials against every server that we can imitate: all, nothing, and only what changed.

The twin counts, not we: `writes` are the interactions that ask for a change, `versions` what it made of them.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import orjson
import pytest

from fhir_adapter.convert import convert
from fhir_adapter.retry import Retry
from fhir_adapter.sync import sync
from fhir_adapter.target import Target, open_target
from fhir_adapter.twin import PROFILES, Twin

Tree = dict[str, Any]
Corpus = Callable[[str], Iterator[Tree]]

COUNT, FEW, CHANGED = 300, 20, 5
READS = COUNT // 50  # that many requests may a run take that has nothing to do
# They take no new ids from us, or nothing at all.
OTHERS = {"read-only", "server-ids", "conditional-only"}
WRITABLE = [name for name in PROFILES if name not in OTHERS]
# Each differs from the others in what it does with a transaction, a condition or a PUT that changes nothing.
KINDS = ["hapi", "blaze", "fhir-works", "no-transactions", "lost-response"]


@dataclass(frozen=True, slots=True)
class Trials:
    """Records as they are at first, and after five changed, with the Bundles that they become."""

    records: list[Tree]
    later: list[Tree]
    bundles: list[Tree]
    after: list[Tree]

    def some(self, count: int) -> Trials:
        return Trials(self.records[:count], self.later[:count], self.bundles[:count], self.after[:count])

    def within(self, size: int | None) -> Trials:
        """Leave out trials with a resource that is too large for a server."""
        rows = zip(self.records, self.later, self.bundles, self.after, strict=True)
        kept = [row for row in rows if size is None or max(map(len, held([row[2]]).values())) < size - 1_000]
        return Trials(*map(list, zip(*kept, strict=True)))


@pytest.fixture(scope="module")
def trials(corpus: Corpus) -> Callable[[str], Trials]:
    """Give the trials in a FHIR version; each version is converted once."""
    records = chosen(corpus)
    later = [
        edited(record, place) if place % 11 == 4 and place < 11 * CHANGED else record
        for place, record in enumerate(records)
    ]

    @cache
    def made(fhir: str) -> Trials:
        bundles = [convert(record, fhir, validate=False).bundle() for record in records]
        pairs = zip(records, later, bundles, strict=True)
        after = [b if new is old else convert(new, fhir, validate=False).bundle() for old, new, b in pairs]
        return Trials(records, later, bundles, after)

    return made


def chosen(corpus: Corpus) -> list[Tree]:
    """Give records spread over the corpus, results left out as a conversion does."""
    every = [{key: own[key] for key in own if key != "resultsSection"} for own in corpus("ctgov_v2")]
    return every[:: len(every) // COUNT][:COUNT]


def edited(record: Tree, place: int) -> Tree:
    """Give a record with another title; every second one has lost its last outcome too."""
    new = copy.deepcopy(record)
    protocol = new["protocolSection"]
    protocol["identificationModule"]["briefTitle"] = f"Another title {place}"
    outcomes = protocol.get("outcomesModule", {}).get("secondaryOutcomes") or []
    if place % 2:
        del outcomes[-1:]
    return new


def held(bundles: list[Tree]) -> dict[str, bytes]:
    """Give what a server should hold, by name."""
    return {each["request"]["url"]: spelt(each["resource"]) for own in bundles for each in own["entry"]}


def spelt(resource: Tree) -> bytes:
    return orjson.dumps(resource, default=float, option=orjson.OPT_SORT_KEYS)


def state(twin: Twin) -> dict[str, bytes]:
    return {name: spelt(resource) for name, resource in twin.state().items()}


def identifiers(twin: Twin) -> list[str]:
    return sorted(resource["identifier"][0]["value"] for resource in twin.state().values())


def differing(one: list[Tree], other: list[Tree]) -> int:
    """Count the resources that a server has to write or delete to come from one to the other."""
    before, after = held(one), held(other)
    return sum(before.get(name) != after.get(name) for name in before.keys() | after.keys())


class Runs:
    """Runs against one twin, one after the other; each gives what it added to the twin's counts."""

    def __init__(self, twin: Twin) -> None:
        self._twin = twin

    def push(self, bundles: list[Tree], state: Path | None, mode: str | None = None) -> Tree:
        with self._counting(state, mode) as (target, counted):
            issues = [str(issue) for receipt in target.push_all(bundles) for issue in receipt.issues]
        assert issues == []
        return counted

    def sync(self, records: list[Tree], state: Path | None) -> Tree:
        with self._counting(state) as (target, counted):
            report = sync(records, target)
        assert (report.read, report.failed) == (len(records), 0)
        return counted

    @contextmanager
    def _counting(self, state: Path | None, mode: str | None = None) -> Iterator[tuple[Target, Tree]]:
        counted: Tree = {}
        before = self._twin.counts()
        retry = Retry(pause=lambda _: 0.0)
        with open_target(self._twin.url, state=state, workers=4, retry=retry, mode=mode) as target:
            yield target, counted
        after = self._twin.counts()
        counted.update({key: after[key] - before[key] for key in ("reads", "writes", "versions")})


@pytest.mark.parametrize(
    ("name", "fhir"), [*((name, "R5") for name in WRITABLE), *((name, "R4") for name in KINDS[:2])]
)
def test_all_then_nothing_then_only_what_changed(
    trials: Callable[[str], Trials], tmp_path: Path, name: str, fhir: str
) -> None:
    """First all is stored, then nothing is sent, then no more than what five changed records make of it."""
    own = trials(fhir).within(PROFILES[name].size)
    with Twin(name, fhir=fhir, seed=3) as twin:
        runs, file = Runs(twin), tmp_path / "ledger.sqlite"
        first = runs.push(own.bundles, file)
        stored = state(twin)
        second = runs.push(own.bundles, file)
        third = runs.push(own.after, file)

        assert len(own.bundles) > COUNT - 20
        assert stored == held(own.bundles)
        assert first["versions"] == len(stored)
        assert (second["writes"], second["versions"]) == (0, 0)
        assert second["reads"] <= READS
        assert state(twin) == held(own.after)
        assert third["versions"] == differing(own.bundles, own.after)
        if not PROFILES[name].faults:
            assert third["writes"] == third["versions"]


@pytest.mark.parametrize("mode", ["conditional-update", "conditional-create"])
@pytest.mark.parametrize("name", ["server-ids", "conditional-only"])
def test_all_then_nothing_then_only_what_changed_where_the_server_gives_the_ids(
    trials: Callable[[str], Trials], tmp_path: Path, name: str, mode: str
) -> None:
    """What is stored is told by its identifiers."""
    own = trials("R5")
    with Twin(name) as twin:
        runs, file = Runs(twin), tmp_path / "ledger.sqlite"
        first = runs.push(own.bundles, file, mode)
        stored = identifiers(twin)
        second = runs.push(own.bundles, file, mode)
        third = runs.push(own.after, file, mode)

        assert len(own.bundles) == COUNT
        assert stored == sorted(place.partition("/")[2] for place in held(own.bundles))
        assert first["versions"] == len(stored)
        assert (second["writes"], second["versions"]) == (0, 0)
        assert second["reads"] <= READS
        assert identifiers(twin) == sorted(place.partition("/")[2] for place in held(own.after))
        assert third["writes"] == third["versions"] == differing(own.bundles, own.after)


@pytest.mark.parametrize("name", WRITABLE)
def test_without_a_ledger_nothing_is_written_twice_either(
    trials: Callable[[str], Trials], tmp_path: Path, name: str
) -> None:
    """No ledger at all, and one that was lost between two runs: the server is read, and only what changed is sent."""
    own = trials("R5").some(FEW)
    with Twin(name, seed=5) as twin:
        runs = Runs(twin)
        runs.push(own.bundles, None)
        again = runs.push(own.bundles, None)
        lost = runs.push(own.bundles, tmp_path / "new.sqlite")
        known = runs.push(own.bundles, tmp_path / "new.sqlite")
        changed = runs.push(own.after, None)

        assert (again["writes"], lost["writes"], known["writes"]) == (0, 0, 0)
        assert again["reads"] > 0
        assert lost["reads"] > 0
        assert known["reads"] <= 1 + len(PROFILES[name].faults)
        assert changed["versions"] == differing(own.bundles, own.after)
        assert state(twin) == held(own.after)


@pytest.mark.parametrize("fhir", ["R5", "R4B", "R4"])
def test_records_that_came_before_are_not_sent(trials: Callable[[str], Trials], tmp_path: Path, fhir: str) -> None:
    """The same from records to server, as the command does it: what the ledger knows isn't even converted."""
    own = trials("R5").some(FEW)
    with Twin("azure", fhir=fhir) as twin:
        runs, file = Runs(twin), tmp_path / "ledger.sqlite"
        first = runs.sync(own.records, file)
        second = runs.sync(own.records, file)
        before = state(twin)
        third = runs.sync(own.later, file)
        after = state(twin)

        assert first["writes"] == len(before)
        assert second == {"reads": 1, "writes": 0, "versions": 0}
        assert third["writes"] == sum(before.get(each) != after.get(each) for each in before.keys() | after.keys())
