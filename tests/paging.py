"""Servers to page through: the twin behind a transport, and one that counts rows anew for every page."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from typing import Any
from urllib.parse import parse_qsl, urlencode

import httpx

from fhir_adapter.retry import Retry
from fhir_adapter.server import ServerTarget
from fhir_adapter.twin import PROFILES, Fault, Place, Profile
from trials import trial
from wire import Wire

__all__ = ["Offsets", "expiring", "fill", "opened", "searches"]

Tree = dict[str, Any]


def opened(fake: Wire, handle: Callable[[httpx.Request], httpx.Response] | None = None, **options: Any) -> ServerTarget:
    """Open the twin, or what stands before it; nobody waits."""
    transport = httpx.MockTransport(handle or fake.handle)
    return ServerTarget(fake.url, transport=transport, retry=Retry(pause=lambda _: 0.0), **options)


def fill(fake: Wire, number: int, *, sites: int = 2, outcomes: int = 3) -> list[str]:
    """Store trials; gives their ids. What came before this is not counted."""
    ids = [f"NCT{n:08}" for n in range(number)]
    with opened(fake) as server:
        assert all(
            receipt.ok for receipt in server.push_all(trial(each, sites=sites, outcomes=outcomes) for each in ids)
        )
    fake.requests.clear()
    return ids


def searches(fake: Wire) -> list[dict[str, str]]:
    """Give the parameters of the searches that came, without following pages."""
    asked = [each.url for each in fake.requests if each.url.path.endswith("/ResearchStudy") and each.method == "GET"]
    return [dict(url.params) for url in asked if "_getpages" not in url.params]


def expiring(*, times: int | None = None, share: float = 1.0, row: int = 1, **habits: Any) -> Profile:
    """Make a server of ten a page that forgets searches."""
    fault = Fault(kind="expired page", place=Place.PAGE, status=410, share=share, row=row, times=times)
    return replace(PROFILES["hapi"], most=10, faults=(fault,), **habits)


class Offsets:
    """A server that makes each page from what it holds at that moment, ten rows each, as many do.

    `between` is called before each page after the first: the moment in which others write.
    """

    def __init__(self, fake: Wire, between: Callable[[int], None] = lambda _: None) -> None:
        self._fake, self._between, self._pages = fake, between, count(2)

    def handle(self, request: httpx.Request) -> httpx.Response:
        if request.method != "GET" or not request.url.path.endswith("/ResearchStudy"):
            return self._fake.handle(request)
        asked = dict(parse_qsl(request.url.query.decode()))
        start = int(asked.pop("_offset", "0"))
        size = 10 if "_elements" not in asked else 200
        if start:
            self._between(next(self._pages))
        whole = request.url.copy_with(query=urlencode({**asked, "_count": "1000"}).encode())
        page = json.loads(self._fake.handle(httpx.Request("GET", whole)).content)
        rows = page.get("entry", [])
        page["link"] = []
        if start + size < len(rows):
            following = urlencode({**asked, "_offset": start + size})
            page["link"] = [{"relation": "next", "url": f"{self._fake.url}/ResearchStudy?{following}"}]
        return httpx.Response(200, json={**page, "entry": rows[start : start + size]})
