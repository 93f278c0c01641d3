"""The primitive types as JSON Schema: a little narrower than `primitives`, which looks at what they refuse."""

from __future__ import annotations

from fhir_adapter.tree import Tree
from fhir_adapter.validate import xhtml
from fhir_adapter.validate.primitives import LONGEST, RANGES

__all__ = ["ID", "PATTERNS", "URN", "format_of"]

_FIXED = r"(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31"
_LEAP = r"(?:[1-9][0-9](?:0[48]|[2468][048]|[13579][26])|(?:[2468][048]|[13579][26])00)-02-29"
_DAY = rf"(?:[1-9][0-9]{{3}}-(?:{_FIXED})|{_LEAP})"
_CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
_TIME = rf"{_CLOCK}(?:\.[0-9]+)?"
_STAMP = rf"{_DAY}T{_TIME}(?:Z|[+-](?:0[0-9]|1[0-3]):[0-5][0-9])"
_DATE = rf"(?:[1-9][0-9]{{3}}(?:-(?:0[1-9]|1[0-2]))?|{_DAY})"
ID = r"[A-Za-z0-9\-.]{1,64}"
_HEX = "[0-9a-f]"
# Everything but the years before 1000 and leap seconds.
PATTERNS = {
    "id": f"^{ID}$",
    "oid": r"^urn:oid:[0-2](?:\.(?:0|[1-9][0-9]*))+$",
    "uuid": f"^urn:uuid:{_HEX}{{8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{12}}$",
    "date": f"^{_DATE}$",
    "dateTime": f"^(?:{_DATE}|{_STAMP})$",
    "instant": f"^{_STAMP}$",
    "time": f"^{_CLOCK}$",
    "integer64": r"^(?:0|[-+]?[1-9][0-9]{0,17})$",
    "base64Binary": r"^(?:[A-Za-z0-9+/]{4})+$|^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)$",
}
# There must be some text too.
_NARRATIVE = {
    "type": "string",
    "anyOf": [{"allOf": [{"pattern": xhtml.SIMPLE}, {"pattern": r">\s*[^\s<&]"}]}, {"narrative": True}],
}
# To compare a text it is encoded, so that half a character raises UnicodeEncodeError, which counting would not.
_EMPTY = {"const": ""}
# `primitives` looks at these. The plain prefix is there for speed: it needs no regular expression.
URN = {"allOf": [{"pattern": "^urn"}, {"pattern": "^urn:(?:oid|uuid):"}]}
# Numbers whose decimals R5 surely allows; of smaller ones, which may have too many digits, the digits are counted.
# The limits are whole numbers: with a fraction jsonschema-rs compares all digits, which takes a hundred times as long.
_FEW = [{"minimum": low, "maximum": high} for low, high in ((1, 10**15), (-(10**15), -1), (0, 0))]
_SHORT = {"type": "number", "anyOf": [*_FEW, {"short": True}]}
_SPACELESS = ("code", "uri", "url", "canonical")


def format_of(fhir: str, name: str) -> Tree:
    """Give a JSON Schema of a primitive type: what it accepts has no fault, what it refuses may have none."""
    if name == "boolean":
        return {"type": "boolean"}
    if name == "decimal":
        return _SHORT if fhir == "r5" else {"type": "number"}
    if name in RANGES:
        low, high = RANGES[name]
        return {"type": "integer", "minimum": low, "maximum": high, "whole": True}
    if name in PATTERNS:
        return {"type": "string", "pattern": PATTERNS[name]}
    if name == "xhtml":
        return _NARRATIVE
    if name in _SPACELESS:
        pattern = r"^(?:https?|urn):\S+$" if name == "canonical" else r"^\S*$"
        return {"type": "string", "minLength": 1, "maxLength": LONGEST, "pattern": pattern, "not": URN}
    return {"type": "string", "maxLength": LONGEST, "not": _EMPTY}
