"""Inputs for the tests of the readers: ten invented records in every shape, and streams that are made while read."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fhir_adapter.readers import Reading, readings

__all__ = [
    "EXAMPLES",
    "LINES",
    "PAGE",
    "ROWS",
    "SHAPES",
    "STUDIES",
    "Made",
    "Pipe",
    "made",
    "packed",
    "read",
    "records",
    "said",
]

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
PAGE = (EXAMPLES / "layouts" / "page.txt").read_text(encoding="utf-8")
ROWS = (EXAMPLES / "layouts" / "rows.txt").read_text(encoding="utf-8")


def study(number: int) -> dict[str, Any]:
    """Make an invented record; the nested object begins as another record might."""
    identification = {"nctId": f"NCT0000{number:04}", "briefTitle": 'a "quoted" title, {braces} and [brackets]\\'}
    return {"protocolSection": {"identificationModule": identification, "more": [{"a": 1}, {"a": 2}]}}


STUDIES = [study(number) for number in range(1, 11)]
LINES = [json.dumps(one) for one in STUDIES]


def read(what: Any, source: str | None = "auto", **more: Any) -> list[Reading]:
    return list(readings(what, source, **more))


def records(found: list[Reading]) -> list[Any]:
    return [one.record for one in found if one.record is not None]


def said(found: list[Reading]) -> list[str]:
    """Give the places and messages of what could not be read."""
    return [f"{issue.record}: {issue.message}" for one in found for issue in one.issues]


SHAPES = {
    "lines": "\n".join(LINES),
    "lines with a final line break": "\n".join(LINES) + "\n",
    "lines with blank ones between": "\n\n".join(LINES),
    "lines of Windows": "\r\n".join(LINES),
    "lines behind record separators": "".join(f"\x1e{line}\n" for line in LINES),
    "an array on one line": json.dumps(STUDIES),
    "an array, indented": json.dumps(STUDIES, indent=2),
    "an array with an item a line": "[\n" + ",\n".join(LINES) + "\n]",
    "a page": json.dumps({"studies": STUDIES, "nextPageToken": "abc"}),
    "a page, indented": json.dumps({"totalCount": 10, "studies": STUDIES, "nextPageToken": "abc"}, indent=2),
    "a page with an item a line": '{"studies":[\n' + ",\n".join(LINES) + '\n],"nextPageToken":"abc"}',
    "a page with more in it": json.dumps({"about": {"a": [1]}, "studies": STUDIES}, indent=1),
    "pages, one a line": "\n".join(json.dumps({"studies": part}) for part in (STUDIES[:4], STUDIES[4:])),
    "pages, indented": "\n".join(json.dumps({"studies": part}, indent=1) for part in (STUDIES[:4], STUDIES[4:])),
    "arrays, one a line": "\n".join(json.dumps(part) for part in (STUDIES[:4], STUDIES[4:])),
    "a list of pages": json.dumps([{"studies": STUDIES[:4]}, {"studies": STUDIES[4:]}]),
    "objects, indented": "\n".join(json.dumps(one, indent=2) for one in STUDIES),
}


def packed(*names: str) -> bytes:
    """Pack one record under each name into a zip file."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, LINES[0])
    return out.getvalue()


class Pipe(io.RawIOBase):
    """Bytes that come in small pieces and cannot be gone back in."""

    def __init__(self, content: bytes) -> None:
        self.rest = content

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        count = min(len(buffer), len(self.rest), 1000)
        buffer[:count], self.rest = self.rest[:count], self.rest[count:]
        return count


class Made(io.RawIOBase):
    """Bytes that are made while they are read, one part at a time."""

    def __init__(self, parts: Iterator[bytes]) -> None:
        self.parts = parts

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        part = next(self.parts, b"")
        buffer[: len(part)] = part
        return len(part)


def made(*parts: bytes) -> io.BufferedReader:
    return io.BufferedReader(Made(iter(parts)), 1024**2)
