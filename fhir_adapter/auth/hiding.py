"""Secrets taken out of a text that someone else wrote."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from urllib.parse import quote, quote_plus

__all__ = ["hider"]

_LEAST = 4  # shorter texts are no secrets, and taking them out would garble the words


def hider(secrets: Iterable[str]) -> Callable[[str], str]:
    """Give what puts *** for each secret in a text, however addresses, forms, JSON and Python spell it.

    >>> hider(["a/b c"])("x=a%2Fb%20c")
    'x=***'
    """
    spelt = {text for secret in secrets for text in _spellings(secret) if len(secret) >= _LEAST}
    # The longest first: a password may be a part of the whole.
    texts = sorted(spelt, key=len, reverse=True)

    def hide(text: str) -> str:
        for each in texts:
            text = text.replace(each, "***")
        return text

    return hide


def _spellings(secret: str) -> Iterator[str]:
    yield from (secret, quote(secret), quote(secret, safe=""), quote_plus(secret))
    yield from (json.dumps(secret)[1:-1], repr(secret)[1:-1])
