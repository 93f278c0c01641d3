"""Where input comes from: files, folders, standard input, bytes; unpacked, one feed a file."""

from __future__ import annotations

import gzip
import io
import lzma
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from fhir_adapter.errors import SourceError
from fhir_adapter.issues import Issue
from fhir_adapter.readers.feed import Feed

__all__ = ["UNREADABLE", "places", "printable", "unreadable"]

# What reading a damaged, encrypted or forbidden file raises.
UNREADABLE = (OSError, EOFError, UnicodeDecodeError, zlib.error, lzma.LZMAError, zipfile.BadZipFile)
_GZIP, _ZIP = b"\x1f\x8b", (b"PK\x03\x04", b"PK\x05\x06")
_DEPTH = 4


def unreadable(error: Exception) -> Issue:
    """Say that a file cannot be read, and why."""
    why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return Issue.error("incomplete", "", f"cannot be read: {why.lower()}; get the file again")


def places(what: str | Path | bytes | BinaryIO, stdin: BinaryIO | None) -> Iterator[tuple[str, Feed | Issue]]:
    """Open an input: the name of each file in it with its feed, or with the issue that keeps it shut.

    Raises SourceError where the input as a whole is not there or cannot be opened.
    """
    if isinstance(what, bytes):
        yield from _unpack("bytes", io.BytesIO(what))
    elif what == "-":
        if stdin is None:
            raise SourceError("cannot read '-': there is no standard input; name a file or a folder")
        yield from _unpack("-", stdin)
    elif isinstance(what, (str, Path)):
        yield from _path(Path(what))
    else:
        yield from _unpack(_named(what), what)


def printable(name: str) -> str:
    """Make a name that any output takes of a file's name, whose bytes may be no UTF-8."""
    return name.encode(errors="surrogateescape").decode(errors="replace")


def _named(stream: BinaryIO) -> str:
    name = getattr(stream, "name", None)
    return Path(name).name if isinstance(name, str) else "stream"


def _path(path: Path) -> Iterator[tuple[str, Feed | Issue]]:
    if path.is_dir():
        yield from _folder(path)
        return
    try:
        stream = path.open("rb")
    except OSError as error:
        why = error.strerror or str(error)
        raise SourceError(f"cannot read {str(path)!r}: {why.lower()}; name a file, a folder or -") from error
    with stream:
        yield from _unpack(printable(path.name), stream)


def _folder(folder: Path) -> Iterator[tuple[str, Feed | Issue]]:
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if path.is_dir() or any(part.startswith(".") for part in inside.parts):
            continue
        try:
            stream = path.open("rb")
        except OSError as error:
            yield printable(inside.as_posix()), unreadable(error)
            continue
        with stream:
            yield from _unpack(printable(inside.as_posix()), stream)


def _unpack(name: str, stream: BinaryIO, depth: int = 0) -> Iterator[tuple[str, Feed | Issue]]:
    """Look whether a stream is packed, and open what is in it."""
    feed = Feed(getattr(stream, "read1", stream.read))
    try:
        head = feed.peek(4)
    except UNREADABLE as error:
        yield name, unreadable(error)
        return
    packed = head.startswith((_GZIP, *_ZIP))
    if packed and depth == _DEPTH:
        yield name, Issue.error("not-supported", "", "packed too many times over; unpack it first")
    elif head.startswith(_GZIP):
        with gzip.GzipFile(fileobj=feed, mode="rb") as inner:  # type: ignore[call-overload]  # it only calls read
            yield from _unpack(name, inner, depth + 1)
    elif packed:
        yield from _zip(name, stream, feed, depth)
    else:
        yield name, feed


def _zip(name: str, stream: BinaryIO, feed: Feed, depth: int) -> Iterator[tuple[str, Feed | Issue]]:
    """Open the entries of a zip file, sorted by name. A pipe is first written to a temporary file."""
    with tempfile.TemporaryFile() as spool:
        plain = isinstance(stream, (io.BufferedReader, io.BytesIO)) and stream.seekable()
        if not plain:
            while chunk := feed.read(1024 * 1024):
                spool.write(chunk)
        try:
            archive = zipfile.ZipFile(stream if plain else spool)
        except UNREADABLE as error:
            yield name, unreadable(error)
            return
        with archive:
            for entry in sorted(archive.namelist()):
                if not entry.endswith("/") and not _hidden(entry):
                    yield from _entry(archive, entry, f"{name}/{entry}", depth)


def _hidden(entry: str) -> bool:
    """Say whether a packed file is a dot-file, or one of those that macOS adds."""
    return any(part.startswith(".") or part == "__MACOSX" for part in entry.split("/"))


def _entry(archive: zipfile.ZipFile, entry: str, name: str, depth: int) -> Iterator[tuple[str, Feed | Issue]]:
    try:
        inner = archive.open(entry)
    except (*UNREADABLE, RuntimeError, NotImplementedError) as error:  # RuntimeError: encrypted
        yield name, unreadable(error)
        return
    with inner:
        yield from _unpack(name, inner, depth + 1)  # type: ignore[arg-type]  # BinaryIO in all that we call
