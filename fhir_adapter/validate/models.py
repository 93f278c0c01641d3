"""A second opinion on R5 and R4B resources, by the classes of fhir.resources."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from fhir_adapter.errors import ConfigError
from fhir_adapter.issues import Issue
from fhir_adapter.tree import Tree
from fhir_adapter.validate.primitives import shorten

__all__ = ["opinion"]

MODULES = {"r5": "fhir.resources", "r4b": "fhir.resources.R4B"}


def opinion(resource: Tree, fhir: str) -> list[Issue]:
    """Give what fhir.resources has against a resource.

    Raises ConfigError for a version that it hasn't (R4 4.0.1).
    """
    from pydantic import ValidationError

    if fhir not in MODULES:
        raise ConfigError(f"fhir.resources has no {fhir!r}; choose one of {', '.join(MODULES)}")
    kind = str(resource.get("resourceType"))
    try:
        module = import_module(f"{MODULES[fhir]}.{kind.lower()}")
        model: Any = getattr(module, kind)
    except (ImportError, AttributeError):
        return [Issue.fatal("invalid", "", f"fhir.resources knows no {shorten(kind)} in FHIR {fhir.upper()}")]
    try:
        model.model_validate(resource)
    except ValidationError as error:
        return [_issue(kind, found) for found in error.errors()]
    return []


def _issue(kind: str, found: Any) -> Issue:
    path = kind
    for step in found["loc"]:
        path += f"[{step}]" if isinstance(step, int) else f".{step}"
    return Issue.error("structure", path, str(found["msg"]))
