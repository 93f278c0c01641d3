"""What a FHIR server answers: a status, a resource, or trouble in its own words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from fhir_adapter.errors import Refused, ServerError, Temporary, Unauthorized
from fhir_adapter.issues import Issue, Severity, from_outcome
from fhir_adapter.tree import Tree

if TYPE_CHECKING:
    import httpx

__all__ = ["BUSY", "Answer", "opening", "read_answer", "read_entry", "trouble"]

# Worth asking again: the server is overloaded or behind something that is.
BUSY = frozenset({408, 425, 429, 502, 503, 504})

_TEXT_ENOUGH = 200
_TAGS = re.compile(r"<(script|style)\b.*?</\1>|<[^>]*>", re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, alone or as an entry of a batch.

    `resource` is None for an empty body, `version` the bare version id (`3` of `W/"3"`) where it is told.
    """

    status: int
    resource: Tree | None = None
    version: str | None = None
    issues: tuple[Issue, ...] = ()

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
    issues = tuple(from_outcome(body))
    return Answer(response.status_code, body, _version(body, response.headers.get("ETag")), issues)


def read_entry(entry: Any) -> Answer:
    """Read one entry of a batch's or transaction's answer."""
    found = entry if isinstance(entry, dict) else {}
    response = found.get("response")
    response = response if isinstance(response, dict) else {}
    digits = re.match(r"\d{3}", str(response.get("status", "")))
    outcome = response.get("outcome") or found.get("resource")
    issues = tuple(from_outcome(outcome))
    resource = found.get("resource") if isinstance(found.get("resource"), dict) else None
    status = int(digits[0]) if digits else 500
    return Answer(status, resource, _version(resource, response.get("etag")), issues)


def _version(resource: Tree | None, etag: Any) -> str | None:
    meta = resource.get("meta") if resource else None
    told = meta.get("versionId") if isinstance(meta, dict) else None
    # Weak, strong and (HAPI, inside a Bundle) bare spellings are all in use.
    return str(told) if told else str(etag).removeprefix("W/").strip('"') if etag else None


def _tree(content: bytes) -> Tree | None:
    try:
        body = orjson.loads(content)
    except orjson.JSONDecodeError:
        return None
    return body if isinstance(body, dict) else None


def opening(response: httpx.Response) -> str:
    """Give the first readable words of a body that isn't FHIR, without mark-up."""
    text = " ".join(_TAGS.sub(" ", response.text).split())
    return text if len(text) <= _TEXT_ENOUGH else f"{text[:_TEXT_ENOUGH]}…"


def trouble(response: httpx.Response) -> ServerError:
    """Make the exception for an answer of 300 and above, with the server's own words."""
    status = response.status_code
    issues = tuple(from_outcome(_tree(response.content)))
    words = _hide("; ".join(issue.message for issue in issues) or opening(response), response)
    said = f"{_asked(response)} was answered {status}: {words or response.reason_phrase or 'no words'}"
    if status in (401, 403):
        return Unauthorized(f"{said}; check the login and its rights", response=response, issues=issues)
    if 300 <= status < 400:
        where = response.headers.get("Location", "").partition("?")[0]
        return Refused(f"{said}; the server has moved to {where!r}, give that address", response=response)
    if status in BUSY or (status >= 500 and status not in (501, 505)):
        asked = response.headers.get("Retry-After")
        later = f"; it asks to come back after {asked!r}" if asked else ""
        return Temporary(f"{said}{later}", response=response, issues=issues)
    return Refused(said, response=response, issues=issues)


def _asked(response: httpx.Response) -> str:
    url = response.request.url.copy_with(userinfo=b"", query=None, fragment=None)
    return f"{response.request.method} {url}"


def _hide(words: str, response: httpx.Response) -> str:
    """Take our own credentials out of what a server repeats of our request."""
    secret = response.request.headers.get("Authorization", "").partition(" ")[2]
    return words.replace(secret, "***") if secret else words
