"""A second opinion on R5 and R4B resources, by the classes of fhir.resources."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from fhir_adapter.errors import ConfigError
from fhir_adapter.issues import Issue
from fhir_adapter.tree import Tree
from fhir_adapter.validate.definitions import load
from fhir_adapter.validate.primitives import shorten

__all__ = ["opinion", "typed"]

MODULES = {"r5": "fhir.resources", "r4b": "fhir.resources.R4B"}


def typed(resource: Tree, fhir: str) -> Any:
    """Give a resource as an object of fhir.resources.

    Raises ConfigError for a version or a type that it hasn't, pydantic's ValidationError for what it refuses.
    """
    return _model(str(resource.get("resourceType")), fhir).model_validate(resource)


def opinion(resource: Tree, fhir: str) -> list[Issue]:
    """Give what fhir.resources has against a resource.

    Raises ConfigError for a version that it hasn't (R4 4.0.1).
    """
    from pydantic import ValidationError

    kind = str(resource.get("resourceType"))
    try:
        typed(resource, fhir)
    except ImportError as error:
        return [Issue.fatal("invalid", "", str(error))]
    except ValidationError as error:
        return [_issue(kind, found) for found in error.errors()]
    except RecursionError:
        return [Issue.fatal("too-costly", "", "nested too deeply to be looked at")]
    return []


def _model(kind: str, fhir: str) -> Any:
    package = MODULES.get(fhir.lower())
    if package is None:
        raise ConfigError(f"fhir.resources has no {fhir!r}; choose one of {', '.join(MODULES)}")
    if kind not in load(fhir.lower()).resources:
        raise _none(kind, fhir)
    try:
        return getattr(import_module(f"{package}.{kind.lower()}"), kind)
    except (ImportError, AttributeError) as error:
        raise _none(kind, fhir) from error


def _none(kind: str, fhir: str) -> ImportError:
    return ImportError(f"fhir.resources knows no {shorten(kind)} in FHIR {fhir.upper()}")


def _issue(kind: str, found: Any) -> Issue:
    path = kind
    for step in found["loc"]:
        path += f"[{step}]" if isinstance(step, int) else f".{step}"
    return Issue.error("structure", path, str(found["msg"]))
