"""What a ledger spares: a record that came before, through the same mapping, is not even converted."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from fhir_adapter import mappings
from fhir_adapter.issues import Issue, Severity
from fhir_adapter.ledger import Ledger
from fhir_adapter.receipt import Receipt
from fhir_adapter.tree import digest

__all__ = ["Memory"]


class Memory:
    """The records of one run against the ledger of its target; without a ledger it knows nothing.

    `options` are those that change what a conversion gives.
    """

    def __init__(self, ledger: Ledger | None, *options: str) -> None:
        self._ledger = ledger
        self._mapping = _mapping(options) if ledger is not None else ""
        self._waiting: dict[str, list[tuple[str, str]]] = {}

    def recall(self, record: Any) -> Receipt | None:
        """Give the receipt for a record whose trial the target holds already; None where it must be converted.

        What the target holds of a trial that is on its way is about to be replaced.
        """
        found = self._ledger.recall(_mark(record), self._mapping) if self._ledger is not None else None
        return Receipt(found[0], unchanged=found[1]) if found and found[0] not in self._waiting else None

    def expect(self, study: str, record: Any, where: str) -> None:
        """Note which record a trial that is on its way was made from."""
        if self._ledger is not None:
            self._waiting.setdefault(study, []).append((where, _mark(record)))

    def settle(self, receipt: Receipt) -> None:
        """Note what became of a trial that was expected."""
        if self._ledger is not None and (waiting := self._waiting.get(receipt.id)):
            self._ledger.origin(receipt.id, *waiting.pop(0), self._mapping)
            if not waiting:
                del self._waiting[receipt.id]

    def fail(self, study: str, where: str, issues: tuple[Issue, ...]) -> None:
        """Note a record that could not be converted."""
        if self._ledger is not None and study:
            words = "; ".join(i.message for i in issues if i.severity in (Severity.FATAL, Severity.ERROR))
            self._ledger.fail(study, words)
            self._ledger.origin(study, where, "", self._mapping)


def _mark(record: Any) -> str:
    if isinstance(record, (str, bytes)):
        return hashlib.sha256(
            record.encode("utf-8", "surrogatepass") if isinstance(record, str) else record
        ).hexdigest()
    return digest(record)


@cache
def _mapping(options: tuple[str, ...]) -> str:
    """Digest what a conversion depends on beside the record: this program, the mapping modules, the options."""
    found = hashlib.sha256("\0".join((version("fhir-adapter"), *options)).encode())
    paths = [path for folder in mappings.__path__ for path in Path(folder).rglob("*.py")]
    for path in sorted(paths, key=lambda path: path.as_posix()):
        found.update(path.read_bytes())
    return found.hexdigest()
