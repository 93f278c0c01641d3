"""Codecs for what R4B and R4 shape another way in an EvidenceVariable's characteristics: definitions and times."""

from __future__ import annotations

from fhir_adapter import narrative
from fhir_adapter.codecs import parts
from fhir_adapter.mappings.fhir import criteria
from fhir_adapter.mappings.fhir.crossversion import XV
from fhir_adapter.row import Codec
from fhir_adapter.tree import Tree

CHARACTERISTIC = f"{XV}EvidenceVariable.characteristic."


def _write_typed(own: Tree) -> list[Tree]:
    sub = [{"url": "type", "valueCodeableConcept": own["type"]}]
    sub += [{"url": "value", key: value} for key, value in own.items() if key.startswith("value")]
    return [{"url": f"{CHARACTERISTIC}definitionByTypeAndValue", "extension": sub}]


def _read_typed(items: list[Tree]) -> Tree:
    found: Tree = {}
    for part in items[0]["extension"]:
        for key, value in part.items():
            if key.startswith("value"):
                found["type" if part["url"] == "type" else key] = value
    return found


typed = Codec(
    _write_typed,
    _read_typed,
    marks=(f"{CHARACTERISTIC}definitionByTypeAndValue",),
    coding="XV {type:CodeableConcept, value[x]}",
)
_KINDS = {
    "linkId": "valueId",
    "description": "valueMarkdown",
    "exclude": "valueBoolean",
    "definitionCodeableConcept": "valueCodeableConcept",
}


def _pack(own: Tree) -> list[Tree]:
    """Write a combination's code and characteristics as sub-extensions, nested as R5 nests them."""
    out: list[Tree] = [{"url": "code", "valueCode": own["code"]}]
    for item in own["characteristic"]:
        sub: list[Tree] = [{"url": key, kind: item[key]} for key, kind in _KINDS.items() if key in item]
        sub += [{"url": "note", "valueAnnotation": note} for note in item.get("note") or ()]
        if "definitionByCombination" in item:
            sub.append({"url": "definitionByCombination", "extension": _pack(item["definitionByCombination"])})
        out.append({"url": "characteristic", "extension": sub})
    return out


def _unpack(items: list[Tree]) -> Tree:
    own: Tree = {"characteristic": []}
    for part in items:
        if part["url"] == "code":
            own["code"] = part["valueCode"]
        elif part["url"] == "characteristic":
            own["characteristic"].append(_unpack_item(part["extension"]))
    return own


def _unpack_item(subs: list[Tree]) -> Tree:
    item: Tree = {}
    for sub in subs:
        if sub["url"] == "definitionByCombination":
            item["definitionByCombination"] = _unpack(sub["extension"])
        elif sub["url"] == "note":
            item.setdefault("note", []).append(sub["valueAnnotation"])
        elif sub["url"] in _KINDS:
            item[sub["url"]] = sub[_KINDS[sub["url"]]]
    return item


COMBINATION = f"{CHARACTERISTIC}definitionByCombination"
combination = Codec(
    lambda own: [{"url": COMBINATION, "extension": _pack(own)}],
    lambda items: _unpack(items[0]["extension"]),
    marks=(COMBINATION,),
    coding="XV {code:Code, characteristic*}, nested",
)


def words(own: Tree) -> Tree | None:
    """Give a characteristic that R4 cannot compute as one concept: its words, its parts joined by `; `."""
    if "definitionCodeableConcept" in own:
        return own["definitionCodeableConcept"]  # type: ignore[no-any-return]
    text = narrative.criterion_words(own).strip()
    return {"text": criteria.plain(text)} if text else None


def _read_time(time: Tree) -> list[Tree]:
    """R4 has a plain Duration where R4B has description, quantity or range."""
    return [{"quantity": time}] if "value" in time else [time]


time = Codec(lambda times: times[0], _read_time, coding="the first")


TIME = f"{CHARACTERISTIC}timeFromEvent"
_EVENT = {"description": "valueMarkdown", "quantity": "valueQuantity", "range": "valueRange"}


def _write_event(times: list[Tree]) -> list[Tree]:
    return [
        {"url": TIME, "extension": [{"url": key, kind: own[key]} for key, kind in _EVENT.items() if key in own]}
        for own in times
    ]


def _read_event(items: list[Tree]) -> list[Tree]:
    return [
        {part["url"]: part[kind] for part in item["extension"] if (kind := _EVENT.get(part["url"])) in part}
        for item in items
    ]


time_from_event = Codec(_write_event, _read_event, marks=(TIME,), coding="XV {description, quantity | range}")


def duration(times: list[Tree]) -> Tree | None:
    """Give the time as a Duration, where it is a plain quantity."""
    found = times[0].get("quantity")
    return dict(found) if found else None


def _read_words(concept: Tree, node: Tree) -> None:
    node["definitionCodeableConcept"] = concept


in_words = parts(words, _read_words, "definitionCodeableConcept", coding="the words, where R4 has no such definition")
