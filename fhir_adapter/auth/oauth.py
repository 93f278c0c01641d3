"""OAuth2 client credentials, and SMART Backend Services, which are the same with a signed assertion."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from threading import Lock
from typing import Any, TypeVar

import httpx

from fhir_adapter.auth.endpoint import LOGIN, Endpoint, discover, told
from fhir_adapter.auth.proof import Proof
from fhir_adapter.auth.refusal import Asked, refusal
from fhir_adapter.auth.token import Token, read_token
from fhir_adapter.tree import Tree

__all__ = ["OAuth", "logging_in"]

_FORM = {"Accept": "application/json"}

T = TypeVar("T")
Flow = Generator[httpx.Request, httpx.Response, T]


class OAuth(httpx.Auth):
    """Send a bearer token that a token endpoint gives, to the origin of `base` only.

    The token is kept until shortly before its end; where the server answers 401, another is fetched, once a request.
    `token_url` None: the endpoint is found where the server names it. Requests for tokens go over the client that uses
    this, so with its certificates, proxy and time-outs, but without its headers. Raises NoToken where the endpoint
    refuses, Temporary where it is busy, ConfigError where there is none. `now` gives seconds since 1970.
    """

    requires_response_body = True

    def __init__(
        self,
        proof: Proof,
        *,
        base: str,
        token_url: str | None = None,
        scope: str | None = None,
        audience: str | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.proof = proof
        self.scope = scope
        self.base = base
        self._audience = audience
        self._now = now
        self._endpoint = told(token_url) if token_url else None
        self._token: Token | None = None
        self._lock = Lock()

    def __repr__(self) -> str:
        return f"OAuth({self.proof.client_id!r}, base={self.base!r})"

    def auth_flow(self, request: httpx.Request) -> Flow[None]:
        if _origin(request.url) != _origin(httpx.URL(self.base)):
            yield request
            return
        token = yield from self._valid(request.extensions)
        request.headers["Authorization"] = f"Bearer {token.value}"
        response = yield request
        if response.status_code != 401:
            return
        self._drop(token)
        token = yield from self._valid(request.extensions)
        request.headers["Authorization"] = f"Bearer {token.value}"
        yield request

    def token(self, client: httpx.Client) -> Token:
        """Give the token, fetched over a client where there is none that is still good."""
        return _drive(self._valid(_patience(client)), client)

    @property
    def endpoint(self) -> Endpoint | None:
        """The token endpoint, None where it isn't found yet."""
        return self._endpoint

    def assertion(self, endpoint: Endpoint) -> Tree | None:
        """Give what a signed assertion claims, None where a secret is sent."""
        return self.proof.shown(endpoint, self._now())

    def _valid(self, extensions: Any) -> Flow[Token]:
        # One fetches, the others wait for it: they all want the same token.
        with self._lock:
            if self._token is None or not self._token.good(self._now()):
                endpoint = yield from self._place(extensions)
                self._token = yield from self._fetch(endpoint, extensions)
            return self._token

    def _place(self, extensions: Any) -> Flow[Endpoint]:
        if self._endpoint is None:
            self._endpoint = yield from discover(self.base, extensions)
        return self._endpoint

    def _fetch(self, endpoint: Endpoint, extensions: Any) -> Flow[Token]:
        now = self._now()
        form, headers = self.proof.parts(endpoint, now)
        wanted = {"scope": self.scope, "audience": self._audience}
        fields = {"grant_type": "client_credentials", **{k: v for k, v in wanted.items() if v}, **form}
        marked = {**extensions, LOGIN: True}
        request = httpx.Request("POST", endpoint.url, data=fields, headers={**_FORM, **headers}, extensions=marked)
        response = yield request
        if response.status_code != 200:
            hidden = (*self.proof.hidden(), *(v for k, v in form.items() if k == "client_assertion"))
            raise refusal(response, Asked(self.proof.method(endpoint), hidden, self._now()))
        return read_token(response, self._now())

    def _drop(self, token: Token) -> None:
        with self._lock:
            if self._token is token:
                self._token = None


def logging_in(request: httpx.Request) -> bool:
    """Say whether a request is for a token, so that it did nothing to the server's data."""
    return bool(request.extensions.get(LOGIN))


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _patience(client: httpx.Client) -> Any:
    return {"timeout": client.timeout.as_dict()}


def _drive(flow: Flow[T], client: httpx.Client) -> T:
    """Send what a flow asks for until it returns."""
    try:
        request = next(flow)
        while True:
            request = flow.send(client.send(request, auth=None))
    except StopIteration as done:
        result: T = done.value
        return result
    finally:
        flow.close()
