"""The primitive types: what a value may look like, as Python checks.

Formats are those of HL7's StructureDefinitions; where HL7's engine is stricter (real days, time zones) or
milder (blank strings are a warning) it is followed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from fhir_adapter.issues import Severity

__all__ = ["LONGEST", "Fault", "check", "check_r5"]

LONGEST = 1_048_576

_CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)"
_TIME = rf"{_CLOCK}(?:\.[0-9]+)?"
_ZONE = r"(?:Z|[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00))"
_DAY = r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
_DATE = rf"(?:[0-9]{{4}}|[0-9]{{4}}-(?:0[1-9]|1[0-2])|{_DAY})"
_UUID = r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_ABSOLUTE = re.compile(r"#|[a-z][a-z0-9]*:\S")
# Of an object identifier what stands before the last dot has four characters or more.
_OID = re.compile(r"urn:oid:(?=[0-9.]{4,}\.[0-9]+$)[0-2](?:\.(?:0|[1-9][0-9]*))+")
URNS = {"urn:oid:": "oid", "urn:uuid:": "uuid"}

PATTERNS: dict[str, tuple[re.Pattern[str], str]] = {
    "id": (re.compile(r"[A-Za-z0-9\-.]{1,64}"), "1 to 64 of the characters A-Z a-z 0-9 - ."),
    "code": (re.compile(r"\S+(?: \S+)*"), "a code without space at its ends and without double spaces"),
    "uri": (re.compile(r"\S+"), "a URI without spaces"),
    "oid": (_OID, "urn:oid: and at least three numbers with dots"),
    "uuid": (re.compile(_UUID), "urn:uuid: and a lower-case UUID"),
    "date": (re.compile(_DATE), "YYYY, YYYY-MM or YYYY-MM-DD, a real day"),
    "dateTime": (
        re.compile(rf"{_DATE}|{_DAY}T{_TIME}{_ZONE}"),
        "YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm:ss with a time zone, a real day",
    ),
    "instant": (re.compile(rf"{_DAY}T{_TIME}{_ZONE}"), "YYYY-MM-DDThh:mm:ss with a time zone, a real day"),
    # HL7's engine knows no parts of a second here.
    "time": (re.compile(_CLOCK), "hh:mm:ss"),
    "integer64": (re.compile(r"0|[-+]?[1-9][0-9]{0,18}"), "a whole number as a JSON string"),
}
PATTERNS["url"] = PATTERNS["canonical"] = PATTERNS["uri"]
RANGES = {
    "integer": (-2_147_483_648, 2_147_483_647),
    "unsignedInt": (0, 2_147_483_647),
    "positiveInt": (1, 2_147_483_647),
}
DATED = ("date", "dateTime", "instant")
UNLIMITED = ("base64Binary", "xhtml")
# The characters of ASCII that base64 skips.
_MEANINGLESS = bytes(number for number in range(128) if not chr(number).isalnum() and chr(number) not in "+/=")
# An exponent may be written otherwise than it was read: it is free.
_DECIMAL_R5 = re.compile(r"-?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,17})?(?:[eE][+-]?[0-9]+)?")
_ENOUGH = 64  # of a text, to spell 60 characters of it


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a value: severity, FHIR's IssueType, words, and HL7's rule where it has one."""

    severity: Severity
    code: str
    message: str
    rule: str | None = None


def check(kind: str, value: Any) -> Fault | None:
    """Say what is wrong with a value of a primitive type, None when nothing is."""
    return _CHECKS.get(kind, _check_string)(kind, value)


def check_r5(kind: str, value: Any) -> Fault | None:
    """Say what is wrong in R5 only, with a value that is right by `check`: its decimals are shorter."""
    if kind == "decimal" and not isinstance(value, bool):
        if isinstance(value, Decimal) and -_ENOUGH < value.adjusted() < _ENOUGH:
            text = format(value, "f")
        else:
            text = repr(value) if isinstance(value, float) or abs(value) < 10**_ENOUGH else ""
        if not _DECIMAL_R5.fullmatch(text):
            return _error("value", f"{shorten(value)} is not a decimal of R5: at most 18 digits, a point, 17 digits")
    if kind == "base64Binary" and any(map(str.isspace, value[:LONGEST])):
        return _error("value", f"{shorten(value)} holds white space")
    return None


