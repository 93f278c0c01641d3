"""What can go wrong with a run, as a tree of exceptions.

Trouble with the *data* is never here: it is an `Issue`, collected, and costs only its record.
Trouble with the *run* is an exception; the command line alone catches it, prints one line and exits.

    AdapterError
      ConfigError          fix the command or the settings                           exit 2
      SourceError          input unreadable, registry unreachable                    exit 3
      ServerError          carries .response where there was one
        Temporary          429, 5xx, time-outs; already retried                      exit 4
        Refused            other 4xx; .issues from the server's OperationOutcome     exit 5
        Unauthorized       401, 403                                                  exit 6
      Locked               another run holds the lock                                exit 7
    TableError(TypeError)  a mapping module is wrong: raised at import

`Temporary`, `Refused` and `Unauthorized` say what a caller can do: wait, mend the data, mend the rights.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    import httpx

    from fhir_adapter.issues import Issue

__all__ = [
    "AdapterError",
    "ConfigError",
    "Locked",
    "Refused",
    "ServerError",
    "SourceError",
    "TableError",
    "Temporary",
    "Unauthorized",
]


class AdapterError(Exception):
    """The run cannot go on. `exit_code` is what the command line returns for it."""

    exit_code: ClassVar[int] = 1


class ConfigError(AdapterError):
    """The command or the settings are wrong."""

    exit_code = 2


class SourceError(AdapterError):
    """An input cannot be read, or a registry cannot be reached."""

    exit_code = 3


class ServerError(AdapterError):
    """A FHIR server did not do what was asked.

    `response` is the answer where there was one; `issues` what it said in its OperationOutcome.
    """

    exit_code = 4

    def __init__(self, message: str, *, response: httpx.Response | None = None, issues: tuple[Issue, ...] = ()) -> None:
        super().__init__(message)
        self.response = response
        self.issues = issues


class Temporary(ServerError):  # noqa: N818  (named for what the caller can do)
    """The server is busy, away or slow; it was already tried again."""

    exit_code = 4


class Refused(ServerError):  # noqa: N818
    """The server understood and refused."""

    exit_code = 5


class Unauthorized(ServerError):  # noqa: N818
    """The server does not know us, or does not let us."""

    exit_code = 6


class Locked(AdapterError):  # noqa: N818
    """Another run holds the lock on the same target."""

    exit_code = 7


class TableError(TypeError):
    """A mapping module contradicts itself. Raised when it is imported, never at a record."""
