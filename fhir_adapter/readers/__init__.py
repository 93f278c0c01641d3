"""Bytes to records: JSON, lines, lists, pages and texts; files, folders, packed files, pipes and registries.

What is in a file is told by its content, never by its name. A record that cannot be read costs itself and one
issue; the others go on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from fhir_adapter.issues import Issue
from fhir_adapter.keys import Doubled, loads, twice
from fhir_adapter.readers.feed import LIMIT, Feed, decoded
from fhir_adapter.readers.markup import decoded_text
from fhir_adapter.readers.places import UNREADABLE, places, unreadable
from fhir_adapter.readers.values import Loads, too_long, values
from fhir_adapter.source import Fetch, Source, find, known
from fhir_adapter.tree import Tree

__all__ = ["LIMIT", "Reading", "asked", "readings"]

_HEAD = 64 * 1024
_QUERY = re.compile(r"(?P<source>[a-z][a-z0-9_]*):(?P<query>.+)", re.DOTALL)
_JSON = re.compile(rb'\{|\[\s*([\[{"\]]|$)')  # a title may begin with a bracket: "[18F]FDG PET in …"
_JSON_LATER = re.compile(rb'^\s*\{\s*"', re.MULTILINE)
_HTML = re.compile(rb"<(!doctype\s+html|html|head|body)\b", re.IGNORECASE)
_BINARY = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x7f]")
_KINDS = {list: "a list", str: "a string", int: "a number", float: "a number", bool: "true or false"}


@dataclass(frozen=True, slots=True)
class Reading:
    """One record, or why there is none.

    `record` is None when the issues say why; `source` is the id of its format ("" where none was asked for);
    `where` its place in the input: `trials.ndjson:7` a line, `page.json#3` an item, `-:12` standard input.
    """

    record: Tree | None
    source: str
    where: str
    issues: tuple[Issue, ...] = ()


def readings(
    what: str | Path | bytes | BinaryIO,
    source: str | None = "auto",
    *,
    stdin: BinaryIO | None = None,
    fetcher: Fetch | None = None,
    limit: int = LIMIT,
    strict: bool = False,
) -> Iterator[Reading]:
    """Read all records of an input, one at a time.

    `what` is a file, a folder, "-" for `stdin`, bytes, an open binary file or a registry query such as
    "ctgov:NCT04267848". `source` is the id of a format, "auto" to tell it by the content, or None to take any
    JSON object (FHIR resources, say). `fetcher` asks the registry in place of the source's own `fetch`.
    `limit` is what one record may measure in bytes. `strict` tells of keys that are written twice in an object,
    among the issues beside the record. Raises SourceError where the input as a whole cannot be had, ConfigError for
    an unknown format.
    """
    formats = _Formats(source, strict)
    query = asked(what)
    if query:
        yield from _fetched(*query, fetcher)
        return
    for name, feed in places(what, stdin):
        if isinstance(feed, Issue):
            yield _bad(name, feed)
            continue
        try:
            yield from _file(name, decoded(feed), formats, limit)
        except UNREADABLE as error:
            yield _bad(name, unreadable(error))


class _Formats:
    """The formats that an input may have; the one that was found last is tried first."""

    def __init__(self, source: str | None, strict: bool) -> None:
        self.loads: Loads = loads if strict else orjson.loads
        self.any = source is None
        self.auto = source == "auto"
        names = known() if self.auto else () if source is None else (source,)
        self._sources = [find(name) for name in names]

    def of(self, record: Any) -> Source | None:
        if not self.auto:
            return self._sources[0]
        for index, source in enumerate(self._sources):
            if source.recognise(record):
                if index:
                    self._sources.insert(0, self._sources.pop(index))
                return source
        return None


def asked(what: Any) -> tuple[Source, str] | None:
    """Take a registry query apart, the source and what it is asked; None for anything else."""
    match = _QUERY.fullmatch(what) if isinstance(what, str) else None
    if match is None or match["source"] not in known():
        return None
    source = find(match["source"])
    return (source, match["query"]) if source.fetch else None


def _fetched(source: Source, query: str, fetcher: Fetch | None) -> Iterator[Reading]:
    fetch = fetcher or source.fetch
    assert fetch is not None  # noqa: S101  (`asked` has looked)
    for number, found in enumerate(fetch(query), 1):
        where = f"{source.id}:{query}#{number}"
        if isinstance(found, Issue):
            yield _bad(f"{source.id}:{found.record}" if found.record else where, found)
        else:
            yield Reading(found, source.id, where)


def _bad(where: str, issue: Issue) -> Reading:
    return Reading(None, "", where, (issue.of(where),))


def _file(name: str, feed: Feed, formats: _Formats, limit: int) -> Iterator[Reading]:
    """Read one unpacked file, whatever is in it."""
    head = feed.peek(_HEAD, until=b"\n")
    if _JSON.match(head.lstrip(b" \t\r\n\x1e")) or _parses(head):
        for place, value in values(feed, limit, formats.loads):
            yield _record(name + place, value, formats)
        return
    head = feed.peek(_HEAD)[:_HEAD]
    wrong = _wrong(head)
    if wrong:
        yield _bad(name, wrong)
    elif _JSON_LATER.search(head):
        for place, value in values(feed, limit, formats.loads):
            yield _record(name + place, value, formats)
    else:
        yield _text(name, feed, formats, limit)


def _parses(head: bytes) -> bool:
    try:
        orjson.loads(head.strip().partition(b"\n")[0])
    except orjson.JSONDecodeError:
        return False
    return True


def _wrong(head: bytes) -> Issue | None:
    """Say what is wrong with a file that cannot hold records, by its first bytes."""
    if not head.strip():
        return Issue.error("required", "", "empty; there is no record in it")
    if _BINARY.search(head):
        return Issue.error("not-supported", "", "a binary file, not trial records; give JSON or a text layout")
    if head.lstrip().startswith(b"<") and _HTML.search(head[:4096]):
        return Issue.error("not-supported", "", "an HTML page, not trial records; was it an error page?")
    return None


def _record(where: str, value: Any, formats: _Formats) -> Reading:
    """Say what a parsed value is."""
    if isinstance(value, Issue):
        return _bad(where, value)
    if not isinstance(value, dict):
        kind = _KINDS.get(type(value), "null")
        return _bad(where, Issue.error("structure", "", f"{kind}, not a trial record (a JSON object)"))
    value, issues = twice(value) if isinstance(value, Doubled) else (value, ())
    if formats.any:
        return Reading(value, "", where, issues)
    source = formats.of(value)
    if source is None:
        return _bad(where, _unknown())
    return Reading(value, source.id, where, (*issues, *_odd(source, value, where)))


def _odd(source: Source, record: Tree, where: str) -> tuple[Issue, ...]:
    """Say what is odd about a record, in its source's words."""
    return tuple(issue.of(where) for issue in source.check(record)) if source.check else ()


def _unknown() -> Issue:
    names = ", ".join(known())
    return Issue.error("not-supported", "", f"not recognised as any of: {names}; name the format with --from")


def _text(name: str, feed: Feed, formats: _Formats, limit: int) -> Reading:
    """Read a file that is one text: one record of a text layout."""
    raw = feed.text(limit)
    if raw is None:
        return _bad(name, too_long(limit))
    try:
        text = decoded_text(raw)
    except UnicodeDecodeError as error:
        byte = f"byte 0x{raw[error.start]:02x} at {error.start:,}"
        return _bad(name, Issue.error("not-supported", "", f"not UTF-8 ({byte}); save it as UTF-8"))
    source = None if formats.any else formats.of(text)
    if source is None:
        return _bad(name, Issue.error("structure", "", "not JSON; give JSON objects") if formats.any else _unknown())
    if source.parse is None:
        return _bad(
            name, Issue.error("structure", "", f"a text, but {source.id!r} is JSON; name the format with --from")
        )
    try:
        record = source.parse(text)
    except ValueError as error:
        return _bad(name, Issue.error("structure", "", f"not {source.title}: {error}"))
    return Reading(record, source.id, name, _odd(source, record, name))