def _error(code: str, message: str, rule: str | None = None) -> Fault:
    return Fault(Severity.ERROR, code, message, rule)


def shorten(value: Any) -> str:
    """Spell a value for a message, at most 60 characters of it."""
    try:
        text = repr(value[:_ENOUGH] if isinstance(value, (str, bytes)) else value)
    except ValueError:  # Python spells no number of more than 4,300 digits
        return "an endless number"
    return text if len(text) <= 60 else f"{text[:56]} …{text[-1]}"


def _check_boolean(_kind: str, value: Any) -> Fault | None:
    if isinstance(value, bool):
        return None
    return _error("invalid", f"{shorten(value)} is not a boolean: true or false, without quotes")


def _check_decimal(_kind: str, value: Any) -> Fault | None:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return _error("invalid", f"{shorten(value)} is not a number, which is written without quotes")
    if value != value or value in (float("inf"), float("-inf")):
        return _error("value", f"{value} is not a decimal number")
    return None


def _check_integer(kind: str, value: Any) -> Fault | None:
    if isinstance(value, bool) or not isinstance(value, int):
        return _error("invalid", f"{shorten(value)} is not a whole number, which is written without quotes")
    low, high = RANGES[kind]
    if low <= value <= high:
        return None
    return _error("value", f"{value if abs(value) < 10**20 else 'the number'} is not from {low} to {high}")


def _check_string(kind: str, value: Any) -> Fault | None:
    if not isinstance(value, str):
        return _error("invalid", f"{shorten(value)} is not a string")
    if not value:
        return _error("invariant", "an empty string; leave the element out", "ele-1")
    if len(value) > LONGEST and kind not in UNLIMITED:
        return _error("too-long", f"{len(value)} characters; {LONGEST} are allowed")
    if not value.isascii() and _lone(value):
        return _error("invalid", f"{shorten(value)} holds half a surrogate pair, which is no Unicode text")
    if value.isspace():
        return Fault(Severity.WARNING, "invalid", "only white space")
    return None


def _lone(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return True
    return False


def _check_pattern(kind: str, value: Any) -> Fault | None:
    if fault := _check_string(kind, value):
        return fault
    if kind == "canonical" and not _ABSOLUTE.match(value):
        return _error("invalid", f"{shorten(value)} is not an absolute URL, nor a fragment (#id)")
    if not PATTERNS[kind][0].fullmatch(value) or (kind in DATED and not _real(value)):
        return _misspelt(kind, value)
    if not value.startswith("urn:"):
        return None
    named = next((other for urn, other in URNS.items() if value.startswith(urn)), kind)
    return None if PATTERNS[named][0].fullmatch(value) else _misspelt(named, value)


def _misspelt(kind: str, value: str) -> Fault:
    return _error("value", f"{shorten(value)} is not a valid {kind}: {PATTERNS[kind][1]}")


def _real(value: str) -> bool:
    """Say whether the day exists; the year 0000 doesn't."""
    try:
        date(int(value[:4]), int(value[5:7] or 1), int(value[8:10] or 1))
    except ValueError:
        return False
    return True


def _check_base64(kind: str, value: Any) -> Fault | None:
    """Count the characters that mean something by fours; as HL7's engine does, that looks no closer."""
    if fault := _check_string(kind, value):
        return fault
    if _meaningful(value) % 4:
        return _error("value", f"{shorten(value)} is not a valid {kind}: base64, four characters a group")
    return None


def _meaningful(value: str) -> int:
    """Count letters and digits of any script, and `+/=`."""
    if value.isascii():
        return len(value.encode().translate(None, _MEANINGLESS))
    return sum(map(str.isalnum, value)) + sum(map(value.count, "+/="))


_CHECKS: dict[str, Callable[[str, Any], Fault | None]] = {
    "boolean": _check_boolean,
    "decimal": _check_decimal,
    **dict.fromkeys(RANGES, _check_integer),
    **dict.fromkeys(PATTERNS, _check_pattern),
    "base64Binary": _check_base64,
}
