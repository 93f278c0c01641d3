"""The page of what we and HL7's engine disagree on, written from the recorded verdicts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import published
from agreement import Agreement, Kind, measure
from disagreements import EXPLANATIONS

PAGE = Path(__file__).resolve().parents[1] / "fhir_adapter" / "validate" / "agreement.md"
OPENING = """# Agreement with HL7's engine

Made by `scripts/verdicts --compare`; do not edit. Mutants of invented, sound resources (tests/mutants.py), and FHIR
resources that others published, were judged by HL7's engine and are judged by us; tests/test_agreement.py holds the
figures.

An error is a resource and an element: several at one are one. Elements are the same when their FHIRPaths are,
without comments, `ofType(...)`, `[x]`, `[url='...']`, which only spell them. Recall is the share of HL7's errors that
we report; false errors are those of ours that HL7 has not. An error of HL7 without an element (it could not read the
resource) is found when we report any. Mutants are left out on which the engine gave up.
"""


PUBLISHED = """Resources of the supported types that projects have put on the web, each in the versions whose elements
it uses; {count} of no version (R6 drafts, STU3) are left out. What we convert from the register's records has no error,
for HL7's engine as for us.
"""


def report(found: dict[str, Agreement]) -> None:
    """Print the figures of each version and its kinds of disagreement, the frequent ones first."""
    for fhir, each in found.items():
        print(f"{fhir}: " + ", ".join(f"{name} {value}" for name, value in _figures(each)))
        for title, kinds in (("missed", each.missed), ("false", each.extra)):
            for name, kind in _sorted(kinds):
                print(f"  {title} {kind.count} {name} | {kind.example}")


def write_page(versions: Iterable[str], data: Path) -> None:
    """Measure each version, print what was found and write the page; `data` holds the published resources."""
    found = {fhir: measure(fhir) for fhir in versions}
    others = {fhir: measure(fhir, published.read(data, fhir)) for fhir in found}
    report(found)
    report(others)
    PAGE.write_text("\n".join(_lines(found, others)) + "\n", "utf-8")


def _lines(found: dict[str, Agreement], others: dict[str, Agreement]) -> Iterator[str]:
    yield OPENING
    yield from ("## Mutants", "", *_table(found))
    yield from ("", "## Published resources", "", PUBLISHED.format(count=published.left_out()), *_table(others))
    yield from _kinds({f"{fhir} published": each for fhir, each in others.items()} | found)


def _table(found: dict[str, Agreement]) -> Iterator[str]:
    titles = [name for name, _ in _figures(Agreement())]
    yield f"| FHIR | {' | '.join(titles)} |"
    yield f"|---{'|---' * len(titles)}|"
    for fhir, each in found.items():
        yield f"| {fhir.upper()} | {' | '.join(value for _, value in _figures(each))} |"


def _kinds(found: dict[str, Agreement]) -> Iterator[str]:
    for title, kinds in (
        ("Missed", [each.missed for each in found.values()]),
        ("False", [e.extra for e in found.values()]),
    ):
        yield from ("", f"## {title}", "", "| kind | count | example | why |", "|---|---|---|---|")
        for name, kind in _sorted(_together(kinds)):
            yield f"| {name} | {kind.count} | {_cell(kind.example)} | {_why(name)} |"


def _figures(each: Agreement) -> list[tuple[str, str]]:
    return [
        ("resources", f"{each.resources:,}"),
        ("left out", f"{each.left_out:,}"),
        ("with HL7 errors", f"{each.faulty:,}"),
        ("HL7 errors", f"{each.theirs:,}"),
        ("recall", f"{each.recall:.2%}"),
        ("our errors", f"{each.ours:,}"),
        ("false errors", f"{each.false_rate:.2%}"),
        ("sound resources blamed", f"{each.clean_rate:.2%}"),
    ]


def _sorted(kinds: dict[str, Kind]) -> list[tuple[str, Kind]]:
    return sorted(kinds.items(), key=lambda item: (-item[1].count, item[0]))


def _together(parts: list[dict[str, Kind]]) -> dict[str, Kind]:
    out: dict[str, Kind] = {}
    for part in parts:
        for name, kind in part.items():
            known = out.setdefault(name, Kind())
            known.count += kind.count
            known.example = known.example or kind.example
    return out


def _cell(text: str) -> str:
    return f"`{text[:200]}`".replace("|", "\\|").replace("\n", " ")


def _why(name: str) -> str:
    return next((why for start, why in EXPLANATIONS.items() if name.startswith(start)), "not yet explained")
