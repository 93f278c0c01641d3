"""Eligibility texts fall apart into the criteria that a reader sees. All texts here are invented."""

from __future__ import annotations

import pytest

from criteria_outline import outline, read
from fhir_adapter.mappings.fhir.criteria import split

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
