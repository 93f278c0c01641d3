"""Which FHIR version a resource is written in, told from its own shape."""

from __future__ import annotations

from typing import Any

from fhir_adapter.validate.definitions import VERSIONS, load
from fhir_adapter.validate.shapes import shape_of

__all__ = ["guess"]

# From the newest: where several versions fit, R5 is taken.
ORDER = tuple(reversed(VERSIONS))


def guess(resource: Any) -> str:
    """Say r5, r4b or r4: the version that knows most of the elements, the newest of several.

    Only the element names of the resource, of its backbone elements and of what a Bundle holds count.
    """
    found: dict[str, int] = {}
    for fhir in ORDER:
        try:
            found[fhir] = _misfits(fhir, resource)
        except RecursionError:
            return fhir  # too deep for any version
        if not found[fhir]:
            return fhir  # what needn't be loaded isn't
    return min(found, key=found.__getitem__)


def _misfits(fhir: str, resource: Any) -> int:
    if isinstance(resource, list):
        return sum(_misfits(fhir, item) for item in resource)
    if not isinstance(resource, dict):
        return 0
    kind = resource.get("resourceType")
    if not isinstance(kind, str) or kind not in load(fhir).resources:
        return 10
    return _count(fhir, kind, resource)


def _count(fhir: str, name: str, value: Any) -> int:
    """Count the properties below a type that the version lacks or holds in another form."""
    members = shape_of(fhir, name).members
    total = 0
    for key, item in value.items():
        member = members.get(key) if isinstance(key, str) else None
        if member is None:
            total += key != "resourceType"
        elif member.kind.name == "Resource":
            total += sum(_misfits(fhir, part) for part in (item if isinstance(item, list) else [item]))
        elif member.many != isinstance(item, list):
            total += 1
        elif "." in member.kind.name or member.kind.name == "CodeableReference":
            parts = item if isinstance(item, list) else [item]
            total += sum(_count(fhir, member.kind.name, part) for part in parts if isinstance(part, dict))
    return total
