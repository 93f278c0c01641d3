"""convert and restore: one record to FHIR resources and back, with what went wrong and what was lost.

    record -> Source.read -> study -> check -> Version.write -> resources -> validate
                                                    |
                                         Version.read and compare: what reading would not give back goes
                                         into the remainder, and the loss report names it

Nothing here raises for data: trouble is in `.issues`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from fhir_adapter import readers, remainder
from fhir_adapter import source as sources
from fhir_adapter import study as hub
from fhir_adapter.errors import ConfigError
from fhir_adapter.identity import identity
from fhir_adapter.issues import Issue, blocking
from fhir_adapter.resource import ONLY_R4, ONLY_R5
from fhir_adapter.table import MALFORMED, Scope
from fhir_adapter.tree import Tree, canonical, diff
from fhir_adapter.version import BASE, Version, find, others

__all__ = ["Conversion", "Loss", "Restoration", "bundle", "convert", "restore"]

_RESULTS = "resultsSection"
_HUB = "ctgov"  # the source whose record is the study itself
_LEFT_OUT = "left out: results are not converted; keep them in the remainder with --results keep"
_IN_REMAINDER = "kept in the source remainder: no FHIR element holds it"
_NOT_THERE = "noted in the source remainder: the source lacks what reading would derive"


@dataclass(frozen=True, slots=True)
class Loss:
    """One place of the source that is in no FHIR element: `path` is a JSON Pointer, `kept` whether it comes back."""

    path: str
    kept: bool
    reason: str

    def as_dict(self) -> Tree:
        return {"path": self.path, "kept": self.kept, "reason": self.reason}


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """One record as FHIR: `resources` are plain dicts, the ResearchStudy first; [] where nothing could be made."""

    id: str
    fhir: str
    source: str
    study: Tree
    resources: list[Tree]
    issues: tuple[Issue, ...]
    losses: tuple[Loss, ...]
    base: str = BASE

    @property
    def ok(self) -> bool:
        """Say whether the resources may be sent: there are some, and no issue is an error."""
        return bool(self.resources) and not blocking(self.issues)

    def bundle(self) -> Tree:
        """Give the resources as one transaction Bundle of `PUT Type/id`."""
        return bundle(self.resources, self.base)

    def models(self) -> list[Any]:
        """Give the resources as fhir.resources objects (R5, R4B; it has no R4)."""
        from fhir_adapter.validate import models

        return [models.typed(resource, self.fhir) for resource in self.resources]


@dataclass(frozen=True, slots=True)
class Restoration:
    """A registry record made from FHIR resources; `record` is None where there is no ResearchStudy."""

    record: Tree | None
    issues: tuple[Issue, ...]


def bundle(resources: Iterable[Tree], base: str = BASE) -> Tree:
    """Make one transaction Bundle of `PUT Type/id`; fullUrl is `{base}/Type/id`."""
    entries = []
    for resource in resources:
        place = f"{resource['resourceType']}/{resource['id']}"
        entries.append({"fullUrl": f"{base}/{place}", "resource": resource, "request": {"method": "PUT", "url": place}})
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


def convert(
    record: Tree | str | bytes,
    fhir: str = "R5",
    source: str = "auto",
    *,
    base: str = BASE,
    results: str = "drop",
    validate: bool = True,
) -> Conversion:
    """Convert one registry record to FHIR.

    `record` is a parsed record, or text or bytes that hold exactly one. `fhir` is R5, R4B or R4 in any case;
    `source` a registry format or "auto". `base` is the canonical base url. `results` says what becomes of the
    results section: "drop" or "keep" (in the remainder). Raises ConfigError for what the caller got wrong.
    """
    version = find(fhir)
    if results not in ("drop", "keep"):
        raise ConfigError(f"no policy {results!r} for results; choose drop or keep")
    own, format_id, issues = _one(record, source)
    if own is None:
        return _nothing(version, issues)
    return _convert(own, version, sources.find(format_id), issues, base.rstrip("/"), results == "keep", validate)


def _one(record: Any, source: str) -> tuple[Any, str, list[Issue]]:
    """Give the parsed record, the id of its format, and what was wrong with it."""
    if isinstance(record, dict):
        return record, source if source != "auto" else _recognise(record), []
    if not isinstance(record, (str, bytes)):
        words = f"expected one trial record as a JSON object, got {_article(record)}"
        return None, source, [Issue.error("structure", "", words)]
    text = record.encode("utf-8", "surrogatepass") if isinstance(record, str) else record
    found = list(readers.readings(text, source))
    if len(found) != 1:
        words = f"expected one trial record, found {len(found)}; use read() for many"
        return None, source, [Issue.error("structure", "", words)]
    return found[0].record, found[0].source, list(found[0].issues)


def _recognise(record: Tree) -> str:
    """Name the format of a parsed record; one that nothing recognises is taken as the hub's own shape."""
    if "protocolSection" in record:
        return _HUB
    formats = map(sources.find, sources.known())
    return next((found.id for found in formats if found.recognise(record)), _HUB)


def _article(value: Any) -> str:
    return {list: "a list", type(None): "null"}.get(type(value), f"a {type(value).__name__}")


def _nothing(version: Version, issues: list[Issue]) -> Conversion:
    return Conversion(id="", fhir=version.name, source="", study={}, resources=[], issues=tuple(issues), losses=())


