"""A stretch of JSON text that moves over a feed: finds where values end, and where the next one begins."""

from __future__ import annotations

import codecs
import json
import re

from fhir_adapter.readers.feed import Feed

__all__ = ["Broken", "Window"]

_CHUNK = 1024 * 1024
_AHEAD = 4096
_BETWEEN = re.compile(r"[\s,\x1e]*")
_OPEN_STRING = "Unterminated string"
_UNDECIDED = len("-Infinity")  # an error so near to the end of the text may only mean that it goes on
_DECODER = json.JSONDecoder()


class Broken(ValueError):  # noqa: N818  (says what the text is)
    """No value can be read here. `code` is FHIR's IssueType: structure, incomplete or too-long."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Window:
    """Text read ahead from a place in a feed. Bytes that are no UTF-8 are kept as lone surrogates."""

    __slots__ = ("_at", "_decoder", "_done", "_feed", "_limit", "_text")

    def __init__(self, feed: Feed, limit: int) -> None:
        self._feed, self._limit = feed, limit
        self._text, self._at, self._done = "", 0, False
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")

    def _more(self) -> bool:
        """Read on, twice as far each time; drop what lies behind. False when nothing is left."""
        wanted = max(_CHUNK, len(self._text) - self._at)
        parts = [self._text[self._at :]]
        while wanted > 0 and not self._done:
            chunk = self._feed.read(_CHUNK)
            self._done = not chunk
            parts.append(self._decoder.decode(chunk, final=self._done))
            wanted -= len(chunk)
        before = len(parts[0])
        self._text, self._at = "".join(parts), 0
        return len(self._text) > before

    def advance(self) -> bool:
        """Go to the next value or bracket, over blanks and commas. False at the end of the feed."""
        while True:
            match = _BETWEEN.match(self._text, self._at)
            self._at = match.end() if match else self._at
            if len(self._text) - self._at >= _AHEAD or not self._more():
                return self._at < len(self._text)

    def match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Look whether the text goes on like this (4,096 characters are looked at)."""
        return pattern.match(self._text, self._at)

    def take(self, pattern: re.Pattern[str]) -> bool:
        """Go over the text if it goes on like this."""
        match = self.match(pattern)
        self._at = match.end() if match else self._at
        return match is not None

    def value(self) -> bytes:
        """Take the text of one value. Raises Broken, and stays, where it has no end."""
        problem = Broken("incomplete", "broken JSON: it is cut off before its end")
        while True:
            try:
                _, end = _DECODER.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                if error.pos < len(self._text) - _UNDECIDED and not error.msg.startswith(_OPEN_STRING):
                    raise self._broken(error) from error
                problem = self._broken(error)
            except RecursionError as error:
                raise Broken("structure", "broken JSON: nested too deeply") from error
            else:
                if end < len(self._text) or self._done:
                    text, self._at = self._text[self._at : end], end
                    return text.encode("utf-8", "surrogateescape")
            if len(self._text) - self._at > self._limit:
                raise Broken("too-long", "longer than the limit for one record")
            if self._done:
                raise problem
            self._more()

    def _broken(self, error: json.JSONDecodeError) -> Broken:
        if error.msg.startswith(_OPEN_STRING) or not self._text[error.pos :].strip():
            return Broken("incomplete", "broken JSON: it is cut off before its end")
        where = error.pos - self._at + 1
        return Broken("structure", f"broken JSON at its character {where:,}: {error.msg.lower()}")

    def recover(self, pattern: re.Pattern[str]) -> None:
        """Go to the next place that looks like this, past the present character; to the end where there is none."""
        self._at += 1
        while not (match := pattern.search(self._text, self._at)):
            self._at = max(self._at, len(self._text) - _AHEAD)
            if not self._more():
                self._at = len(self._text)
                return
        self._at = match.start()
