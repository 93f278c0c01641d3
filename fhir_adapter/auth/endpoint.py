"""Where tokens are given: told in the settings, or found where SMART servers say it."""

from __future__ import annotations

import ipaddress
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import orjson

from fhir_adapter.errors import ConfigError, Temporary
from fhir_adapter.tree import Tree

__all__ = ["LOGIN", "Endpoint", "discover", "exposed", "told"]

LOGIN = "fhir_adapter.login"  # marks the requests of a login among those to a server
_SMART = ".well-known/smart-configuration"
_OAUTH = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris"
_JSON = {"Accept": "application/json"}

Flow = Generator[httpx.Request, httpx.Response, "Endpoint"]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A token endpoint. `found` says who named it; `methods` are the ways to prove who we are, empty where untold."""

    url: str
    found: str
    methods: tuple[str, ...] = ()


def told(url: str) -> Endpoint:
    """Take a token endpoint from the settings. Raises ConfigError where a secret must not go there."""
    return Endpoint(_private(url, "token_url"), "the settings")


def discover(base: str, extensions: Any) -> Flow:
    """Ask a server where it gives tokens: yields requests, is sent the answers, returns the endpoint.

    Reads `.well-known/smart-configuration` (SMART App Launch 2.2), else the CapabilityStatement's oauth-uris.
    Raises ConfigError where neither names one, Temporary where the server is busy or stumbles.
    """
    root = base.rstrip("/")
    if not _safe(httpx.URL(root)):
        raise ConfigError(f"{root} is asked over plain http, where anybody can forge a token endpoint; give token_url")
    told_of: list[str] = []
    for path in (_SMART, "metadata"):
        request = httpx.Request("GET", f"{root}/{path}", headers=_JSON, extensions={**extensions, LOGIN: True})
        response = yield request
        if response.status_code == 429 or response.status_code >= 500:
            raise Temporary(f"{request.url} was answered {response.status_code}; give token_url", response=response)
        body = _tree(response)
        url = body.get("token_endpoint") if path == _SMART else next(_oauth_uris(body), None)
        if isinstance(url, str) and url:
            return Endpoint(_private(url, f"the token endpoint that {path} names"), path, _methods(body))
        told_of.append(f"{path} ({response.status_code})")
    raise ConfigError(f"{root} names no token endpoint in {' or '.join(told_of)}; give token_url")


def exposed(address: str) -> bool:
    """Say whether what is sent to an address can be read on the way: plain http that leaves this machine."""
    url = httpx.URL(address)
    return url.scheme == "http" and not _loopback(url)


def _loopback(url: httpx.URL) -> bool:
    if url.host == "localhost":
        return True
    try:
        return ipaddress.ip_address(url.host).is_loopback
    except ValueError:
        return False


def _safe(url: httpx.URL) -> bool:
    return url.scheme == "https" or (url.scheme == "http" and _loopback(url))


def _private(text: str, what: str) -> str:
    """See that a secret may be sent to an address."""
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL as error:
        raise ConfigError(f"{what} is no URL ({error})") from None
    if url.userinfo:
        raise ConfigError(f"{what} holds a login; leave it out, client_id and client_secret have keys of their own")
    if not url.host or not _safe(url):
        raise ConfigError(f"{what}, {text!r}, is no https address; a secret is sent over plain http to loopback only")
    return text


def _tree(response: httpx.Response) -> Tree:
    if response.status_code != 200:
        return {}
    try:
        body = orjson.loads(response.content)
    except orjson.JSONDecodeError:
        return {}
    return body if isinstance(body, dict) else {}


def _methods(body: Tree) -> tuple[str, ...]:
    named = body.get("token_endpoint_auth_methods_supported")
    return tuple(filter(_is_text, named)) if isinstance(named, list) else ()


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _oauth_uris(statement: Tree) -> Iterator[str]:
    """Give the token endpoints of a CapabilityStatement, R4 to R5."""
    for rest in _items(statement, "rest"):
        security = rest.get("security")
        for each in _items(security, "extension"):
            if each.get("url") == _OAUTH:
                inner = _items(each, "extension")
                yield from (str(uri.get("valueUri") or "") for uri in inner if uri.get("url") == "token")


def _items(tree: Any, key: str) -> list[Tree]:
    found = tree.get(key) if isinstance(tree, dict) else None
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
