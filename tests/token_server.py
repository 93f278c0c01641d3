"""A FHIR server that lets in whom its token endpoint knows, for tests: both behind one function from request to answer.

Use `TokenServer.answer` with `loopback.serving`, `loopback.serving_tls` or an `httpx.MockTransport`.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, unquote_plus

import httpx
import jwt

from certificates import Private, pem
from fhir_adapter.auth import Assertion, read_key
from wire import Wire

__all__ = ["BASE", "CLIENT", "NOW", "SECRET", "TokenServer", "login_of", "smart"]

BASE = "https://fhir.example/base"
NOW = 1_800_000_000.0
CLIENT = "trial loader"
SECRET = "s3cret:of/the+loader"  # noqa: S105  (invented)
Tree = dict[str, Any]


class TokenServer:
    """`good` are the tokens that it lets in. `asked` are the forms that came for a token, `refuse` answers them.

    `tokens` are those that requests came with. `lifetime` is what it says as expires_in (None: nothing), `smart`
    whether it has a smart-configuration, `uris` whether its CapabilityStatement names the endpoint. `public` is the
    client's public key, in place of a secret, `aud` what it wants to be called. `claims` makes its tokens JWTs.
    `trouble` answers in place of the FHIR server, once a request is let in. `known` lets every login in.
    """

    def __init__(self, *, base: str = "http://127.0.0.1/fhir", fhir: str = "R4") -> None:
        self.fhir = Wire(fhir, url=base)
        self.base = base
        self.good: set[str] = set()
        self.asked: list[Tree] = []
        self.requests: list[httpx.Request] = []
        self.tokens: list[str] = []
        self.refuse: Callable[[httpx.Request], httpx.Response | None] = lambda _: None
        self.trouble: Callable[[httpx.Request], httpx.Response | None] = lambda _: None
        self.lifetime: Any = 300
        self.known = False
        self.smart = True
        self.uris = True
        self.open_metadata = True
        self.methods: list[str] | None = None
        self.public: Any = None
        self.aud: str | None = None
        self.scope: str | None = "system/*.read"
        self.claims: Tree | None = None
        self.seen: set[str] = set()

    @property
    def token_url(self) -> str:
        return f"{self.base}/token"

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        path = str(request.url.copy_with(query=None)).removeprefix(self.base).strip("/")
        if path == ".well-known/smart-configuration":
            return self._configuration()
        if path == "token":
            return self.refuse(request) or self._token(request)
        if path == "metadata" and self.open_metadata:
            return self._metadata(request)
        self.tokens.append(request.headers.get("Authorization", "").removeprefix("Bearer "))
        let_in = bool(self.tokens[-1]) if self.known else self.tokens[-1] in self.good
        if not let_in:
            return httpx.Response(401, text="who are you", headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})
        return self.trouble(request) or self.fhir.handle(request)

    def _configuration(self) -> httpx.Response:
        methods = {"token_endpoint_auth_methods_supported": self.methods} if self.methods else {}
        found = {"token_endpoint": self.token_url, **methods}
        return httpx.Response(200, json=found) if self.smart else httpx.Response(404, text="no")

    def _metadata(self, request: httpx.Request) -> httpx.Response:
        statement = json.loads(self.fhir.handle(request).content)
        token = {"url": "token", "valueUri": self.token_url}
        where = {
            "url": "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris",
            "extension": [{"url": "authorize", "valueUri": "https://elsewhere.example"}, token],
        }
        security = {"security": {"extension": [where]}} if self.uris else {}
        return httpx.Response(200, json={**statement, "rest": [{"mode": "server", **security}]})

    def _token(self, request: httpx.Request) -> httpx.Response:
        form = {key: value for key, (value,) in parse_qs(request.content.decode()).items()}
        self.asked.append(form)
        wrong = self._wrong(request, form)
        if wrong:
            return httpx.Response(400, json=wrong)
        token = f"token-{len(self.asked)}-canary-of-the-endpoint"
        if self.claims is not None:
            token = jwt.encode({**self.claims, "n": len(self.asked)}, "x" * 40, algorithm="HS256")
        self.good.add(token)
        life = {} if self.lifetime is None else {"expires_in": self.lifetime}
        scope = {"scope": self.scope} if self.scope else {}
        return httpx.Response(200, json={"access_token": token, "token_type": "Bearer", **life, **scope})

    def _wrong(self, request: httpx.Request, form: Tree) -> Tree | None:
        if form.get("grant_type") != "client_credentials":
            return {"error": "unsupported_grant_type"}
        if self.public is not None:
            return self._wrong_assertion(form)
        known = self.known or login_of(request, form) == (CLIENT, SECRET)
        return None if known else {"error": "invalid_client", "error_description": "unknown client or bad secret"}

    def _wrong_assertion(self, form: Tree) -> Tree | None:
        text = form.get("client_assertion", "")
        audience = self.aud or self.token_url
        try:
            said = jwt.decode(
                text,
                self.public,
                algorithms=["RS384", "ES384"],
                audience=audience,
                options={"require": ["exp", "jti", "iss", "sub"], "verify_exp": False, "verify_iat": False},
            )
        except jwt.InvalidTokenError as error:
            return {"error": "invalid_client", "error_description": str(error)}
        again = said["jti"] in self.seen
        self.seen.add(said["jti"])
        if said["iss"] != CLIENT or said["sub"] != CLIENT or said["exp"] - said["iat"] > 300 or again:
            return {"error": "invalid_client", "error_description": "claims"}
        return None


def login_of(request: httpx.Request, form: Tree) -> tuple[str, str]:
    """Read the client's id and secret where RFC 6749 has them: in the header, form-encoded, or in the form."""
    kind, _, pair = request.headers.get("Authorization", "").partition(" ")
    if kind == "Basic":
        user, _, password = base64.b64decode(pair).decode().partition(":")
        return unquote_plus(user), unquote_plus(password)
    return form.get("client_id", ""), form.get("client_secret", "")


def smart(here: TokenServer, key: Private, **options: Any) -> Assertion:
    """Register a key's public half, and give the assertion that it signs."""
    here.public = key.public_key()
    return Assertion(client_id=CLIENT, key=read_key(pem(key), kid="loader-1"), **options)
