"""What a request and its answer weigh, and how long they took: for the meter."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx

from fhir_adapter.exchange import Exchange
from fhir_adapter.meter import Meter

__all__ = ["metered", "shown"]


@contextmanager
def metered(
    meter: Meter,
    request: httpx.Request,
    base: str,
    attempt: int = 1,
    clock: Callable[[], float] = time.perf_counter,
) -> Iterator[list[httpx.Response]]:
    """Note one request when it ends; what is put into the list is its answer, nothing means that none came."""
    answer: list[httpx.Response] = []
    begun = clock()
    try:
        yield answer
    finally:
        response = answer[0] if answer else None
        meter.note(
            Exchange(
                id=request.headers["X-Request-Id"],
                method=request.method,
                url=shown(request.url, base),
                status=response.status_code if response else None,
                ms=(clock() - begun) * 1000,
                sent=len(request.content),
                received=(response.num_bytes_downloaded or len(response.content)) if response else 0,
                attempt=attempt,
            )
        )


def shown(url: httpx.URL, base: str) -> str:
    """Spell an address below a base for people: without a login, and of its query the names only.

    >>> shown(httpx.URL("http://me:pass@h/fhir/ResearchStudy?_count=5&code=secret"), "http://h/fhir")
    'ResearchStudy?_count&code'
    """
    bare = str(url.copy_with(userinfo=b"", query=None, fragment=None))
    names = "&".join(dict.fromkeys(name for name, _ in url.params.multi_items()))
    own = bare.removeprefix(base).strip("/") or "/"
    return f"{own}?{names}" if names else own
