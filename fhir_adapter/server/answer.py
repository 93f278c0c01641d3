"""What a FHIR server answers: a status, a resource, or trouble in its own words."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from fhir_adapter.auth.hiding import hider
from fhir_adapter.errors import Refused, ServerError, Temporary, Unauthorized
from fhir_adapter.issues import Issue, Severity, from_outcome
from fhir_adapter.resource import version
from fhir_adapter.server.catalogue import advise
from fhir_adapter.tree import Tree

if TYPE_CHECKING:
    import httpx

__all__ = ["BUSY", "SECRETS", "Answer", "opening", "read_answer", "read_entry", "trouble"]

# Worth asking again: the server is overloaded or behind something that is.
BUSY = frozenset({408, 425, 429, 502, 503, 504})

# Where a request carries what its answer must not be shown to repeat: a tuple of texts.
SECRETS = "fhir_adapter.secrets"

_TEXT_ENOUGH = 200
_LOCATION = re.compile(r"([A-Z][A-Za-z]+/[A-Za-z0-9.-]{1,64})(?:/_history/[^/?]+)?/?(?:[?#].*)?$")
_TAGS = re.compile(r"<(script|style)\b.*?</\1>|<[^>]*>", re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, alone or as an entry of a batch.

    `resource` is None for an empty body, `version` the bare version id (`3` of `W/"3"`) where it is told, and
    `location` what was written (`Location/1003`). `packed`: it came as gzip.
    """

    status: int
    resource: Tree | None = None
    version: str | None = None
    issues: tuple[Issue, ...] = ()
    location: str | None = None
    packed: bool = False

    @property
    def ok(self) -> bool:
        return self.status < 400

    def explain(self) -> tuple[Issue, ...]:
        """Give the server's words for a refusal: its errors, else all it says, else the bare status."""
        grave = [i for i in self.issues if i.severity in (Severity.FATAL, Severity.ERROR)]
        said = grave or list(self.issues)
        return tuple(said) or (Issue.error("processing", "", f"the server answered {self.status}"),)


def read_answer(response: httpx.Response) -> Answer:
    """Read a whole response; a body that isn't a JSON object raises ServerError."""
    body = _tree(response.content)
    if body is None and response.content.strip():
        kind = response.headers.get("Content-Type", "no content type")
        raise ServerError(
            f"{_asked(response)} gave {kind} instead of FHIR JSON: {opening(response)!r};"
            " is this the address of a FHIR server?",
            response=response,
        )
    body = _discreet(body, _hider(response.request))
    issues = tuple(from_outcome(body))
    version = _version(body, response.headers.get("ETag"))
    told = response.headers.get("Location")
    packed = response.headers.get("Content-Encoding") == "gzip"
    return Answer(response.status_code, body, version, issues, _location(body, told), packed)


def read_entry(entry: Any, asked: httpx.Request) -> Answer:
    """Read one entry of the answer to a batch or transaction that was `asked`."""
    hide = _hider(asked)
    found = entry if isinstance(entry, dict) else {}
    response = found.get("response")
    response = response if isinstance(response, dict) else {}
    digits = re.match(r"\d{3}", str(response.get("status", "")))
    resource = found.get("resource") if isinstance(found.get("resource"), dict) else None
    resource = _discreet(resource, hide)
    issues = tuple(from_outcome(_discreet(response.get("outcome"), hide) or resource))
    status = int(digits[0]) if digits else 500
    version = _version(resource, response.get("etag"))
    return Answer(status, resource, version, issues, _location(resource, response.get("location")))


def _version(resource: Tree | None, etag: Any) -> str | None:
    told = version(resource) if resource else None
    # Weak, strong and (HAPI, inside a Bundle) bare spellings are all in use.
    return told if told else str(etag).removeprefix("W/").strip('"') if etag else None


def _location(resource: Tree | None, told: Any) -> str | None:
    """Give `Type/id` of what was written; a server may tell its whole address, and the version."""
    match = _LOCATION.search(str(told)) if told else None
    if match:
        return match[1]
    own = resource.get("id") if resource else None
    return f"{resource['resourceType']}/{own}" if resource and own and resource.get("resourceType") else None


def _tree(content: bytes) -> Tree | None:
    try:
        body = orjson.loads(content)
    except orjson.JSONDecodeError:
        return None
    return body if isinstance(body, dict) else None


def opening(response: httpx.Response) -> str:
    """Give the first readable words of a body that isn't FHIR, without mark-up and without our secrets."""
    text = _hider(response.request)(" ".join(_TAGS.sub(" ", response.text).split()))
    return text if len(text) <= _TEXT_ENOUGH else f"{text[:_TEXT_ENOUGH]}…"


def trouble(response: httpx.Response) -> ServerError:
    """Make the exception for an answer of 300 and above, with the server's own words."""
    status = response.status_code
    hide = _hider(response.request)
    issues = tuple(from_outcome(_discreet(_tree(response.content), hide)))
    words = "; ".join(issue.message for issue in issues) or opening(response)
    said = f"{_asked(response)} was answered {status}: {words or response.reason_phrase or 'no words'}"
    if advice := advise(words):
        said = f"{said} ({advice})"
    if status in (401, 403):
        return Unauthorized(f"{said}; check the login and its rights", response=response, issues=issues)
    if 300 <= status < 400:
        where = hide(response.headers.get("Location", "").partition("?")[0])
        return Refused(f"{said}; the server has moved to {where!r}, give that address", response=response)
    if status in BUSY or (status >= 500 and status not in (501, 505)):
        asked = response.headers.get("Retry-After")
        later = f"; it asks to come back after {asked!r}" if asked else ""
        return Temporary(f"{said}{later}", response=response, issues=issues)
    return Refused(said, response=response, issues=issues)


def _asked(response: httpx.Response) -> str:
    url = response.request.url.copy_with(userinfo=b"", query=None, fragment=None)
    return f"{response.request.method} {url}"


def _discreet(body: Any, hide: Callable[[str], str]) -> Any:
    """Take our secrets out of what is words and not data: an OperationOutcome, alone or in Parameters."""
    words = isinstance(body, dict) and body.get("resourceType") in ("OperationOutcome", "Parameters")
    return _told(body, hide) if words else body


def _told(value: Any, hide: Callable[[str], str]) -> Any:
    if isinstance(value, dict):
        return {key: _told(each, hide) for key, each in value.items()}
    if isinstance(value, list):
        return [_told(each, hide) for each in value]
    return hide(value) if isinstance(value, str) else value


def _hider(request: httpx.Request) -> Callable[[str], str]:
    """Give what takes our own secrets out of a text: those that the request carried, however they are spelt."""
    carried = request.headers.get("Authorization", "").partition(" ")[2]
    return hider((carried, *_login(carried), *request.extensions.get(SECRETS, ())))


def _login(pair: str) -> tuple[str, ...]:
    """Give what is secret in Basic's base64: user and password, and the password; nothing where it is a token."""
    try:
        plain = base64.b64decode(pair, validate=True).decode()
    except ValueError:
        return ()
    _, colon, password = plain.partition(":")
    return (plain, password) if colon else ()
