"""A login tried out, step by step: the token, the server's statement, one harmless search."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from fhir_adapter.errors import AdapterError, Refused, ServerError, Temporary, Unauthorized
from fhir_adapter.tree import Tree

if TYPE_CHECKING:
    from fhir_adapter.account import Server
    from fhir_adapter.auth import Token
    from fhir_adapter.server.answer import Answer
    from fhir_adapter.server.connection import Connection

__all__ = ["Findings", "Step", "describe", "examine", "moment"]

_SEARCH = {"_count": "1"}
_STATEMENT = {"_elements": "fhirVersion,software"}
_ATTEMPTS = 2

# RFC 6750, 3.1: what a server says in WWW-Authenticate.
_BEARER = {
    "invalid_token": (
        "the server does not accept this token: it is expired, withdrawn, or meant for another server",
        "compare its iss and aud with what the server expects; set audience, or fetch a new token",
    ),
    "insufficient_scope": ("the token does not carry the scope for this", "add the scope and have it registered"),
}
_STATUS = {
    401: ("the server does not know this login", "check the login; the server's log says more"),
    403: (
        "the server knows the login, and does not let it do this",
        "have rights to ResearchStudy granted; add a scope",
    ),
}
_OTHERWISE = ("the server is away, busy, or not there", "check the address, the network and the proxy")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that was tried: `words` say what came of it, `cause` and `fix` what stood in the way."""

    name: str
    ok: bool
    words: str
    seconds: float
    code: int = 0
    error: str | None = None
    cause: str | None = None
    fix: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """All that was found out about a login. `assertion` and `claims` are what JWTs say; no token, no signature."""

    server: str
    login: str
    endpoint: str | None
    found: str | None
    assertion: Tree | None
    claims: Tree | None
    steps: tuple[Step, ...]
    warnings: tuple[str, ...]

    @property
    def code(self) -> int:
        """Give the exit code: that of the first step that failed, 0 where none did."""
        return next((step.code for step in self.steps if not step.ok), 0)

    def as_dict(self) -> Tree:
        """Spell it for programs; what isn't there is left out."""
        steps = [{key: value for key, value in _fields(step) if value is not None} for step in self.steps]
        rest = {key: value for key, value in _fields(self) if value is not None}
        return {**rest, "steps": steps, "warnings": list(self.warnings), "ok": self.code == 0, "code": self.code}


def describe(server: Server) -> str:
    """Say in a few words how we log in to a server."""
    if server.client_id is not None:
        kind = "SMART Backend Services" if server.key or server.key_file else "OAuth2 client credentials"
        return f"{kind}, client_id {server.client_id!r}"
    if server.user is not None:
        return f"HTTP Basic, user {server.user!r}"
    return "bearer token" if server.token or server.token_file else "none"


def examine(server: Server, *, timeout: float = 120.0, now: Callable[[], float] = time.time) -> Findings:
    """Log in to a server and look around; nothing is written. `now` gives seconds since 1970.

    Trouble with the server or its token endpoint is in the findings; ConfigError is raised where the settings
    can't even be used.
    """
    from fhir_adapter.auth import OAuth
    from fhir_adapter.retry import Retry
    from fhir_adapter.server.connection import Connection

    auth = server.auth(now)
    wire, retry = server.wire(), Retry(attempts=_ATTEMPTS)
    with closing(Connection(server.url, auth=auth, timeout=timeout, retry=retry, wire=wire)) as http:
        fetched, token = _token(http) if isinstance(auth, OAuth) else (None, None)
        if fetched is None or fetched.ok:
            looks: tuple[Step, ...] = (_statement(http), _search(http))
        else:
            # Without a token: is at least the server there?
            with closing(Connection(server.url, timeout=timeout, retry=retry, wire=wire)) as bare:
                looks = (_statement(bare),)
    place = auth.endpoint if isinstance(auth, OAuth) else None
    said = _claims(server, token)
    return Findings(
        server=server.url,
        login=describe(server),
        endpoint=place.url if place else None,
        found=place.found if place else None,
        assertion=auth.assertion(place) if isinstance(auth, OAuth) and place else None,
        claims=said,
        steps=(*([fetched] if fetched else []), *looks),
        warnings=tuple(_warnings(server, token, said, now())),
    )


