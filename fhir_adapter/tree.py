"""Plain JSON trees: canonical bytes, digests, differences and their repair.

A tree is what `orjson.loads` gives: dicts with string keys, lists, strings, numbers, booleans, None.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import orjson

__all__ = ["Tree", "canonical", "diff", "digest", "fresh", "leaves", "patch", "prune"]

Tree = dict[str, Any]


def canonical(tree: Any) -> bytes:
    """Give the one spelling of a tree: UTF-8 JSON, keys sorted, no spaces."""
    return orjson.dumps(tree, option=orjson.OPT_SORT_KEYS)


def digest(tree: Any) -> str:
    """Give the SHA-256 of the canonical spelling, in hex."""
    return hashlib.sha256(canonical(tree)).hexdigest()


def fresh(tree: Any) -> Any:
    """Give a tree of its own with the same content: an edit of the one is not seen in the other."""
    if isinstance(tree, dict):
        return {key: fresh(value) for key, value in tree.items()}
    return [fresh(value) for value in tree] if isinstance(tree, list) else tree


def prune(tree: Any) -> Any:
    """Leave out None, empty strings, lists and objects, all the way down; keep False and 0."""
    if isinstance(tree, dict):
        items = {key: prune(value) for key, value in tree.items()}
        return {key: value for key, value in items.items() if value not in (None, "", [], {})}
    if isinstance(tree, list):
        return [value for value in map(prune, tree) if value not in (None, "", [], {})]
    return tree


def leaves(tree: Any, at: str = "") -> Iterator[tuple[str, Any]]:
    """Walk a tree: JSON Pointer and value of each leaf; an empty list or object is a leaf."""
    if isinstance(tree, dict) and tree:
        for key, value in tree.items():
            yield from leaves(value, f"{at}/{escape(key)}")
    elif isinstance(tree, list) and tree:
        for index, value in enumerate(tree):
            yield from leaves(value, f"{at}/{index}")
    else:
        yield at, tree


def escape(key: str) -> str:
    """Spell a key as a token of a JSON Pointer (RFC 6901)."""
    return key.replace("~", "~0").replace("/", "~1") if "~" in key or "/" in key else key


def _unescape(token: str) -> str:
    return token.replace("~1", "/").replace("~0", "~") if "~" in token else token


def diff(wanted: Any, found: Any) -> Tree:
    """Say what turns `found` into `wanted`: {JSON Pointer: value}, None meaning "not there".

    A branch that is missing is one entry, and so is a list of another length. `patch` undoes it:
    `patch(found, diff(wanted, found)) == wanted`, as canonical JSON.
    """
    out: Tree = {}
    if not _compare(wanted, found, "", out):
        return {"": wanted}
    return out


# Objects this near the root are compared by their canonical bytes first: most are equal, and that is faster.
_NEAR = 2


def _same(wanted: Any, found: Any) -> bool:
    return type(wanted) is type(found) and bool(wanted == found)


def _compare(wanted: Any, found: Any, at: str, out: Tree) -> bool:
    """Collect differences below `at`; False when the place itself must be given whole."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        return _compare_objects(wanted, found, at, out)
    if isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        return _compare_lists(wanted, found, at, out)
    return _same(wanted, found)


def _compare_objects(wanted: Tree, found: Tree, at: str, out: Tree) -> bool:
    for key, value in wanted.items():
        if value is None:  # a null of the source would read as "not there": give its parent whole
            return False
        if key not in found:
            out[f"{at}/{escape(key)}"] = value
            continue
        other = found[key]
        if isinstance(value, str):
            if value != other:
                out[f"{at}/{escape(key)}"] = value
        elif at.count("/") < _NEAR and type(value) is dict and canonical(value) == canonical(other):
            continue
        elif not _compare(value, other, place := f"{at}/{escape(key)}", out):
            _forget(out, place)
            out[place] = value
    for key in found:
        if key not in wanted:
            out[f"{at}/{escape(key)}"] = None
    return True


def _compare_lists(wanted: list[Any], found: list[Any], at: str, out: Tree) -> bool:
    for index, value in enumerate(wanted):
        if not isinstance(value, dict):
            if isinstance(value, list) or not _same(value, found[index]):
                return canonical(wanted) == canonical(found)
        elif not _compare(value, found[index], f"{at}/{index}", out):
            return False
    return True


def _forget(out: Tree, place: str) -> None:
    """Drop what was collected below a place that is given whole."""
    below = f"{place}/"
    for pointer in [key for key in out if key.startswith(below)]:
        del out[pointer]


def patch(tree: Any, changes: Tree) -> Any:
    """Apply what `diff` said, on a copy of what it touches; the input stays as it is.

    A pointer into nothing makes its objects on the way; one that does not fit the tree raises ValueError.
    """
    for pointer, value in changes.items():
        tree = _set(tree, [_unescape(token) for token in pointer.split("/")[1:]], value)
    return tree


def _set(tree: Any, tokens: list[str], value: Any) -> Any:
    if not tokens:
        return value
    token, *rest = tokens
    if isinstance(tree, list):
        index = int(token)
        if not 0 <= index < len(tree):
            raise ValueError(f"no item {index} in a list of {len(tree)}")
        return [*tree[:index], _set(tree[index], rest, value), *tree[index + 1 :]]
    if tree is None:
        tree = {}
    if not isinstance(tree, dict):
        raise ValueError(f"no {token!r} in {type(tree).__name__}")
    if not rest and value is None:
        return {key: item for key, item in tree.items() if key != token}
    return {**tree, token: _set(tree.get(token), rest, value)}
