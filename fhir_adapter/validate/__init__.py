"""Say what is wrong with FHIR resources: R4 4.0.1, R4B and R5, without a network and without Java.

>>> [str(issue) for issue in validate({"resourceType": "Location", "mode": "here"})]
["error: Location.mode: 'here' is not allowed here; one of instance, kind"]
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from fhir_adapter.issues import Issue, blocking
from fhir_adapter.tree import Tree

if TYPE_CHECKING:
    from fhir_adapter.validate.references import Given

__all__ = ["checker", "opinion", "validate"]

_LONGEST_NAME = 128  # a type and an id of 64 characters


def validate(resource: Any, fhir: str = "auto", given: Given | None = None) -> list[Issue]:
    """Check a resource, a Bundle, or a list of resources that belong together.

    A resource is a plain dict, its JSON as text or bytes (a key that is written twice is an error then), or an
    object of fhir.resources. `fhir` is R4, R4B or R5; `auto` takes the version that knows the elements that are
    used, R5 when several do.
    A path is FHIRPath (`ResearchStudy.contained[0].telecom[1].value`); something missing or unknown is reported
    at the element that lacks or holds it. References must lead to a resource of the right type, and in a list to
    one of its resources (in a Bundle: when they lead to the trial in it). In a list `Issue.record` is `Type/id`.
    `given` are the resources that a single one may refer to, None for any. Nothing is fetched, and any number of
    threads may call it. Raises ConfigError for another version.
    """
    from fhir_adapter.validate.definitions import load
    from fhir_adapter.validate.guess import guess
    from fhir_adapter.validate.inspection import inspect
    from fhir_adapter.validate.intake import plain

    tree, issues = plain(resource)
    version = guess(tree) if fhir.lower() == "auto" else load(fhir.lower()).fhir
    if isinstance(tree, list):
        return [*issues, *_twice(tree), *_each(tree, version, inspect)]
    unread = tree is None and bool(issues)
    return [*issues, *([] if unread else inspect(tree, version, given))]


def checker(fhir: str) -> Callable[[list[Tree]], list[Issue]]:
    """Make the fast check for all resources of one trial: errors only, warnings are left to `validate`.

    It takes the resources as plain dicts and gives what would block them, `Issue.record` being `Type/id`; each
    reference must lead to one of them. What is right costs microseconds. Raises ConfigError for an unknown version.
    """
    from fhir_adapter.validate.definitions import load
    from fhir_adapter.validate.gate import accepts
    from fhir_adapter.validate.inspection import inspect

    version = load(fhir.lower()).fhir

    def check(resources: list[Tree]) -> list[Issue]:
        if accepts(resources, version):
            return []
        found = [*_twice(resources), *_each(resources, version, inspect)]
        return [issue for issue in found if blocking([issue])]

    return check


def opinion(resource: Tree, fhir: str) -> list[Issue]:
    """Ask fhir.resources for a second opinion: R5 and R4B only; it misses much (mapping-spec.md, pitfall 1)."""
    from fhir_adapter.validate.models import opinion as ask

    return ask(resource, fhir.lower())


def _name(resource: Any) -> str:
    if not isinstance(resource, dict):
        return ""
    return f"{resource.get('resourceType')}/{resource.get('id')}"


def _spelt(name: str) -> str:
    """Make a name that any output takes: without half characters, and no longer than a name can be."""
    return name[:_LONGEST_NAME].encode(errors="backslashreplace").decode()


def _each(resources: list[Tree], fhir: str, inspect: Callable[..., list[Issue]]) -> Iterator[Issue]:
    from fhir_adapter.validate.references import Given

    names = [_name(resource) for resource in resources]
    pairs = [name.partition("/") for name in names]
    given = Given(frozenset((kind, name) for kind, _, name in pairs))
    for name, resource in zip(names, resources, strict=True):
        for issue in inspect(resource, fhir, given):
            yield issue.of(_spelt(name) or None)


def _twice(resources: list[Tree]) -> Iterator[Issue]:
    seen: set[str] = set()
    for resource in resources:
        name = _name(resource)
        if name in seen and isinstance(resource.get("id"), str):
            kind = str(resource.get("resourceType"))
            yield Issue.error("duplicate", f"{kind}.id", f"two resources are {_spelt(name)}").of(_spelt(name))
        seen.add(name)
