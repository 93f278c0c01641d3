"""Input that means harm, or is just broken: an issue or a clear error each time, soon."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import orjson
import pytest

from fhir_adapter.issues import blocking
from fhir_adapter.keys import Doubled, loads
from fhir_adapter.validate import checker, validate
from mutated_bytes import mutated
from pace import soon
from validate_examples import VERSIONS, Tree, bundle, trial

MANY = 100_000
STUDY: Tree = {"resourceType": "ResearchStudy", "id": "a", "status": "active"}
PLACE: Tree = {"resourceType": "Location", "id": "a"}
PATIENCE = 5.0  # seconds


def nested(levels: int, inner: Any, wrap: Callable[[Any], Any]) -> Any:
    for _ in range(levels):
        inner = wrap(inner)
    return inner


DEEP: dict[str, Callable[[int], Tree]] = {
    "extensions": lambda n: {
        **STUDY,
        "extension": [nested(n, {"url": "x:y", "valueCode": "a"}, lambda x: {"url": "x:y", "extension": [x]})],
    },
    "actions": lambda n: {
        "resourceType": "PlanDefinition",
        "status": "active",
        "action": [nested(n, {"title": "x"}, lambda x: {"title": "x", "action": [x]})],
    },
    "contained resources": lambda n: nested(n, PLACE, lambda x: {**PLACE, "contained": [x]}),
    "bundles": lambda n: nested(
        n, PLACE, lambda x: {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": x}]}
    ),
    "lists": lambda n: {**PLACE, "alias": nested(n, "x", lambda x: [x])},
}


@pytest.mark.parametrize("kind", DEEP)
@pytest.mark.parametrize("levels", [200, 500, 5000])
def test_nesting_ends_in_an_issue(kind: str, levels: int) -> None:
    """As a tree, as text, and in the fast check; the stack never ends the program."""
    resource = DEEP[kind](levels)

    assert blocking(soon(lambda: validate(resource), PATIENCE))
    assert soon(lambda: checker("r5")([resource]), PATIENCE)
    if levels == 200:  # what Python writes
        assert blocking(soon(lambda: validate(json.dumps(resource)), PATIENCE))


@pytest.mark.parametrize("text", [b"[" * MANY, b'{"a":' * MANY, b'{"a": ' * 990 + b"1" + b"}" * 990])
def test_text_that_only_opens_is_an_issue(text: bytes) -> None:
    """Brackets without end."""
    assert blocking(soon(lambda: validate(text), PATIENCE))


ENDLESS: dict[str, Callable[[], Tree]] = {
    "title": lambda: {"title": "x" * 100_000_000},
    "id": lambda: {"id": "x" * 100_000_000},
    "status": lambda: {"status": "x" * 100_000_000},
    "date": lambda: {"date": "2020-" * 20_000_000},
    "reference": lambda: {"site": [{"reference": "http://" + "a/" * 50_000_000}]},
    "url": lambda: {"url": "urn:" + "x" * 100_000_000},
    "code": lambda: {"language": "a " * 50_000_000},
    "key": lambda: {"x" * 100_000_000: 1},
    "type": lambda: {"resourceType": "x" * 100_000_000},
    "base64": lambda: {"extension": [{"url": "x:y", "valueBase64Binary": "QUJ" * 33_333_333}]},
    "unit": lambda: {"extension": [{"url": "x:y", "valueQuantity": {"code": "m." * 50_000_000}}]},
}


@pytest.mark.parametrize("where", ENDLESS)
def test_a_string_of_100_mb_is_an_issue(where: str) -> None:
    """Wherever it stands; the message doesn't repeat it."""
    resource = {**STUDY, **ENDLESS[where]()}

    found = [issue for issue in soon(lambda: validate(resource, "r5"), PATIENCE) if blocking([issue])]

    assert found
    assert all(len(issue.message) < 500 for issue in found)


