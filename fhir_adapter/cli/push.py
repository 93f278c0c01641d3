"""push and sync: trials to a server or a folder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from fhir_adapter.cli.options import (
    Base,
    Config,
    Debug,
    Fhir,
    From,
    Json,
    Logs,
    Mode,
    Profile,
    Quiet,
    Records,
    Report,
    Results,
    Retry,
    Runtime,
    State,
    Timeout,
    To,
    Workers,
)
from fhir_adapter.cli.outcome import verb
from fhir_adapter.errors import ConfigError

if TYPE_CHECKING:
    from datetime import date

    from fhir_adapter.cli.course import Course
    from fhir_adapter.cli.halt import Halt
    from fhir_adapter.cli.run import Run
    from fhir_adapter.memory import Memory
    from fhir_adapter.settings import Settings
    from fhir_adapter.tree import Tree

__all__ = ["bundles", "push", "sync"]

Dry = Annotated[bool, typer.Option("--dry-run", help="Show what would be written, as `plan` does, and write nothing.")]

Since = Annotated[
    str | None,
    typer.Option(
        "--since", metavar="auto|DATE|all", help="Ask registries only for what changed since the last run, or a day."
    ),
]
Overlap = Annotated[int | None, typer.Option("--overlap", metavar="DAYS", help="How far --since auto looks back; 3.")]
Withdrawn = Annotated[
    str | None,
    typer.Option(
        "--withdrawn", metavar="leave|retire|delete", help="What becomes of trials that are gone from their registry."
    ),
]


@verb
def push(
    context: typer.Context,
    inputs: Records,
    to: To = None,
    fhir: Fhir = None,
    source: From = None,
    results: Results = None,
    base: Base = None,
    state: State = None,
    workers: Workers = None,
    mode: Mode = None,
    profile: Profile = None,
    max_runtime: Runtime = None,
    retry_failed: Retry = False,
    dry_run: Dry = False,
    timeout: Timeout = None,
    report: Report = None,
    log: Logs = None,
    json: Json = False,
    quiet: Quiet = None,
    config: Config = None,
    debug: Debug = False,  # noqa: ARG001  (@verb reads it)
) -> int:
    """Send trials to a FHIR server or a folder.

    \b
    INPUT holds registry records, which are converted first, or FHIR: a folder of
    <Type>.ndjson or Bundles. The server says which FHIR version it wants. What is
    there already is not written again; a trial that shrank leaves nothing behind.
    \b
    Examples:
      fhir-adapter push trials.ndjson --to http://localhost:8080/fhir
      fhir-adapter push out --to ward        (a server named in fhir-adapter.toml)
    """
    from fhir_adapter.cli.plan import dry
    from fhir_adapter.clock import utc_now
    from fhir_adapter.settings import load

    flags = {"target": to, "fhir": fhir, "source": source, "results": results, "base": base, "state": state}
    more = {
        "workers": workers,
        "max_runtime": max_runtime,
        "timeout": timeout,
        "report": report,
        "log": log,
        "quiet": quiet,
    }
    settings = load({**flags, **more, "mode": mode, "profile": profile}, config)
    today = utc_now().date()
    if dry_run:
        return dry(inputs, settings, json, today=today, retry=retry_failed)
    return _push(context, inputs, settings, json, today, retry=retry_failed)


def _push(
    context: typer.Context, inputs: list[str], settings: Settings, json: bool, today: date, *, retry: bool
) -> int:
    from fhir_adapter.cli.course import Course
    from fhir_adapter.cli.halt import Halt
    from fhir_adapter.cli.run import Run
    from fhir_adapter.cli.supply import target
    from fhir_adapter.intake import demand, noted
    from fhir_adapter.memory import Memory
    from fhir_adapter.sync import deliver

    demand(inputs)
    held = {what: fhir for what in inputs if (fhir := noted(what))}
    fresh = next(iter(held.values()), None)
    halt = Halt(settings.max_runtime)
    running = Run("push", settings, inputs, json=json, context=context)
    with halt, running as run, target(settings, "--to", fresh, ledger=True, meter=run.meter) as place:
        run.tally.fhir, run.keeps = place.fhir, place.ledger is not None
        _agree(held, place.fhir)
        memory = Memory(place.ledger, place.fhir, settings.base, settings.results)
        course = Course(settings, place.ledger, today, retry=retry)
        found = bundles(inputs, settings, run, course, halt=halt, memory=memory)
        deliver(run.counting(found, "pushing record"), place, run.tally, memory)
    return run.end(then="fhir-adapter pull --from the same target, to see what it holds", halted=halt.reason)


def _agree(held: Mapping[str, str], fhir: str) -> None:
    for what, version in held.items():
        if version != fhir:
            words = f"convert the records with --fhir {fhir.lower()}, or push the records themselves"
            raise ConfigError(f"{what!r} holds FHIR {version}, and the target takes {fhir}; {words}")


def bundles(
    inputs: list[str],
    settings: Settings,
    run: Run,
    course: Course,
    *,
    halt: Halt | None = None,
    memory: Memory | None = None,
) -> Iterator[Tree]:
    """Give the trials of all inputs, whichever they hold; what `memory` knows to be on the target is only counted."""
    from fhir_adapter.cli.halt import Halt
    from fhir_adapter.cli.supply import stdin
    from fhir_adapter.intake import holds_fhir
    from fhir_adapter.sync import conversions, sound

    halt = halt or Halt()
    fhir = run.tally.fhir or ""
    for what in inputs:
        if holds_fhir(what, stdin()):
            yield from sound(halt.until(course.studies(what)), fhir, run.tally, what, memory)
            continue
        found = halt.until(course.records(what))
        made = conversions(found, fhir, run.tally, base=settings.base, results=settings.results, memory=memory)
        yield from (conversion.bundle() for conversion in made)


@verb
def sync(
    context: typer.Context,
    inputs: Records,
    to: To = None,
    fhir: Fhir = None,
    source: From = None,
    results: Results = None,
    base: Base = None,
    state: State = None,
    workers: Workers = None,
    mode: Mode = None,
    profile: Profile = None,
    max_runtime: Runtime = None,
    since: Since = None,
    overlap: Overlap = None,
    withdrawn: Withdrawn = None,
    retry_failed: Retry = False,
    dry_run: Dry = False,
    timeout: Timeout = None,
    report: Report = None,
    log: Logs = None,
    json: Json = False,
    quiet: Quiet = None,
    config: Config = None,
    debug: Debug = False,  # noqa: ARG001  (@verb reads it)
) -> int:
    """Keep a FHIR server or folder up to date with registry records.

    \b
    Reads, converts and pushes: says how many resources were created, updated, left
    unchanged and deleted. Run it again at any time: only what changed is written.
    With --since auto a registry is asked only for what changed since the last run.
    \b
    Examples:
      fhir-adapter sync ctgov:NCT04267848 --to http://localhost:8080/fhir
      fhir-adapter sync 'ctgov:?query.cond=melanoma' --to ward --since auto --report log
    """
    from fhir_adapter.cli.plan import dry
    from fhir_adapter.cli.supply import demand_records
    from fhir_adapter.clock import utc_now
    from fhir_adapter.settings import load

    flags = {"target": to, "fhir": fhir, "source": source, "results": results, "base": base, "state": state}
    more = {
        "workers": workers,
        "max_runtime": max_runtime,
        "timeout": timeout,
        "report": report,
        "log": log,
        "quiet": quiet,
    }
    following = {"since": since, "overlap": overlap, "withdrawn": withdrawn}
    settings = load({**flags, **more, **following, "mode": mode, "profile": profile}, config)
    demand_records(inputs)
    today = utc_now().date()
    if dry_run:
        return dry(inputs, settings, json, today=today, retry=retry_failed, follow=True)
    return _sync(context, inputs, settings, json, today, retry=retry_failed)


def _sync(
    context: typer.Context, inputs: list[str], settings: Settings, json: bool, today: date, *, retry: bool
) -> int:
    from itertools import chain

    from fhir_adapter.cli.course import Course
    from fhir_adapter.cli.halt import Halt
    from fhir_adapter.cli.run import Run
    from fhir_adapter.cli.supply import target
    from fhir_adapter.sync import sync as synchronise
    from fhir_adapter.sync import withdraw

    halt = Halt(settings.max_runtime)
    running = Run("sync", settings, inputs, json=json, context=context)
    with halt, running as run, target(settings, "--to", ledger=True, meter=run.meter) as place:
        run.keeps = place.ledger is not None
        course = Course(settings, place.ledger, today, retry=retry, follow=True)
        found = halt.until(chain.from_iterable([course.records(what) for what in inputs]))
        synchronise(
            run.counting(found, "reading record"), place, base=settings.base, results=settings.results, tally=run.tally
        )
        if not halt.reason:
            withdraw(course.gone, settings.withdrawn, place, run.tally)
            course.finish()
    return run.end(halted=halt.reason)
