"""state: what is known of a target from earlier runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fhir_adapter.cli.options import Config, Debug, Json, Out, State
from fhir_adapter.cli.outcome import verb
from fhir_adapter.errors import ConfigError

if TYPE_CHECKING:
    from fhir_adapter.ledger import Ledger
    from fhir_adapter.settings import Settings
    from fhir_adapter.tree import Tree

__all__ = ["state"]

state = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="What is known of a target from earlier runs.")

Where = Annotated[
    str | None,
    typer.Argument(
        metavar="[TARGET|FILE]", help="Server address, name in the settings, or a ledger's file.", show_default=False
    ),
]
Words = Annotated[
    list[str] | None,
    typer.Argument(metavar="[TARGET|FILE] [TRIAL]...", help="Of which target, and which trials.", show_default=False),
]
Exported = Annotated[str, typer.Argument(metavar="FILE|-", help="What `state export` wrote.")]
To = Annotated[
    str | None, typer.Option("--to", "--target", metavar="TARGET", help="Whose ledger it is; default: as it says.")
]

_SHOWN = 20  # failed and withdrawn trials, resources, cursors; --json has all


@state.callback()
def group() -> None:
    """What is known of a target from earlier runs: its ledger.

    It saves requests and nothing else. Without it the target is read instead; nothing is doubled.
    """


@state.command("show")
@verb
def show(
    words: Words = None,
    state: State = None,
    json: Json = False,
    config: Config = None,
    debug: Debug = False,  # noqa: ARG001  (@verb reads it)
) -> int:
    """Show what is held, failed and withdrawn, and how far queries were followed; also while a run goes on.

    \b
    Examples:
      fhir-adapter state show ward
      fhir-adapter state show ward NCT04267848      (one trial with its resources)
    """
    import orjson

    from fhir_adapter.cli.line import line
    from fhir_adapter.ledger import Ledger
    from fhir_adapter.lock import taken

    path, trials = _told(words, state, config)
    with Ledger(path, lock=False) as ledger:
        told = [_trial(ledger, each) for each in trials] or [{**_whole(ledger), "locked": taken(path)}]
    for each in told:
        if json:
            print(orjson.dumps(each).decode())
            continue
        for label, text in _trial_lines(each) if trials else _lines(each):
            print(f"{label:<11}{line(text)}")
    return 0


@state.command("export")
@verb
def export(
    where: Where = None,
    out: Out = "-",
    state: State = None,
    config: Config = None,
    debug: Debug = False,  # noqa: ARG001  (@verb reads it)
) -> int:
    """Write a ledger as sorted NDJSON, to read, to compare and to keep; also while a run goes on.

    \b
    Example:
      fhir-adapter state export ward -o ward.ndjson
    """
    import orjson

    from fhir_adapter.cli.output import put
    from fhir_adapter.ledger import Ledger

    path, _ = _told([where] if where else [], state, config)
    with Ledger(path, lock=False) as ledger:
        put(out, (orjson.dumps(each) + b"\n" for each in ledger.lines()))
    return 0


@state.command("import")
@verb
def take(
    file: Exported,
    to: To = None,
    state: State = None,
    config: Config = None,
    debug: Debug = False,  # noqa: ARG001  (@verb reads it)
) -> int:
    """Put an exported ledger in the place of a target's; a broken file changes nothing.

    \b
    Example:
      fhir-adapter state import ward.ndjson
    """
    from fhir_adapter.ledger import Ledger
    from fhir_adapter.report import counted
    from fhir_adapter.transcript import head

    lines = _numbered(file)
    try:
        about = head(next(lines, (1, None))[1])
        rest = list(lines)
        path, _ = _told([to or about["target"]], state, config)
        with Ledger(path, about["target"], about["fhir"]) as ledger:
            ledger.load(rest)
            held = len(ledger)
    except ConfigError as error:
        raise ConfigError(f"cannot import {file!r}: {error}") from error
    print(f"{counted(held, 'trial')} held by {about['target']}: {path}")
    return 0


@state.command("forget")
@verb
def forget(
    words: Words = None,
    state: State = None,
    config: Config = None,
    debug: Debug = False,  # noqa: ARG001  (@verb reads it)
) -> int:
    """Trust nothing that is known of trials, or of all: the next run compares them with the target.

    \b
    Examples:
      fhir-adapter state forget ward
      fhir-adapter state forget ward NCT04267848
    """
    from fhir_adapter.ledger import Ledger
    from fhir_adapter.report import counted

    path, trials = _told(words, state, config)
    if not path.exists():
        raise ConfigError(f"no ledger {str(path)!r}; there is nothing to forget")
    with Ledger(path) as ledger:
        before = len(ledger)
        ledger.forget(trials or None)
        print(f"{counted(before - len(ledger), 'trial')} forgotten: the next run compares with {_target(ledger)}")
    return 0


# --- which ledger --------------------------------------------------------------------------------------------


def _told(words: list[str] | None, state: str | None, config: Path | None) -> tuple[Path, list[str]]:
    """Give the file of the ledger that words name, and the trials that they name after it."""
    from fhir_adapter.cli.supply import ledger_path
    from fhir_adapter.settings import load

    settings = load({"state": state}, config)
    first, *rest = words or [""]
    own = Path(first) if first else None
    if own is not None and own.is_file():
        return own, rest
    address = _address(first, settings)
    if address is None:  # the first word is a trial: its target is in the settings
        rest, address = ([first, *rest] if first else rest), _address(settings.target or "", settings)
    if address is None and settings.state not in (None, "none"):
        return Path(str(settings.state)), rest
    if address is None:
        raise ConfigError("which ledger? give a server's address, its name in the settings, or the ledger's file")
    path = ledger_path(settings.state, address)
    if path is None:
        raise ConfigError("--state none keeps no ledger; name a file, or leave it out")
    return path, rest


def _address(where: str, settings: Settings) -> str | None:
    """Give the address of a server; None where the text is none, nor the name of one."""
    if where.lower().startswith(("http://", "https://")):
        server = settings.server(where)
        return server.url if server else where
    if where in settings.servers:
        return settings.servers[where].url
    if where and (Path(where).is_dir() or set(where) & set("/\\")):
        raise ConfigError(f"{where!r} is no server and no ledger's file; only servers have ledgers")
    return None


def _numbered(file: str) -> Iterator[tuple[int, Any]]:
    """Read lines of JSON with their numbers. Raises ConfigError for one that is none."""
    import orjson

    from fhir_adapter.cli.supply import stdin

    try:
        with stdin() if file == "-" else Path(file).open("rb") as lines:  # type: ignore[union-attr]
            for number, text in enumerate(lines, 1):
                try:
                    yield number, orjson.loads(text)
                except orjson.JSONDecodeError:
                    raise ConfigError(f"line {number} is no JSON; nothing was changed") from None
    except OSError as error:
        raise ConfigError((error.strerror or str(error)).lower()) from error


# --- what is shown -------------------------------------------------------------------------------------------


def _target(ledger: Ledger) -> str:
    return ledger.about().get("target", "the target")


def _whole(ledger: Ledger) -> Tree:
    from fhir_adapter.ledger import FAILED, WITHDRAWN

    about = ledger.about()
    return {
        "target": about.get("target"),
        "fhir": about.get("fhir"),
        "ledger": str(ledger.path),
        "bytes": ledger.size,
        "trials": ledger.counts(),
        "failed": [entry.as_dict() for entry in ledger.entries(FAILED)],
        "withdrawn": [entry.as_dict() for entry in ledger.entries(WITHDRAWN)],
        "cursors": [
            {"query": each.query, "since": each.since, "moved": each.moved, "trials": len(ledger.members(each.query))}
            for each in ledger.cursors()
        ],
    }


def _trial(ledger: Ledger, study: str) -> Tree:
    entry = ledger.entry(study)
    if entry is None:
        raise ConfigError(f"the ledger of {_target(ledger)} knows no trial {study!r}")
    theirs = ledger.names(study)
    resources = {
        ours: {"digest": own.digest, "version": own.version, "name": theirs.get(ours, ours)}
        for ours, own in ledger.resources(study).items()
    }
    return {**entry.as_dict(), "resources": resources}


def _lines(told: Tree) -> Iterator[tuple[str, str]]:
    """Give what is shown of a ledger: what it is about, and the words."""
    trials = told["trials"]
    yield "target", f"{told['target']} (FHIR {told['fhir']})"
    yield "ledger", f"{told['ledger']} ({told['bytes']:,} bytes)"
    yield "trials", f"{trials['held']:,} held, {trials['failed']:,} failed, {trials['withdrawn']:,} withdrawn"
    yield "resources", f"{trials['resources']:,}"
    failed = (f"{each['study']} from {each.get('source', '?')}: {each.get('words', '')}" for each in told["failed"])
    yield from _some("failed", list(failed))
    yield from _some("withdrawn", [f"{each['study']} at {each['sent']}" for each in told["withdrawn"]])
    followed = (f"{each['query']} until {each['since']}, {each['trials']:,} trials" for each in told["cursors"])
    yield from _some("followed", list(followed))
    if told["locked"]:
        yield "locked", "a run is writing to it now"


def _trial_lines(told: Tree) -> Iterator[tuple[str, str]]:
    for key in ("study", "state", "words", "source", "sent", "checked", "record", "mapping"):
        if key in told:
            yield key, str(told[key])
    for ours, own in told["resources"].items():
        there = f" is {own['name']}" if own["name"] != ours else ""
        yield "", f"{ours}{there} version {own['version'] or '?'} digest {own['digest']}"


def _some(label: str, found: list[str]) -> Iterator[tuple[str, str]]:
    yield from ((label, each) for each in found[:_SHOWN])
    if len(found) > _SHOWN:
        yield "", f"… and {len(found) - _SHOWN:,} more; --json shows all"
