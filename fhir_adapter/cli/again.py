"""The command that was given, spelt again for only a part of its inputs."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    import typer

    from fhir_adapter.report import Failure

__all__ = ["again"]

_RETRY = "--retry-failed"
_ONCE = ("--since", "--withdrawn", "--dry-run", "--json", "--quiet", _RETRY)  # of the run, not of the record


def again(context: typer.Context, failure: Failure, inputs: Sequence[str], *, known: bool) -> str:
    """Spell the command of a context for a record that failed; `known`: a ledger knows that it did.

    One of a registry is asked for by number, one in a file is picked by `--retry-failed`. No login of an address is
    in it.
    """
    query = _query(failure)
    named = [query] if query else [what for what in inputs if failure.place.startswith(what)] or list(inputs)
    retry = [_RETRY] if known and not query and failure.id != failure.place else []
    words = [*context.command_path.split(), *named, *_options(context), *retry]
    return shlex.join(words)


def _query(failure: Failure) -> str:
    """Give the query for one trial of a registry; "" where it came from elsewhere."""
    from fhir_adapter.readers import asked

    found = asked(failure.place)
    if found is None or found[0].updates is None or failure.id == failure.place:
        return ""
    return f"{found[0].id}:{found[0].updates.named([failure.id])}"


def _options(context: typer.Context) -> Iterable[str]:
    """Give the options as they were given, but for those of a whole run."""
    for option in context.command.params:
        name, key = option.opts[0], str(option.name)
        told = context.get_parameter_source(key)
        if name in _ONCE or not name.startswith("-") or told is None or told.name != "COMMANDLINE":
            continue
        value = context.params[key]
        if value is not False:
            yield from [name] if value is True else [name, _bare(str(value))]


def _bare(value: str) -> str:
    """Take the login out of an address."""
    if not value.lower().startswith(("http://", "https://")) or "@" not in value:
        return value
    parts = urlsplit(value)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
