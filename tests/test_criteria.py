"""Eligibility texts fall apart into the criteria that a reader sees. All texts here are invented."""

from __future__ import annotations

import time
from collections.abc import Iterator
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_adapter.mappings.fhir.criteria import Criterion, plain, split

SCRIPT = Path(__file__).resolve().parents[1] / "scripts" / "accuracy_of_text"


def outline(criteria: tuple[Criterion, ...], depth: int = 0) -> Iterator[str]:
    """Show criteria as lines: side, depth, text."""
    for criterion in criteria:
        yield f"{'-' if criterion.exclude else '+'}{'>' * depth} {criterion.text}"
        yield from outline(criterion.parts, depth + 1)


def read(text: str) -> list[str]:
    return list(outline(split(text).criteria))


HEADINGS = [
    ("Inclusion Criteria:", "Exclusion Criteria:"),
    ("INCLUSION CRITERIA", "EXCLUSION CRITERIA"),
    ("Inclusion:", "Exclusion:"),
    ("INCLUSION", "EXCLUSION"),
    ("Key inclusion criteria", "Key exclusion criteria"),
    ("Main Inclusion Criteria :", "Main Non-inclusion Criteria :"),
    ("Inclusion criteria were as follows:", "Exclusion criteria were as follows:"),
    ("Inclusion Citeria", "Exclusion critieria:"),
    ("List of inclusion criteria:", "List of exclusion criteria:"),
    ("**Inclusion Criteria**", "**Exclusion Criteria:**"),
    ("### Inclusion Criteria", "### Exclusion Criteria"),
    ("[Inclusion Criteria]", "[Exclusion Criteria]"),
    ("* Inclusion Criteria:", "* Exclusion Criteria:"),
    ("1. Inclusion Criteria", "2. Exclusion Criteria"),
    ("-INCLUSION CRITERIA:", "-EXCLUSION CRITERIA:"),
    ("Inclusion criteria：", "Exclusion criteria："),
    ("Criteria for inclusion:", "Criteria for exclusion:"),
    ("Subjects must meet all of the following:", "Subjects must not meet any of the following:"),
    ("Patients are eligible if they:", "Patients will be excluded if they:"),
    (
        "To be eligible, patients must meet all of these criteria:",
        "Subjects meeting any of the following are ineligible:",
    ),
    ("Einschlusskriterien:", "Ausschlusskriterien:"),
    ("Critères d'inclusion :", "Critères d’exclusion :"),
    ("Critères d'inclusion :", "Critères de non-inclusion :"),
    ("Criterios de inclusión:", "Criterios de exclusión:"),
    ("Critérios de Inclusão:", "Critérios de Exclusão:"),
    ("Criteri di inclusione:", "Criteri di esclusione:"),
    ("入选标准：", "排除标准："),
]


@pytest.mark.parametrize(("inclusion", "exclusion"), HEADINGS)
def test_headings_tell_the_sides(inclusion: str, exclusion: str) -> None:
    """Whatever the heading's form, what stands below it is on its side."""
    found = split(f"{inclusion}\n\n* Adult zebra\n* Striped\n\n{exclusion}\n\n* Horse")

    assert found.headed
    assert list(outline(found.criteria)) == ["+ Adult zebra", "+ Striped", "- Horse"]


MARKERS = [
    "* {}",
    "- {}",
    "• {}",
    "-{}",
    "{n}. {}",
    "{n}) {}",
    "({n}) {}",
    "{n}、{}",
    "（{n}）{}",
    "{n}\\. {}",
    "\\- {}",
]


