"""How a server is reached: whom to trust, our certificate, a proxy, extra headers."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from fhir_adapter.errors import ConfigError

__all__ = ["Wire"]

_log = logging.getLogger(__name__)

_TOKEN = frozenset("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")  # RFC 9110, 5.6.2
_OURS = {"host", "connection", "content-length", "content-type", "transfer-encoding", "accept", "authorization"} | {
    "x-request-id"  # one a request, made here
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """What a connection to one server needs beside its address and login.

    `ca` is a PEM file of authorities that are trusted beside the usual ones. `cert` is our certificate (PEM, with its
    chain), `key` its private key where that is another file. `proxy` may hold a login; without one HTTPS_PROXY and
    its like apply. `headers` are sent to the server with every request, never to a token endpoint. `insecure` leaves
    the server's certificate unchecked, and says so in the log each time.
    """

    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None
    key_password: str | None = field(default=None, repr=False)
    proxy: str | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    insecure: bool = False

    def options(self) -> dict[str, Any]:
        """Give the options of an httpx.Client. Raises ConfigError, which shows no secret, where they can't be made."""
        for name, value in self.headers.items():
            _check(name, value)
        return {"verify": self._trust(), "proxy": self._proxy(), "headers": dict(self.headers)}

    def hidden(self) -> tuple[str, ...]:
        """Give the texts that must not be shown when a server repeats them."""
        proxy = httpx.URL(self.proxy) if self.proxy else None
        return (*self.headers.values(), *([proxy.password] if proxy and proxy.password else []))

    def _trust(self) -> ssl.SSLContext | bool:
        if self.insecure:
            # An error, so that --quiet shows it too.
            _log.error("INSECURE: the server's certificate is not checked; anybody on the way can read and change all")
        if not (self.insecure or self.ca or self.cert):
            return True
        context = httpx.create_ssl_context(verify=not self.insecure)
        if self.ca and not self.insecure:
            try:
                context.load_verify_locations(cafile=self.ca)
            except (OSError, ssl.SSLError) as error:
                raise ConfigError(f"cannot use ca_file {str(self.ca)!r}: {_why(error)}; give a PEM file") from None
        if self.cert:
            self._present(context, self.cert)
        return context

    def _present(self, context: ssl.SSLContext, cert: Path) -> None:
        try:
            # A function, so that OpenSSL never asks on the terminal.
            context.load_cert_chain(cert, self.key, password=lambda: self.key_password or "")
        except (OSError, ssl.SSLError) as error:
            files = " and ".join(repr(str(each)) for each in (cert, self.key) if each)
            raise ConfigError(f"cannot use the client certificate {files}: {_why(error)}") from None

    def _proxy(self) -> httpx.Proxy | None:
        if self.proxy is None:
            return None
        try:
            proxy = httpx.Proxy(self.proxy)
        except (ValueError, httpx.InvalidURL):
            proxy = None
        if proxy is None or proxy.url.scheme not in ("http", "https") or not proxy.url.host:
            raise ConfigError("the proxy is no http(s) address; give one like 'http://proxy.example:3128'")
        return proxy


def _check(name: str, value: str) -> None:
    """See that a header may be sent. The value is never shown: it may be a key."""
    if not name or not set(name) <= _TOKEN or name.lower() in _OURS:
        advice = "; use token or user and password" if name.lower() == "authorization" else ""
        raise ConfigError(f"the header {name!r} can't be set{advice}")
    if not value.isascii() or not value.isprintable() or value != value.strip():
        raise ConfigError(f"the value of the header {name!r} holds characters that no header has; check its source")


def _why(error: OSError) -> str:
    """Say what was wrong with a file, in words that hold nothing of it."""
    if isinstance(error, ssl.SSLError):
        # OpenSSL gives no reason where a password doesn't open a key.
        return (error.reason or "no PEM, or its password is another").replace("_", " ").lower()
    return (error.strerror or type(error).__name__).lower()
