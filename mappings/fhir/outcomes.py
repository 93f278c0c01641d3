"""Codecs for outcomes: what is measured, when, and in which list it stands."""

from __future__ import annotations

from fhir_adapter.codecs import Each, copy
from fhir_adapter.mappings.fhir import timeframe
from fhir_adapter.mappings.fhir.common import escaped, line, markdown
from fhir_adapter.mappings.fhir.terms import Terms
from fhir_adapter.table import Codec, Row, Scope, Table
from fhir_adapter.tree import Tree

OBJECTIVE_TYPE = "http://hl7.org/fhir/research-study-objective-type"
OUTCOME_TYPE = Terms(
    "OutcomeType",
    {
        "primaryOutcome": ("Primary outcome", "primary"),
        "secondaryOutcome": ("Secondary outcome", "secondary"),
        "otherOutcome": ("Other outcome", "exploratory"),
    },
    OBJECTIVE_TYPE,
    enumeration=False,
)


def _write_when(text: str) -> Tree:
    return {"description": escaped(text), **(timeframe.parse(text) or {})}


when = Codec(_write_when, lambda time: time.get("description"), coding="verbatim; quantity or range when certain")

OUTCOME = Table(
    Row("measure", "measure.name"),
    Row("description", "measure.description", markdown),
    Row("timeFrame", "when", when),
    Row("measure", "variable.title", copy(line), "a copy on one line for people"),
    Row("description", "variable.description", copy(escaped), "the same words where the variable is read alone"),
    Row("measure", "variable.meaning", copy(lambda text: {"text": text}), "what the variable is, in words"),
)


def outcome_keys(outcome: Tree) -> list[str]:
    """Name an outcome by its list: the registry's coding, else HL7's objective type."""
    found: list[str] = []
    for kind in outcome.get("measure", {}).get("type") or ():
        for coding in kind.get("coding") or ():
            code = coding.get("code", "")
            if coding.get("system") == OUTCOME_TYPE.uri:
                found.insert(0, code)
            else:
                found.append(code)
    return found


def outcomes(mark: str) -> Codec:
    """Tie one of the registry's outcome lists to the outcomes of its type."""
    each = Each(OUTCOME)
    assert each.write is not None  # noqa: S101  (Each goes both ways)
    assert each.read is not None  # noqa: S101
    write_each, read_each = each.write, each.read
    marks = (mark, str(OUTCOME_TYPE.values[mark][1]))

    def write(items: list[Tree], scope: Scope) -> list[Tree] | None:
        found: list[Tree] | None = write_each(items, scope)
        for outcome in found or ():
            measure = outcome.setdefault("measure", {})
            measure["type"] = [OUTCOME_TYPE.concept(mark)]
        return found

    return Codec(
        write,
        read_each,
        marks=marks,
        scoped=True,
        coding=f"OutcomeType {mark}",
        table=OUTCOME,
        terms=(OUTCOME_TYPE,),
    )