def test_100_mb_of_base64_are_fine() -> None:
    """An attachment may be large."""
    data = "QUJD" * 25_000_000
    resource = {**STUDY, "extension": [{"url": "x:y", "valueBase64Binary": data}]}
    assert not blocking(soon(lambda: validate(resource, "r5"), PATIENCE))


CROWDS: dict[str, Callable[[int], Tree]] = {
    "extensions": lambda n: {**STUDY, "extension": [{"url": f"x:{i}", "valueCode": "a"} for i in range(n)]},
    "references": lambda n: {**STUDY, "site": [{"reference": f"Location/c{i}"} for i in range(n)]},
    "wrong references": lambda n: {**STUDY, "site": [{"reference": f"Patient/c{i}"} for i in range(n)]},
    "contained": lambda n: {
        **STUDY,
        "contained": [{"resourceType": "Location", "id": f"c{i}"} for i in range(n)],
        "site": [{"reference": f"#c{i}"} for i in range(n)],
    },
    "codings": lambda n: {**STUDY, "phase": {"coding": [{"system": "x:y", "code": f"c{i}"} for i in range(n)]}},
    "element ids": lambda n: {
        "resourceType": "PlanDefinition",
        "status": "active",
        "action": [{"id": f"x{i % 1000}", "title": "a"} for i in range(n)],
    },
    "nulls": lambda n: {**STUDY, "note": [None] * n},
    "entries": lambda n: {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"fullUrl": f"urn:uuid:{i:08}-0000-0000-0000-000000000000", "resource": PLACE} for i in range(n)],
    },
}


@pytest.mark.parametrize("kind", CROWDS)
def test_ten_times_as_many_take_ten_times_as_long(kind: str) -> None:
    """Nothing is quadratic: a hundred thousand of anything are checked in a time that follows their number."""
    times = []
    for count in (MANY // 100, MANY // 10):
        resource = CROWDS[kind](count)
        start = time.process_time()
        validate(resource, "r5")
        times.append(time.process_time() - start)

    assert times[1] < 30 * times[0] + 0.5


def test_a_hundred_thousand_extensions_are_checked() -> None:
    """One resource as large as a registry."""
    resource = CROWDS["extensions"](MANY)
    assert not blocking(soon(lambda: validate(resource, "r5"), PATIENCE))


@pytest.mark.parametrize(
    "value", [b"NaN", b"Infinity", b"-Infinity", b"1e999", b'"\\ud800"', b'"\xff"', b"01", b"1.", b"0x1", b"{'a': 1}"]
)
def test_what_json_has_not_is_an_issue(value: bytes) -> None:
    """Numbers that are none, half characters, bytes that are no UTF-8."""
    text = b'{"resourceType": "Location", "position": {"longitude": ' + value + b', "latitude": 1}}'
    assert blocking(validate(text, "r5"))


@pytest.mark.parametrize(
    "odd",
    [
        {5: 1},
        {None: 1},
        {("a",): 2},
        {"title": "\ud800"},
        {"\ud800": 1},
        {"resourceType": "\ud800"},
        {"id": b"x"},
        {"status": {1, 2}},
        {"title": 10**5000},
        {"extension": [{"url": "x:y", "valueInteger": 10**5000}]},
        {"extension": [{"url": "x:y", "valueDecimal": float("nan")}]},
    ],
    ids=lambda odd: ascii(next(iter(odd))),
)
def test_python_values_that_json_has_not_are_issues(odd: Tree) -> None:
    """Keys that are no text, half characters, sets, numbers without end."""
    assert blocking(validate({**STUDY, **odd}, "r5"))
    assert checker("r5")([{**STUDY, **odd}])


# --- text ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ('{"resourceType":"Location","name":"a","name":"b"}', ["Location"]),
        ('{"resourceType": "Location", "address": {"city": "a", "city": "a"}}', ["Location.address"]),
        ('{"resourceType":"Location","alias":["a"],"\\u0061lias":["b"]}', ["Location"]),
        (
            '{"resourceType":"Location","identifier":[{"value":"a"},{"value":"b","value":"b","use":"usual","use":"usual"}]}',
            ["Location.identifier[1]"] * 2,
        ),
        ('[{"resourceType":"Location","name":"a"},{"resourceType":"Location","name":"a","name":"b"}]', ["Location"]),
        ('{"resourceType":"Location","name":"a\\": 1, \\"name\\": 2"}', []),
    ],
)
def test_a_key_written_twice_is_an_error_at_its_object(text: str, places: list[str]) -> None:
    """As HL7's engine has it; a parser would keep the last and say nothing."""
    twice = [issue for issue in validate(text, "r5") if "written twice" in issue.message]
    assert [issue.path for issue in twice] == places
    assert all(issue.code == "invalid" and blocking([issue]) for issue in twice)


