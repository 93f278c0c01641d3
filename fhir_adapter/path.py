"""Paths of plain trees, compiled: dotted keys; "" is the tree itself; a final `[]` marks a shared list."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fhir_adapter.tree import Tree

__all__ = ["getter", "join", "parent", "setter"]


def join(root: str, path: str) -> str:
    """Put a common start before a path."""
    return f"{root}.{path}" if root and path else root or path


def parent(path: str) -> tuple[str, str]:
    """Part a path into the path of its object and the last key."""
    root, _, last = path.rpartition(".")
    return root, last


def getter(path: str) -> Callable[[Tree], Any]:
    """Compile a path into a function that looks it up, or gives None."""
    keys = tuple(path.removesuffix("[]").split(".")) if path else ()
    if not keys:
        return lambda node: node
    if len(keys) == 1:
        (only,) = keys
        return lambda node: node.get(only)

    def get(node: Any) -> Any:
        for key in keys:
            node = node.get(key)
            if node is None:
                return None
        return node

    return get


def setter(path: str) -> Callable[[Tree, Any], None]:
    """Compile a path into a function that stores a value, making parents as needed."""
    if not path:
        return lambda node, value: node.update(value)
    *parents, last = path.removesuffix("[]").split(".")
    store = _extend if path.endswith("[]") else _store
    if not parents:
        return lambda node, value: store(node, last, value)
    if len(parents) == 1:
        return _below(parents[0], last, store)

    def put(node: Tree, value: Any) -> None:
        for key in parents:
            child = node.get(key)
            if child is None:
                child = node[key] = {}
            node = child
        store(node, last, value)

    return put


def _below(first: str, last: str, store: Callable[[Tree, str, Any], None]) -> Callable[[Tree, Any], None]:
    """The commonest depth, without a loop."""

    def put(node: Tree, value: Any) -> None:
        child = node.get(first)
        if child is None:
            child = node[first] = {}
        store(child, last, value)

    return put


def _store(node: Tree, key: str, value: Any) -> None:
    node[key] = value


def _extend(node: Tree, key: str, value: Any) -> None:
    if key in node:
        node[key].extend(value)
    else:
        node[key] = list(value)
