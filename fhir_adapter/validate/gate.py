"""Whether the resources of a trial are certainly without error, in microseconds."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import orjson

from fhir_adapter.tree import Tree
from fhir_adapter.validate.keywords import noting
from fhir_adapter.validate.schema import MARKED, compiled

__all__ = ["accepts"]

_NONE: frozenset[str] = frozenset()


def accepts(resources: list[Tree], fhir: str) -> bool:
    """Say whether the resources surely have no error and refer to each other only; False: look closely."""
    try:
        names = {f"{resource['resourceType']}/{resource['id']}" for resource in resources}
        if len(names) < len(resources):
            return False
        if sum("contained" in resource for resource in resources) < 2:
            return _accepts(resources, fhir, names)
        return all(_accepts([resource], fhir, names) for resource in resources)
    except (TypeError, ValueError, KeyError, AttributeError, RecursionError):
        # Not JSON, or not shaped like a resource at all: `structure` says what is wrong.
        return False


def _accepts(resources: list[Tree], fhir: str, names: Collection[str]) -> bool:
    """Try resources of which one at most contains others, so that all local references are in that one."""
    inner: list[Tree] = []
    with noting() as mentioned:
        for resource in resources:
            if "contained" in resource:
                inner = _plain(resource["contained"])
                whole = _holds(resource, inner, fhir)
            else:
                whole = compiled(fhir, resource["resourceType"], _NONE).is_valid(resource)
            if not whole or (resource["resourceType"] == MARKED and _repeats(_marks(resource))):
                return False
    return _resolves(set(mentioned), inner, names)


def _holds(resource: Tree, inner: list[Tree], fhir: str) -> bool:
    """Try a resource without what it contains, then each of these, local references allowed."""
    kinds = frozenset(item["resourceType"] for item in inner)
    shell = {key: value for key, value in resource.items() if key != "contained"}
    return all(compiled(fhir, item["resourceType"], kinds).is_valid(item) for item in (shell, *inner))


def _plain(inner: Any) -> list[Tree]:
    plain = all("contained" not in item and "meta" not in item and isinstance(item["id"], str) for item in inner)
    if not plain or not inner or _repeats([item["id"] for item in inner]):
        raise ValueError("not plain contained resources")
    return list(inner)


def _repeats(values: list[Any]) -> bool:
    return len(values) != len(set(values))


def _marks(resource: Tree) -> list[bytes]:
    """Give the ids of a resource and its elements; inside a text the quotes would be escaped."""
    return [part[: part.index(b'"')] for part in orjson.dumps(resource).split(b'"id":"')[1:]]


def _resolves(mentioned: set[str], inner: list[Tree], names: Collection[str]) -> bool:
    """Say whether each local reference meets its contained resource, each of these one, and others are there."""
    local = {text for text in mentioned if text.startswith("#")}
    if local != {f"#{item['id']}" for item in inner}:
        return False
    return all(text in names for text in mentioned - local)
