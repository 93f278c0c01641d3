"""Seven lines without labels become a study, and the study the same seven lines."""

from __future__ import annotations

import importlib.machinery
import importlib.util
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_adapter.mappings.sources import _outcomes
from fhir_adapter.mappings.sources.registry_rows import read_interventions, write_interventions
from fhir_adapter.readers import readings
from fhir_adapter.source import find

ROOT = Path(__file__).resolve().parents[1]
ROWS = find("registry_rows")
EXAMPLE = (ROOT / "examples" / "layouts" / "rows.txt").read_text(encoding="utf-8")


def parse(text: str) -> dict[str, Any]:
    assert ROWS.parse
    return ROWS.parse(text)


def render(record: dict[str, Any]) -> str:
    assert ROWS.render
    return ROWS.render(record)


def study(text: str) -> dict[str, Any]:
    read: dict[str, Any] = ROWS.read(parse(text))["protocolSection"]
    return read


def split(line: str) -> list[tuple[str | None, ...]]:
    """Take a line of outcomes apart into measure, description and time frame."""
    return [tuple(one.get(part) for part in ("measure", "description", "timeFrame")) for one in _outcomes.split(line)]


def test_the_example_is_read_into_its_parts() -> None:
    """Every line lands in its place, and nothing else is there."""
    read = study(EXAMPLE)

    assert read["identificationModule"] == {"briefTitle": "Imaginary Tablets for Fictional Migraine in Adults"}
    assert read["conditionsModule"]["conditions"] == ["Fictional Migraine", "Imaginary Headache Disorders"]
    assert read["armsInterventionsModule"] == {
        "interventions": [
            {"type": "DRUG", "name": "Zorvatib tablets"},
            {"type": "BEHAVIORAL", "name": "Headache diary"},
        ]
    }
    assert read["outcomesModule"]["primaryOutcomes"] == [
        {
            "measure": "Change in monthly migraine days",
            "description": "Days with a headache of 30 minutes or more, as noted in the diary.",
            "timeFrame": "Baseline, Week 12",
        }
    ]
    assert split(parse(EXAMPLE)["secondaryOutcomes"]) == [
        ("Number of participants with a serious adverse event", None, "Up to 16 weeks"),
        (
            "Time to first relief, pain or nausea",
            "Minutes from dose to the first relief that the participant notes in the diary.",
            "Up to 2 hours after each dose",
        ),
    ]
    assert set(read) == {
        "identificationModule",
        "descriptionModule",
        "conditionsModule",
        "armsInterventionsModule",
        "outcomesModule",
    }


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        ("Overall survival", ("Overall survival", None, None)),
        ("Deaths, 1 year", ("Deaths", None, "1 year")),
        ("Rate of death, stroke, or bleeding, Day 28", ("Rate of death, stroke, or bleeding", None, "Day 28")),
        ("Cmax, Highest concentration in plasma., Pre-dose, 1, 2, 4 and 8 hours post-dose",
         ("Cmax", "Highest concentration in plasma.", "Pre-dose, 1, 2, 4 and 8 hours post-dose")),
        ("Relapse, Seen on a scan, or by two readers., From randomization to relapse or death, up to 5 years",
         ("Relapse", "Seen on a scan, or by two readers.", "From randomization to relapse or death, up to 5 years")),
        ("Score (0 to 10, higher is worse), Asked by telephone., Month 6",
         ("Score (0 to 10, higher is worse)", "Asked by telephone.", "Month 6")),
        ("Number of Relapses, Baseline to Week 12, The number of relapses in the diary., Week 12",
         ("Number of Relapses, Baseline to Week 12", "The number of relapses in the diary.", "Week 12")),
    ],
)  # fmt: skip
def test_an_outcome_is_cut_where_a_reader_would(line: str, parts: tuple[str | None, ...]) -> None:
    """Measures, descriptions and time frames hold commas of their own."""
    assert split(line) == [parts]


def test_a_bar_between_blanks_is_text() -> None:
    """The layout writes its bars without blanks around them."""
    assert len(_outcomes.split("Value of |x|, Day 1|Sum of a | b, Day 2")) == 3
    assert len(_outcomes.split("Sum of a | b, Day 2")) == 1


@given(st.lists(st.text(alphabet="aA1 ,.|()\u00e9", min_size=1), min_size=1))
def test_a_line_of_outcomes_comes_back_verbatim(parts: list[str]) -> None:
    """However a line was cut, joining gives it again."""
    line = ", ".join(parts)

    assert _outcomes.join(_outcomes.split(line)) == line


@given(st.lists(st.sampled_from(["DRUG: ", "DEVICE: ", "MRI: ", "|", "a", ": ", " "]), min_size=1).map("".join))
def test_a_line_of_interventions_comes_back_verbatim(line: str) -> None:
    """What has no known type keeps its words as its name."""
    assert write_interventions(read_interventions(line)) == line


def test_a_type_that_the_registry_lacks_is_part_of_the_name() -> None:
    """No type is invented."""
    assert read_interventions("MRI: scan|DRUG: Aspirin") == [{"name": "MRI: scan"}, {"type": "DRUG", "name": "Aspirin"}]


def test_empty_lines_are_things_not_said() -> None:
    """A line without text leaves its key out, and comes back as an empty line."""
    text = "Title\nSummary\nMigraine\n\n\n\nDetails\n"

    assert parse(text) == {
        "title": "Title", "briefSummary": "Summary", "conditions": "Migraine", "detailedDescription": "Details",
    }  # fmt: skip
    assert render(parse(text)) == text