def test_doubled_keys_are_found_however_json_is_spelt() -> None:
    """Any spelling of one object, with and without a doubled key."""
    dice = random.Random(5)  # noqa: S311  (the same each time)
    for _ in range(2000):
        names = [dice.choice(["a", "b", "a b", '":', "\\u0061", "é"]) for _ in range(dice.randrange(6))]
        gap = dice.choice(["", " ", "\n"])
        spelt = [f'"{name}"' if name[:1] == "\\" else orjson.dumps(name).decode() for name in names]
        text = "{" + ",".join(f"{gap}{each}{gap}:{gap}{dice.choice(['1', '1.0', '[]', '{}'])}" for each in spelt) + "}"
        parsed = [orjson.loads(each) for each in spelt]
        assert isinstance(loads(text.encode()), Doubled) == (len(set(parsed)) < len(parsed)), text


@pytest.mark.parametrize("fhir", VERSIONS)
def test_damaged_bytes_are_an_issue_or_another_resource(fhir: str) -> None:
    """Thousands of random damages to valid JSON; scripts/damage makes a million."""
    dice = random.Random(fhir)  # noqa: S311  (the same each time)
    sound = [orjson.dumps(resource) for resource in (*trial(fhir), bundle(fhir))]
    for _ in range(1000):
        text = mutated(dice.choice(sound), dice)
        for issue in validate(text, fhir):
            assert issue.message, text


# --- the program around it -------------------------------------------------------------------------------------


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_eight_threads_may_begin_at_once() -> None:
    """The first use reads definitions and compiles; whoever comes first, all get the same answers."""
    code = """
import sys, threading
sys.path.insert(0, "tests")
from validate_examples import VERSIONS, trial
from fhir_adapter.validate import checker, validate
gate, found = threading.Barrier(8), []
def work():
    gate.wait()
    given = [(fhir, trial(fhir)) for fhir in VERSIONS]
    bad = [{**resources[0], "status": "nope"} for _, resources in given]
    found.append([(validate(resources, fhir), checker(fhir)(resources)) for fhir, resources in given]
                 + [[str(issue) for issue in validate(each)] for each in bad])
threads = [threading.Thread(target=work) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
assert len(found) == 8 and all(each == found[0] for each in found), found
assert not any(fast for _, fast in found[0][:3]) and all(found[0][3:])
"""
    run(code)


def test_nothing_is_ever_fetched() -> None:
    """Profiles, code systems and references are addresses; none of them is gone to."""
    code = """
import sys
sys.path.insert(0, "tests")
sys.addaudithook(lambda event, args: sys.exit(f"{event} {args}") if event.startswith("socket.") else None)
from validate_examples import VERSIONS, bundle, trial
from fhir_adapter.validate import checker, opinion, validate
for fhir in VERSIONS:
    away = {**trial(fhir)[0], "meta": {"profile": ["https://invented.example/profile"]}}
    validate(trial(fhir), fhir), validate(bundle(fhir)), validate(away, fhir), checker(fhir)(trial(fhir))
opinion(trial("r5")[0], "r5")
"""
    run(code)