def _convert(
    record: Tree,
    version: Version,
    source: sources.Source,
    issues: list[Issue],
    base: str,
    keep: bool,
    validate: bool,
) -> Conversion:
    scope = Scope(base=base, issues=issues)
    study = source.read(record, scope)
    whole, losses = (study, []) if keep or _RESULTS not in study else _without_results(study)
    checked = hub.check({key: value for key, value in whole.items() if key != _RESULTS} if keep else whole)
    issues.extend(checked.issues)
    scope.study = checked.study
    scope.id, unnamed = identity(checked.study)
    if unnamed:
        issues.append(unnamed)
    if blocking(issues):
        return Conversion(
            id=scope.id, fhir=version.name, source=source.id, study=study, resources=[],
            issues=_named(issues, scope.id), losses=tuple(losses), base=base,
        )  # fmt: skip
    resources, rest = _write(version, scope, whole)
    if source.table is not None:
        rest |= _beyond(record, source, study)
    if rest and resources:
        resources[0] = remainder.attach(resources[0], rest, base)
    losses += [Loss(path, True, _NOT_THERE if value is None else _IN_REMAINDER) for path, value in rest.items()]
    if validate and resources:
        from fhir_adapter.validate import checker

        issues.extend(checker(version.name.lower())(resources))
    return Conversion(
        id=scope.id, fhir=version.name, source=source.id, study=study, resources=resources,
        issues=_named(issues, scope.id), losses=tuple(losses), base=base,
    )  # fmt: skip


def _named(issues: list[Issue], record: str) -> tuple[Issue, ...]:
    return tuple([issue.of(record) for issue in issues])


def _without_results(study: Tree) -> tuple[Tree, list[Loss]]:
    rest = {key: value for key, value in study.items() if key != _RESULTS}
    return rest, [Loss(f"/{_RESULTS}", False, _LEFT_OUT)]


def _write(version: Version, scope: Scope, whole: Tree) -> tuple[list[Tree], Tree]:
    """Write the study, read it again, and say what reading did not give back."""
    try:
        resources = version.write(scope)
        return resources, diff(whole, version.read(resources, Scope(id=scope.id, base=scope.base)))
    except MALFORMED as error:
        words = f"this record cannot be written as FHIR: {type(error).__name__}: {error}; please report it"
        scope.issues.append(Issue.fatal("exception", "", words))
        return [], {}


def _beyond(record: Tree, source: sources.Source, study: Tree) -> Tree:
    """Say what a registry's record holds that its study does not give back."""
    rest = diff(record, source.write(study))
    return {f"{source.id}#{pointer}": value for pointer, value in rest.items()}


# --- and back ------------------------------------------------------------------------------------------------


def restore(resources: Any, source: str = "ctgov") -> Restoration:
    """Make a registry record from the FHIR resources of one trial.

    `resources` is a Bundle, one resource or a list of resources: plain dicts, or fhir.resources objects.
    `source` is the registry format to write. What others wrote is read as far as the hub has a place for it.
    """
    target = sources.find(source)
    plain, entries = _plain(resources)
    issues: list[Issue] = []
    first = next((own for own in plain if own.get("resourceType") == "ResearchStudy"), None)
    if first is None:
        return Restoration(None, (Issue.error("not-found", "", "no ResearchStudy among the resources"),))
    scope = Scope(issues=issues)
    reader = others()
    if not reader.ours(plain):
        checked = hub.check(reader.read(plain, scope, entries))
        return Restoration(target.write(checked.study, scope), (*issues, *checked.issues))
    try:
        study = find(_version_of(plain)).read(plain, scope, entries)
        rest, trouble = remainder.detach(first)
    except MALFORMED as error:
        words = f"this ResearchStudy cannot be read: {type(error).__name__}: {error}"
        return Restoration(None, (*issues, Issue.error("structure", "ResearchStudy", words)))
    issues.extend(trouble)
    study = remainder.apply(study, {key: value for key, value in rest.items() if key[:1] in ("", "/")}, issues)
    record = target.write(study, scope)
    mark = f"{target.id}#"
    own = {key.removeprefix(mark): value for key, value in rest.items() if key.startswith(mark)}
    return Restoration(remainder.apply(record, own, issues), tuple(issues))


def _plain(resources: Any) -> tuple[list[Tree], list[Tree]]:
    """Give resources as plain dicts, and the Bundle entries that they came in."""
    if hasattr(resources, "model_dump_json"):
        import orjson

        resources = orjson.loads(resources.model_dump_json())
    if isinstance(resources, dict):
        if resources.get("resourceType") != "Bundle":
            return [resources], []
        given = resources.get("entry")
        entries = [entry for entry in given if isinstance(entry, dict)] if isinstance(given, list) else []
        return [entry["resource"] for entry in entries if isinstance(entry.get("resource"), dict)], entries
    found, entries = [], []
    for resource in resources if isinstance(resources, Iterable) and not isinstance(resources, (str, bytes)) else ():
        own, within = _plain(resource)
        found.extend(own)
        entries.extend(within)
    return found, entries


def _version_of(resources: list[Tree]) -> str:
    """Tell the FHIR version by the elements that only one version has."""
    studies = [own for own in resources if own.get("resourceType") == "ResearchStudy"]
    if any(not ONLY_R5.isdisjoint(own) for own in studies):
        return "R5"
    if all(ONLY_R4.isdisjoint(own) for own in studies) and not any(map(_backported, resources)):
        return "R5"
    native = any("actual" in own for own in resources if own.get("resourceType") == "EvidenceVariable")
    return "R4B" if native else "R4"


def _backported(resource: Tree) -> bool:
    """Say whether a resource has, at any depth, one of HL7's extensions for elements of R5."""
    return b"/fhir/5.0/StructureDefinition/extension-" in canonical(resource)
