"""What the twin counts: the judge of "nothing is sent twice"."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from fhir_adapter.tree import Tree

__all__ = ["Counts"]

_READS = frozenset({"read", "vread", "history", "search", "page"})
_WRITES = frozenset({"create", "update", "delete"})
_VERBS = {"GET": "read", "POST": "create", "PUT": "update", "DELETE": "delete"}


@dataclass(slots=True)
class Counts:
    """Counters by name.

    `requests` by kind of request, `entries` by kind of interaction inside Bundles, `statuses` of the answers,
    `tally` of what adds up: `reads` are requests that only read resources (a batch of reads is one), `writes`
    interactions that ask for a change (each entry is one, whatever becomes of it), `unchanged` those of them
    that made no version, `received` and `sent` bytes of bodies.
    """

    requests: Counter[str] = field(default_factory=Counter)
    entries: Counter[str] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)
    tally: Counter[str] = field(default_factory=Counter)

    def request(self, kind: str, size: int) -> None:
        """Count one request; the entries of a Bundle are counted apart."""
        if kind != "bundle":  # what sort of Bundle it is shows only later
            self.requests[kind] += 1
        self.tally["received"] += size
        self.tally["reads"] += kind in _READS
        self.tally["writes"] += kind in _WRITES

    def bundle(self, kind: str, entries: Any) -> None:
        """Count a Bundle by its type, and its entries."""
        self.requests[kind] += 1
        kinds = Counter(_VERBS.get(_method(entry), "other") for entry in _listed(entries))
        self.entries.update(kinds)
        self.tally["reads"] += set(kinds) == {"read"}
        self.tally["writes"] += sum(kinds[each] for each in _WRITES)

    def reply(self, status: int, size: int) -> None:
        """Count one answer; status 0: none was given."""
        self.statuses[str(status) if status else "lost"] += 1
        self.tally["sent"] += size

    def as_dict(self, *, faults: Counter[str], resources: int, versions: int) -> Tree:
        """Give all counts as plain JSON."""
        return {
            "reads": self.tally["reads"],
            "writes": self.tally["writes"],
            "unchanged": self.tally["unchanged"],
            "versions": versions,
            "resources": resources,
            "received": self.tally["received"],
            "sent": self.tally["sent"],
            "requests": dict(sorted(self.requests.items())),
            "entries": dict(sorted(self.entries.items())),
            "statuses": dict(sorted(self.statuses.items())),
            "faults": dict(sorted(faults.items())),
        }


def _listed(entries: Any) -> list[Any]:
    return entries if isinstance(entries, list) else []


def _method(entry: Any) -> str:
    request = entry.get("request") if isinstance(entry, dict) else None
    return str(request.get("method")) if isinstance(request, dict) else ""
