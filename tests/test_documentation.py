"""The pages beside the tables say what the tables say, and a trialist can read them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from command_line import Run
from fhir_adapter import documentation, source, study
from fhir_adapter.errors import ConfigError
from fhir_adapter.version import VERSIONS, find

pytest_plugins = ["command_line_fixtures"]

PAGES = Path(__file__).resolve().parents[1] / "mappings"
FHIR = [name.lower() for name in VERSIONS]


def cells(page: str) -> list[list[str]]:
    """Every line of every table of a page as its cells."""
    rows = [line for line in page.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]] for row in rows]


def test_the_pages_of_this_checkout_are_what_the_tables_say() -> None:
    """Write them anew with `fhir-adapter tables --write`."""
    assert documentation.drift(PAGES) == []


@pytest.mark.parametrize("name", FHIR)
def test_every_field_of_the_study_stands_on_the_page_of_a_version(name: str) -> None:
    """As a row with its meaning, or among what is left out."""
    page = documentation.document(name)
    modules = re.split(r"^## ", page, flags=re.MULTILINE)[1:]
    told = set(find(name).table.omits)
    for module in modules:
        root = module.splitlines()[0].partition(":")[0]
        for field, *_ in cells(module)[2:]:
            told |= {field.strip("`"), f"{root}.{field.strip('`')}"}

    paths = study.paths()
    leaves = {path for path in paths if not any(other.startswith(f"{path}.") for other in paths)}
    missing = {path for path in leaves if not any(path == own or path.startswith(f"{own}.") for own in told)}
    assert missing == set()


@pytest.mark.parametrize("name", [*FHIR, "codes", *source.known()])
def test_every_line_of_a_table_has_all_its_cells(name: str) -> None:
    """And no row is without a meaning."""
    for table in re.split(r"\n\n", documentation.document(name)):
        rows = cells(table)
        assert len({len(row) for row in rows}) <= 1
        if rows and "meaning" in rows[0]:
            place = rows[0].index("meaning")
            assert all(row[place] for row in rows[2:])


def test_a_field_is_found_where_the_older_version_has_it() -> None:
    """R4's page names R4's elements and HL7's extensions, not those of R5."""
    found = {row[0]: row[2] for row in cells(documentation.document("r4")) if len(row) == 5 and "→" not in row[2]}

    assert found["`whyStopped`"] == "`ResearchStudy.reasonStopped.text`"
    assert found["`studyType`"] == "`ResearchStudy.category[]`"
    assert found["`overallStatus`"] == "`ResearchStudy.extension(ResearchStudy.progressStatus)`"
    assert found["`armGroups.label`"] == "`ResearchStudy.arm.name`"
    assert found["`locations.contacts.email`"] == "`Location.extension(Location.contact)`"
    assert found["`primaryOutcomes.timeFrame`"] == (
        "`EvidenceVariable.characteristic.extension(EvidenceVariable.characteristic.timeFromEvent)` (outcome)"
    )


def test_every_code_of_the_study_stands_on_the_page_of_codes() -> None:
    page = documentation.document("codes")

    for name, codes in study.enums().items():
        assert name in page
        assert all(f"`{code}`" in page for code in codes)


def test_a_page_that_drifted_is_named_and_what_was_written_by_hand_stays(tmp_path: Path) -> None:
    """--write renews what was made and leaves alone what stands below the mark."""
    for name in ("fhir", "sources"):
        (tmp_path / name).mkdir()
    by_hand = tmp_path / "sources" / "ctgov.md"
    by_hand.write_text("# Differences\n\nWritten by a person.\n", "utf-8")

    assert len(documentation.drift(tmp_path)) == len(documentation.names())
    documentation.write(tmp_path)
    assert documentation.drift(tmp_path) == []

    page = by_hand.read_text("utf-8")
    by_hand.write_text(page.replace("study", "studie", 1) + "More by hand.\n", "utf-8")
    assert documentation.drift(tmp_path) == ["sources/ctgov.md"]
    assert documentation.write(tmp_path) == ["sources/ctgov.md"]
    assert by_hand.read_text("utf-8") == f"{page}More by hand.\n"
    assert "Written by a person." in page


def test_an_unknown_table_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ConfigError, match="no table 'r9'; choose one of r5, r4b, r4, codes"):
        documentation.document("r9")


def test_tables_prints_a_page_and_without_a_name_what_there_is(cli: Run) -> None:
    """stdout carries the page, as it is kept in the checkout."""
    listed, page = cli("tables"), cli("tables", "R4B")

    assert listed.code == page.code == 0
    assert all(f"`{name}`" in listed.out.decode() for name in documentation.names())
    assert page.out.decode() == documentation.document("r4b")


def test_tables_check_says_that_all_is_well_or_ends_with_1(cli: Run) -> None:
    ran = cli("tables", "--check")

    assert (ran.code, ran.out) == (0, b"")
    assert ran.last == "every page is what the tables say"
    assert cli("tables", "r5", "--check").code == 2
    assert cli("tables", "nothing").code == 2
