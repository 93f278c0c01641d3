"""JSON values in a feed: one object, lines, arrays and pages; a broken value costs itself alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import orjson

from fhir_adapter.issues import Issue
from fhir_adapter.readers.feed import Feed
from fhir_adapter.readers.window import Broken, Window

__all__ = ["Loads", "Value", "too_long", "values"]

# The place below the file (":7" a line, "#3" an item, "" the whole) and the value, or what is wrong with it.
Value = tuple[str, Any]
# Parses one value; raises orjson.JSONDecodeError.
Loads = Callable[[bytes], Any]

_HEAD = 1024 * 1024
_BLANKS = b" \t\r\n\x1e"  # and the separator of JSON text sequences (RFC 7464)
# A list, or a page of a registry's answer: {"totalCount": 3, "studies": [ … ], "nextPageToken": "…"}.
_SMALL = r'"\w+"\s*:\s*(?:"[^"]*"|[\w.+-]+)'
_OPENING = re.compile(rf'\[|\{{\s*(?:{_SMALL}\s*,\s*)*"studies"\s*:\s*\[')
_CLOSING = re.compile(rf"\](?:(?:\s*,\s*{_SMALL})*\s*\}})?")
_FIRST_KEY = re.compile(r'\{\s*("(?:[^"\\]|\\.)*"\s*:)')
_OBJECT_AT_MARGIN = re.compile(r"(?<=\n)\{")


def values(feed: Feed, limit: int, loads: Loads = orjson.loads) -> Iterator[Value]:
    """Give every value of a feed of JSON, one at a time; an Issue stands for one that is broken."""
    if _by_line(feed):
        for number, line in feed.lines(limit):
            if line is None:
                yield f":{number}", too_long(limit)
            elif line.strip(_BLANKS):
                yield from _line(line, number, limit, loads)
    else:
        yield from _scan(feed, limit, loads)


def too_long(limit: int) -> Issue:
    """Say that a record is larger than we take."""
    size = f"{limit // 1024**2} MB" if limit >= 1024**2 else f"{limit} bytes"
    return Issue.error("too-long", "", f"longer than {size}, the limit for one record; is this one trial record?")


def _by_line(feed: Feed) -> bool:
    """Say whether each line is a value of its own, judging by the first line, and the second where need be."""
    head = feed.peek(_HEAD, until=b"\n").lstrip(_BLANKS)
    first, newline, _ = head.partition(b"\n")
    of_list = _OPENING.match(first[:4096].decode(errors="replace")) is not None
    if not newline and len(head) >= _HEAD:
        return not of_list
    if first[:1] not in (b"{", b"[") or _parses(first):
        return True
    return not of_list and feed.peek(_HEAD).lstrip(_BLANKS)[len(first) :].lstrip(_BLANKS)[:1] == b"{"


def _parses(text: bytes) -> bool:
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        return False
    return True


def _line(line: bytes, number: int, limit: int, loads: Loads) -> Iterator[Value]:
    """Give the value of a line: an object, or the items of a list or page. A broken line is searched for more."""
    try:
        value = loads(line.strip(_BLANKS))
    except orjson.JSONDecodeError:
        for place, found in _scan(Feed(_once(line)), limit, loads):
            yield f":{number}{place}", found
        return
    if value == [] and number == 1:
        yield "", Issue.information("informational", "", "a list without records")
        return
    yield from _apart(f":{number}", value, "" if number == 1 else f":{number}")


def _apart(place: str, value: Any, of_list: str | None = None) -> Iterator[Value]:
    """Give a value, or the items of a list or page, whose place begins with `of_list`."""
    items = _items(value)
    if items is None:
        yield place, value
        return
    begin = place if of_list is None else of_list
    for index, item in enumerate(items, 1):
        if isinstance(item, dict):
            yield from _apart(f"{begin}#{index}", item)
        else:
            yield f"{begin}#{index}", item
    if not items:
        yield begin, Issue.information("informational", "", "a page without studies")


def _once(line: bytes) -> Any:
    """Make the reading function of bytes that are already there."""
    chunks = iter((line, b""))
    return lambda _: next(chunks, b"")


def _items(value: Any) -> list[Any] | None:
    """Take a list of objects or a page apart; None for anything else, which is then a value itself."""
    if isinstance(value, dict):
        studies = value.get("studies")
        return studies if isinstance(studies, list) else None
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        return value
    return None


def _scan(feed: Feed, limit: int, loads: Loads) -> Iterator[Value]:
    """Give values that may span lines: one after the other, in lists or in pages."""
    window, inside, count, first_key = Window(feed, limit), False, 0, None
    value: Any = None
    while window.advance():
        if not inside and window.take(_OPENING):
            inside, value = True, None
        elif inside and window.take(_CLOSING):
            inside = False
            if value is None:
                yield "", Issue.information("informational", "", "a list without records")
        else:
            count += 1
            first_key = first_key or window.match(_FIRST_KEY)
            value = _value(window, limit, loads)
            if isinstance(value, Issue):
                window.recover(_next(first_key) if inside else _OBJECT_AT_MARGIN)
            place = f"#{count}" if inside or count > 1 else ""
            if isinstance(value, dict):
                yield from _apart(place, value)
            else:
                yield place, value
    if inside and not isinstance(value, Issue):
        yield "", Issue.error("incomplete", "", "the list is cut off: records after its last one are missing")


def _next(first: re.Match[str] | None) -> re.Pattern[str]:
    """Say how the next record of a list begins: with the same key as the first."""
    return re.compile(r"\{\s*" + re.escape(first[1])) if first else re.compile(r'\{\s*"')


def _value(window: Window, limit: int, loads: Loads) -> Any:
    """Take one value from the window, or say what is wrong with it."""
    try:
        return loads(window.value())
    except orjson.JSONDecodeError as error:
        return Issue.error("structure", "", f"broken JSON: {error}; mend this record or fetch it again")
    except Broken as error:
        if error.code == "too-long":
            return too_long(limit)
        return Issue.error(error.code, "", f"{error}; mend this record or fetch it again")