def _token(http: Connection) -> tuple[Step, Token | None]:
    got: list[Token] = []

    def fetch() -> str:
        token = http.token()
        if token is None:
            return "none is needed"
        got.append(token)
        life = "of unknown lifetime" if token.lifetime is None else f"for {token.lifetime:.0f} s"
        return f"fetched, {life}{f', scope {token.scope!r}' if token.scope else ''}"

    step = _try("token", fetch)
    return step, got[0] if got else None


def _statement(http: Connection) -> Step:
    def look() -> str:
        body = http.get("metadata", _STATEMENT).resource or {}
        if body.get("resourceType") not in ("CapabilityStatement", "Conformance"):
            raise ServerError(f"{http.url}/metadata gives no CapabilityStatement; is this its base?")
        software = body.get("software")
        name = software.get("name") if isinstance(software, dict) else None
        return f"FHIR {body.get('fhirVersion')}{f', {name}' if name else ''}"

    return _try("metadata", look)


def _search(http: Connection) -> Step:
    def look() -> str:
        try:
            answer: Answer = http.get("ResearchStudy", _SEARCH)
        except Unauthorized:
            raise
        except Refused as refused:
            # What isn't about the login is no trouble of the login.
            return f"let in; the search itself was refused: {refused}"
        found = answer.resource.get("entry") if answer.resource else None
        return "let in; ResearchStudy can be read" + ("" if found else ", none is there")

    return _try("search", look)


def _try(name: str, act: Callable[[], str]) -> Step:
    begun = time.perf_counter()
    try:
        words = act()
    except AdapterError as error:
        spent = round(time.perf_counter() - begun, 3)
        known, cause, fix = _explain(error)
        code = ServerError.exit_code if isinstance(error, Refused) else error.exit_code
        return Step(name=name, ok=False, words=str(error), seconds=spent, code=code, error=known, cause=cause, fix=fix)
    return Step(name=name, ok=True, words=words, seconds=round(time.perf_counter() - begun, 3))


def _explain(error: AdapterError) -> tuple[str | None, str | None, str | None]:
    """Give the standard's code for an error, its cause and what to do; None where the words say it already."""
    from fhir_adapter.auth import NoToken

    if isinstance(error, NoToken):
        return error.code, error.cause, error.fix
    if isinstance(error, Unauthorized) and error.response is not None:
        told = error.response.headers.get("WWW-Authenticate", "")
        code = next((each for each in _BEARER if each in told), None)
        return code, *(_BEARER[code] if code else _STATUS[error.response.status_code])
    return (None, *_OTHERWISE) if isinstance(error, Temporary) else (None, None, None)


def _claims(server: Server, token: Token | None) -> Tree | None:
    from fhir_adapter.auth import claims

    if token is None and not (server.token or server.token_file):
        return None
    return claims(token.value if token else server.bearer() or "")


def _warnings(server: Server, token: Token | None, said: Tree | None, now: float) -> Iterator[str]:
    from fhir_adapter.auth import exposed

    if server.insecure:
        yield "insecure: the server's certificate is not checked, anybody on the way can read and change all"
    if describe(server) != "none" and exposed(server.url):
        yield "the login goes over plain http, where anybody on the way can read it; use https"
    if token and token.scope is not None and server.scope:
        lacking = [each for each in server.scope.split() if each not in token.scope.split()]
        if lacking:
            yield f"asked for and not granted: {' '.join(lacking)}"
    end = said.get("exp") if said else None
    if isinstance(end, (int, float)) and end < now:
        yield f"the token ended at {moment(end)}"


def moment(seconds: Any) -> str:
    """Spell seconds since 1970 as a time.

    >>> moment(0)
    '1970-01-01T00:00:00+00:00'
    """
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
    except (TypeError, ValueError, OverflowError, OSError):
        return str(seconds)


def _fields(own: Any) -> Iterator[tuple[str, Any]]:
    return ((name, getattr(own, name)) for name in own.__slots__)
