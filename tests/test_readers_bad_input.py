"""Bad input costs itself and says so in one clear line; the run goes on."""

from __future__ import annotations

import gzip
import json
import tracemalloc

import pytest

from fhir_adapter.issues import Severity
from inputs import LINES, SHAPES, STUDIES, made, packed, read, records, said


def with_seventh(text: str) -> list[str]:
    return [*LINES[:6], text, *LINES[7:]]


DAMAGED = {
    "a line that is cut off": "\n".join(with_seventh(LINES[6][:60])),
    "a line that is no JSON": "\n".join(with_seventh("oops")),
    "a line that is a list": "\n".join(with_seventh("[1, 2]")),
    "a line that is an empty list": "\n".join(with_seventh("[]")),
    "a line that is a number": "\n".join(with_seventh("42")),
    "a line that is null": "\n".join(with_seventh("null")),
    "a line with NaN": "\n".join(with_seventh('{"protocolSection": NaN}')),
    "a line with half a character": "\n".join(with_seventh('{"protocolSection": {"a": "\\ud83d"}}')),
    "an item with a bare word": "[" + ",".join(with_seventh('{"protocolSection": oops}')) + "]",
    "an item with a missing brace": "[" + ",\n".join(with_seventh(LINES[6][:-1])) + "]",
    "an item that is a list": "[" + ",".join(with_seventh("[1]")) + "]",
    "an item that is a string": "[\n" + ",\n".join(with_seventh('"text"')) + "\n]",
    "an item of an indented array": json.dumps(STUDIES, indent=1).replace('"NCT00000007"', "NCT00000007"),
    "an item of a page": json.dumps({"studies": STUDIES}).replace('"NCT00000007"', "NCT00000007"),
    "an object among indented ones": SHAPES["objects, indented"].replace('"NCT00000007"', "NCT00000007"),
}


@pytest.mark.parametrize("text", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_record_costs_itself_alone(text: str) -> None:
    """The nine others are read, and one line says what is wrong with the seventh."""
    found = read(text.encode())

    assert records(found) == [*STUDIES[:6], *STUDIES[7:]]
    assert [one.issues[0].severity for one in found if one.issues] == [Severity.ERROR]
    assert any(mark in said(found)[0] for mark in (":7: ", "#7: "))


def test_the_first_line_may_be_the_damaged_one() -> None:
    """Lines are known as lines though the first is cut off."""
    found = read("\n".join([LINES[0][:60], *LINES[1:]]).encode())

    assert records(found) == STUDIES[1:]
    assert said(found) == ["bytes:1: broken JSON: it is cut off before its end; mend this record or fetch it again"]


@pytest.mark.parametrize("shape", ["an array, indented", "an array on one line", "a page", "a page, indented"])
def test_a_list_that_is_cut_off_gives_what_is_whole(shape: str) -> None:
    """Nine records are whole; the tenth is named as cut off."""
    text = SHAPES[shape]

    found = read(text[: text.index("NCT00000010")].encode())

    assert records(found) == STUDIES[:9]
    assert [one.partition("#")[2] for one in said(found)] == [
        "10: broken JSON: it is cut off before its end; mend this record or fetch it again"
    ]


def test_a_list_that_is_cut_off_between_records_is_told() -> None:
    """What may be missing is not passed over in silence."""
    found = read(("[\n" + ",\n".join(LINES[:3]) + ",\n").encode())

    assert records(found) == STUDIES[:3]
    assert said(found) == ["bytes: the list is cut off: records after its last one are missing"]


HTML = b"<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head></html>"
BAD = {
    "an HTML page": (HTML, "an HTML page, not trial records; was it an error page?"),
    "an empty file": (b"", "empty; there is no record in it"),
    "blanks only": (b" \n\n", "empty; there is no record in it"),
    "a picture": (
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
        "a binary file, not trial records; give JSON or a text layout",
    ),
    "a number": (b"42", "a number, not a trial record (a JSON object)"),
    "a list of numbers": (b"[1, 2, 3]", "a list, not a trial record (a JSON object)"),
    "Latin-1": ("Titre à part\n".encode("latin-1"), "not UTF-8 (byte 0xe0 at 6); save it as UTF-8"),
    "half an object": (b'{"protocolSection": {', "broken JSON: it is cut off before its end"),
    "brackets without end": (b'{"protocolSection":' + b"[" * 100_000, "broken JSON: nested too deeply"),
    "half a .gz": (gzip.compress(LINES[0].encode() * 100)[:-20], "cannot be read: compressed file ended"),
    "half a .zip": (packed("a.json")[:40], "cannot be read: file is not a zip file"),
}


@pytest.mark.parametrize(("content", "words"), BAD.values(), ids=BAD)
def test_bad_input_gives_one_clear_line(content: bytes, words: str) -> None:
    """What, where and what to do; nothing is raised."""
    found = read(content)

    assert records(found) == []
    assert len(said(found)) == 1
    assert words in said(found)[0]
    assert [issue.severity for one in found for issue in one.issues] == [Severity.ERROR]


@pytest.mark.parametrize(("shape", "left"), [("lines", 9), ("an array, indented", 9)])
def test_text_of_another_encoding_costs_its_record(shape: str, left: int) -> None:
    """A byte that is no UTF-8 is found in the record that holds it."""
    damaged = SHAPES[shape].encode().replace(b"NCT00000007", b"NCT\xe90000007")

    found = read(damaged)

    assert len(records(found)) == left
    assert len(said(found)) == 1


@pytest.mark.parametrize("shape", ["lines", "an array on one line", "a page, indented"])
def test_a_record_above_the_limit_costs_itself(shape: str) -> None:
    """The limit is for one record, not for a file."""
    text = SHAPES[shape].replace("NCT00000007", "NCT" + "0" * 3_000_000)

    found = read(text.encode(), limit=1024**2)

    assert records(found) == [*STUDIES[:6], *STUDIES[7:]]
    assert [one.partition(": ")[2] for one in said(found)] == [
        "longer than 1 MB, the limit for one record; is this one trial record?"
    ]


BEGINNINGS = {
    "an object": (b'{"protocolSection": {"a": "', b'"}}\n' + LINES[0].encode(), 1),
    "an array": (b'[{"protocolSection": {"a": "', b'"}},' + LINES[0].encode() + b"]", 1),
    "a text": (b"a", b"", 0),
}


@pytest.mark.parametrize(("begin", "end", "left"), BEGINNINGS.values(), ids=BEGINNINGS)
def test_a_line_of_200_mb_is_not_loaded(begin: bytes, end: bytes, left: int) -> None:
    """Memory stays near the limit, and the record after it is read."""
    stream = made(begin, *[b"a" * 1024**2] * 200, end)
    tracemalloc.start()

    found = read("-", stdin=stream, limit=4 * 1024**2)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert records(found) == STUDIES[:left]
    assert "longer than 4 MB" in said(found)[0]
    assert peak < 60 * 1024**2