@pytest.mark.parametrize("marker", [*MARKERS, "{a}. {}", "{a}) {}", "{A}. {}", "({a}) {}", "{i}. {}", "{i}) {}"])
@pytest.mark.parametrize("gap", ["\n", "\n\n"])
def test_markers_begin_criteria(marker: str, gap: str) -> None:
    """A criterion's text comes without its marker, with and without empty lines between."""
    words = ["Zebra", "Quagga", "Okapi", "Giraffe"]
    lines = [
        marker.format(word, n=number + 1, a="abcd"[number], A="ABCD"[number], i=("i", "ii", "iii", "iv")[number])
        for number, word in enumerate(words)
    ]

    assert read(f"Inclusion Criteria:\n\n{gap.join(lines)}") == [f"+ {word}" for word in words]


@pytest.mark.parametrize(
    "text",
    [
        "* One:\n\n  * alpha\n  * beta\n\n    * x\n* Two",
        "1. One:\n   1. alpha\n   2. beta\n      1. x\n2. Two",
        "1. One\n   a) alpha\n   b) beta\n      - x\n2. Two",
        "1. One\na. alpha\nb. beta\n - x\n2. Two",
        "     -  One\n\n          -  alpha\n\n          -  beta\n\n               -  x\n\n     -  Two",
        "• One\n   o alpha\n   o beta\n      - x\n• Two",
        "1) One:\n- alpha\n- beta\n   • x\n2) Two",
    ],
)
def test_lists_nest_by_indent_and_by_marker(text: str) -> None:
    """Sub-bullets hang below their bullet, at any depth."""
    assert read(f"Inclusion Criteria:\n\n{text}") in (
        ["+ One:", "+> alpha", "+> beta", "+>> x", "+ Two"],
        ["+ One", "+> alpha", "+> beta", "+>> x", "+ Two"],
    )


def test_right_aligned_numbers_are_one_list() -> None:
    """`10.` begins a column left of `9.` and stays its sibling."""
    lines = [f"{number:>12}. criterion {number}" for number in range(1, 13)]

    assert read("Inclusion Criteria:\n\n" + "\n\n".join(lines)) == [f"+ criterion {n}" for n in range(1, 13)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1. Age of at least 18 years, and no older than 75 years when the consent\nis signed.\n\n2. Stripes", 2),
        ("  -  Age of at least 18 years,\n     and no older than 75 years.\n\n  -  Stripes", 2),
        ("Age of at least 18 years, and no older than 75 years when the consent is\nsigned.\n\nStripes.", 2),
        ("* Grade 2 toxicity or less of any kind according to the criteria, version\n5. Grade counts.\n* Stripes", 2),
    ],
)
def test_wrapped_lines_are_joined(text: str, expected: int) -> None:
    """A wrapped line goes on with its criterion, joined by a space, with and without hanging indent."""
    found = split(f"Inclusion Criteria:\n\n{text}").criteria

    assert len(found) == expected
    assert "\n" not in found[0].text
    assert "  " not in found[0].text


def test_paragraphs_without_bullets_are_criteria() -> None:
    """Each paragraph is one; lines too short to be wrapped are each one as well."""
    assert read("Inclusion Criteria:\n\nAdult zebra.\n\nStriped.\n\nExclusion Criteria:\nHorse\nDonkey") == [
        "+ Adult zebra.",
        "+ Striped.",
        "- Horse",
        "- Donkey",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Inclusion Criteria: adult zebra\nExclusion Criteria: horse",
        "Inclusion criteria. Adult zebra of ten Exclusion Criteria: horse",
        "* Adult zebra of ten years Exclusion Criteria\n* horse",
    ],
)
def test_headings_on_the_line_of_their_text_count(text: str) -> None:
    """A heading may stand before its text, or at the end of the line above."""
    found = split(text if text.startswith("I") else f"Inclusion Criteria:\n{text}").criteria

    assert [criterion.exclude for criterion in found] == [False, True]
    assert found[1].text == "horse"


