"""How resources get their ids: we give them (`put`), or the server does and identifiers tell what is what."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, Protocol

from fhir_adapter.errors import ConfigError
from fhir_adapter.ledger import Ledger
from fhir_adapter.receipt import Receipt
from fhir_adapter.server.answer import Answer
from fhir_adapter.server.connection import Connection
from fhir_adapter.server.interpreter import Interpreter
from fhir_adapter.server.naming import Naming
from fhir_adapter.tree import Tree
from fhir_adapter.trial import Trial

__all__ = ["MODES", "Channel", "Mode", "choose"]

MODES = ("put", "conditional-update", "conditional-create")
Name = Literal["put", "conditional-update", "conditional-create"]


class Channel(Protocol):
    """What a delivery needs of the way to a server: it speaks of resources by our names."""

    @property
    def repeats(self) -> int: ...

    @property
    def transactions(self) -> bool: ...

    def one(self, entry: Tree) -> Answer: ...

    def batch(self, entries: Sequence[Tree]) -> list[Answer]: ...

    def transaction(self, entries: Sequence[Tree]) -> list[Answer]: ...


class Mode:
    """The ids are ours: what is written goes to the server as it is."""

    def __init__(self, http: Connection) -> None:
        self._http = http

    def channel(self) -> Channel:
        """Give one delivery its way to the server."""
        return self._http

    def expect(self, trial: Trial) -> Trial:
        """Note a trial that is going to be sent; only the thread that has the ledger calls this."""
        return trial

    def settle(self, receipt: Receipt) -> None:
        """Keep what was learnt of a trial that was sent; only the thread that has the ledger calls this."""

    def translate(self, resources: Sequence[Tree]) -> list[Tree]:
        """Give resources as they were read from the server under our names."""
        return list(resources)

    def ids(self, studies: Iterable[str]) -> dict[str, str]:
        """Say which ids studies have there, for those that are known."""
        return {each: each for each in studies}


class Given(Mode):
    """The server gives the ids; the ledger keeps them, so that what is known there costs no search."""

    def __init__(self, http: Connection, ledger: Ledger | None, *, create: bool, proven: bool) -> None:
        super().__init__(http)
        self._ledger, self._create = ledger, create
        self._naming = Naming(proven=proven)
        self._waiting: dict[str, tuple[list[str], dict[str, str]]] = {}

    def channel(self) -> Channel:
        return Interpreter(self._http, self._naming, create=self._create)

    def expect(self, trial: Trial) -> Trial:
        self._naming.expect(trial.resources)
        told = self._ledger.names(trial.id) if self._ledger is not None else {}
        self._naming.learn_all(told)
        self._waiting[trial.id] = trial.names, told
        return trial

    def settle(self, receipt: Receipt) -> None:
        names, told = self._waiting.pop(receipt.id, ([], {}))
        known = self._naming.forget({*names, *told})
        if self._ledger is not None and known != told:
            self._ledger.name(receipt.id, known)

    def translate(self, resources: Sequence[Tree]) -> list[Tree]:
        # What was learnt for the last page is of no use for the next one.
        self._naming.clear()
        return Interpreter(self._http, self._naming, create=self._create).finding.translate(resources)

    def ids(self, studies: Iterable[str]) -> dict[str, str]:
        ledger = self._ledger
        found = {each: ledger.names(each).get(f"ResearchStudy/{each}", "") for each in studies} if ledger else {}
        return {each: own.partition("/")[2] for each, own in found.items() if own}


def choose(mode: str, http: Connection, ledger: Ledger | None, *, proven: bool = False) -> Mode:
    """Make the mode of a name. Raises ConfigError for an unknown one, or where a ledger is of the other kind."""
    if mode not in MODES:
        raise ConfigError(f"no mode {mode!r}; choose one of {', '.join(MODES)}")
    if mode != "put":
        return Given(http, ledger, create=mode == "conditional-create", proven=proven)
    if ledger is not None and ledger.renamed():
        words = f"{http.url} holds trials under ids of its own, as {str(ledger.path)!r} says"
        raise ConfigError(f"{words}; use --mode conditional-update: put would store them a second time")
    return Mode(http)
