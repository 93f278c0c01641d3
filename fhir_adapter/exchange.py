"""One request to a server and what came of it, as numbers: nothing of it is a secret."""

from __future__ import annotations

from dataclasses import dataclass

from fhir_adapter.tree import Tree

__all__ = ["Exchange"]

_ABSENT = (404, 410)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A request that was sent once. `id` is its X-Request-Id, by which the server's own log names it too.

    `url` is without login and without the values of its query. `status` is None where no answer came. `sent` and
    `received` are bytes of bodies as they went over the wire, `attempt` is 2 and more for one that was sent again.
    """

    id: str
    method: str
    url: str
    status: int | None
    ms: float
    sent: int = 0
    received: int = 0
    attempt: int = 1

    @property
    def failed(self) -> bool:
        """Say whether it was refused or lost; to ask for what isn't there is no failure."""
        if self.status is None:
            return True
        return self.status >= 400 and not (self.method == "GET" and self.status in _ABSENT)

    def as_dict(self) -> Tree:
        return {
            "request": self.id,
            "method": self.method,
            "url": self.url,
            "status": self.status,
            "ms": round(self.ms, 1),
            "attempt": self.attempt,
        }
