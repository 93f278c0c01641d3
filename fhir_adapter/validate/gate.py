"""Whether the resources of a trial are certainly without error, in microseconds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fhir_adapter.tree import Tree
from fhir_adapter.validate.keywords import noting
from fhir_adapter.validate.schema import fits

__all__ = ["accepts"]


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


def _accepts(resources: list[Tree], fhir: str, names: set[str]) -> bool:
    """Try resources of which one at most contains others, so that all local references are in that one."""
    holder: Tree = next((resource for resource in resources if "contained" in resource), {})
    inner = _plain(holder["contained"]) if holder else []
    shell = {key: value for key, value in holder.items() if key != "contained"}
    kinds = frozenset(item["resourceType"] for item in inner)
    within = _mentioned([shell, *inner], fhir, kinds) if holder else set()
    outer = _mentioned((resource for resource in resources if resource is not holder), fhir, kinds)
    local = {text for text in within if text.startswith("#")}
    # Each contained resource is referred to.
    return local == {f"#{item['id']}" for item in inner} and outer | (within - local) <= names


def _mentioned(resources: Iterable[Tree], fhir: str, kinds: frozenset[str]) -> set[str]:
    """Give all that resources refer to; ValueError where one may have an error."""
    with noting() as noted:
        if not fits(fhir, resources, kinds) or _repeats(noted["id"]):
            raise ValueError("look closely")
    return set(noted["reference"])


def _plain(inner: Any) -> list[Tree]:
    plain = all("contained" not in item and "meta" not in item and isinstance(item["id"], str) for item in inner)
    if not plain or not inner or _repeats([item["id"] for item in inner]):
        raise ValueError("not plain contained resources")
    return list(inner)


def _repeats(values: list[Any]) -> bool:
    return len(values) != len(set(values))
