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
from fhir_adapter.receipt import Expected, Receipt
from fhir_adapter.tree import digest

__all__ = ["Memory"]


class Memory:
    """The records of one run against the ledger of its target; without a ledger it knows nothing.

    `options` are those that change what a conversion gives.
    """

    def __init__(self, ledger: Ledger | None, *options: str) -> None:
        self._ledger = ledger
        self._mapping = _mapping(options) if ledger is not None else ""
        self._waiting = Expected[tuple[str, str]]()

    def mark(self, record: Any) -> str:
        """Tell a record from any other, for `recall` and `expect`; "" without a ledger."""
        if self._ledger is None:
            return ""
        if isinstance(record, str):
            record = record.encode("utf-8", "surrogatepass")
        return hashlib.sha256(record).hexdigest() if isinstance(record, bytes) else digest(record)

    def recall(self, mark: str) -> Receipt | None:
        """Give the receipt for a record whose trial the target holds already; None where it must be converted.

        What the target holds of a trial that is on its way is about to be replaced.
        """
        found = self._ledger.recall(mark, self._mapping) if self._ledger is not None else None
        return Receipt(found[0], unchanged=found[1]) if found and found[0] not in self._waiting else None

    def expect(self, study: str, mark: str, where: str) -> None:
        """Note which record a trial that is on its way was made from."""
        if self._ledger is not None:
            self._waiting.add(study, (where, mark))

    def settle(self, receipt: Receipt) -> None:
        """Note what became of a trial that was expected."""
        if self._ledger is not None and (origin := self._waiting.take(receipt.id)):
            self._ledger.origin(receipt.id, *origin, self._mapping)

    def fail(self, study: str, where: str, issues: tuple[Issue, ...]) -> None:
        """Note a record that could not be converted."""
        if self._ledger is not None and study:
            words = "; ".join(i.message for i in issues if i.severity in (Severity.FATAL, Severity.ERROR))
            self._ledger.fail(study, words)
            self._ledger.origin(study, where, "", self._mapping)


@cache
def _mapping(options: tuple[str, ...]) -> str:
    """Digest what a conversion depends on beside the record: this program, the mapping modules, the options."""
    found = hashlib.sha256("\0".join((version("fhir-adapter"), *options)).encode())
    paths = [path for folder in mappings.__path__ for path in Path(folder).rglob("*.py")]
    for path in sorted(paths, key=lambda path: path.as_posix()):
        found.update(path.read_bytes())
    return found.hexdigest()
