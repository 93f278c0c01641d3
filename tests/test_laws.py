"""The five laws: nothing dropped in silence, round trip, nothing unreadable, valid, deterministic and pure."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fhir_adapter import study as hub
from fhir_adapter.convert import Conversion, convert, restore
from fhir_adapter.errors import ConfigError
from fhir_adapter.issues import Severity
from fhir_adapter.tree import canonical
from fhir_adapter.version import VERSIONS, find
from studies import json_values, studies

TABLE = find("R5").table
BAD = (Severity.ERROR, Severity.FATAL)
SLOW = settings(
    deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def without_results(record: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in record.items() if key != "resultsSection"}


def stored(resources: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What a store gives back: the same JSON, other objects."""
    return [orjson.loads(orjson.dumps(resource)) for resource in resources]


def accounted(conversion: Conversion) -> None:
    """Law 1: what no row covers is in the loss report, by itself or by a branch that it is in."""
    named = {re.sub(r"/\d+(?=/|$)", "", loss.path).strip("/").replace("/", ".") for loss in conversion.losses}
    for path in TABLE.unwritten(conversion.study):
        assert any(path == own or path.startswith(f"{own}.") or own.startswith(f"{path}.") for own in named), path


def objects(tree: Any, at: str = "") -> Iterator[tuple[int, str]]:
    """Identity and place of every object and list of a tree."""
    if isinstance(tree, (dict, list)):
        yield id(tree), at
        for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree):
            yield from objects(value, f"{at}/{key}")


def unshared(record: dict[str, Any], conversion: Conversion) -> None:
    """An edit of one resource changes no other, and not the record: nothing in a resource has a second place."""
    taken = {identity for identity, _ in objects(record)}
    for resource in conversion.resources:
        for identity, place in objects(resource, f"{resource['resourceType']}/{resource['id']}"):
            assert identity not in taken, place
            taken.add(identity)


def hold(record: dict[str, Any], fhir: str) -> Conversion:
    """Check that all five laws hold for one record in one version."""
    before = copy.deepcopy(record)
    conversion = convert(record, fhir)
    assert record == before, "the input is unchanged"
    assert [str(issue) for issue in conversion.issues if issue.severity in BAD] == []
    accounted(conversion)
    unshared(record, conversion)
    back = restore(stored(conversion.resources))
    assert canonical(back.record) == canonical(without_results(record))
    assert [str(issue) for issue in back.issues] == []
    again = convert(copy.deepcopy(record), fhir)
    assert orjson.dumps(again.resources) == orjson.dumps(conversion.resources), "same input, same bytes"
    return conversion


@pytest.mark.parametrize("fhir", VERSIONS)
@pytest.mark.parametrize("name", ["ctgov_v2", "ctgov_v2_partial", "ctgov_v2_edited"])
def test_real_records_come_back_as_they_were(
    corpus: Callable[[str], Iterator[dict[str, Any]]], name: str, fhir: str
) -> None:
    """Every record of the corpus holds all five laws in every version."""
    count = sum(1 for record in corpus(name) if hold(record, fhir).ok)

    assert count == {"ctgov_v2": 1542, "ctgov_v2_partial": 100, "ctgov_v2_edited": 31}[name]


@pytest.mark.parametrize("fhir", VERSIONS)
@SLOW
@given(record=studies())
def test_any_well_formed_study_comes_back_as_it_was(fhir: str, record: dict[str, Any]) -> None:
    """Any subset of fields with any text holds all five laws."""
    hold(record, fhir)


@pytest.mark.parametrize("fhir", VERSIONS)
@SLOW
@given(record=studies(), data=st.data())
def test_a_spoiled_study_comes_back_as_it_was(fhir: str, record: dict[str, Any], data: st.DataObject) -> None:
    """A study with any JSON in any place is written as far as it is sound, and comes back whole."""
    place = data.draw(st.sampled_from(sorted(hub.paths() - {"resultsSection"})))
    _put(record, place.split("."), data.draw(json_values()))
    conversion = convert(record, fhir)

    assert [str(issue) for issue in conversion.issues if issue.severity in BAD] == []
    assert canonical(restore(stored(conversion.resources)).record) == canonical(without_results(record))


def _put(node: Any, keys: list[str], value: Any) -> None:
    for key in keys[:-1]:
        child = node.setdefault(key, {}) if isinstance(node, dict) else None
        node = child[0] if isinstance(child, list) and child else child
    if isinstance(node, dict):
        node[keys[-1]] = value


def test_every_path_of_the_hub_is_written_or_left_out_with_a_reason() -> None:
    """Law 1 at its root: the table and its omissions cover the vocabulary."""
    covered = {*TABLE.claims(), *TABLE.omits}

    def known(path: str) -> bool:
        return any(path == own or path.startswith(f"{own}.") or own.startswith(f"{path}.") for own in covered)

    assert sorted(path for path in hub.paths() if not known(path)) == []
    assert sorted(path for path in covered if path not in hub.paths() and path not in ("", "protocolSection")) == []


def test_every_omission_has_a_reason() -> None:
    assert all(len(reason) > 10 for reason in TABLE.omits.values())


@pytest.mark.parametrize("fhir", VERSIONS)
@pytest.mark.parametrize("name", ["trial", "observational", "withdrawn", "expanded-access", "withheld"])
def test_the_worked_example_is_written_to_the_letter(shared: Path, name: str, fhir: str) -> None:
    """The sample, accepted by HL7's engine and by HAPI, is what we write."""
    sample = shared / "docs" / "sample"
    record = orjson.loads((sample / f"{name}.json").read_bytes())
    lines = (sample / fhir.lower() / f"{name}.ndjson").read_text("utf-8").splitlines()

    conversion = hold(record, fhir)

    assert conversion.resources == [json.loads(line) for line in lines]
    if (sample / fhir.lower() / f"{name}.bundle.json").is_file():
        assert conversion.bundle() == orjson.loads((sample / fhir.lower() / f"{name}.bundle.json").read_bytes())


@pytest.mark.parametrize("fhir", ["R5", "R4B"])
def test_typed_models_are_a_second_opinion_and_come_back_too(shared: Path, fhir: str) -> None:
    """fhir.resources takes what we write, and its objects are restored like plain dicts."""
    record = orjson.loads((shared / "docs" / "sample" / "trial.json").read_bytes())
    models = convert(record, fhir).models()

    assert [model.get_resource_type() for model in models[:2]] == ["ResearchStudy", "PlanDefinition"]
    assert canonical(restore(models).record) == canonical(record)


def test_typed_models_of_r4_are_refused_with_a_clear_word(shared: Path) -> None:
    record = orjson.loads((shared / "docs" / "sample" / "withheld.json").read_bytes())

    with pytest.raises(ConfigError, match=r"fhir\.resources has no 'R4'"):
        convert(record, "R4").models()
