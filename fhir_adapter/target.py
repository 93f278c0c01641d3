"""Where trials go and come from: a FHIR server or a folder, behind one face."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

from fhir_adapter.folder import FolderTarget
from fhir_adapter.receipt import Pulled, Receipt
from fhir_adapter.tree import Tree

if TYPE_CHECKING:
    import httpx

    from fhir_adapter.retry import Retry

__all__ = ["Pulled", "Receipt", "Target", "open_target"]


class Target(Protocol):
    """What push, pull and sync need of a place for trials. A context manager that closes itself.

    A *trial* is a transaction Bundle with one ResearchStudy and the resources that it refers to. Trouble
    with a trial is in its receipt; an exception (ServerError, ConfigError) ends the run.
    """

    @property
    def fhir(self) -> str:
        """The FHIR version it holds: R5, R4B or R4."""

    def push(self, bundle: Tree) -> Receipt:
        """Store one trial so that the target holds exactly that: pushed again, nothing is written."""

    def push_all(self, bundles: Iterable[Tree]) -> Iterator[Receipt]:
        """Store trials, several at once where that is faster; a receipt each, in order."""

    def pull(self, ids: Iterable[str] | None = None) -> Iterator[Pulled]:
        """Read trials: those named, in that order, or all there are."""

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
) -> Target:
    """Open a FHIR server (http or https address) or a folder (any other text, or a Path).

    `fhir` is the version that is wanted, None: the one that is there, R5 for a new folder. `timeout` is in
    seconds for one answer. Raises ConfigError where the version differs or can't be used, Temporary where
    the server can't be reached, ServerError where it is none. A login in the address works as `auth` does.
    """
    address = str(where)
    if isinstance(where, Path) or not address.lower().startswith(("http://", "https://")):
        return FolderTarget(where, fhir=fhir)
    from fhir_adapter.server import ServerTarget  # httpx costs a tenth of a second that folders needn't pay

    return ServerTarget(address, fhir=fhir, auth=auth, timeout=timeout, transport=transport, retry=retry)
