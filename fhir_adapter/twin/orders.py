"""What a rehearsal orders the twin to do to single resources."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from fhir_adapter.tree import Tree

__all__ = ["Orders"]


def _nothing(_: Any) -> None:
    return None


@dataclass(slots=True)
class Orders:
    """Orders may change while the twin runs.

    `refuse` gives the words for a resource that isn't taken (422); `condemn` for one that makes the whole
    Bundle be refused (400), as HAPI does with what it can't parse. `put_off` counts, by the address of an entry
    (`Location/x`), how often it is answered 429 inside a batch. `meddle` is called before a transaction is
    done, as someone else's write would come.
    """

    refuse: Callable[[Tree], str | None] = _nothing
    condemn: Callable[[Tree], str | None] = _nothing
    put_off: Counter[str] = field(default_factory=Counter)
    meddle: Callable[[], None] | None = None
