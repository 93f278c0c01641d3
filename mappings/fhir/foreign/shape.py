"""One shape from many: a ResearchStudy of any FHIR version or profile, with the element names of R5.

R4's and R6's names are renamed, cross-version extensions (any pair of versions) and the extensions of known profiles
become the elements that they stand for. What is not known stays an extension, and is named as unread.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from fhir_adapter.mappings.fhir.foreign.words import Node, node, objects, text, whole, words

# R4 and R4B, then the R6 ballots: their names for elements of R5.
RENAMED = {
    "arm": "comparisonGroup",
    "category": "studyDesign",
    "location": "region",
    "reasonStopped": "whyStopped",
    "purposeType": "primaryPurposeType",
}
_ELEMENT = re.compile(r"http://hl7\.org/fhir/[1-9]\.\d/StructureDefinition/extension-[A-Za-z]+(?:\.[A-Za-z]+)*\.(\w+)$")
_TAIL = re.compile(r"[^/.]*$")


def unfold(tree: Any) -> Any:
    """Put what cross-version extensions hold, at any depth, into the elements that they are named after."""
    if isinstance(tree, list):
        return [unfold(item) for item in tree]
    if not isinstance(tree, Node):
        return tree
    own = Node((key, unfold(value)) for key, value in tree.items() if key != "extension")
    kept = []
    for extension in objects(dict.get(tree, "extension")):
        found = _ELEMENT.match(_url(extension))
        if found:
            _add(own, found[1], _value(extension))
        else:
            kept.append(unfold(extension))
    if kept:
        own["extension"] = kept
    return own


def _url(extension: Node) -> str:
    url = dict.get(extension, "url")
    return url if isinstance(url, str) else ""


def _value(extension: Node) -> Any:
    """Give the value of an extension; that of a complex one as an object."""
    parts = objects(dict.get(extension, "extension"))
    if not parts:
        return next((unfold(value) for key, value in extension.items() if key.startswith("value")), None)
    own = Node()
    for part in parts:
        name = _TAIL.findall(_url(part))[0]
        kind = next((key for key in part if key.startswith("value")), "")
        _add(own, kind if name == "value" and kind not in ("", "valueString", "valueMarkdown") else name, _value(part))
    return own


def _add(own: Node, name: str, value: Any) -> None:
    """Store a value; a second one makes a list."""
    if name in own:
        value = [*_many(own[name]), *_many(value)]
    if value is not None:
        own[name] = value


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def shaped(study: Node) -> Node:
    """Give a ResearchStudy with R5's names, and with what profiles say in extensions of their own in their elements."""
    own = Node()
    for key, value in unfold(study).items():
        if key in RENAMED:
            _add(own, RENAMED[key], [_marked(key, item) for item in _many(value)])
        elif key != "extension":
            _add(own, key, value)
    for extension in objects(dict.get(study, "extension")):
        if not _ELEMENT.match(_url(extension)):
            elements, rest = _profiled(extension)
            for name, value in elements.items():
                if not isinstance(dict.get(own, name), str):  # one text: the element's own goes before a profile's
                    _add(own, name, value)
            if rest is not None:
                _add(own, "extension", [rest])
    if "recruitment" in own:
        own["recruitment"] = Node((key, value) for item in objects(own["recruitment"]) for key, value in item.items())
    return own


def _marked(name: str, value: Any) -> Any:
    """Note the name that an element had, so that messages can use it."""
    return Node({"@": name, **value}) if isinstance(value, dict) else value


# --- profiles ------------------------------------------------------------------------------------------------


def _profiled(extension: Node) -> tuple[dict[str, Any], Node | None]:
    """Give the elements that a profile's own extension stands for, and what of it has none."""
    url = _url(extension)
    read = next((read for pattern, read in PROFILES if pattern.search(url)), None)
    value = _value(extension)
    if read is None or value is None:
        return {}, unfold(extension)
    found = {name: own for name, own in read(value).items() if own not in (None, {}, [])}
    if not found:
        return {}, unfold(extension)
    inner = [part for own in found.values() for part in (own, *(own.values() if isinstance(own, dict) else ()))]
    passed = not isinstance(value, Node) or any(part is value for part in inner)
    rest = {} if passed else {key: inner for key, inner in value.items() if key not in value.asked}
    return {name: _nodes(own) for name, own in found.items()}, Node({"url": url, **rest}) if rest else None


