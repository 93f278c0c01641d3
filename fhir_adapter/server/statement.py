"""What a server says of itself in `/metadata`, and what of that trials need."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from fhir_adapter.resource import STUDY
from fhir_adapter.server.verdict import Level, Verdict
from fhir_adapter.tree import Tree

__all__ = ["Kind", "Statement", "read_statement"]

_NEEDED = (STUDY, "PlanDefinition", "EvidenceVariable", "Location")
_SOMETIMES = ("Group", "ActivityDefinition")
_INTERACTIONS = {
    "read": (Level.PROBLEM, "what is there can't be compared", "let it be read"),
    "update": (Level.PROBLEM, "nothing can be kept up to date", "use it for pull only, or let updates be done"),
    "search-type": (Level.WARNING, "pulling all trials is impossible, pulling by id is not", "let it be searched"),
    "delete": (Level.WARNING, "what is no longer part of a trial stays there", "let it be deleted"),
}
_SEARCHES = {
    "identifier": "conditional modes can't be used",
    "_id": "the ledger is believed without a look at the server",
    "_lastUpdated": "pull can't ask for what changed since",
}
_SMART = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One resource type: what can be done with it."""

    interactions: frozenset[str]
    searches: frozenset[str]
    update_create: bool | None = None
    conditional_create: bool = False
    conditional_update: bool = False
    conditional_delete: str = "not-supported"
    versioning: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A CapabilityStatement, as far as it concerns trials. `smart` are the addresses of its login, by name."""

    software: str
    number: str
    formats: tuple[str, ...] = ()
    patches: tuple[str, ...] = ()
    system: frozenset[str] = frozenset()
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    smart: Mapping[str, str] = field(default_factory=dict)

    def as_dict(self) -> Tree:
        """Spell it for programs."""
        told: Tree = {"software": self.software, "fhirVersion": self.number, "formats": list(self.formats)}
        kinds = {kind: _told(self.kinds[kind]) for kind in (*_NEEDED, *_SOMETIMES) if kind in self.kinds}
        more = {"patchFormats": list(self.patches), "smart": dict(self.smart)}
        return {**told, **more, "interactions": sorted(self.system), "types": kinds}

    def verdicts(self) -> Iterator[Verdict]:
        """Hold it against what trials need, the grave things as problems."""
        yield Verdict("software", Level.OK, f"{self.software or 'unnamed'}, FHIR {self.number}")
        yield self._format()
        yield from self._types()
        for name, (level, means, fix) in _INTERACTIONS.items():
            lacking = [kind for kind, own in self._there() if name not in own.interactions]
            yield _verdict(name, lacking, level, means, fix)
        for name, means in _SEARCHES.items():
            lacking = [kind for kind, own in self._there() if name not in own.searches]
            yield _verdict(f"search {name}", lacking, Level.WARNING, means, "add the search parameter")
        yield self._ids()
        yield self._versions()
        yield self._bundles()
        if self.smart:
            yield Verdict("login", Level.OK, f"SMART: {', '.join(f'{k} {v}' for k, v in self.smart.items())}")

    def _there(self) -> list[tuple[str, Kind]]:
        return [(kind, self.kinds[kind]) for kind in _NEEDED if kind in self.kinds]

    def _format(self) -> Verdict:
        if not self.formats or any("json" in each for each in self.formats):
            return Verdict("format", Level.OK, ", ".join(self.formats) or "it doesn't say")
        return Verdict("format", Level.PROBLEM, f"{', '.join(self.formats)}, no JSON", "let it speak JSON")

    def _types(self) -> Iterator[Verdict]:
        lacking = [kind for kind in _NEEDED if kind not in self.kinds]
        yield _verdict("types", lacking, Level.PROBLEM, "trials can't be stored whole", "add the types", "all there")
        for kind in _SOMETIMES:
            if kind not in self.kinds:
                words = f"no {kind}: trials that have one are refused"
                yield Verdict("types", Level.WARNING, words, "add the type")

    def _ids(self) -> Verdict:
        study = self.kinds.get(STUDY)
        if study is None or study.update_create is not False:
            return Verdict("ids", Level.OK, "it says that it takes our ids" if study else "unknown")
        if study.conditional_update or study.conditional_create:
            mode = "conditional-update" if study.conditional_update else "conditional-create"
            return Verdict("ids", Level.WARNING, "it gives ids itself", f"use --mode {mode}")
        words = "it says that it gives ids itself and takes no conditions: trials would double"
        return Verdict("ids", Level.PROBLEM, words, "let clients give ids, or run doctor --probe to see")

    def _versions(self) -> Verdict:
        study = self.kinds.get(STUDY)
        if study is None or study.versioning == "versioned-update":
            return Verdict("versions", Level.OK, "it checks If-Match")
        words = f"versioning is {study.versioning or 'not told'}: it may overwrite what someone else wrote meanwhile"
        return Verdict("versions", Level.WARNING, words, "let nobody else write to the same trials")

    def _bundles(self) -> Verdict:
        if "transaction" in self.system:
            return Verdict("transactions", Level.OK, "it says that it does them")
        words = "it names no transactions: a trial is stored piece by piece"
        return Verdict("transactions", Level.WARNING, words, "run doctor --probe to see")


def _verdict(name: str, lacking: list[str], level: Level, means: str, fix: str, fine: str = "for all types") -> Verdict:
    if not lacking:
        return Verdict(name, Level.OK, fine)
    return Verdict(name, level, f"not for {', '.join(lacking)}: {means}", fix)


def read_statement(tree: Tree) -> Statement:
    """Read a CapabilityStatement; what is missing or misshapen counts as not said."""
    software = _object(tree.get("software"))
    rest = next((each for each in _objects(tree.get("rest")) if each.get("mode") == "server"), {})
    common = frozenset(_codes(rest.get("searchParam"), "name"))
    return Statement(
        software=" ".join(str(software[key]) for key in ("name", "version") if software.get(key)),
        number=str(tree.get("fhirVersion") or ""),
        formats=tuple(map(str, tree.get("format") or ())),
        patches=tuple(map(str, tree.get("patchFormat") or ())),
        system=frozenset(_codes(rest.get("interaction"), "code")),
        kinds={str(each.get("type")): _kind(each, common) for each in _objects(rest.get("resource"))},
        smart=dict(_addresses(_object(rest.get("security")))),
    )


def _kind(told: Tree, common: frozenset[str]) -> Kind:
    return Kind(
        interactions=frozenset(_codes(told.get("interaction"), "code")),
        searches=common | frozenset(_codes(told.get("searchParam"), "name")),
        update_create=told.get("updateCreate"),
        conditional_create=told.get("conditionalCreate") is True,
        conditional_update=told.get("conditionalUpdate") is True,
        conditional_delete=str(told.get("conditionalDelete") or "not-supported"),
        versioning=str(told.get("versioning") or ""),
    )


def _told(kind: Kind) -> Tree:
    return {
        "interactions": sorted(kind.interactions),
        "searches": sorted(kind.searches & {*_SEARCHES, "url"}),
        "updateCreate": kind.update_create,
        "conditionalCreate": kind.conditional_create,
        "conditionalUpdate": kind.conditional_update,
        "conditionalDelete": kind.conditional_delete,
        "versioning": kind.versioning,
    }


def _addresses(security: Tree) -> Iterator[tuple[str, str]]:
    for extension in _objects(security.get("extension")):
        if extension.get("url") == _SMART:
            for each in _objects(extension.get("extension")):
                if each.get("url") and each.get("valueUri"):
                    yield str(each["url"]), str(each["valueUri"])


def _codes(items: Any, key: str) -> Iterator[str]:
    return (str(each[key]) for each in _objects(items) if each.get(key))


def _objects(items: Any) -> list[Tree]:
    return [each for each in items if isinstance(each, dict)] if isinstance(items, list) else []


def _object(item: Any) -> Tree:
    return item if isinstance(item, dict) else {}
