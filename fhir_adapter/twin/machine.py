"""The parts of one twin, which all its requests share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from fhir_adapter.twin.counts import Counts
from fhir_adapter.twin.fault import Faults
from fhir_adapter.twin.orders import Orders
from fhir_adapter.twin.pages import Pages
from fhir_adapter.twin.parser import Parser
from fhir_adapter.twin.profile import Profile
from fhir_adapter.twin.refusal import Refusal, refusal
from fhir_adapter.twin.store import Store

__all__ = ["Machine", "build"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """`fhir` is R4, R4B or R5; `now` the clock."""

    profile: Profile
    fhir: str
    now: Callable[[], datetime]
    store: Store
    parser: Parser
    faults: Faults
    pages: Pages
    counts: Counts
    orders: Orders

    def no(self, key: str, *, status: int | None = None, **values: object) -> Refusal:
        """Make a refusal in the words of this server."""
        return refusal(key, hapi=self.profile.hapi, status=status, **values)


def build(profile: Profile, fhir: str, seed: int, now: Callable[[], datetime]) -> Machine:
    """Put a new machine together; its store is empty."""
    store = Store(wide=profile.hapi and fhir == "R5")
    faults = Faults(profile.faults, seed)
    return Machine(
        profile=profile,
        fhir=fhir,
        now=now,
        store=store,
        parser=Parser(profile, fhir),
        faults=faults,
        pages=Pages(store, profile, faults, now, seed),
        counts=Counts(),
        orders=Orders(),
    )
