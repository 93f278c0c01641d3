"""Secrets that sing: invented logins of every kind, and all the spellings that none of our output may hold."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import httpx

from certificates import ec_key, pem, rsa_key
from token_server import CLIENT, TokenServer
from wire import outcome

__all__ = ["HEADER", "KEY_PASSWORD", "KINDS", "PASSWORD", "TOKEN", "TROUBLES", "Cage", "objects", "spellings"]

TOKEN = "canary-token-f00dfeedbeef"  # noqa: S105  (all of these are invented)
PASSWORD = 'canary "pass\\word/+'  # noqa: S105
SECRET = "canary:secret/of+the client"  # noqa: S105
HEADER = "canary-api-key-0badcafe"
KEY_PASSWORD = "canary-opens-the-key"  # noqa: S105
ENDPOINT = "canary-of-the-endpoint"
_WORDS = (TOKEN, PASSWORD, SECRET, HEADER, KEY_PASSWORD, ENDPOINT)

KINDS = (
    "token",
    "token_file",
    "basic",
    "url",
    "secret_basic",
    "secret_post",
    "key_file",
    "jwks",
    "environment",
    "address",
)


class Cage:
    """A folder with settings whose server `ward` has one kind of login, and what must never leave it."""

    def __init__(self, folder: Path, url: str, kind: str) -> None:
        self.folder = folder
        self.kept: set[Path] = set()
        self.secrets = {each for word in _WORDS for each in spellings(word)}
        self.env: dict[str, str] = {}
        self.target = "ward"
        self.public: Any = None
        client = {"client_id": CLIENT, "token_url": f"{url}/token", "scope": "system/*.read"}
        logins: dict[str, Any] = {
            "token": lambda: {"token": TOKEN},
            "token_file": lambda: {"token_file": self._file("token", f"{TOKEN}\n")},
            "basic": lambda: {"user": "me", "password_file": self._file("password", PASSWORD)},
            "url": lambda: {"url": _with_login(url)},
            "address": dict,
            "secret_basic": lambda: {**client, "client_secret": SECRET, "client_auth": "basic"},
            "secret_post": lambda: {**client, "client_secret_file": self._file("s", SECRET), "client_auth": "post"},
            "key_file": lambda: {**client, **self._pem()},
            "jwks": lambda: {**client, "key_file": self._file("jwks", self._jwks())},
            "environment": lambda: self._environment(),
        }
        server = {"url": url, **logins[kind](), "headers": {"X-Api-Key": HEADER}}
        if kind == "address":
            self.target, server = _with_login(url), {"url": f"{url}/another"}
        rows = "".join(f"{key} = {_toml(value)}\n" for key, value in server.items())
        self._file("fhir-adapter.toml", f"timeout = 20\n[servers.ward]\n{rows}")

    def escaped(self, texts: Iterable[str], server: TokenServer) -> list[str]:
        """Give the secrets that texts, or files that were not there before, hold."""
        assertions = {each.get("client_assertion") for each in server.asked} - {None}
        pairs = {each.headers["Authorization"].partition(" ")[2] for each in server.requests if _has_login(each)}
        written = [each for each in self.folder.rglob("*") if each.is_file() and each not in self.kept]
        everything = "\0".join([*texts, *(each.read_bytes().decode(errors="replace") for each in written)])
        return [each for each in sorted({*self.secrets, *assertions, *pairs}) if each in everything]

    def _file(self, name: str, text: str) -> str:
        path = self.folder / name
        path.write_text(text)
        path.chmod(0o600)
        self.kept.add(path)
        return name

    def _pem(self) -> dict[str, str]:
        key = rsa_key()
        self.public = key.public_key()
        text = pem(key, KEY_PASSWORD)
        self.secrets |= set(text.splitlines()[1:-1]) | set(pem(key).splitlines()[1:-1])
        return {"key_file": self._file("key.pem", text), "key_password": KEY_PASSWORD, "kid": "one"}

    def _jwks(self) -> str:
        import jwt

        key = ec_key()
        self.public = key.public_key()
        own = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(key))
        self.secrets |= {own["d"], *pem(key).splitlines()[1:-1]}
        return json.dumps({"keys": [{**own, "kid": "two"}]})

    def _environment(self) -> dict[str, str]:
        self.env["FHIR_ADAPTER_SERVERS__WARD__TOKEN"] = TOKEN
        return {}


def spellings(secret: str) -> Iterator[str]:
    """Give the ways in which a secret can show: as it is, in addresses, in forms, in JSON, in reprs, in base64."""
    yield from (
        secret,
        quote(secret),
        quote(secret, safe=""),
        quote_plus(secret),
        json.dumps(secret)[1:-1],
        repr(secret)[1:-1],
    )
    for user in ("me", CLIENT, quote_plus(CLIENT)):
        for each in (secret, quote_plus(secret)):
            yield base64.b64encode(f"{user}:{each}".encode()).decode()
    yield base64.b64encode(secret.encode()).decode().rstrip("=")


def _with_login(url: str) -> str:
    return url.replace("://", f"://me:{quote(PASSWORD, safe='')}@")


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f'"{key}" = {_toml(each)}' for key, each in value.items()) + "}"
    return json.dumps(value)


def _has_login(request: httpx.Request) -> bool:
    return "Authorization" in request.headers


def _echo(request: httpx.Request) -> str:
    """Repeat all that a request told about who sent it, also decoded."""
    told = [f"{name}: {value}" for name, value in request.headers.items()]
    pair = request.headers.get("Authorization", "").partition(" ")[2]
    plain = base64.b64decode(pair).decode() if request.headers.get("Authorization", "").startswith("Basic") else ""
    body = request.content.decode() if request.url.path.endswith("/token") else ""
    return f"you said {' '.join(told)} {plain} {body}"


def _fhir(status: int) -> Any:
    return lambda request: httpx.Response(status, json=outcome(_echo(request)), headers={"Retry-After": "0"})


def _html(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, text=f"<html><body>{_echo(request)}", headers={"Content-Type": "text/html"})


def _moved(request: httpx.Request) -> httpx.Response:
    where = f"https://other.example/{quote(_echo(request))}?{quote(_echo(request))}"
    return httpx.Response(307, text=_echo(request), headers={"Location": where, "WWW-Authenticate": "Bearer x"})


def _entries(request: httpx.Request) -> httpx.Response | None:
    """Refuse every entry of a batch, in words that repeat the login."""
    if request.method != "POST":
        return None
    count = len(json.loads(request.content)["entry"])
    refused = {"response": {"status": "422 No", "outcome": outcome(_echo(request))}}
    return httpx.Response(200, json={"resourceType": "Bundle", "type": "batch-response", "entry": [refused] * count})


TROUBLES: dict[str, Any] = {
    "none": lambda _: None,
    "401": _fhir(401),
    "403": _fhir(403),
    "422": _fhir(422),
    "500": _fhir(500),
    "html": _html,
    "moved": _moved,
    "entries": _entries,
}


def objects(root: Any) -> Iterator[Any]:
    """Give an object and all objects of ours that it holds."""
    seen: set[int] = set()
    waiting = [root]
    while waiting:
        own = waiting.pop()
        if id(own) in seen:
            continue
        seen.add(id(own))
        if isinstance(own, dict):
            waiting += own.values()
        elif isinstance(own, (list, tuple, set)):
            waiting += own
        elif type(own).__module__.startswith("fhir_adapter"):
            yield own
            slots = [name for kind in type(own).__mro__ for name in getattr(kind, "__slots__", ())]
            held = [getattr(own, name, None) for name in slots if not name.startswith("__")]
            waiting += [*held, *getattr(own, "__dict__", {}).values()]