def test_lists_run_together_are_cut() -> None:
    """Numbers or dashes inside one line are the list that they were before a form ate its lines."""
    expected = ["+ zebra", "+ striped", "- horse", "- donkey"]

    assert read("Inclusion Criteria: 1. zebra 2. striped Exclusion Criteria: 1. horse 2. donkey") == expected
    assert read("Inclusion Criteria: - zebra - striped\nExclusion Criteria: - horse - donkey") == expected
    assert (
        read("Inclusion Criteria:\n\n1\\) zebra 2) striped\n\nExclusion Criteria:\n\na\\) horse b) donkey") == expected
    )


@pytest.mark.parametrize(
    "text",
    [
        "Not meeting the inclusion criteria",
        "Other exclusion criteria apply according to the label",
        "E. coli infection",
        "Inclusion in another trial",
        "Known allergy (see exclusion criteria, item 4)",
        "5 or more drinks a day",
        "2.5 mg of the drug or more",
        "Does not meet the Inclusion Criteria",
    ],
)
def test_bullets_that_only_mention_are_no_headings(text: str) -> None:
    """Words of a heading, or a number, inside a bullet leave it one criterion."""
    assert read(f"Exclusion Criteria:\n\n* {text}\n* Horse") == [f"- {text}", "- Horse"]


@pytest.mark.parametrize(
    ("lead", "combination"),
    [
        ("At least one of the following:", "any-of"),
        ("Any of:", "any-of"),
        ("Either:", "any-of"),
        ("One or more of these:", "any-of"),
        ("All of the following:", "all-of"),
        ("Adequate function, defined as:", "all-of"),
        ("Both:", "all-of"),
    ],
)
def test_lead_ins_combine(lead: str, combination: str) -> None:
    """What the lead-in says decides how sub-bullets combine."""
    (found,) = split(f"Inclusion Criteria:\n\n* {lead}\n\n  * A zebra\n  * A quagga").criteria

    assert (found.text, found.combination) == (lead, combination)
    assert all(part.combination is None for part in found.parts)


def test_an_or_between_sub_bullets_makes_alternatives() -> None:
    """Also without a lead-in that says so."""
    for parts in ("* A zebra or\n  * A quagga", "* A zebra\n  * or a quagga", "* A zebra; OR\n  * A quagga"):
        (found,) = split(f"Inclusion Criteria:\n\n* Animal:\n\n  {parts}").criteria
        assert found.combination == "any-of"


def test_one_of_an_excluding_list_suffices() -> None:
    """Below an exclusion a plain list names alternatives, unless it says "all"."""
    text = "Exclusion Criteria:\n\n* Heart disease, including:\n  * A\n  * B\n* All of the following:\n  * C\n  * D"

    assert [criterion.combination for criterion in split(text).criteria] == ["any-of", "all-of"]


def test_cohorts_become_notes() -> None:
    """A cohort in a heading, a title of its own, or a bullet that only names it."""
    text = (
        "Inclusion Criteria for Part A:\n* A1\n\nDonor Inclusion Criteria:\n* D1\n\nInclusion Criteria:\n\n"
        "Cohort 2:\n\n* C1\n\nHealthy volunteers\n\n* H1\n\nExclusion Criteria (Controls):\n* X1\n"
        "Exclusion Criteria:\n* Arm 3\n  * Y1\n  * Y2"
    )

    assert [(criterion.text, criterion.note) for criterion in split(text).criteria] == [
        ("A1", "Part A"),
        ("D1", "Donor"),
        ("C1", "Cohort 2"),
        ("H1", "Healthy volunteers"),
        ("X1", "Controls"),
        ("Y1", "Arm 3"),
        ("Y2", "Arm 3"),
    ]


def test_older_oncology_records_are_headed_by_their_sections() -> None:
    """Their headers become notes, sub-headers too; all criteria include; "Not specified" is none."""
    text = (
        "DISEASE CHARACTERISTICS:\n\n* Invented sarcoma\n\nPATIENT CHARACTERISTICS:\n\nAge:\n\n* 18 and over\n\n"
        "Renal:\n\n* Not specified\n\nPRIOR CONCURRENT THERAPY:\n\n* See Disease Characteristics"
    )
    found = split(text)

    assert found.headed
    assert [(criterion.text, criterion.exclude, criterion.note) for criterion in found.criteria] == [
        ("Invented sarcoma", False, "DISEASE CHARACTERISTICS"),
        ("18 and over", False, "PATIENT CHARACTERISTICS: Age"),
        ("See Disease Characteristics", False, "PRIOR CONCURRENT THERAPY"),
    ]


