"""How a verb ends: its exit code, and one line for people where it could not go on."""

from __future__ import annotations

import functools
import os
import sys
import traceback
from collections.abc import Callable
from typing import ParamSpec

import typer

from fhir_adapter.cli.halt import INTERRUPTED
from fhir_adapter.cli.line import line
from fhir_adapter.errors import AdapterError

__all__ = ["verb"]

P = ParamSpec("P")

_NO_READER = 141  # as any Unix tool whose reader has gone: 128 + SIGPIPE
_UNEXPECTED = 70  # EX_SOFTWARE


def verb(command: Callable[P, int]) -> Callable[P, None]:
    """Make a function that gives an exit code a command that ends with it, whatever happens."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            code = command(*args, **kwargs)
            sys.stdout.flush()
        except AdapterError as error:
            code = _fail(str(error), error.exit_code)
        except KeyboardInterrupt:
            code = _fail("interrupted", INTERRUPTED)
        except BrokenPipeError:
            code = _hang_up()
        except OSError as error:
            code = _fail(f"cannot go on: {str(error).lower()}", 2)
        except Exception as error:
            code = _unexpected(error, debug=bool(kwargs.get("debug")))
        raise typer.Exit(code)

    return run


def _fail(words: str, code: int) -> int:
    print(f"fhir-adapter: {line(words)}", file=sys.stderr)
    return code


def _hang_up() -> int:
    """Let nothing more be written to an output that nobody reads, not even when Python ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
    return _NO_READER


def _unexpected(error: Exception, *, debug: bool) -> int:
    if debug:
        traceback.print_exc()
    more = "" if debug else " (and what --debug shows)"
    return _fail(f"unexpected {type(error).__name__}: {error}; please report this{more}", _UNEXPECTED)
