"""Resources written only to see what a server does with them, and removed again, whatever happens."""

from __future__ import annotations

from contextlib import suppress
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

from fhir_adapter.errors import ServerError
from fhir_adapter.resource import STUDY, name
from fhir_adapter.server.answer import Answer
from fhir_adapter.server.connection import Connection
from fhir_adapter.server.failure import doubtful
from fhir_adapter.server.pages import Pages
from fhir_adapter.tree import Tree
from fhir_adapter.version import BASE

__all__ = ["SYSTEM", "Scratch", "location", "query", "study"]

SYSTEM = f"{BASE}/sid/fhir-adapter-probe"
_NAME = "fhir-adapter-probe"
_WORDS = "Scratch of fhir-adapter doctor, to be deleted"
_LOST = 2  # answers that may get lost, one after the other
_GONE = (404, 410)
_KINDS = (STUDY, "Location")


def location(label: str, **elements: Any) -> Tree:
    """Make a scratch Location; the same label gives the same id and identifier."""
    given = {"id": f"{_NAME}-{label}", "identifier": [{"system": SYSTEM, "value": f"{_NAME}-{label}"}]}
    return {"resourceType": "Location", **given, "status": "active", "name": _WORDS, **elements}


def study(label: str, place: str) -> Tree:
    """Make a scratch ResearchStudy at a place (`Location/...`)."""
    given = {"id": f"{_NAME}-{label}", "identifier": [{"system": SYSTEM, "value": f"{_NAME}-{label}"}]}
    return {"resourceType": STUDY, **given, "status": "active", "title": _WORDS, "site": [{"reference": place}]}


def query(resource: Tree) -> str:
    """Spell the search for a scratch resource as a condition."""
    value = resource["identifier"][0]["value"]
    return f"identifier={quote(f'{SYSTEM}|{value}', safe='')}"


class Scratch:
    """Writes scratch resources to a server; use it as a context manager. What an earlier probe left goes first.

    `left` names what could not be removed.
    """

    def __init__(self, http: Connection) -> None:
        self._http = http
        self._written: dict[str, None] = {}
        self.left: list[str] = []

    def put(self, resource: Tree, **request: str) -> Answer:
        """Store a resource under its own id; `request` may have ifMatch or ifNoneMatch."""
        own = name(resource)
        return self._send({"resource": resource, "request": {"method": "PUT", "url": own, **request}}, own)

    def put_where(self, resource: Tree) -> Answer:
        """Store a resource where a search finds it (conditional update)."""
        url = f"{resource['resourceType']}?{query(resource)}"
        return self._send({"resource": _bare(resource), "request": {"method": "PUT", "url": url}})

    def post_unless(self, resource: Tree) -> Answer:
        """Store a resource unless a search finds it (conditional create)."""
        request = {"method": "POST", "url": resource["resourceType"], "ifNoneExist": query(resource)}
        return self._send({"resource": _bare(resource), "request": request})

    def expect(self, own: str) -> None:
        """Note what may get written otherwise, so that it is removed."""
        self._written[own] = None

    def _send(self, entry: Tree, own: str | None = None) -> Answer:
        if own:
            self.expect(own)
        answer = self._insist(entry)
        if answer.ok and answer.location:
            self.expect(answer.location)
        return answer

    def _insist(self, entry: Tree) -> Answer:
        """Send an entry again where its answer is lost: all that is sent here may be done twice."""
        for _ in range(_LOST):
            try:
                return self._http.one(entry)
            except ServerError as error:
                if not doubtful(error):
                    raise
        return self._http.one(entry)

    def __enter__(self) -> Self:
        self._sweep()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._sweep()

    def _sweep(self) -> None:
        """Remove what was written, and all that has our system: an answer may have been lost."""
        for each in _KINDS:
            with suppress(ServerError):
                found = list(Pages(self._http, each, [("identifier", f"{SYSTEM}|")]).matches())
                self._written.update(dict.fromkeys(name(own) for own in found if _is_scratch(own)))
        self.left = [each for each in sorted(self._written, key=_studies_first) if not self._removed(each)]
        self._written = dict.fromkeys(self.left)

    def _removed(self, own: str) -> bool:
        with suppress(ServerError):
            answer = self._insist({"request": {"method": "DELETE", "url": own}})
            if answer.ok or answer.status in _GONE:
                return True
            return self._http.one({"request": {"method": "GET", "url": own}}).status in _GONE
        return False


def _studies_first(own: str) -> bool:
    return not own.startswith(STUDY)


def _is_scratch(resource: Tree) -> bool:
    """See that it is ours: a server that doesn't know the parameter may answer with all it has."""
    given = resource.get("identifier")
    return isinstance(given, list) and any(isinstance(each, dict) and each.get("system") == SYSTEM for each in given)


def _bare(resource: Tree) -> Tree:
    return {key: value for key, value in resource.items() if key != "id"}
