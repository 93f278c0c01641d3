"""Any text at all, hostile and real ones too, falls apart into criteria, in linear time and as a reader sees them."""

from __future__ import annotations

from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_adapter.mappings.fhir.criteria import Criterion, split
from pace import soon

SCRIPT = Path(__file__).resolve().parents[1] / "scripts" / "accuracy_of_text"

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
    assert soon(lambda: split(HOSTILE[name]), 3)


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
