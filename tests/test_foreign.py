"""Trials that others wrote as FHIR: every one gives a study, the checked ones the study that an expert expects.

The expected studies are in tests/data/foreign, named by the corpus file and the line; they hold no resource. Long texts
are there by their first words and their length, people and how to reach them by a digest, long lists by their start.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fhir_adapter.convert import convert, restore
from fhir_adapter.issues import Severity
from foreign_examples import bundled, french
from mutations import mutations
from pace import soon
from studies import json_values

EXPECTED = Path(__file__).parent / "data" / "foreign"
COMPANIONS = ("fhir_Group", "fhir_EvidenceVariable", "fhir_PlanDefinition")
STUDIES = ("fhir_ResearchStudy", "fhir_Bundle_with_ResearchStudy")
PRIVATE = frozenset(("phone", "email"))
PEOPLE = frozenset(("centralContacts", "overallOfficials", "contacts", "collaborators"))
SLOW = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])

Tree = dict[str, Any]


def short(value: Any, key: str = "", above: str = "") -> Any:
    """Give a study as the expected ones are kept."""
    if isinstance(value, dict):
        return {name: short(inner, name, key or above) for name, inner in sorted(value.items())}
    if isinstance(value, list):
        items = [short(item, "", key) for item in value]
        return items if len(items) < 6 else [*items[:3], f"and {len(items) - 3} more"]
    if isinstance(value, str) and (key in PRIVATE or (key == "name" and above in PEOPLE)):
        return f"sha256 {hashlib.sha256(value.encode()).hexdigest()[:12]}"
    if isinstance(value, str) and len(value) > 60:
        return f"{value[:40]}… ({len(value)} characters)"
    return value


def names(issues: Any, *severities: Severity) -> list[str]:
    return [str(issue) for issue in issues if issue.severity in severities]


@pytest.fixture(scope="module")
def at_hand(corpus: Callable[[str], Iterator[Tree]]) -> dict[str, Tree]:
    """The companions of the corpus by the name that references call them."""
    return {f"{own['resourceType']}/{own.get('id')}": own for name in COMPANIONS for own in corpus(name)}


def together(resource: Tree, at_hand: dict[str, Tree]) -> Any:
    """Give a resource with the companions that it names."""
    if resource["resourceType"] == "Bundle":
        return resource
    text = orjson.dumps(resource).decode()
    return [resource, *(own for name, own in at_hand.items() if f'"{name}"' in text)]


@pytest.mark.parametrize("path", sorted(EXPECTED.glob("*.json")), ids=lambda path: path.stem)
def test_the_study_is_what_an_expert_expects(
    corpus: Callable[[str], Iterator[Tree]], at_hand: dict[str, Tree], path: Path
) -> None:
    """A resource of the corpus gives exactly the study that was checked by hand, and says what it leaves out."""
    name, _, line = path.stem.rpartition("-")
    resource = next(own for number, own in enumerate(corpus(name), 1) if number == int(line))
    expected = orjson.loads(path.read_bytes())

    restoration = restore(together(resource, at_hand))

    assert short(restoration.record) == expected["study"]
    places = {issue.path for issue in restoration.issues}
    assert places >= set(expected["named"])


def test_fifteen_are_checked_by_hand() -> None:
    assert len(list(EXPECTED.glob("*.json"))) >= 15


@pytest.mark.parametrize("name", STUDIES)
def test_every_study_of_others_can_be_read(
    corpus: Callable[[str], Iterator[Tree]], at_hand: dict[str, Tree], name: str
) -> None:
    """Each gives a study within five seconds, with few issues, none twice; and that study can be written as FHIR."""
    for resource in corpus(name):
        restoration = soon(partial(restore, together(resource, at_hand)), 5)
        assert restoration.record
        assert len(restoration.issues) < 40
        assert len({str(issue) for issue in restoration.issues}) == len(restoration.issues)
        assert names(restoration.issues, Severity.ERROR, Severity.FATAL) == []
        for fhir in ("R5", "R4B", "R4"):
            conversion = convert(restoration.record, fhir)
            assert names(conversion.issues, Severity.ERROR, Severity.FATAL) == []
            assert restore(conversion.resources).record == restoration.record


@pytest.mark.parametrize("name", COMPANIONS)
def test_a_companion_alone_is_a_clear_issue(corpus: Callable[[str], Iterator[Tree]], name: str) -> None:
    """Without a ResearchStudy there is no study, and the issue says so."""
    for resource in corpus(name):
        restoration = restore(resource)
        assert restoration.record is None
        assert names(restoration.issues, Severity.ERROR) == ["error: no ResearchStudy among the resources"]


@SLOW
@given(data=st.data())
def test_no_shape_is_an_exception(corpus: Callable[[str], Iterator[Tree]], data: st.DataObject) -> None:
    """Any value in any place, strings where objects belong, nulls, other names: a study or an issue, never more."""
    small = [own for name in STUDIES for own in corpus(name) if len(orjson.dumps(own)) < 20_000]
    resource = data.draw(st.sampled_from(small))
    places = [steps for steps, _ in _places(resource, ())]
    for _ in range(data.draw(st.integers(1, 6))):
        resource = _put(resource, data.draw(st.sampled_from(places)), data.draw(json_values()))

    restoration = restore(resource)

    assert restoration.record is not None or names(restoration.issues, Severity.ERROR)


def test_every_small_defect_is_survived(corpus: Callable[[str], Iterator[Tree]]) -> None:
    """Each place of a study with contained resources, spoiled in each of the known ways."""
    study = next(own for own in corpus("fhir_ResearchStudy") if own.get("id") == "ppm-neer-research-study")
    for what, spoiled in mutations(study):
        restoration = restore(spoiled)
        assert restoration.record is not None or restoration.issues, what


def _places(value: Any, steps: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], Any]]:
    items: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield (*steps, key), item
        yield from _places(item, (*steps, key))


def _put(tree: Any, steps: tuple[Any, ...], value: Any) -> Any:
    """Give a tree with another value at a place; a place that is gone stays gone."""
    if not steps:
        return value
    key, rest = steps[0], steps[1:]
    if isinstance(tree, dict) and key in tree:
        return {**tree, key: _put(tree[key], rest, value)}
    if isinstance(tree, list) and isinstance(key, int) and key < len(tree):
        return [*tree[:key], _put(tree[key], rest, value), *tree[key + 1 :]]
    return tree


# --- shapes that the corpus lacks: invented ---------------------------------------------------------------------


def test_the_french_profile_is_read() -> None:
    """ECLAIRE's extensions have their places; what has none is named by its address."""
    restoration = restore(french())

    assert restoration.record == {
        "protocolSection": {
            "identificationModule": {
                "nctId": "2023-500001-26-00",
                "secondaryIdInfos": [{"id": "ISRCTN00000001", "type": "REGISTRY", "domain": "ISRCTN"}],
                "briefTitle": "Une étude inventée de phase III",
            },
            "statusModule": {
                "overallStatus": "RECRUITING",
                "startDateStruct": {"date": "2023-06-30"},
                "lastUpdatePostDateStruct": {"date": "2024-05-31"},
            },
            "sponsorCollaboratorsModule": {"leadSponsor": {"name": "CHU Imaginaire"}},
            "descriptionModule": {"briefSummary": "Une étude inventée"},
            "designModule": {"phases": ["PHASE3"]},
            "armsInterventionsModule": {
                "armGroups": [{"label": "Bras 1", "interventionNames": ["Zorvatib"]}],
                "interventions": [{"name": "Zorvatib", "armGroupLabels": ["Bras 1"]}],
            },
            "contactsLocationsModule": {
                "centralContacts": [{"name": "Anne Imaginaire", "role": "CONTACT", "email": "anne@example.org"}],
                "locations": [{"country": "France"}],
            },
        }
    }
    assert [issue.path.rpartition("-")[2] for issue in restoration.issues] == ["area')"]


