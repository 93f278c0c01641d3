"""Paths of plain trees, compiled: dotted keys; "" is the tree itself; a final `[]` marks a shared list."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fhir_adapter.tree import Tree

__all__ = ["getter", "join", "parent"]


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
