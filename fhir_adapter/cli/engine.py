"""Engines: who says what is wrong with a resource: we ourselves, fhir.resources, or a server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from fhir_adapter.errors import ConfigError
from fhir_adapter.issues import Issue
from fhir_adapter.tree import Tree

if TYPE_CHECKING:
    from fhir_adapter.settings import Settings

__all__ = ["ENGINES", "Check", "Engine", "opened", "version_of"]

ENGINES = ("own", "models", "server")

Check = Callable[[Tree], list[Issue]]
# Makes the check for one input: a file or folder may tell its FHIR version, and what references may lead to.
Engine = Callable[[str], Check]


@contextmanager
def opened(name: str, settings: Settings) -> Iterator[tuple[Engine, str | None]]:
    """Give an engine and the FHIR version that it is bound to; a server is asked for its own, and left at the end.

    Raises ConfigError for an unknown engine, and where the target is no server.
    """
    if name not in ENGINES:
        raise ConfigError(f"no engine {name!r}; choose one of {', '.join(ENGINES)}")
    if name != "server":
        made = _own if name == "own" else _models
        yield lambda what: made(what, settings.fhir), settings.fhir
        return
    from fhir_adapter.cli.supply import target
    from fhir_adapter.server import ServerTarget

    with target(settings, "--to") as place:
        if not isinstance(place, ServerTarget):
            raise ConfigError(f"{settings.target!r} is no server; --engine server needs one, with $validate")
        ask = place.validate
        yield lambda _: ask, place.fhir


def _own(what: str, fhir: str | None) -> Check:
    from fhir_adapter.intake import held
    from fhir_adapter.validate import validate
    from fhir_adapter.validate.references import Given

    version = version_of(what, fhir)
    names = held(what)
    if names is None:
        return lambda resource: validate(resource, version)
    given = Given(names, names.studies)

    def check(resource: Tree) -> list[Issue]:
        found = validate(resource, version, given)
        kind, own = resource.get("resourceType"), resource.get("id")
        if isinstance(kind, str) and isinstance(own, str) and (kind, own) in names.again:
            found.append(Issue.error("duplicate", f"{kind}.id", f"the folder holds two resources {kind}/{own}"))
        return found

    return check


def _models(what: str, fhir: str | None) -> Check:
    from fhir_adapter.validate import opinion
    from fhir_adapter.validate.guess import guess

    version = version_of(what, fhir)

    def check(resource: Any) -> list[Issue]:
        return opinion(resource, guess(resource) if version == "auto" else version)

    return check


def version_of(what: str, fhir: str | None) -> str:
    """Give the FHIR version of an input: the one that is asked for, or that a folder notes; else `auto`."""
    from fhir_adapter.intake import noted

    return (fhir or noted(what) or "auto").lower()