def _nodes(value: Any) -> Any:
    """Make nodes of an element that was put together here."""
    if isinstance(value, dict) and not isinstance(value, Node):
        return Node((key, _nodes(inner)) for key, inner in value.items())
    return [_nodes(inner) for inner in value] if isinstance(value, list) else value


def _acronym(value: Any) -> dict[str, Any]:
    found = text(value)
    return {"label": {"type": {"coding": [{"code": "acronym"}]}, "value": found} if found else None}


def _count(value: Any) -> dict[str, Any]:
    """Medizininformatik-Initiative: the target; the number so far is neither target nor result."""
    own = node(value)
    start = text(own.get("rekrutierungsstart"))
    target = whole(own.get("rekrutierungsziel"))
    opened = {"state": {"coding": [{"code": "opened"}]}, "period": {"start": start}} if start else None
    return {"recruitment": {"targetNumber": target} if target is not None else None, "progressStatus": opened}


def _planned(value: Any) -> dict[str, Any]:
    """FHIR for FAIR: a usage context whose code is the planned number of subjects (NCI Thesaurus C49692)."""
    own = node(value)
    code = node(own.get("code")).get("code")
    count = whole(node(own.get("valueQuantity")).get("value")) if code == "C49692" else None
    return {"recruitment": {"targetNumber": count} if count is not None else None}


def _sharing(part: str) -> Callable[[Any], dict[str, Any]]:
    def read(value: Any) -> dict[str, Any]:
        plan = node(value).get(part)
        word = {True: "Yes", False: "No"}[plan] if isinstance(plan, bool) else words(plan)
        return {"classifier": {"text": f"IPDSharing: {word.partition(' (')[0]}"} if word else None}

    return read


def _masking(value: Any) -> dict[str, Any]:
    masked = node(node(value).get("nfdi4health-ex-mds-masking")).get("general")
    return {"studyDesign": {"text": "Masking: None"} if masked is False else None}


def _state(value: Any) -> dict[str, Any]:
    return {"progressStatus": {"state": value} if words(value) else None}


def _opened(value: Any) -> dict[str, Any]:
    own = node(value)
    return {"progressStatus": {"state": {"coding": [{"code": "opened"}]}, "period": own} if own else None}


def _sponsor(value: Any) -> dict[str, Any]:
    own = node(value)
    return {"associatedParty": {"role": {"coding": [{"code": "sponsor"}]}, "party": own} if own else None}


# Which extension of which publisher stands for which elements of R5.
PROFILES: tuple[tuple[re.Pattern[str], Callable[[Any], dict[str, Any]]], ...] = (
    (re.compile(r"(?:acronym|akronym|-acro)$"), _acronym),
    (re.compile(r"nfdi4health-ex-mds-recruitment-backport-r5$"), lambda own: {"recruitment": own}),
    (re.compile(r"nfdi4health-ex-mds-outcomemeasure-backport-r5$"), lambda own: {"outcomeMeasure": own}),
    (re.compile(r"nfdi4health-ex-mds-study-comparison-group-backport-r5$"), lambda own: {"comparisonGroup": own}),
    (re.compile(r"nfdi4health-ex-mds-study-admin-info$"), lambda own: _state(node(own).get("status"))),
    (re.compile(r"nfdi4health-ex-mds-descriptions$"), lambda own: {"descriptionSummary": text(node(own).get("value"))}),
    (re.compile(r"nfdi4health-ex-mds-data-sharing-plan$"), _sharing("generally")),
    (re.compile(r"nfdi4health-ex-mds-sampling$"), lambda own: {"studyDesign": node(own).get("method")}),
    (re.compile(r"nfdi4health-ex-mds-study-interventional$"), _masking),
    (re.compile(r"mii-ex-studie-rekrutierung$"), _count),
    (re.compile(r"mii-ex-studie-eligibility$"), lambda own: {"recruitment": {"eligibility": own}}),
    (re.compile(r"drks-trial-result$"), _sharing("ipd-sharing-plan")),
    (re.compile(r"fhir-for-fair/StructureDefinition/researchStudy-context$"), _planned),
    (re.compile(r"eclaire-recruitment-status$"), _state),
    (re.compile(r"eclaire-recruitment-period$"), _opened),
    (re.compile(r"eclaire-review-date$"), lambda own: {"date": text(own)}),
    (re.compile(r"eclaire-secondary-sponsor$"), _sponsor),
)
