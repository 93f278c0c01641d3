"""Trees: canonical bytes, and differences that mend what they were made from."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_adapter.tree import canonical, diff, digest, leaves, patch, prune
from studies import json_values


@given(wanted=json_values(), found=json_values())
def test_a_difference_turns_the_one_into_the_other(wanted: Any, found: Any) -> None:
    changes = diff(wanted, found)

    if changes != {"": None}:  # a bare null is "not there", and has nothing to be written into
        assert canonical(patch(found, changes)) == canonical(wanted)


TREES = st.recursive(
    st.integers(-(2**53), 2**53) | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
)


@given(tree=TREES)
def test_what_is_the_same_has_no_difference(tree: Any) -> None:
    assert diff({"a": tree}, {"a": tree}) == {}


@pytest.mark.parametrize(
    ("wanted", "found", "changes"),
    [
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 1}}, {"/a/c": 2}),
        ({"a": {}}, {"a": {"b": 1}}, {"/a/b": None}),
        ({"a": [1, 2]}, {"a": [2, 1]}, {"/a": [1, 2]}),
        ({"a": [{"b": 1}, {"b": 2}]}, {"a": [{"b": 1}, {"b": 3}]}, {"/a/1/b": 2}),
        ({"a": [{"b": 1}]}, {"a": [{"b": 1}, {"b": 3}]}, {"/a": [{"b": 1}]}),
        ({"a/b": 1, "~": 2}, {}, {"/a~1b": 1, "/~0": 2}),
        ({"a": True}, {"a": 1}, {"/a": True}),
        ({"a": 1.0}, {"a": 1}, {"/a": 1.0}),
        ({"a": {"b": None}}, {"a": {}}, {"/a": {"b": None}}),
    ],
)
def test_a_difference_names_the_smallest_branch(wanted: Any, found: Any, changes: dict[str, Any]) -> None:
    assert diff(wanted, found) == changes


def test_patch_leaves_its_input_alone() -> None:
    tree = {"a": [{"b": 1}]}

    assert patch(tree, {"/a/0/b": 2}) == {"a": [{"b": 2}]}
    assert tree == {"a": [{"b": 1}]}


@pytest.mark.parametrize("pointer", ["/a/7", "/a/x", "/b/c"])
def test_a_pointer_that_does_not_fit_is_refused(pointer: str) -> None:
    with pytest.raises(ValueError, match=r"no item|invalid literal|no 'c'"):
        patch({"a": [1], "b": "text"}, {pointer: 1})


def test_order_of_keys_does_not_change_a_digest() -> None:
    assert digest({"a": 1, "b": [2]}) == digest({"b": [2], "a": 1})


def test_prune_keeps_false_and_zero() -> None:
    assert prune({"a": 0, "b": False, "c": "", "d": [None, {}], "e": {"f": []}}) == {"a": 0, "b": False}


@given(st.dictionaries(st.text(), st.integers()))
def test_leaves_name_every_value_once(tree: dict[str, int]) -> None:
    assert sorted(value for _, value in leaves(tree) if value != {}) == sorted(tree.values())
