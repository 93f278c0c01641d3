"""HL7's invariants, gathered from StructureDefinitions for `scripts/definitions`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

__all__ = ["rules_of"]

Json = dict[str, Any]
BEST_PRACTICE = "http://hl7.org/fhir/StructureDefinition/elementdefinition-bestpractice"
TITLE = "name.matches('[A-Z]([A-Za-z0-9_]){0,254}')"

# What isn't kept, and why.
SKIPPED = {
    "ele-1": "what is empty is found by the structure",
    "ext-1": "extensions are looked at on their own",
    "dom-3": "references know what is contained and who mentions it",
    "ref-1": "references know what is contained",
    "dom-6": "best practice: a narrative is no matter of right and wrong",
    "eld-24": "best practice",
    **dict.fromkeys(
        (
            *("apd-1", "ctm-1", "dgr-1", "docRef-1", "docRef-2", "enc-2", "obs-9", "prc-1"),
            *("prov-1", "prov-2", "prov-3"),
        ),
        "follows a reference to another resource",
    ),
    "exs-1": "asks a terminology",
    "opd-3": "asks a terminology",
}
# Published wrongly, as HL7's engine puts it right; for all versions, or for the one named.
ERRATA = {
    ("txt-2", ""): "htmlChecks2()",
    ("que-7", ""): "operator = 'exists' implies (answer is boolean)",
    ("eld-19", "r4"): (
        r"path.matches('^[^\\s\\.,:;\\\'\"\\/|?!@#$%&*()\\[\\]{}]{1,64}"
        r"(\\.[^\\s\\.,:;\\\'\"\\/|?!@#$%&*()\\[\\]{}]{1,64}(\\[x\\])?(\\:[^\\s\\.]+)?)*$')"
    ),
    ("eld-20", "r4"): r"path.matches('^[A-Za-z][A-Za-z0-9]*(\\.[a-z][A-Za-z0-9]*(\\[x])?)*$')",
    (TITLE, "r4"): "name.exists() implies name.matches('^[A-Z]([A-Za-z0-9_]){0,254}$')",
    (TITLE, ""): f"name.exists() implies {TITLE}",
    ("probability is decimal implies (probability as decimal) <= 100", ""): (
        "(probability.exists() and (probability is decimal)) implies ((probability as decimal) <= 100)"
    ),
    ("enableWhen.count() > 2 implies enableBehavior.exists()", ""): (
        "enableWhen.count() >= 2 implies enableBehavior.exists()"
    ),
    ("fullUrl.contains('/_history/').not()", ""): "fullUrl.exists() implies fullUrl.contains('/_history/').not()",
    ("url.matches('([^|#])*')", ""): "$this.matches('([^|#])*')",
    ("offset.empty() or (when.exists() and ((when in ('C' | 'CM' | 'CD' | 'CV')).not()))", ""): (
        "offset.empty() or (when.exists() and when.select($this in ('C' | 'CM' | 'CD' | 'CV')).allFalse())"
    ),
    ("value.empty() or code!=component.code", ""): "value.empty() or (code in component.code).not()",
}


def rules_of(types: dict[str, Json], structures: dict[str, Json], version: str) -> tuple[list[list[str]], Json]:
    """Give the rules, as [key, severity, words, FHIRPath], and which of them hold at which place.

    A place is a type (`Period`), an element (`Narrative.div`), or an element with one of its types
    (`Dosage.doseAndRate.dose:Quantity`) where that one is a profile such as SimpleQuantity.
    """
    found: dict[str, list[tuple[str, ...]]] = {}
    for item in types.values():
        for element in item["snapshot"]["element"]:
            place = element["path"].removesuffix("[x]")
            found.setdefault(place, []).extend(_rules(element, version))
            for kind, profile in _profiles(element):
                if structures.get(profile, {}).get("derivation") == "constraint" and kind in types:
                    common = set(_rules(types[kind]["snapshot"]["element"][0], version))
                    own = _rules(structures[profile]["snapshot"]["element"][0], version)
                    found.setdefault(f"{place}:{kind}", []).extend(rule for rule in own if rule not in common)
    rules = sorted({rule for own in found.values() for rule in own})
    number = {rule: index for index, rule in enumerate(rules)}
    places = {place: sorted({number[rule] for rule in own}) for place, own in sorted(found.items()) if own}
    return [list(rule) for rule in rules], places


def _rules(element: Json, version: str) -> Iterator[tuple[str, ...]]:
    for constraint in element.get("constraint", []):
        key = constraint["key"]
        if key not in SKIPPED:
            yield key, constraint["severity"], constraint["human"].strip(), _expression(constraint, version)


def _expression(constraint: Json, version: str) -> str:
    said = constraint["expression"].strip()
    asked = ((constraint["key"], version), (constraint["key"], ""), (said, version), (said, ""))
    return next((ERRATA[ask] for ask in asked if ask in ERRATA), said)


def _profiles(element: Json) -> Iterator[tuple[str, str]]:
    for kind in element.get("type", []):
        profiles = kind.get("profile", [])
        for profile in [profiles] if isinstance(profiles, str) else profiles:
            yield kind["code"], profile
