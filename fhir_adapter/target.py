"""Where trials go and come from: a FHIR server or a folder, behind one face."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

from fhir_adapter.folder import FolderTarget
from fhir_adapter.ledger import Ledger
from fhir_adapter.meter import Meter
from fhir_adapter.plan import Plan
from fhir_adapter.receipt import Pulled, Receipt
from fhir_adapter.tree import Tree

if TYPE_CHECKING:
    import httpx

    from fhir_adapter.retry import Retry
    from fhir_adapter.server.habits import Habits
    from fhir_adapter.server.wire import Wire

__all__ = ["Pulled", "Receipt", "Target", "open_target"]


class Target(Protocol):
    """What push, pull and sync need of a place for trials. A context manager that closes itself.

    A *trial* is a transaction Bundle with one ResearchStudy and the resources that it refers to. Trouble
    with a trial is in its receipt; an exception (ServerError, ConfigError) ends the run.
    """

    @property
    def fhir(self) -> str:
        """The FHIR version it holds: R5, R4B or R4."""

    @property
    def ledger(self) -> Ledger | None:
        """What is known of the trials that were sent there; None where nothing is kept."""

    def push(self, bundle: Tree) -> Receipt:
        """Store one trial so that the target holds exactly that: pushed again, nothing is written."""

    def push_all(self, bundles: Iterable[Tree]) -> Iterator[Receipt]:
        """Store trials, several at once where that is faster; a receipt each, in order.

        What a ledger knows to be stored doesn't wait for the others.
        """

    def plan(self, bundles: Iterable[Tree]) -> Iterator[Plan]:
        """Say what pushing trials would do; nothing is written."""

    def withdrawal(self, ids: Iterable[str], how: str) -> Iterator[Plan]:
        """Plan what becomes of trials that are gone from their registry: `retire` or `delete`."""

    def apply(self, plans: Iterable[Plan]) -> Iterator[Receipt]:
        """Carry out plans; what moved since its plan was made is left as it is."""

    @property
    def meter(self) -> Meter | None:
        """What counts the requests; None for a folder."""

    def pull(self, ids: Iterable[str] | None = None, search: str | None = None) -> Iterator[Pulled]:
        """Read trials: those named, in that order, those that a search finds, or all there are.

        `search` is FHIR's, of ResearchStudy: `status=active&_lastUpdated=ge2026-01-01`. ConfigError where it is none,
        beside ids, and for a folder.
        """

    def close(self) -> None:
        """Finish what was begun. A folder is written now."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def open_target(
    where: str | Path,
    *,
    fhir: str | None = None,
    auth: httpx.Auth | None = None,
    timeout: float = 120.0,
    transport: httpx.BaseTransport | None = None,
    retry: Retry | None = None,
    wire: Wire | None = None,
    state: Path | None = None,
    workers: int = 1,
    mode: str | None = None,
    habits: Habits | None = None,
    meter: Meter | None = None,
) -> Target:
    """Open a FHIR server (http or https address) or a folder (any other text, or a Path).

    `fhir` is the version that is wanted, None: the one that is there, R5 for a new folder. `timeout` is in
    seconds for one answer. Raises ConfigError where the version differs or can't be used, Temporary where
    the server can't be reached, ServerError where it is none. A login in the address works as `auth` does; `wire`
    says whom to trust, and holds our certificate, a proxy and extra headers. `state` is the file of the server's
    ledger, so that what is unchanged costs no request: Locked where another run has it; None keeps none.
    `workers` is how many requests may be under way at once; `meter` counts them. `mode` is how resources get their ids
    on a server, `habits` what `doctor` measured of it.
    """
    address = str(where)
    if isinstance(where, Path) or not address.lower().startswith(("http://", "https://")):
        return FolderTarget(where, fhir=fhir)
    from fhir_adapter.server import ServerTarget  # httpx costs a tenth of a second that folders needn't pay

    return ServerTarget(
        address,
        fhir=fhir,
        auth=auth,
        timeout=timeout,
        transport=transport,
        retry=retry,
        wire=wire,
        state=state,
        workers=workers,
        mode=mode,
        habits=habits,
        meter=meter,
    )
