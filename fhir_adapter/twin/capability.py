"""What the twin says that it can do: its CapabilityStatement."""

from __future__ import annotations

from collections.abc import Iterable

from fhir_adapter.tree import Tree
from fhir_adapter.twin.profile import Profile
from fhir_adapter.twin.search import Pairs, parameters

__all__ = ["NUMBERS", "capability"]

NUMBERS = {"R4": "4.0.1", "R4B": "4.3.0", "R5": "5.0.0"}
_SUBSETTED = {
    "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue",
    "code": "SUBSETTED",
    "display": "Resource encoded in summary mode",
}
_ALWAYS = frozenset({"resourceType", "status", "date", "kind", "fhirVersion", "format"})
_TYPES = {"_id": "token", "_lastUpdated": "date", "identifier": "token", "status": "token", "url": "uri"}


def capability(profile: Profile, fhir: str, kinds: Iterable[str], base: str, pairs: Pairs) -> Tree:
    """Say it, with only the elements that `_elements` asks for and those that there must be."""
    asked = ",".join(value for key, value in pairs if key == "_elements")
    wanted = {each.strip() for each in asked.split(",")} | _ALWAYS
    parts: Tree = {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": "2026-01-01",
        "kind": "instance",
        "software": dict(zip(("name", "version"), profile.software, strict=True)),
        "implementation": {"description": profile.note, "url": base},
        "fhirVersion": NUMBERS[fhir],
        "format": ["application/fhir+json", "json"],
    }
    if not asked or "rest" in wanted:
        parts["rest"] = [_rest(profile, kinds)]
    if not asked:
        return parts
    return {"meta": {"tag": [_SUBSETTED]}} | {key: value for key, value in parts.items() if key in wanted}


def _rest(profile: Profile, kinds: Iterable[str]) -> Tree:
    offered = (("transaction", profile.transactions and profile.writes), ("batch", profile.batches))
    return {
        "mode": "server",
        "resource": [_resource(profile, kind) for kind in sorted(kinds)],
        "interaction": [{"code": code} for code, given in offered if given],
    }


def _resource(profile: Profile, kind: str) -> Tree:
    writes = ("create", "update", "delete") if profile.writes else ()
    can = profile.conditionals if profile.writes else frozenset()
    return {
        "type": kind,
        "interaction": [{"code": code} for code in ("read", "vread", "history-instance", "search-type", *writes)],
        "versioning": "versioned-update" if profile.stale else "versioned",
        "readHistory": True,
        "updateCreate": profile.ids != "server" and profile.writes,
        "conditionalCreate": "create" in can,
        "conditionalUpdate": "update" in can,
        "conditionalDelete": ("multiple" if profile.hapi else "single") if "delete" in can else "not-supported",
        "referencePolicy": ["literal", "enforced"] if profile.integrity else ["literal"],
        "searchParam": [{"name": each, "type": _TYPES[each]} for each in parameters(kind, profile)],
    }
