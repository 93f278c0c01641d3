"""Bytes read ahead: look before taking, take a line, never hold more than a limit."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator

__all__ = ["LIMIT", "Feed", "decoded"]

# What one record may measure. The largest record of the registry known to us has 3 MB.
LIMIT = 64 * 1024 * 1024
_CHUNK = 1024 * 1024
_ENCODINGS = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


class Feed:
    """A stream of bytes with a memory of what was only looked at.

    `take(size)` gives up to `size` bytes, b"" only at the end; it may give fewer, so that a pipe never stalls.
    """

    __slots__ = ("_ahead", "_take")

    def __init__(self, take: Callable[[int], bytes]) -> None:
        self._take = take
        self._ahead = b""

    def peek(self, size: int, until: bytes = b"") -> bytes:
        """Look at the next bytes: `size` or more, fewer at the end or when `until` is among them."""
        chunks, length = [self._ahead], len(self._ahead)
        while length < size and not (until and until in b"".join(chunks).lstrip()):
            chunk = self._take(_CHUNK)
            if not chunk:
                break
            chunks.append(chunk)
            length += len(chunk)
        self._ahead = b"".join(chunks)
        return self._ahead

    def read(self, size: int = -1) -> bytes:
        """Take up to `size` bytes, what is there first; all that is left when `size` is negative."""
        if size < 0:
            return self._rest()
        if not self._ahead:
            return self._take(size)
        taken, self._ahead = self._ahead[:size], self._ahead[size:]
        return taken

    def _rest(self) -> bytes:
        chunks = [self._ahead]
        self._ahead = b""
        while chunk := self._take(_CHUNK):
            chunks.append(chunk)
        return b"".join(chunks)

    def text(self, limit: int) -> bytes | None:
        """Take all that is left, or give None when it is more than `limit` bytes."""
        return None if len(self.peek(limit + 1)) > limit else self.read()

    def lines(self, limit: int) -> Iterator[tuple[int, bytes | None]]:
        """Take line after line with its number, from 1; None stands for one longer than `limit` bytes."""
        number, rest, skipping = 0, bytearray(), False
        while chunk := self.read(_CHUNK):
            *ends, last = chunk.split(b"\n")
            for end in ends:
                number += 1
                yield number, None if skipping or len(rest) + len(end) > limit else bytes(rest) + end
                rest, skipping = bytearray(), False
            if not skipping:
                rest += last
            if len(rest) > limit:
                rest, skipping = bytearray(), True
        if rest or skipping:
            yield number + 1, None if skipping else bytes(rest)


def decoded(feed: Feed) -> Feed:
    """Give the same text as UTF-8 without a byte order mark, whether it came as UTF-8 or UTF-16 with one."""
    head = feed.peek(3)
    if head.startswith(codecs.BOM_UTF8):
        feed.read(3)
        return feed
    encoding = _ENCODINGS.get(head[:2])
    if encoding is None:
        return feed
    decoder = codecs.getincrementaldecoder(encoding)()

    def take(size: int) -> bytes:
        while chunk := feed.read(size):
            if text := decoder.decode(chunk):
                return text.encode()
        return decoder.decode(b"", final=True).encode()

    return Feed(take)