def test_oncology_characteristics_in_one_paragraph_are_cut() -> None:
    """The run of `Age: … Sex: …` is one criterion for each that is specified."""
    text = "PATIENT CHARACTERISTICS: Age: 18 and over Sex: Not specified Renal: Creatinine normal"

    assert read(text) == ["+ Age: 18 and over", "+ Renal: Creatinine normal"]


def test_sections_between_dashes_and_conditions_for_ineligibility_count() -> None:
    """Two more forms of old records."""
    text = "PROTOCOL ENTRY CRITERIA:\n\n--Disease Characteristics--\n\n - Invented ataxia\n\n - Renal: Not specified"
    found = split(text)

    assert found.headed
    assert found.criteria == (Criterion("Invented ataxia", False, None, (), "Disease Characteristics"),)
    assert read(
        "Conditions for Patient Eligibility:\n\n- Zebra\n\nConditions for Patient Ineligibility:\n\n- Horse"
    ) == ["+ Zebra", "- Horse"]


def test_lead_ins_without_content_are_no_criteria() -> None:
    """ "Subjects must meet all of the following:" is dropped; an any-of under inclusion groups its list."""
    assert read("Inclusion Criteria:\n\nSubjects must meet all of the following criteria:\n\n* A\n* B") == [
        "+ A",
        "+ B",
    ]
    assert read("Inclusion Criteria:\n\nPatients with any of the following are eligible:\n\n* A\n* B") == [
        "+ Patients with any of the following are eligible:",
        "+> A",
        "+> B",
    ]


@pytest.mark.parametrize("nothing", ["None", "N/A", "-", "*", "Not applicable.", "none specified", "\\-", ""])
def test_what_names_no_criterion_is_dropped(nothing: str) -> None:
    """FHIR takes no empty text, and "exclude: None" would be nonsense."""
    assert read(f"Inclusion Criteria:\n\n* Zebra\n\nExclusion Criteria:\n\n* {nothing}") == ["+ Zebra"]


def test_remarks_are_dropped() -> None:
    """A paragraph that only says that there are more criteria is none."""
    text = "Inclusion Criteria:\n\n* Zebra\n\nNote: Other protocol-defined inclusion/exclusion criteria may apply."

    assert read(text) == ["+ Zebra"]
    assert read("Please contact site for information.") == []


def test_without_a_heading_everything_includes() -> None:
    """The caller is told by `headed`."""
    found = split("Children living with or without a cat.")

    assert not found.headed
    assert found.criteria == (Criterion("Children living with or without a cat.", False, None, (), None),)


def test_the_text_stays_escaped_and_plain_reads_it() -> None:
    """The criterion keeps the registry's backslashes; `plain` takes CommonMark's away and no others."""
    (found,) = split("Inclusion Criteria:\n\n* BP \\> 160 \\[mmHg\\]").criteria

    assert found.text == "BP \\> 160 \\[mmHg\\]"
    assert plain(found.text) == "BP > 160 [mmHg]"
    assert plain("a\\b \\\\ c") == "a\\b \\ c"


def test_the_invented_sample_splits_as_published(shared: Path) -> None:
    """The worked example of the mapping spec."""
    import json

    record = json.loads((shared / "docs" / "sample" / "trial.json").read_text())
    text = record["protocolSection"]["eligibilityModule"]["eligibilityCriteria"]

    assert read(text) == [
        "+ Fictional migraine for \\>= 1 year",
        "+ At least one of the following:",
        "+> 4 or more headache days a month",
        "+> Prior preventive drug failed",
        "+ Able to give consent",
        "- Pregnancy or breastfeeding",
        "- Any of:",
        "-> Uncontrolled hypertension (BP \\> 160/100)",
        "-> Stroke within 6 months",
    ]


