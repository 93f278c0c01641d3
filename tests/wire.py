"""The twin without a network: as the handler of an `httpx.MockTransport`, of pytest-httpx, or of `loopback.serving`."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import httpx

from fhir_adapter.twin import PROFILES, Orders, Profile, Request, Twin

__all__ = ["STRICT", "Wire", "outcome"]

Tree = dict[str, Any]

# Stricter than most servers: it makes a version of every PUT, checks references and If-Match, and gives links
# relative to the host.
STRICT = replace(PROFILES["hapi"], note="for tests", noop=False, stale=412, links="host", most=50, gzip=False)


class Wire:
    """A twin at an address, and the requests that came there. `change` starts again with another twin."""

    def __init__(self, fhir: str = "R5", profile: Profile = STRICT, *, url: str = "http://fhir.example/base") -> None:
        self.url = url
        self.requests: list[httpx.Request] = []
        self.change(fhir, profile)

    def change(self, fhir: str | None = None, profile: Profile | None = None, **habits: Any) -> None:
        """Put an empty twin in the place of the one that is there; what isn't said stays."""
        self.fhir = fhir or self.fhir
        self.profile = replace(profile or self.profile, **habits)
        self.twin = Twin(self.profile, fhir=self.fhir)

    @property
    def orders(self) -> Orders:
        return self.twin.orders

    @property
    def versions(self) -> int:
        """Count all versions ever made, deletions included."""
        return int(self.twin.counts()["versions"])

    @property
    def stored(self) -> dict[str, Tree]:
        return self.twin.state()

    @property
    def bundles(self) -> list[Tree]:
        """Give the Bundles that were posted."""
        return [json.loads(each.content) for each in self.requests if each.method == "POST"]

    def handle(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        path = request.url.copy_with(query=None, userinfo=b"")
        asked = Request(
            method=request.method,
            path=str(path).removeprefix(self.url).strip("/"),
            query=request.url.query.decode(),
            headers={name.lower(): value for name, value in request.headers.items()},
            body=request.content,
            base=self.url,
        )
        reply = self.twin.answer(asked)
        if reply.lost:
            raise httpx.ReadError("connection reset", request=request)
        return httpx.Response(reply.status, content=reply.body, headers=dict(reply.headers))

    def put(self, resource: Tree) -> None:
        """Store a resource as someone else would."""
        name = f"{resource['resourceType']}/{resource['id']}"
        body = json.dumps(resource).encode()
        reply = self.twin.answer(
            Request(method="PUT", path=name, headers={"content-type": "application/json"}, body=body)
        )
        assert reply.status < 300, reply.body


def outcome(words: str) -> Tree:
    issue = {"severity": "error", "code": "processing", "diagnostics": words}
    return {"resourceType": "OperationOutcome", "issue": [issue]}
