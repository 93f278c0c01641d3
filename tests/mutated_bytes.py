"""Random damage to the bytes of valid JSON: flipped, cut, doubled, moved, swapped for what JSON is made of."""

from __future__ import annotations

from random import Random

__all__ = ["mutated"]

_PIECES = (
    *(b'"', b"{", b"}", b"[", b"]", b":", b",", b"\\", b"\\u", b"\\ud800", b"null", b"true", b"NaN", b"-", b"1e9"),
    *(b"\x00", b"\xff", b"\xc3\x28", b"\xed\xa0\x80", b" ", b"\n", b'"":', b"{}", b"[]", b'""', b"0", b"1.0"),
)


def mutated(text: bytes, dice: Random) -> bytes:
    """Damage a text in one to three places."""
    for _ in range(dice.choice((1, 1, 1, 2, 3))):
        text = _once(text, dice)
    return text


def _once(text: bytes, dice: Random) -> bytes:
    at = dice.randrange(len(text) + 1)
    to = min(len(text), at + dice.choice((1, 1, 2, 5, 20, 100)))
    way = dice.randrange(5)
    if way == 0:
        return text[:at] + bytes([dice.randrange(256)]) + text[at + 1 :]
    if way == 1:
        return text[:at] + text[to:]
    if way == 2:
        return text[:to] + text[at:]
    if way == 3:
        there = dice.randrange(len(text) + 1)
        return text[:there] + text[at:to] + text[there:]
    return text[:at] + dice.choice(_PIECES) + text[to if dice.random() < 0.5 else at :]
