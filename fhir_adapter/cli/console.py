"""Words and progress for people, on stderr."""

from __future__ import annotations

import ast
import logging
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, TypeVar

from fhir_adapter.cli.line import line

if TYPE_CHECKING:
    from rich.progress import Progress

__all__ = ["Console", "Log"]

T = TypeVar("T")


class Console:
    """Speaks on stderr; shows progress on a terminal only, and neither in CI nor when quiet."""

    def __init__(self, env: Mapping[str, str], *, quiet: bool = False, data_shown: bool = False) -> None:
        self.quiet = quiet
        terminal = sys.stderr.isatty() and not data_shown
        self._lively = terminal and not quiet and not env.get("CI") and env.get("TERM") != "dumb"
        self._progress: Progress | None = None

    def say(self, words: str) -> None:
        """Write one line, above the progress where there is one."""
        if self._progress:
            self._progress.console.print(words, markup=False, highlight=False, soft_wrap=True)
        else:
            print(words, file=sys.stderr)

    def remark(self, words: str = "") -> None:
        """Write one line unless quiet."""
        if not self.quiet:
            self.say(words)

    def counting(self, items: Iterable[T], doing: str) -> Iterator[T]:
        """Give the items, and show how many there were so far."""
        if not self._lively:
            yield from items
            return
        from rich.console import Console as Screen
        from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        columns = (SpinnerColumn(), TextColumn("{task.description} {task.completed:,}"), TimeElapsedColumn())
        self._progress = progress = Progress(*columns, console=Screen(stderr=True), transient=True)
        task = progress.add_task(doing, total=None)
        progress.start()
        try:
            for item in items:
                yield item
                progress.advance(task)
        finally:
            self.calm()

    def calm(self) -> None:
        """Take the progress away."""
        if self._progress:
            self._progress.stop()
            self._progress = None


class Log(logging.Handler):
    """Says what libraries log: stamina, that something is tried again."""

    def __init__(self, console: Console) -> None:
        super().__init__(logging.WARNING)
        self._console = console

    def emit(self, record: logging.LogRecord) -> None:
        wait = record.__dict__.get("stamina.wait_for")
        if record.levelno >= logging.ERROR:
            self._console.say(line(record.getMessage()))
        elif wait is None:
            self._console.remark(line(record.getMessage()))
        else:
            why = _words(record.__dict__["stamina.caused_by"])
            self._console.remark(line(f"trying again in {wait:g} s: {why}"))


def _words(error: str) -> str:
    """Take the message out of an exception's repr.

    >>> _words("Temporary('too busy')")
    'too busy'
    """
    name, _, rest = error.partition("(")
    try:
        return str(ast.literal_eval(rest.removesuffix(")")))
    except (ValueError, SyntaxError):
        return name
