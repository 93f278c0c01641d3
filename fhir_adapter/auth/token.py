"""Access tokens: what a token endpoint gives, how long it is good for, and what a JWT says of itself."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson

from fhir_adapter.auth.header import bare
from fhir_adapter.errors import ConfigError, ServerError
from fhir_adapter.tree import Tree

if TYPE_CHECKING:
    import httpx

__all__ = ["Token", "claims", "read_token"]

# A token is given up this much before its end, so that it is still good when the request arrives.
_MARGIN = 30.0
_MARGIN_SHARE = 0.1  # and of one that lives only for seconds, at most so much of its life


@dataclass(frozen=True, slots=True)
class Token:
    """One access token. `lifetime` is in seconds, None where the server doesn't say; `until` is our clock's."""

    value: str = field(repr=False)
    lifetime: float | None
    until: float | None
    scope: str | None

    def good(self, now: float) -> bool:
        """Say whether it may be used at a time (seconds since 1970)."""
        return self.until is None or now < self.until


def read_token(response: httpx.Response, now: float) -> Token:
    """Read a token endpoint's good answer (RFC 6749, 5.1). Raises ServerError where it is none."""
    where = response.request.url.copy_with(query=None)
    body = _tree(response.content)
    value = body.get("access_token") if body else None
    if not isinstance(value, str):
        kind = response.headers.get("Content-Type", "no content type")
        raise ServerError(f"{where} answered {kind} without an access_token; is it the token endpoint?")
    kind = str(body.get("token_type") or "bearer") if body else ""
    if kind.lower() != "bearer":
        raise ServerError(f"{where} gave a token of type {kind[:20]!r}; this program sends bearer tokens only")
    try:
        value = bare(value)
    except ConfigError:
        raise ServerError(f"{where} gave a token with characters that no token has") from None
    lifetime = _seconds(body.get("expires_in")) if body else None
    until = None if lifetime is None else now + lifetime - min(_MARGIN, lifetime * _MARGIN_SHARE)
    scope = body.get("scope") if body else None
    return Token(value, lifetime, until, scope if isinstance(scope, str) else None)


def claims(token: str) -> Tree | None:
    """Read what a JWT says, without checking its signature; None for an opaque token.

    The signature, which makes it a secret, is not in the answer.
    """
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        return _tree(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (binascii.Error, ValueError):
        return None


def _tree(content: bytes) -> Tree | None:
    try:
        body = orjson.loads(content)
    except orjson.JSONDecodeError:
        return None
    return body if isinstance(body, dict) else None


def _seconds(told: Any) -> float | None:
    """Read `expires_in`; some servers spell the number as a text.

    >>> _seconds("3600"), _seconds(None), _seconds(-5)
    (3600.0, None, 0.0)
    """
    try:
        return None if told is None or isinstance(told, bool) else max(0.0, float(told))
    except (TypeError, ValueError):
        return None
