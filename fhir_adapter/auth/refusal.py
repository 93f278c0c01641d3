"""Why a token endpoint gives no token, and what to do: OAuth's error codes, as people can use them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import orjson

from fhir_adapter.auth.hiding import hider
from fhir_adapter.errors import ServerError, Temporary, Unauthorized

if TYPE_CHECKING:
    import httpx

__all__ = ["Asked", "NoToken", "refusal"]

_JWT = "private_key_jwt"
_SKEW = 60.0  # seconds that two clocks may differ before it is the likely cause
_ENOUGH = 200
_BUSY = (408, 425, 429)

Advice = tuple[str, str]

# RFC 6749 5.2 and 4.1.2.1, RFC 8707. Where the way of proving matters, the entry of the way comes first.
_CODES: dict[str | tuple[str, str], Advice] = {
    ("invalid_client", _JWT): (
        "the server does not know this client_id, has no public key for this kid, or wants another aud",
        "compare client_id and kid with the registration; see that it has the key; try the server's issuer as aud",
    ),
    "invalid_client": (
        "the server does not know this client_id, or the secret is wrong, expired or sent in the wrong place",
        "compare client_id and client_secret with the registration; try client_auth = 'post' or 'basic'",
    ),
    ("invalid_grant", _JWT): (
        "the assertion was not accepted: clocks differ, or the server wants another aud",
        "set this machine's clock, and try the server's issuer or its token endpoint as aud",
    ),
    "invalid_grant": (
        "the server has nothing to grant to this client",
        "ask the server's administrators whether the client is active and may use client credentials",
    ),
    "invalid_scope": (
        "a scope is unknown there, not registered for this client, or missing",
        "set scope to what the registration lists; SMART v1 spells system/*.write, SMART v2 system/*.cruds",
    ),
    "unauthorized_client": (
        "the client is known, but may not use client credentials",
        "have the registration changed to a backend service (grant type client_credentials)",
    ),
    "unsupported_grant_type": (
        "this token endpoint gives no client credentials tokens",
        "check token_url; it may be the endpoint for people's logins",
    ),
    ("invalid_request", _JWT): (
        "the endpoint misses something, or takes no signed assertions",
        "check token_url, and whether the client was registered with a secret instead (client_secret)",
    ),
    "invalid_request": (
        "the endpoint misses something in the request",
        "check token_url; try client_auth = 'post', and give scope and audience where the server wants them",
    ),
    "invalid_target": ("the server does not know this audience", "set audience to what the registration says"),
    "access_denied": ("a policy of the server refuses this client", "ask the server's administrators"),
}

# What servers say in free words is often more exact than their code.
_WORDS: tuple[tuple[str, Advice], ...] = (
    (
        r"\baud(ience)?\b",
        ("the server wants another aud", "set aud to the server's issuer, or to its token endpoint as it spells it"),
    ),
    (
        r"\b(expired?|exp|iat|nbf|not yet valid|clock|in the future)\b",
        ("the clocks differ, or the assertion was too old", "set this machine's clock (NTP)"),
    ),
    (
        r"\b(kid|jwks?|public key|signature|key set)\b",
        (
            "the server has no public key that fits the signature",
            "register the public half of key_file, under the same kid",
        ),
    ),
    (
        r"\b(jti|replay(ed)?|reused?)\b",
        ("the server saw this assertion before", "try again; each try makes a new one"),
    ),
)

_STATUS: dict[int, Advice] = {
    404: ("there is no token endpoint at this address", "check token_url"),
    405: ("there is no token endpoint at this address", "check token_url"),
    415: ("the endpoint takes no form", "check token_url"),
}
_UNKNOWN = ("the server gives no reason that is known", "check token_url, client_id and what the server logs")


@dataclass(frozen=True, slots=True)
class Asked:
    """How a token was asked for: the way, what must not be shown, and when (seconds since 1970)."""

    method: str
    hidden: tuple[str, ...]
    now: float


class NoToken(Unauthorized):
    """A token endpoint refused: `code` is OAuth's, None where it gave none; `cause` and `fix` are for people."""

    def __init__(self, message: str, *, code: str | None, advice: Advice, response: httpx.Response) -> None:
        super().__init__(message, response=response)
        self.code = code
        self.cause, self.fix = advice


def refusal(response: httpx.Response, asked: Asked) -> ServerError:
    """Make the exception for a token endpoint's answer other than 200, with cause and fix."""
    where = response.request.url.copy_with(query=None)
    status = response.status_code
    code, words = _said(response, asked.hidden)
    said = f"{where} gave no token ({status}{f' {code}' if code else ''}{f': {words}' if words else ''})"
    if 300 <= status < 400:
        return ServerError(f"{said}; it has moved: give the new address as token_url", response=response)
    if status in _BUSY or status >= 500 or code in ("temporarily_unavailable", "server_error", "slow_down"):
        return Temporary(f"{said}; it is busy or stumbled", response=response)
    advice = _advise(code, words, response, asked)
    return NoToken(f"{said}; {advice[0]}: {advice[1]}", code=code, advice=advice, response=response)


def _advise(code: str | None, words: str, response: httpx.Response, asked: Asked) -> Advice:
    if asked.method == _JWT and code in ("invalid_client", "invalid_grant", "invalid_request", None):
        skew = _skew(response, asked.now)
        if abs(skew) > _SKEW:
            side = "ahead of" if skew > 0 else "behind"
            return f"this machine's clock is {abs(skew):.0f} s {side} the server's", "set the clock (NTP)"
        for pattern, advice in _WORDS:
            if re.search(pattern, words, re.IGNORECASE):
                return advice
    known = _CODES.get((code or "", asked.method)) or _CODES.get(code or "")
    return known or _STATUS.get(response.status_code, _UNKNOWN)


def _skew(response: httpx.Response, now: float) -> float:
    """Give how far our clock is ahead of the server's, in seconds; 0 where it doesn't tell its time."""
    try:
        return now - parsedate_to_datetime(response.headers["Date"]).timestamp()
    except (KeyError, ValueError):
        return 0.0


def _said(response: httpx.Response, hidden: Iterable[str]) -> tuple[str | None, str]:
    """Give OAuth's code and the server's words, on one line, without what must not be shown."""
    try:
        body: Any = orjson.loads(response.content)
    except orjson.JSONDecodeError:
        body = None
    error = body.get("error") if isinstance(body, dict) else None
    code = error if isinstance(error, str) and re.fullmatch(r"[\w.:/-]{1,60}", error) else None
    told = body.get("error_description") if isinstance(body, dict) else _plain(response)
    words = " ".join(str(told or "").split())
    hide = hider(hidden)
    code, words = (code if code and hide(code) == code else None), hide(words)
    return code, words if len(words) <= _ENOUGH else f"{words[:_ENOUGH]}…"


def _plain(response: httpx.Response) -> str:
    """Take the words out of a page that isn't JSON."""
    return re.sub(r"<(script|style)\b.*?</\1>|<[^>]*>", " ", response.text, flags=re.DOTALL | re.IGNORECASE)
