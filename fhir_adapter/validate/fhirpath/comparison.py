"""How FHIRPath compares: equality, order, and the boundaries of partial dates and rounded numbers.

Where the specification leaves room HL7's engine is followed: values that can't be compared give None.
"""

from __future__ import annotations

import calendar
import re
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from fhir_adapter.validate.fhirpath.node import Node

__all__ = ["UnconvertibleError", "boundary", "comparable", "compare", "equal"]

QUANTITIES = ("Quantity", "Age", "Count", "Distance", "Duration", "MoneyQuantity", "SimpleQuantity")
DATED = ("date", "dateTime", "instant")
UCUM = "http://unitsofmeasure.org"
_WHEN = re.compile(
    r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2})(?:T([0-9]{2}):([0-9]{2}):([0-9]{2})(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})?)?)?)?"
)


class UnconvertibleError(Exception):
    """Two different units of UCUM, which HL7's engine as we know it can't convert: the rule fails."""


def equal(left: Node, right: Node) -> bool:
    """Say whether two values are the same; numbers by value, objects by content."""
    if isinstance(left.value, bool) or isinstance(right.value, bool):
        return left.value is right.value
    if left.value is None and right.value is None:
        return bool(left.shadow == right.shadow)
    return bool(left.value == right.value)


def compare(left: Node, right: Node) -> int | None:
    """Give -1, 0 or 1; None for values of different kinds, precisions or units."""
    if left.kind in QUANTITIES and right.kind in QUANTITIES:
        return _compare_quantities(left.value, right.value)
    first, second = left.value, right.value
    if isinstance(first, datetime) and isinstance(second, datetime):
        return _order(first, second)
    if isinstance(first, str) and isinstance(second, str):
        dated = left.kind in DATED and right.kind in DATED
        return _compare_times(first, second) if dated else _order(first, second)
    if _is_number(first) and _is_number(second):
        return _order(_exact(first), _exact(second))
    return None


def _order(first: Any, second: Any) -> int:
    return bool(first > second) - bool(first < second)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _exact(value: Any) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(value if isinstance(value, int) else repr(value))


def _compare_quantities(first: Any, second: Any) -> int | None:
    """Compare the numbers where the words of the units are the same; the engine converts nothing."""
    if first.get("unit") != second.get("unit"):
        return None
    numbers = first.get("value"), second.get("value")
    return _order(_exact(numbers[0]), _exact(numbers[1])) if all(map(_is_number, numbers)) else None


def comparable(left: Node, right: Node) -> bool:
    """Say whether two quantities have the same coded unit. Raises UnconvertibleError for two of UCUM."""
    one, other = left.value, right.value
    system, codes = one.get("system"), (one.get("code"), other.get("code"))
    if not system or system != other.get("system") or None in codes:
        return False
    if system == UCUM and codes[0] != codes[1]:
        raise UnconvertibleError
    return bool(codes[0] == codes[1])


def _compare_times(first: str, second: str) -> int | None:
    """Compare as far as both say something; None when the rest decides and one of them lacks it."""
    one, other = _WHEN.fullmatch(first), _WHEN.fullmatch(second)
    if not one or not other:
        return None
    moments = _moment(one, False, None), _moment(other, False, None)
    if moments[0] is None or moments[1] is None:
        return None
    if one[4] and other[4]:
        return _order(moments[0], moments[1])
    for index in (1, 2, 3):
        if one[index] is None or other[index] is None:
            return 0 if one[index] == other[index] else None
        if one[index] != other[index]:
            return _order(one[index], other[index])
    return 0 if one[4] == other[4] else None


def boundary(node: Node, high: bool) -> Node | None:
    """Give the lowest or highest value that a partial date or a rounded number may stand for; a date as a datetime."""
    if node.kind in QUANTITIES:
        number = boundary(Node(node.value.get("value"), "decimal"), high)
        return number and Node({**node.value, "value": number.value}, node.kind)
    if node.kind in DATED:
        match = _WHEN.fullmatch(node.value) if isinstance(node.value, str) else None
        moment = _moment(match, high, -12 if high else 14) if match else None
        return Node(moment, "dateTime") if moment else None
    if not _is_number(node.value):
        return None
    exact = _exact(node.value)
    exponent = 0 if isinstance(node.value, int) else exact.as_tuple().exponent
    half = Decimal(5).scaleb(min(exponent, 0) - 1) if isinstance(exponent, int) else Decimal(0)
    return Node(exact + half if high else exact - half, "decimal")


def _moment(match: re.Match[str], last: bool, hours: int | None) -> datetime | None:
    """Give the first or last moment of a date; `hours` is the zone where it names none, None: UTC."""
    year, month = int(match[1]), int(match[2] or (12 if last else 1))
    try:
        day = int(match[3] or (calendar.monthrange(year, month)[1] if last else 1))
        hour, minute = (int(match[index] or (rest if last else 0)) for index, rest in ((4, 23), (5, 59)))
        second = int(match[6] or (59 if last else 0))
        fraction = match[7] or (".999" if last else ".0")
        whole = datetime(
            year, month, day, hour, minute, min(second, 59), int(f"{fraction[1:7]:0<6}"), _zone(match[8], hours)
        )
        return whole + timedelta(seconds=max(second - 59, 0))
    except (ValueError, OverflowError):
        return None


def _zone(text: str | None, hours: int | None) -> timezone:
    if text is None or text == "Z":
        return timezone(timedelta(hours=hours)) if hours is not None and text is None else UTC
    shift = timedelta(hours=int(text[1:3]), minutes=int(text[4:6]))
    return timezone(-shift if text[0] == "-" else shift)
