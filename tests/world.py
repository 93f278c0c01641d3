"""A twin and our way to it, where anything may be spoilt on the way; and invented trials to bring there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx

from fhir_adapter.receipt import Receipt
from fhir_adapter.retry import Retry
from fhir_adapter.server import ServerTarget
from fhir_adapter.twin import PROFILES
from trials import resources, trial
from wire import Wire

__all__ = ["STORED", "STRICT", "TRIALS", "Tree", "World", "posts", "stored_once"]

Tree = dict[str, Any]

TRIALS = [trial(f"NCT000000{n:02}") for n in range(1, 13)]
STORED = {name: tree for each in TRIALS for name, tree in resources(each).items()}
# The hardest to please: it makes a version of every PUT, and checks references and If-Match.
STRICT = replace(PROFILES["hapi"], noop=False)


@dataclass(slots=True)
class World:
    """A twin whose answers may be spoilt on their way: `spoil` sees each request first, None lets it pass."""

    wire: Wire = field(default_factory=lambda: Wire(profile=STRICT))
    spoil: Callable[[httpx.Request], httpx.Response | None] = lambda _: None

    def answer(self, request: httpx.Request) -> httpx.Response:
        return self.spoil(request) or self.wire.handle(request)

    def open(self, **options: Any) -> ServerTarget:
        """Open the twin as a target that doesn't really wait."""
        retry = Retry(pause=lambda _: 0.0)
        return ServerTarget(self.wire.url, transport=httpx.MockTransport(self.answer), retry=retry, **options)

    def push(self, trials: list[Tree], state: Path | None = None, **options: Any) -> list[Receipt]:
        with self.open(state=state, **options) as target:
            return list(target.push_all(trials))

    @property
    def writes(self) -> int:
        return int(self.wire.twin.counts()["writes"])


def stored_once(world: World, receipts: list[Receipt], wanted: dict[str, Tree] = STORED) -> bool:
    """Say whether all is there, in one version."""
    return all(each.ok for each in receipts) and world.wire.stored == wanted and world.wire.versions == len(wanted)


def posts(kind: bytes, *, after: int = 0, times: int = 1) -> Callable[[httpx.Request], bool]:
    """Tell the Bundles of one kind that a fault hits."""
    seen = 0

    def hit(request: httpx.Request) -> bool:
        nonlocal seen
        if request.method != "POST" or b'"type":"' + kind + b'"' not in request.content:
            return False
        seen += 1
        return after < seen <= after + times

    return hit
