"""Resources with one defect each, made from sound ones: what a validator must notice, in a fixed order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Tree = dict[str, Any]
Steps = tuple[str | int, ...]

OTHERS: dict[type, tuple[Any, ...]] = {
    str: ("", " ", 7, True, None, {}, [], ["a"], {"a": "b"}, "a b", "#nowhere", "Patient/1", "2021-02-30", "x" * 65),
    bool: ("true", 1, None, {}, [True]),
    int: ("5", -1, 1.5, 1.0, True, None, 2**31, [1]),
    float: ("5", True, None, float("nan"), [1.5]),
    list: ([], {}, None, "a", [None], [[]], [{}]),
    dict: ({}, [], None, "a", 1, {"unheard": 1}),
}


def mutations(resource: Tree) -> Iterator[tuple[str, Tree]]:
    """Give (what was done, the resource with it) for each place of a resource."""
    for steps, value in _places(resource, ()):
        place = ".".join(map(str, steps))
        for other in OTHERS.get(type(value), ()):
            yield f"{place} = {other!r:.40}", _put(resource, steps, other)
        if isinstance(steps[-1], str):
            yield f"{place} deleted", _put(resource, steps, _GONE)
            yield f"{place} misspelt", _rename(resource, steps)
            yield f"{place} doubled in _{steps[-1]}", _put(resource, (*steps[:-1], f"_{steps[-1]}"), {"id": "x"})
        if isinstance(value, dict):
            yield f"{place} with unknown", _put(resource, (*steps, "unheard"), "x")
            yield f"{place} with id", _put(resource, (*steps, "id"), "lead")
            yield f"{place} with extension", _put(resource, (*steps, "extension"), [{"url": "rel", "valueString": "a"}])
        if isinstance(value, list):
            yield f"{place} repeated", _put(resource, steps, [*value, *value])


_GONE = object()


def _places(value: Any, steps: Steps) -> Iterator[tuple[Steps, Any]]:
    items: Any = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    for key, item in items:
        yield (*steps, key), item
        yield from _places(item, (*steps, key))


def _put(tree: Any, steps: Steps, value: Any) -> Any:
    """Give the tree with another value at a place, the rest shared."""
    if not steps:
        return value
    key, rest = steps[0], steps[1:]
    if isinstance(tree, list):
        assert isinstance(key, int)
        return [*tree[:key], _put(tree[key], rest, value), *tree[key + 1 :]]
    out = {**tree, key: _put(tree.get(key), rest, value)}
    if out[key] is _GONE:
        del out[key]
    return out


def _rename(tree: Tree, steps: Steps) -> Any:
    value = tree
    for key in steps:
        value = value[key]  # type: ignore[index]
    without = _put(tree, steps, _GONE)
    return _put(without, (*steps[:-1], f"{steps[-1]}x"), value)
