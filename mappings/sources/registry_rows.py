"""Trials as seven lines without labels, as a registry's table download has them, one trial a text.

    title
    brief summary
    condition|condition
    TYPE: intervention|TYPE: intervention
    measure, description, time frame|…        primary outcomes
    measure, description, time frame|…        secondary outcomes
    detailed description

An empty line stands for what the trial doesn't say. The record has each line as it is, under a name.
"""

from __future__ import annotations

import re
from typing import Any

from fhir_adapter.mappings.sources import _outcomes
from fhir_adapter.source import Source
from fhir_adapter.table import Codec, Row, Table
from fhir_adapter.tree import Tree

_LINES = (
    "title",
    "briefSummary",
    "conditions",
    "interventions",
    "primaryOutcomes",
    "secondaryOutcomes",
    "detailedDescription",
)
_TYPES = (
    "BEHAVIORAL|BIOLOGICAL|COMBINATION_PRODUCT|DEVICE|DIAGNOSTIC_TEST|DIETARY_SUPPLEMENT|DRUG|GENETIC|OTHER|"
    "PROCEDURE|RADIATION"
)
_TYPED = re.compile(rf"({_TYPES}): (?=.)")
_BETWEEN = re.compile(rf"\|(?=(?:{_TYPES}): )")


def one_line(text: str) -> str:
    """Put a text into one line: line breaks, and the blanks around them, become one blank."""
    return re.sub(r"\s*\n\s*", " ", text) if "\n" in text else text


def write_conditions(names: list[str]) -> str:
    return "|".join(names)


def read_conditions(line: str) -> list[str]:
    return line.split("|")


def write_interventions(interventions: list[Tree]) -> str:
    """Put interventions into a line.

    >>> write_interventions([{"type": "DRUG", "name": "Aspirin"}, {"name": "Rest"}])
    'DRUG: Aspirin|Rest'
    """
    return "|".join(": ".join(one[part] for part in ("type", "name") if part in one) for one in interventions)


def read_interventions(line: str) -> list[Tree]:
    """Take a line of interventions apart; a bar inside a name stays, where no type follows it.

    >>> read_interventions("DRUG: Aspirin|DEVICE: A|B pump")
    [{'type': 'DRUG', 'name': 'Aspirin'}, {'type': 'DEVICE', 'name': 'A|B pump'}]
    """
    return [_intervention(text) for text in _BETWEEN.split(line)]


def _intervention(text: str) -> Tree:
    match = _TYPED.match(text)
    return {"type": match[1], "name": text[match.end() :]} if match else {"name": text}


LINE = Codec(one_line, one_line, coding="one line")
CONDITIONS = Codec(write_conditions, read_conditions, coding="a|b")
INTERVENTIONS = Codec(write_interventions, read_interventions, fields=("type", "name"), coding="TYPE: a|TYPE: b")
OUTCOMES = Codec(
    _outcomes.join, _outcomes.split, fields=("measure", "description", "timeFrame"), coding="measure, description, time"
)
CUT = "the commas are ambiguous: see accuracy_of_rows"

TABLE = Table(
    # study                                       record                 coding          note
    Row("identificationModule.briefTitle",        "title",               LINE),
    Row("descriptionModule.briefSummary",         "briefSummary",        LINE),
    Row("conditionsModule.conditions",            "conditions",          CONDITIONS),
    Row("armsInterventionsModule.interventions",  "interventions",       INTERVENTIONS),
    Row("outcomesModule.primaryOutcomes",         "primaryOutcomes",     OUTCOMES,       CUT),
    Row("outcomesModule.secondaryOutcomes",       "secondaryOutcomes",   OUTCOMES,       CUT),
    Row("descriptionModule.detailedDescription",  "detailedDescription"),
    root="protocolSection",
)  # fmt: skip


def parse(text: str) -> Tree:
    """Give each line its name. Lines after the seventh belong to the detailed description."""
    lines = text.replace("\r\n", "\n").split("\n")
    values = [*lines[:6], "\n".join(lines[6:]).rstrip("\n")]
    if not values[0].strip():
        raise ValueError("the first line, the title, is empty")
    return {name: value for name, value in zip(_LINES, values, strict=False) if value}


def render(record: Tree) -> str:
    """Write the seven lines."""
    return "".join(f"{record.get(name, '')}\n" for name in _LINES)


def recognise(record: Any) -> bool:
    """Know the layout by its fourth line, or, where that is empty, by seven lines of which the first three are not."""
    if isinstance(record, dict):
        return "title" in record and record.keys() <= set(_LINES)
    lines = record.removesuffix("\n").split("\n") if isinstance(record, str) else []
    if len(lines) < 4 or not all(line.strip() for line in lines[:3]):
        return False
    return bool(_TYPED.match(lines[3])) or (len(lines) == len(_LINES) and not lines[3].strip())


SOURCE = Source(
    id="registry_rows",
    title="seven unlabelled lines a trial",
    recognise=recognise,
    table=TABLE,
    parse=parse,
    render=render,
)
