"""One run of a verb: what it counts, what it says meanwhile, and how it sums up."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar

from fhir_adapter.cli.console import Console, Log
from fhir_adapter.cli.dossier import Dossier, summary
from fhir_adapter.cli.line import line
from fhir_adapter.cli.words import sum_up
from fhir_adapter.issues import Issue, blocking
from fhir_adapter.report import Tally, counted

if TYPE_CHECKING:
    from fhir_adapter.settings import Settings

__all__ = ["Run"]

T = TypeVar("T")

_SHOWN = 20  # errors said one by one
_SHOWN_OF_ONE = 3  # and of one record


class Run:
    """Use it as a context manager around the work, then ask `end` for the exit code.

    `data` says that stdout carries data: the summary for programs then goes to stderr, as its last line.
    `silent` leaves errors to stdout, where they are the data.
    """

    def __init__(
        self,
        verb: str,
        settings: Settings,
        inputs: Iterable[str],
        *,
        fhir: str | None = None,
        data: bool = False,
        json: bool = False,
        folder: Path | None = None,
        silent: bool = False,
    ) -> None:
        self._console = Console(os.environ, quiet=settings.quiet, data_shown=data and sys.stdout.isatty())
        self._log = Log(self._console)
        folder = settings.report or folder
        self._dossier = Dossier(folder) if folder else None
        self._data, self._json, self._silent = data, json, silent
        self._errors = self._of_one = 0
        self._record: str | None = None
        self._cut = False
        self.tally = Tally(verb, inputs, fhir, self._note)

    def _note(self, issue: Issue) -> None:
        if self._dossier:
            self._dossier.note(issue)
        if self._silent or not blocking([issue]):
            return
        self._of_one = self._of_one + 1 if issue.record == self._record else 1
        self._record = issue.record
        self._errors += self._of_one <= _SHOWN_OF_ONE
        if self._of_one <= _SHOWN_OF_ONE and self._errors <= _SHOWN:
            self._console.say(line(str(issue)))
        elif not self._cut:
            self._cut = True
            where = f"see {self._dossier.issues}" if self._dossier else "--report DIR keeps them all"
            self._console.say(f"not every error is shown: {where}")

    def counting(self, items: Iterable[T], doing: str) -> Iterator[T]:
        """Give the items and show people how many there were so far."""
        return self._console.counting(items, doing)

    def __enter__(self) -> Self:
        logging.getLogger().addHandler(self._log)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._console.calm()
        logging.getLogger().removeHandler(self._log)
        report = self.tally.report()
        if self._dossier and kind and not report.read:
            self._dossier.forget()
        elif self._dossier:
            self._dossier.close(report)
        if kind and report.read and not issubclass(kind, BrokenPipeError):
            self._console.remark(f"stopped after {counted(report.read, 'record')}; run it again to finish")

    def end(self, *, where: str = "", then: str = "") -> int:
        """Sum up and give the exit code. `where` names what was written, `then` what could be done next."""
        report = self.tally.report()
        if self._json:
            out = sys.stderr if self._data else sys.stdout
            print(summary(report).decode(), file=out, flush=True)
        else:
            for words in sum_up(report, where=where, then=then, dossier=self._dossier, errors=self._silent):
                self._console.remark(words)
        return 0 if report.ok else 1
