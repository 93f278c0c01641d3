"""Records are read from whatever holds them; bad input costs itself and says so in one clear line."""

from __future__ import annotations

import gzip
import io
import json
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fhir_adapter.errors import ConfigError, SourceError
from fhir_adapter.issues import Issue, Severity
from fhir_adapter.readers import Reading, readings
from inputs import EXAMPLES, LINES, PAGE, ROWS, SHAPES, STUDIES, Made, Pipe, made, packed, read, records, said


@pytest.mark.parametrize("text", SHAPES.values(), ids=SHAPES)
def test_json_is_read_in_any_shape(text: str) -> None:
    """One object after the other, lines, arrays and pages give the same records."""
    found = read(text.encode())

    assert [one.record for one in found] == STUDIES
    assert {one.source for one in found} == {"ctgov"}
    assert said(found) == []


@pytest.mark.parametrize("indent", [None, 2])
def test_a_single_object_is_one_record(indent: int | None) -> None:
    """A file with one record needs no lines."""
    assert records(read(json.dumps(STUDIES[0], indent=indent).encode())) == STUDIES[:1]


ENCODINGS = {"UTF-8": "utf-8", "UTF-8 with a mark": "utf-8-sig", "UTF-16 with a mark": "utf-16"}


@pytest.mark.parametrize("encoding", ENCODINGS.values(), ids=ENCODINGS)
@pytest.mark.parametrize("shape", ["lines", "an array, indented"])
def test_unicode_is_read_with_and_without_a_mark(encoding: str, shape: str) -> None:
    """UTF-8 needs no byte order mark; UTF-16 is known by its own."""
    own = SHAPES[shape].replace("quoted", "Œuvre ⩾ 𝔛")

    assert [str(one).count("Œuvre ⩾ 𝔛") for one in records(read(own.encode(encoding)))] == [1] * 10


def test_places_name_file_and_line_or_item(tmp_path: Path) -> None:
    """A record can be found again in its file."""
    (tmp_path / "trials.ndjson").write_text(SHAPES["lines"])
    (tmp_path / "page.json").write_text(SHAPES["a page"])
    (tmp_path / "one.json").write_text(json.dumps(STUDIES[0], indent=2))
    (tmp_path / "pages.ndjson").write_text(SHAPES["pages, one a line"])

    assert [one.where for one in read(tmp_path / "trials.ndjson")][6] == "trials.ndjson:7"
    assert [one.where for one in read(str(tmp_path / "page.json"))][2] == "page.json#3"
    assert [one.where for one in read(tmp_path / "one.json")] == ["one.json"]
    assert [one.where for one in read(tmp_path / "pages.ndjson")][4] == "pages.ndjson:2#1"
    assert read("-", stdin=io.BytesIO(SHAPES["lines"].encode()))[9].where == "-:10"


PACKED = {
    ".gz": gzip.compress(SHAPES["lines"].encode()),
    ".gz of two members": gzip.compress("\n".join([*LINES[:5], ""]).encode())
    + gzip.compress("\n".join(LINES[5:]).encode()),
    ".gz of an array": gzip.compress(SHAPES["an array, indented"].encode()),
    ".gz twice": gzip.compress(gzip.compress(SHAPES["lines"].encode())),
}


@pytest.mark.parametrize("content", PACKED.values(), ids=PACKED)
@pytest.mark.parametrize("pipe", [False, True], ids=["bytes", "pipe"])
def test_packed_input_is_unpacked(content: bytes, pipe: bool) -> None:
    """What is packed is known by its first bytes, in a pipe too."""
    assert records(read("-", stdin=io.BufferedReader(Pipe(content))) if pipe else read(content)) == STUDIES


@pytest.mark.parametrize("pipe", [False, True], ids=["bytes", "pipe"])
def test_zip_entries_are_read_in_order(pipe: bool) -> None:
    """Entries come sorted; what macOS and editors leave behind is passed over."""
    content = packed("b.json", "a/c.json", ".DS_Store", "__MACOSX/a.json", "a/")

    found = read("-", stdin=io.BufferedReader(Pipe(content))) if pipe else read(content)

    assert [one.where.partition("/")[2] for one in found] == ["a/c.json:1", "b.json:1"]


def test_a_folder_is_read_whole(tmp_path: Path) -> None:
    """Files come sorted, in folders too, each by its own format; dot-files are passed over."""
    (tmp_path / "sub").mkdir()
    (tmp_path / "b.json").write_text(SHAPES["a page"])
    (tmp_path / "a.txt").write_text(PAGE)
    (tmp_path / "c.txt.gz").write_bytes(gzip.compress(ROWS.encode()))
    (tmp_path / "sub" / "d.ndjson").write_text(SHAPES["lines"])
    (tmp_path / ".hidden").write_text("not read")
    (tmp_path / "notes.md").write_text("# Notes\n\nNothing here is a trial.\n")

    found = read(tmp_path)

    assert [(one.where, one.source) for one in found if one.where[0] in "ac"] == [
        ("a.txt", "registry_page"),
        ("c.txt.gz", "registry_rows"),
    ]
    assert len(records(found)) == 22
    assert [one.split(":")[0] for one in said(found)] == ["notes.md"]


