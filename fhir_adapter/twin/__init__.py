"""A FHIR server for rehearsals: in memory, on this machine only, with the limits and faults of real ones.

    with Twin("healthlake", fhir="R5", seed=1) as twin:
        fhir_adapter.sync(records, twin.url)
        twin.counts()["writes"], twin.state()

What each profile imitates is measured or named in its note: `PROFILES`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from types import TracebackType
from typing import Self

from fhir_adapter.clock import utc_now
from fhir_adapter.errors import ConfigError
from fhir_adapter.tree import Tree
from fhir_adapter.twin.capability import NUMBERS
from fhir_adapter.twin.fault import Fault, Place
from fhir_adapter.twin.listener import Listener
from fhir_adapter.twin.message import Reply, Request
from fhir_adapter.twin.orders import Orders
from fhir_adapter.twin.profile import PROFILES, Profile, find
from fhir_adapter.twin.server import Server

__all__ = ["PROFILES", "Fault", "Orders", "Place", "Profile", "Reply", "Request", "Twin"]


class Twin:
    """A server of one profile, by name or made to measure. It serves as long as it is held open (`with`).

    `fhir` is R5, R4B or R4; `seed` makes the same faults again; `port` 0 takes a free one. Without a wire,
    `answer` does a request that is handed to it. ConfigError for an unknown profile or version.
    """

    def __init__(
        self,
        profile: str | Profile = "hapi",
        *,
        fhir: str = "R5",
        seed: int = 0,
        port: int = 0,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        if fhir.upper() not in NUMBERS:
            raise ConfigError(f"no FHIR version {fhir!r}; choose one of {', '.join(NUMBERS)}")
        self.profile = find(profile) if isinstance(profile, str) else profile
        self._server = Server(self.profile, fhir.upper(), seed, now)
        self._port = port
        self._listener: Listener | None = None

    @property
    def url(self) -> str:
        """Give the base address, without a last slash; only while it is open."""
        if self._listener is None:
            raise ConfigError("the twin is not open; use it as a context manager")
        return self._listener.url

    @property
    def orders(self) -> Orders:
        """Give what is ordered for single resources: refuse, condemn, put off; change it at any time."""
        return self._server.orders

    def answer(self, request: Request) -> Reply:
        """Do one request, without a wire."""
        return self._server.answer(request)

    def counts(self) -> Tree:
        """Give what was counted so far: reads, writes, versions, requests by kind, faults (see `Counts`)."""
        return self._server.counts()

    def state(self) -> dict[str, Tree]:
        """Give what is stored now by name (`Type/id`), without what the server adds, in order of names."""
        return self._server.state()

    def history(self) -> dict[str, list[Tree | None]]:
        """Give every version by name, the oldest first; None for a deletion."""
        return self._server.history()

    def __enter__(self) -> Self:
        self._listener = Listener(self._server, self._port)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._listener is not None:
            self._listener.close()
            self._listener = None
