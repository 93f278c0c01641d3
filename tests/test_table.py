"""Tables: rows go both ways, and a table that contradicts itself is refused when it is made."""

from __future__ import annotations

import re
import traceback
from typing import Any

import pytest

from fhir_adapter.codecs import Codes, Each, copy, iso_date
from fhir_adapter.errors import TableError
from fhir_adapter.table import REST, Codec, Row, Scope, Table, under

LETTERS = Codec(str.upper, str.lower)
SITE = Table(Row("city", "address.city"), Row("beds", "beds"))


def named(mark: str) -> Codec:
    """An item of a shared list that has a name."""
    return Codec(lambda value: [{"name": mark, "value": value}], lambda items: items[0]["value"], marks=(mark,))


def name(item: dict[str, Any]) -> list[str]:
    return [item["name"]]


def test_a_row_goes_both_ways() -> None:
    table = Table(Row("a.b", "x.y.z", LETTERS), root="top")

    written = table.write({"top": {"a": {"b": "word"}}}, Scope())

    assert written == {"x": {"y": {"z": "WORD"}}}
    assert table.read(written, Scope()) == {"top": {"a": {"b": "word"}}}


def test_neighbours_with_deep_places_do_not_lose_each_other() -> None:
    rows = [Row("a.b.c", "x.y.z"), Row("a.b.d", "x.y.w"), Row("a.e", "x.v"), Row("f", "x.y.u")]
    study = {"a": {"b": {"c": 1, "d": "two"}, "e": [3]}, "f": False}

    written = Table(*rows).write(study, Scope())

    assert written == {"x": {"y": {"z": 1, "w": "two", "u": False}, "v": [3]}}
    assert Table(*rows).read(written, Scope()) == study


@pytest.mark.parametrize("way", ["write", "read"])
def test_a_mistake_in_a_codec_names_its_row(way: str) -> None:
    mistaken = Codec(lambda value: value // 0, lambda value: value // 0)

    with pytest.raises(ZeroDivisionError) as caught:
        getattr(Table(Row("a.b", "x", mistaken)), way)({"a": {"b": 1}, "x": 1}, Scope())

    assert "a.b -> x" in "".join(traceback.format_exception(caught.value))


def test_what_is_not_there_is_not_written() -> None:
    assert Table(Row("a.b", "x.y")).write({"a": {}, "c": 1}, Scope()) == {}


def test_false_and_zero_are_values() -> None:
    assert Table(Row("a", "x"), Row("b", "y")).write({"a": 0, "b": False}, Scope()) == {"x": 0, "y": False}


def test_rows_that_share_a_list_find_their_own_items() -> None:
    table = Table(Row("a", "list[]", named("first")), Row("b", "list[]", named("second")), keys={"list": name})

    written = table.write({"a": 1, "b": 2}, Scope())

    assert written == {"list": [{"name": "first", "value": 1}, {"name": "second", "value": 2}]}
    assert table.read({"list": written["list"][::-1]}, Scope()) == {"a": 1, "b": 2}


def test_the_rest_of_a_shared_list_goes_to_the_row_that_asks_for_it() -> None:
    rest = Codec(list, list, marks=(REST,))
    table = Table(Row("a", "list[]", named("first")), Row("others", "list[]", rest), keys={"list": name})

    read = table.read({"list": [{"name": "other"}, {"name": "first", "value": 1}]}, Scope())

    assert read == {"a": 1, "others": [{"name": "other"}]}


def test_a_value_that_cannot_be_written_costs_itself_and_one_issue() -> None:
    scope = Scope()

    written = Table(Row("a", "x", LETTERS), Row("b", "y")).write({"a": 5, "b": 6}, scope)

    assert written == {"y": 6}
    assert [issue.path for issue in scope.issues] == ["a"]


def test_a_value_that_cannot_be_read_costs_itself_and_one_issue() -> None:
    scope = Scope()

    read = Table(Row("a", "x", LETTERS), Row("b", "y.z")).read({"x": 5, "y": "text"}, scope)

    assert read == {}
    assert [issue.path for issue in scope.issues] == ["x", "y.z"]


def test_a_bad_item_costs_that_item_and_not_the_list() -> None:
    scope = Scope()

    read = Table(Row("sites", "sites", Each(SITE))).read(
        {"sites": [{"address": {"city": "Bonn"}}, "text", {"beds": 0}]}, scope
    )

    assert read == {"sites": [{"city": "Bonn"}, {"beds": 0}]}
    assert len(scope.issues) == 1


def test_what_no_row_covers_is_named() -> None:
    table = Table(Row("sites", "places", Each(SITE)), omits={"note": "for us alone"}, ignore={"meta": "server's own"})

    assert table.unwritten({"sites": [{"city": "Bonn", "phone": "1"}], "note": "", "new": 1}) == {"sites.phone", "new"}
    assert table.unread({"places": [], "meta": {}, "extra": 1}) == {"extra"}


def test_a_revision_says_only_what_differs() -> None:
    table = Table(Row("a", "x"), Row("b", "y"), Row("c", "z"))

    revised = table.revise(Row("b", "y", LETTERS), Row("d", "w"), without=["c"])

    assert revised.write({"a": "q", "b": "q", "c": "q", "d": "q"}, Scope()) == {"x": "q", "y": "Q", "w": "q"}
    assert table.write({"b": "q"}, Scope()) == {"y": "q"}


def test_rows_of_one_place_are_written_under_it() -> None:
    assert [row.left for row in under("a.b", Row("c", "x"), Row("", "y"))] == ["a.b.c", "a.b"]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([Row("a", "x"), Row("a", "x")], "two rows for 'a' and 'x'"),
        ([Row("a", "x", copy(str))], "needs a note that says why"),
        ([Row("a", "list[]", named("m"))], "nothing says how to tell its items apart"),
        ([Row("a", "x"), Row("a", "y")], "'a' is read from both 'x' and 'y'"),
        ([Row("a", "x"), Row("a.b", "y")], "'a.b' lies inside 'a'"),
    ],
)
def test_a_table_that_contradicts_itself_is_refused(rows: list[Row], words: str) -> None:
    with pytest.raises(TableError, match=re.escape(words)):
        Table(*rows)


def test_two_rows_cannot_claim_the_same_items() -> None:
    with pytest.raises(TableError, match="both claim 'm'"):
        Table(Row("a", "list[]", named("m")), Row("b", "list[]", named("m")), keys={"list": name})


def test_a_code_list_that_cannot_be_read_back_is_refused() -> None:
    with pytest.raises(TableError, match="both become 'x'"):
        Codes({"A": "x", "B": "x"})


@pytest.mark.parametrize(
    ("words", "date"),
    [("March 5, 2024", "2024-03-05"), ("Mar 2024", "2024-03"), ("2024-03-05", "2024-03-05"), (" 2024 ", "2024")],
)
def test_dates_in_words_become_iso_dates(words: str, date: str) -> None:
    assert iso_date(words) == date


@pytest.mark.parametrize("words", ["soon", "13 2024", "March", "5 March"])
def test_what_is_no_date_is_refused(words: str) -> None:
    with pytest.raises(ValueError, match="no date"):
        iso_date(words)
