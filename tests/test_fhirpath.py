"""FHIRPath over plain JSON: the truth tables of its specification, collections, choices, dates and quantities."""

from __future__ import annotations

import pytest

from fhir_adapter.validate.fhirpath import Node, Scope, compile_expression, compile_rule
from fhir_adapter.validate.fhirpath.node import node_of

PERIOD = {"start": "2024-03", "_end": {"extension": [{"url": "https://example.org/why", "valueString": "unknown"}]}}
STUDY = {
    "resourceType": "EvidenceVariable",
    "name": "Any",
    "characteristic": [
        {"linkId": "a", "exclude": True, "definitionCanonical": "https://example.org/a"},
        {"linkId": "b", "definitionByTypeAndValue": {"type": {"text": "x"}, "valueQuantity": {"value": 2.50}}},
    ],
    "contained": [{"resourceType": "Location", "id": "in", "name": "x"}],
}


def ask(expression: str, value: object = STUDY, kind: str = "") -> list[object]:
    """Give what an expression leads to, in R5."""
    node = Node(value, kind) if kind else node_of(value)
    return [item.value for item in compile_expression("r5", expression)(Scope.at(node))]


TABLES = {
    # Rows are the left operand, columns the right one: true, false, empty (FHIRPath N1, 6.5).
    "and": ("tf-", "fff", "-f-"),
    "or": ("ttt", "tf-", "t--"),
    "xor": ("ft-", "tf-", "---"),
    "implies": ("tf-", "ttt", "t--"),
}
WORDS = {"t": "true", "f": "false", "-": "{}"}


@pytest.mark.parametrize("symbol", TABLES)
def test_logic_knows_three_values(symbol):
    """True, false and nothing, as in the truth tables of the specification."""
    for left, row in zip("tf-", TABLES[symbol], strict=True):
        for right, wanted in zip("tf-", row, strict=True):
            found = ask(f"{WORDS[left]} {symbol} {WORDS[right]}")
            assert found == {"t": [True], "f": [False], "-": []}[wanted], (left, symbol, right)


def test_not_of_nothing_is_nothing():
    """Negation keeps the third value."""
    assert [ask(f"{word}.not()") for word in WORDS.values()] == [[False], [True], []]


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ("1 + 2 > 2 and 5 - 2 = 3", [True]),
        ("true or false and false", [True]),
        ("false implies false = false", [True]),
        ("1 < 2 and 'a' < 'b'", [True]),
        ("1 = 1.0", [True]),
        ("'it''s'", None),
        (r"'it\'s \u0041'", ["it's A"]),
        ("(1 | 2 | 1).count()", [2]),
        ("2 in (1 | 2)", [True]),
        ("{} in (1 | 2)", []),
        ("(1 | 2) contains 2", [True]),
        ("'a' & {} & 'b'", ["ab"]),
        ("'a' + {}", []),
        ("iif(1 = 2, 'a', 'b')", ["b"]),
        ("'abc'.substring(1, 1)", ["b"]),
        ("'abc'.substring(5)", []),
        ("'abc'.matches('b')", [True]),
        ("'abc'.matches('^b')", [False]),
        ("'a.b'.replaceMatches('\\\\.', '-')", ["a-b"]),
        ("'12'.toInteger() > 11", [True]),
        ("'x'.toInteger()", []),
        ("-1 < 0", [True]),
        ("{}.exists()", [False]),
        ("{} = {}", []),
        ("1 != {}", []),
        ("(1 | 2)[1]", [2]),
        ("(true | false).allTrue()", [False]),
    ],
)
def test_expressions_without_a_resource(expression, wanted):
    """Operators bind and functions work as the specification says; two strings in a row are no expression."""
    if wanted is None:
        with pytest.raises(ValueError, match="not understood"):
            ask(expression)
    else:
        assert ask(expression) == wanted


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ("characteristic.linkId", ["a", "b"]),
        ("EvidenceVariable.characteristic.count()", [2]),
        ("Group.characteristic", []),
        ("characteristic.where(linkId = 'b').exclude", []),
        ("characteristic.exists(exclude)", [True]),
        ("characteristic.all(linkId.exists())", [True]),
        ("characteristic.select(linkId & '!')", ["a!", "b!"]),
        ("characteristic.definitionByTypeAndValue.value.value", [2.5]),
        ("characteristic.definitionByTypeAndValue.value is Quantity", [True]),
        ("characteristic.definitionByTypeAndValue.value.ofType(Range)", []),
        ("contained.first().is(Location)", [True]),
        ("contained.name", ["x"]),
        ("%resource.name = name", [True]),
        ("characteristic.where(%context.name = 'Any').linkId", ["a", "b"]),
        ("descendants().ofType(canonical)", ["https://example.org/a"]),
        ("children().linkId.isDistinct()", [True]),
        ("characteristic.repeat(definitionByTypeAndValue).type.text", ["x"]),
        ("nothing.first().at.all", []),
    ],
)
def test_steps_follow_the_types(expression, wanted):
    """Choices by their name without type, contained resources, the resource itself; what isn't there is nothing."""
    assert ask(expression) == wanted


def test_a_primitive_may_have_extensions_only():
    """It exists, and has children, but no value."""
    asked = ("end.exists()", "end.hasValue()", "end.extension.url", "start.hasValue()", "start.extension.empty()")
    found = [ask(expression, PERIOD, "Period") for expression in asked]
    assert found == [[True], [False], ["https://example.org/why"], [True], [True]]


@pytest.mark.parametrize(
    ("start", "end", "wanted"),
    [
        ("2024", "2025-01-05", [True]),
        ("2024-03", "2024", []),
        ("2024-03-05", "2024-03-05T10:00:00Z", []),
        ("2024-03-05T10:00:00+02:00", "2024-03-05T09:00:00Z", [True]),
        ("2024-03-05T10:00:00.5Z", "2024-03-05T10:00:00Z", [False]),
        ("2024-13", "2024-14", []),
    ],
)
def test_partial_dates_compare_as_far_as_they_go(start, end, wanted):
    """Nothing where one says more than the other and the rest is the same, nor for what is no date."""
    assert ask("start <= end", {"start": start, "end": end}, "Period") == wanted


def test_boundaries_are_what_a_partial_value_may_mean():
    """The first moment anywhere on earth, the last one; half a unit below and above the last digit."""
    (first,) = ask("start.lowBoundary()", {"start": "2024-02"}, "Period")
    (last,) = ask("start.highBoundary()", {"start": "2024-02"}, "Period")
    assert (str(first), str(last)) == ("2024-02-01 00:00:00+14:00", "2024-02-29 23:59:59.999000-12:00")
    assert [str(value) for value in ask("value.lowBoundary() | value.highBoundary()", {"value": 5.4}, "Quantity")] == [
        "5.35",
        "5.45",
    ]
    assert ask("start.lowBoundary() <= start.highBoundary()", {"start": "0001"}, "Period") == [True]


def test_a_rule_that_tells_nothing_is_broken():
    """As in HL7's engine, an invariant must come out true."""
    place = Scope.at(Node({"low": {"value": 1, "unit": "a"}, "high": {"value": 2, "unit": "b"}}, "Range"))
    assert not compile_rule("r4", "low <= high")(place)
    assert compile_rule("r4", "low.exists()")(place)


@pytest.mark.parametrize("expression", ["", "a.", "a(", "a b", "a = ", "resolve()", "%vs", "a ~ b", "#", "a.is('x')"])
def test_what_is_not_understood_is_refused(expression):
    """When the rule is read, not when a resource is looked at."""
    with pytest.raises(ValueError, match=r"\w"):
        compile_rule("r5", expression)
