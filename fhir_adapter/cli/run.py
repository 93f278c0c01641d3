"""One run of a verb: what it counts, what it says meanwhile, and how it sums up."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar

from fhir_adapter.cli.again import again
from fhir_adapter.cli.console import Console, Log
from fhir_adapter.cli.dossier import Dossier, summary
from fhir_adapter.cli.halt import INTERRUPTED
from fhir_adapter.cli.journal import Journal
from fhir_adapter.cli.line import line
from fhir_adapter.cli.words import sum_up
from fhir_adapter.issues import Issue, blocking
from fhir_adapter.meter import Meter
from fhir_adapter.readers.places import printable
from fhir_adapter.report import Failure, Report, Tally, counted

if TYPE_CHECKING:
    import typer

    from fhir_adapter.settings import Settings

__all__ = ["Run"]

T = TypeVar("T")

_SHOWN = 20  # errors said one by one
_SHOWN_OF_ONE = 3  # and of one record


class Run:
    """Use it as a context manager around the work, then ask `end` for the exit code.

    `data` says that stdout carries data: the summary for programs then goes to stderr, as its last line.
    `silent` leaves errors to stdout, where they are the data; `failing` says what a record has that failed.
    `context` is the command, to spell it again for what failed; `keeps` then says that a ledger knows what did.
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
        failing: str = "errors",
        context: typer.Context | None = None,
    ) -> None:
        self._console = Console(os.environ, quiet=settings.quiet, data_shown=data and sys.stdout.isatty())
        self._log = Log(self._console)
        folder = settings.report or folder
        self._dossier = Dossier(folder) if folder else None
        self._data, self._json, self._silent = data, json, silent
        self._failing = failing
        self._errors = self._of_one = 0
        self._record: str | None = None
        self._cut = False
        self._inputs, self._context = tuple(inputs), context
        self.keeps = False
        self.tally = Tally(verb, map(printable, self._inputs), fhir, self._note, self._lose)
        self._verb = verb
        self._journal = Journal(settings.log) if settings.log else None
        self.meter = self.tally.meter = Meter(listen=self._journal.note if self._journal else None)

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

    def _lose(self, failure: Failure) -> None:
        if self._dossier:
            context = self._context
            retry = again(context, failure, self._inputs, known=self.keeps) if context is not None else ""
            self._dossier.lose(failure, retry)

    def counting(self, items: Iterable[T], doing: str) -> Iterator[T]:
        """Give the items and show people how many there were so far."""
        return self._console.counting(items, doing)

    def __enter__(self) -> Self:
        logging.getLogger().addHandler(self._log)
        if self._journal:
            self._journal.tell("start", verb=self._verb)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._console.calm()
        logging.getLogger().removeHandler(self._log)
        report = self.tally.report()
        self._log_end(report, kind)
        if self._dossier and kind and not report.read:
            self._dossier.forget()
        elif self._dossier:
            self._dossier.close(report)
        if kind and report.read and not issubclass(kind, BrokenPipeError):
            self._console.remark(f"stopped after {counted(report.read, 'record')}; run it again to finish")

    def _log_end(self, report: Report, kind: type[BaseException] | None) -> None:
        if self._journal:
            numbers = report.as_dict()["records"]
            ended = {"error": kind.__name__, "level": "error"} if kind else {}
            self._journal.tell("end", verb=self._verb, records=numbers, **ended)
            self._journal.close()

    def end(self, *, where: str = "", then: str = "", halted: str | None = None) -> int:
        """Sum up and give the exit code. `where` names what was written, `then` what could be done next.

        `halted` says why the run ended before its input did.
        """
        report = self.tally.report()
        if self._json:
            out = sys.stderr if self._data else sys.stdout
            print(summary(report).decode(), file=out, flush=True)
        else:
            told = {"where": where, "then": then, "failing": self._failing}
            for words in sum_up(report, dossier=self._dossier, errors=self._silent, **told):
                self._console.remark(words)
        if halted:
            self._console.say(f"stopped early ({halted}), in good order; run it again to go on")
            return INTERRUPTED
        return 0 if report.ok else 1