def test_a_description_of_several_lines_stays_whole() -> None:
    """Lines after the seventh belong to it."""
    assert parse(EXAMPLE + "\nMore.\n")["detailedDescription"].endswith("twelve.\n\nMore.")


def test_the_title_must_be_there() -> None:
    """A text that begins with an empty line is not of this layout."""
    with pytest.raises(ValueError, match="title, is empty"):
        parse("\nSummary")


@pytest.mark.parametrize("text", ["# Notes\n\nNothing here.\n", "One line", "a\nb\nc\nd\ne\nf\ng\n", ""])
def test_other_texts_are_not_recognised(text: str) -> None:
    """The fourth line tells: interventions with their types, or nothing among seven lines."""
    assert not ROWS.recognise(text)


def test_text_record_and_study_undo_each_other() -> None:
    """Nothing is lost on the way."""
    record = parse(EXAMPLE)

    assert render(record) == EXAMPLE
    assert ROWS.write(ROWS.read(record)) == record
    assert ROWS.unread(record) == set()
    assert parse(EXAMPLE.replace("\n", "\r\n")) == record


def test_a_study_of_another_source_fits_on_seven_lines() -> None:
    """Line breaks inside a text become blanks."""
    outcome = {"measure": "Deaths\nof all causes", "timeFrame": "1 year"}
    protocol = {"identificationModule": {"briefTitle": "A\n  title"}, "outcomesModule": {"primaryOutcomes": [outcome]}}

    record = ROWS.write({"protocolSection": protocol})

    assert record == {"title": "A title", "primaryOutcomes": "Deaths of all causes, 1 year"}


def test_the_seed_is_read_as_the_issue_says(shared: Path) -> None:
    """Seed 000: one drug, one primary and four secondary outcomes, both descriptions, nothing invented."""
    (reading,) = readings(shared / "seeds" / "000_ae3f2364a1644317.txt")
    read = ROWS.read(reading.record or {})["protocolSection"]

    assert (reading.source, reading.issues) == ("registry_rows", ())
    assert read["identificationModule"] == {
        "briefTitle": "A Clinical Study of LM103 Injection in the Treatment of Advanced Solid Tumors"
    }
    assert read["conditionsModule"]["conditions"] == ["Melanoma", "Non Small Cell Lung Cancer", "Cervical Carcinoma"]
    assert read["armsInterventionsModule"] == {
        "interventions": [{"type": "DRUG", "name": "Autologous tumor infiltrating lymphocytes (TILs)"}]
    }
    primary, secondary = (read["outcomesModule"][name] for name in ("primaryOutcomes", "secondaryOutcomes"))
    assert [(one["measure"], one["timeFrame"]) for one in primary] == [
        ("Incidence and severity of adverse events (AEs)", "Up to 1 years")
    ]
    assert [(one["measure"], one["timeFrame"]) for one in secondary] == [
        ("Number of Participants With Objective Response", "Up to 2 years"),
        ("Disease Control Rate (DCR）", "Up to 2 years"),
        ("Progression-Free Survival (PFS)", "Up to 2 years"),
        ("The changes of the immunoreactivity during treatment", "Up to 2 years"),
    ]
    assert all(one["description"] for one in [*primary, *secondary])
    assert set(read["descriptionModule"]) == {"briefSummary", "detailedDescription"}


def test_every_real_text_comes_back(shared: Path) -> None:
    """120 texts: recognised, nothing unread, and the same text again."""
    texts = sorted((shared / "data" / "rendered_sevenline_text").glob("*.txt"))
    assert len(texts) == 120

    for path in texts:
        (reading,) = readings(path)
        record = reading.record or {}
        assert (reading.source, reading.issues) == ("registry_rows", ())
        assert render(record) == path.read_text(encoding="utf-8")
        assert ROWS.write(ROWS.read(record)) == record
        assert ROWS.unread(record) == set()


@pytest.fixture(scope="module")
def accuracy(shared: Path) -> dict[str, float]:
    """Run scripts/accuracy_of_rows over both layouts: its figures by field."""
    loader = importlib.machinery.SourceFileLoader("accuracy_of_rows", str(ROOT / "scripts" / "accuracy_of_rows"))
    spec = importlib.util.spec_from_loader("accuracy_of_rows", loader)
    assert spec
    script: ModuleType = importlib.util.module_from_spec(spec)
    loader.exec_module(script)
    right: Counter[str] = Counter()
    every: Counter[str] = Counter()
    for field, wanted, got in script.measure(shared / "data"):
        every[field] += 1
        right[field] += wanted == got
    return {field: right[field] / count for field, count in every.items()}


def test_fields_of_real_texts_are_read_right(accuracy: dict[str, float]) -> None:
    """At least 97 of 100 measures and time frames; all of the rest but descriptions and criteria."""
    loose = {
        "registry_rows: measures": 0.97,
        "registry_rows: time frames": 0.97,
        "registry_rows: descriptions": 0.96,
        "registry_page: eligibilityModule.eligibilityCriteria": 0.98,
    }

    assert accuracy.keys() > loose.keys()
    for field, share in accuracy.items():
        assert share >= loose.get(field, 1.0), field