LINES = st.sampled_from(
    [
        "Inclusion Criteria:",
        "Exclusion Criteria",
        "* a",
        "  * b",
        "1. c",
        "2. d",
        "a) e",
        "- f:",
        "OR",
        "",
        "Part A:",
        "x" * 80,
    ]
)


@given(st.one_of(st.text(), st.lists(LINES, max_size=30).map("\n".join), st.lists(st.text(max_size=20)).map("\n".join)))
def test_any_text_gives_texts_that_stand_in_it(text: str) -> None:
    """Never an exception or an empty text; the same text twice gives the same; letters come from the source."""
    letters = "".join(text.split())

    def check(criteria: tuple[Criterion, ...]) -> None:
        for criterion in criteria:
            assert criterion.text.strip() == criterion.text != ""
            assert all(word in letters for word in criterion.text.split())
            assert (criterion.combination is None) == (not criterion.parts)
            check(criterion.parts)

    found = split(text)
    check(found.criteria)
    assert found == split(text)


HOSTILE = {
    "one glyph": "*" * 250_000,
    "spaces": "a" + " " * 250_000 + "b",
    "bullets": "* a\n" * 60_000,
    "deep": "".join(" " * depth + "* a\n" for depth in range(700)),
    "headings in a line": "Inclusion Criteria: " * 12_500,
    "buried headings": "xxxxxxxxxxxxxxxxxxxx" + " y Inclusion Criteria:" * 11_000,
    "heading words": "Exclusion " * 25_000,
    "almost headings": ("Inclusion" + " " * 90 + "x\n") * 2_500,
    "numbers in a line": "1) a " + "".join(f"{number}) b " for number in range(2, 30_000)),
    "letters": "a. b. c. d. " * 20_000,
    "backslashes": "\\" * 250_000,
    "titles": "Part A:\n\n" * 27_000,
    "lead-ins": "Patients must meet any of the following:\n\n* a\n\n" * 5_000,
    "mixed markers": "* a:\n- b:\n1. c:\na) d:\n" * 10_000,
    "wrapped": ("w" * 70 + "\n") * 3_500,
    "growing letters": "İnclusion criteria\n" * 12_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_texts_take_linear_time(name: str) -> None:
    """A quarter of a megabyte of the worst takes a blink (a second for a megabyte on a quiet machine)."""
    start = time.process_time()
    split(HOSTILE[name])

    assert time.process_time() - start < 3


def accuracy() -> ModuleType:
    """Load scripts/accuracy_of_text."""
    loader = SourceFileLoader("accuracy_of_text", str(SCRIPT))
    spec = spec_from_loader("accuracy_of_text", loader)
    assert spec is not None
    module = module_from_spec(spec)
    loader.exec_module(module)
    return module


def test_hand_checked_records_split_as_read(shared: Path) -> None:
    """At least 97 % of the boundaries and 99 % of the sides are a reader's, in both of the registry's styles."""
    script = accuracy()
    sums = script.criteria_accuracy()
    assert set(sums) == {"ctgov_v2", "ctgov_xml"}
    for name, counts in sums.items():
        boundaries, sides, depths = script.share(counts)
        print(f"{name}: boundaries {boundaries:.2%}, sides {sides:.2%}, depths {depths:.2%}")
        assert boundaries >= 0.97
        assert sides >= 0.99
        assert depths >= 0.97


def test_every_real_text_gives_criteria(shared: Path) -> None:
    """Nothing of the corpus fails; only a text that says "none" on both sides comes out empty."""
    for number, text in accuracy().v2_texts().items():
        assert split(text).criteria or len(text) < 100, number