def test_references_of_every_kind_are_followed() -> None:
    """Contained, urn:uuid, absolute with a version, and relative: the study has what they refer to."""
    found = restore(bundled()).record
    assert found is not None
    own = found["protocolSection"]

    assert own["sponsorCollaboratorsModule"] == {"leadSponsor": {"name": "Imaginary Pharma"}}
    assert own["contactsLocationsModule"] == {
        "overallOfficials": [{"name": "Ima Person", "role": "PRINCIPAL_INVESTIGATOR"}],
        "locations": [{"facility": "Imaginary Hospital", "country": "Netherlands"}],
    }
    assert own["eligibilityModule"] == {
        "minimumAge": "6 Months",
        "eligibilityCriteria": (
            "Inclusion Criteria:\n\n* One of (any of):\n    * fever\n    * chills\n\nExclusion Criteria:\n\n* pregnancy"
        ),
    }


def test_what_is_not_at_hand_is_named() -> None:
    """A reference that leads nowhere is a warning with its name."""
    study = {**bundled()["entry"][0]["resource"], "site": [{"reference": "Location/9"}]}

    warnings = names(restore(study).issues, Severity.WARNING)

    assert len(warnings) == 1
    assert "EvidenceVariable/who, Location/9, urn:uuid:0001" in warnings[0]


@pytest.mark.parametrize("status", ["active", "draft", "retired"])
def test_a_publication_status_is_no_recruitment(status: str) -> None:
    """R5's status says nothing about the trial; without a sign of the version `active` may be R5's."""
    record = restore({"resourceType": "ResearchStudy", "title": "Zorvatib", "status": status}).record

    assert record == {"protocolSection": {"identificationModule": {"briefTitle": "Zorvatib"}}}


def test_the_status_of_r4_is_read_with_a_warning() -> None:
    """R4's one status is many registry states: the nearest is taken, and the study says that it is a guess."""
    sponsor = {"display": "Imaginary Pharma"}
    restoration = restore({"resourceType": "ResearchStudy", "status": "withdrawn", "sponsor": sponsor})

    assert restoration.record is not None
    assert restoration.record["protocolSection"]["statusModule"] == {"overallStatus": "WITHDRAWN"}
    assert names(restoration.issues, Severity.WARNING) == [
        "warning: ResearchStudy.status: R4's status 'withdrawn' says less than a registry does: read as WITHDRAWN"
    ]
