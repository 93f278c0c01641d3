"""HTTP Basic and bearer tokens: one header, made once. Secrets show in no repr."""

from __future__ import annotations

import base64
from collections.abc import Generator

import httpx

from fhir_adapter.errors import ConfigError

__all__ = ["Basic", "Bearer", "bare", "split_login"]


class _Header(httpx.Auth):
    """Send one Authorization header, made once."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = self._value
        yield request

    def __repr__(self) -> str:
        return f"{type(self).__name__}(***)"


class Basic(_Header):
    """Log in with a user's name and password (RFC 7617, UTF-8)."""

    __slots__ = ()

    def __init__(self, user: str, password: str) -> None:
        if ":" in user:
            raise ConfigError("a user name for HTTP Basic can't hold a colon; check the login")
        pair = base64.b64encode(f"{user}:{password}".encode()).decode("ascii")
        super().__init__(f"Basic {pair}")


class Bearer(_Header):
    """Log in with a bearer token (RFC 6750); blanks and line ends around it, as files have, are cut off."""

    __slots__ = ()

    def __init__(self, token: str) -> None:
        super().__init__(f"Bearer {bare(token)}")


def bare(token: str) -> str:
    """Cut what files put around a token; ConfigError, which doesn't show it, where it can't be one."""
    text = token.strip()
    if not text or not text.isascii() or not text.isprintable() or " " in text:
        raise ConfigError("the bearer token is empty or holds characters that no token has; check its source")
    return text


def split_login(url: str) -> tuple[str, httpx.Auth | None]:
    """Part an address from the login in it: `https://user:password@host/fhir`; None where it has none."""
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        # No cause and no address in the text: a broken address may hold a password, or a part of one as its port.
        why = "; write / ? # @ of a password as %2F %3F %23 %40" if "@" in url else f" ({error})"
        raise ConfigError(f"the server's address is no URL{why}") from None
    if not parsed.userinfo:
        return url, None
    return str(parsed.copy_with(userinfo=b"")), Basic(parsed.username, parsed.password)
