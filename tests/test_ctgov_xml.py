"""The classic XML of ClinicalTrials.gov becomes a study as API v2 would give it, and comes back to the letter."""

from __future__ import annotations

import copy
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings

from fhir_adapter.convert import convert, restore
from fhir_adapter.issues import Severity
from fhir_adapter.readers import readings
from fhir_adapter.source import find
from fhir_adapter.tree import canonical, leaves
from studies import studies

XML = find("ctgov_xml")
EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
EXAMPLE = EXAMPLES / "xml" / "trial.xml"
BAD = (Severity.ERROR, Severity.FATAL)

Tree = dict[str, Any]
Given = Callable[[], Iterator[str]]


def parse(text: str) -> Tree:
    assert XML.parse
    return XML.parse(text)


def render(record: Tree) -> str:
    assert XML.render
    return XML.render(record)


def small(inside: str) -> str:
    return f"<clinical_study><id_info><nct_id>NCT00000000</nct_id></id_info>{inside}</clinical_study>"


def without_results(record: Tree | None) -> Tree:
    return {key: value for key, value in (record or {}).items() if key != "clinical_results"}


def hold(record: Tree, fhir: str) -> None:
    """Check for one record: no error, it comes back as it was, and is itself unchanged."""
    before = copy.deepcopy(record)
    conversion = convert(record, fhir, "ctgov_xml")
    assert record == before
    assert [str(issue) for issue in conversion.issues if issue.severity in BAD] == []
    back = restore(orjson.loads(orjson.dumps(conversion.resources)), "ctgov_xml")
    assert canonical(without_results(back.record)) == canonical(without_results(record)), conversion.id
    assert back.issues == ()


# --- the example -------------------------------------------------------------------------------------------------


def test_the_example_is_known_by_its_content() -> None:
    """A file of XML needs no name of its format, and has nothing that is not mapped."""
    (reading,) = readings(EXAMPLE)

    assert (reading.source, reading.issues) == ("ctgov_xml", ())
    assert convert(reading.record or {}).source == "ctgov_xml"
    assert convert(EXAMPLE.read_bytes()).ok


def test_the_example_says_what_the_same_trial_says_in_api_v2() -> None:
    """The imaginary trial stands in examples/trials too: what is the same in both is most of it."""
    found = _flat(XML.read(parse(EXAMPLE.read_text("utf-8"))))
    wanted = _flat(orjson.loads((EXAMPLES / "trials" / "trial.json").read_bytes()))
    numbers = {"protocolSection.identificationModule.nctId", "protocolSection.identificationModule.nctIdAliases"}
    bold = {"protocolSection.descriptionModule.briefSummary"}  # the XML has no way to say so
    found_by_number = {"protocolSection.referencesModule.references.type"}  # DERIVED is a word of API v2
    bare = {"protocolSection.descriptionModule.detailedDescription"}  # a & that the example does not escape

    different = {path for path in found if found[path] != wanted.get(path)}
    assert different == {*numbers, *bold, *found_by_number, *bare}


def _flat(tree: Tree) -> dict[str, list[Any]]:
    """Give the values at each path, lists transparent, results left out."""
    out: dict[str, list[Any]] = {}
    for pointer, value in leaves(tree):
        path = ".".join(token for token in pointer.split("/")[1:] if not token.isdigit())
        if not path.startswith("resultsSection"):
            out.setdefault(path, []).append(value)
    return out


@pytest.mark.parametrize("fhir", ["R5", "R4B", "R4"])
def test_the_example_comes_back_from_fhir(fhir: str) -> None:
    hold(parse(EXAMPLE.read_text("utf-8")), fhir)


def test_xml_is_written_that_gives_the_same_record() -> None:
    """A restored record can be handed on as XML."""
    text = EXAMPLE.read_text("utf-8")

    assert parse(render(parse(text))) == parse(text)
    assert render(parse(text)).splitlines()[2:] == text.splitlines()[3:]


def test_what_is_not_mapped_is_named() -> None:
    """One line names the elements that no row reads; they come back all the same."""
    text = small("<is_section_801>Yes</is_section_801><eligibility><mood>good</mood></eligibility>")

    (reading,) = readings(text.encode())

    assert [(issue.severity, issue.message) for issue in reading.issues] == [
        ("information", "not mapped, but kept in the remainder: eligibility.mood, is_section_801")
    ]
    hold(reading.record or {}, "R5")


def test_results_are_left_out_and_said_so_or_kept() -> None:
    """Results in the XML follow the same rule as those of API v2."""
    record = parse(small("<clinical_results><limitations>few</limitations></clinical_results>"))

    dropped = convert(record, source="ctgov_xml")
    kept = convert(record, source="ctgov_xml", results="keep")

    assert [loss.path for loss in dropped.losses if not loss.kept] == ["/resultsSection"]
    assert restore(dropped.resources, "ctgov_xml").record == without_results(record)
    assert restore(kept.resources, "ctgov_xml").record == record
    assert dropped.study["hasResults"]


@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(study=studies())
def test_any_study_can_be_written_as_a_record_that_comes_back(study: Tree) -> None:
    """What the XML has a place for goes there, whatever registry it came from."""
    hold(XML.write(study), "R5")


# --- the real records ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def texts(shared: Path) -> Given:
    """Give the real files."""

    def read() -> Iterator[str]:
        with tarfile.open(shared / "data" / "ctgov_xml.tar.gz") as archive:
            for member in archive:
                file = archive.extractfile(member)
                if file:
                    yield file.read().decode()

    return read


@pytest.mark.parametrize(("fhir", "step", "count"), [("R5", 13, 199), ("R4B", 13, 199), ("R4", 1, 2584)])
def test_every_real_record_comes_back(texts: Given, fhir: str, step: int, count: int) -> None:
    """No exception, no error, and the same record again: from FHIR, and from XML that is written from it."""
    seen = 0
    for number, text in enumerate(texts()):
        if number % step == 0:
            record = parse(text)
            hold(record, fhir)
            assert parse(render(record)) == record
            seen += 1

    assert seen == count


# What API v2 adds to a record, or the classic XML has none of (mappings/sources/ctgov_xml.md says why).
ONLY_V2 = (
    "derivedSection",
    "protocolSection.contactsLocationsModule.locations.geoPoint",
    "protocolSection.eligibilityModule.stdAges",
    "protocolSection.identificationModule.organization.class",
    "protocolSection.identificationModule.secondaryIdInfos",
    "protocolSection.referencesModule.references",
)


def test_a_trial_says_the_same_in_xml_and_in_api_v2(texts: Given, corpus: Callable[[str], Iterator[Tree]]) -> None:
    """Where a trial was not changed between the two, all that both have is equal."""
    new = {record["protocolSection"]["identificationModule"]["nctId"]: record for record in corpus("ctgov_v2")}
    same = 0
    for text in texts():
        number = text.partition("<nct_id>")[2].partition("<")[0]
        if number not in new:
            continue
        found, wanted = _flat(XML.read(parse(text))), _flat(new[number])
        date = "protocolSection.statusModule.lastUpdateSubmitDate"
        if wanted[date] == found[date]:
            same += 1
            for path in {*found, *wanted}:
                assert found.get(path) == wanted.get(path) or path.startswith(ONLY_V2), path

    assert same == 6