def test_unknown_records_name_the_known_formats() -> None:
    """An object that no format knows is told with the way out."""
    found = read(b'{"title of nothing": 1}')

    assert said(found) == [
        "bytes:1: not recognised as any of: ctgov, ctgov_xml, registry_page, registry_rows; name the format with --from"
    ]


def test_a_named_format_is_not_doubted() -> None:
    """With a format named, a record need not show its sections."""
    assert read(b'{"nothing": 1}', "ctgov") == [Reading({"nothing": 1}, "ctgov", "bytes:1")]


def test_any_object_is_taken_where_no_format_is_asked() -> None:
    """FHIR resources come through the same readers."""
    assert read(b'{"resourceType": "Group"}', None) == [Reading({"resourceType": "Group"}, "", "bytes:1")]


def test_a_text_is_no_json() -> None:
    """A text layout read as JSON says so."""
    assert said(read(PAGE.encode(), "ctgov")) == ["bytes: a text, but 'ctgov' is JSON; name the format with --from"]
    assert said(read(PAGE.encode(), None)) == ["bytes: not JSON; give JSON objects"]


def test_a_title_may_begin_with_a_bracket() -> None:
    """A text is not taken for a list because of its first character."""
    found = read(("[18F]" + ROWS).encode())

    assert found[0].source == "registry_rows"
    assert str(records(found)[0]["title"]).startswith("[18F]Imaginary")


def test_an_unknown_format_is_refused() -> None:
    """A wrong name is the caller's mistake."""
    with pytest.raises(ConfigError, match="no registry format 'nobody'"):
        read(b"{}", "nobody")


@pytest.mark.parametrize("name", ["missing.json", "nobody:NCT00000000"])
def test_input_that_is_not_there_is_refused(name: str) -> None:
    """A run without its input cannot go on."""
    with pytest.raises(SourceError, match="no such file or directory; name a file, a folder or -"):
        read(name)


def test_standard_input_has_to_be_given() -> None:
    """The library opens no standard input by itself."""
    with pytest.raises(SourceError, match="no standard input"):
        read("-")


def test_an_empty_list_is_no_error() -> None:
    """A question without an answer is worth a word, no more."""
    for content in (b"[]", b"[ ]\n", b'{"studies": []}', b'{\n"studies": [\n]\n}'):
        found = read(content)
        assert [issue.severity for one in found for issue in one.issues] == [Severity.INFORMATION]


def test_lines_stream() -> None:
    """The first record is given before the second is there."""
    taken: list[str] = []

    def lines() -> Iterator[bytes]:
        for line in LINES:
            taken.append(line)
            yield f"{line}\n".encode()

    first = next(readings("-", stdin=io.BufferedReader(Made(lines()))))

    assert first.record == STUDIES[0]
    assert len(taken) == 1


@pytest.mark.parametrize(("begin", "between"), [(b"", b"\n"), (b"[", b",\n"), (b'{"studies": [', b",")])
def test_many_records_need_little_memory(begin: bytes, between: bytes) -> None:
    """Records are read one at a time, in a list and on a page too."""
    record = json.dumps({"protocolSection": {"a": "x" * 10_000}}).encode()
    stream = made(begin + record, *[between + record] * 4000)
    tracemalloc.start()

    count = sum(1 for one in readings("-", stdin=stream) if one.record)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert count == 4001
    assert peak < 20 * 1024**2


def test_a_query_asks_the_registry() -> None:
    """A fetcher gives records, and issues for those that it could not get."""

    def fetcher(query: str) -> Iterator[Any]:
        assert query == "NCT00000001,NCT00000002"
        yield STUDIES[0]
        yield Issue.error("not-found", "", "the registry has no such study").of("NCT00000002")

    found = read("ctgov:NCT00000001,NCT00000002", fetcher=fetcher)

    assert records(found) == STUDIES[:1]
    assert found[0].where == "ctgov:NCT00000001,NCT00000002#1"
    assert said(found) == ["ctgov:NCT00000002: the registry has no such study"]


def test_every_real_record_is_read(shared: Path) -> None:
    """The corpus comes through whole, packed as it is."""
    found = read(shared / "data" / "ctgov_v2.ndjson.gz")

    assert len(records(found)) == len(found) == 1542


@pytest.mark.parametrize("name", ["trials", "layouts"])
def test_the_examples_are_read(name: str) -> None:
    """What the project shows, it reads."""
    found = read(EXAMPLES / name)

    assert len(records(found)) == len(found) >= 2
