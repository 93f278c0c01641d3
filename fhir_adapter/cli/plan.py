"""plan and apply: look first, write later."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from fhir_adapter.cli.options import (
    Base,
    Config,
    Debug,
    From,
    Json,
    Logs,
    Mode,
    Profile,
    Quiet,
    Records,
    Report,
    Results,
    State,
    Timeout,
    To,
)
from fhir_adapter.cli.outcome import verb
from fhir_adapter.errors import ConfigError

if TYPE_CHECKING:
    from datetime import date

    from fhir_adapter.cli.course import Course
    from fhir_adapter.cli.run import Run
    from fhir_adapter.plan import Change, Plan
    from fhir_adapter.report import Tally
    from fhir_adapter.settings import Settings
    from fhir_adapter.target import Target

__all__ = ["apply", "dry", "plan"]

File = Annotated[
    str | None,
    typer.Option("-o", "--out", metavar="FILE|-", help="Keep the plan as NDJSON for `apply`; else it is shown."),
]
Plans = Annotated[str, typer.Argument(metavar="PLAN", help="What `plan -o` wrote, or - for stdin.")]

_SIGNS = {"create": "+", "update": "~", "delete": "-"}
_WORDS = {"create": "to create", "update": "to update", "withdraw": "to withdraw"}
_WIDEST = 100  # characters of a value that is shown
_MOST = 20  # changes of one resource that are shown


@verb
def plan(
    inputs: Records,
    to: To = None,
    out: File = None,
    source: From = None,
    results: Results = None,
    base: Base = None,
    state: State = None,
    mode: Mode = None,
    profile: Profile = None,
    timeout: Timeout = None,
    report: Report = None,
    log: Logs = None,
    json: Json = False,
    quiet: Quiet = None,
    config: Config = None,
    debug: Debug = False,  # noqa: ARG001  (@verb reads it)
) -> int:
    """Show what sync would do to a FHIR server or folder, element by element; nothing is written.

    \b
    Examples:
      fhir-adapter plan trials.ndjson --to ward
      fhir-adapter plan trials.ndjson --to ward -o plan.ndjson && fhir-adapter apply plan.ndjson
    """
    from fhir_adapter.clock import utc_now
    from fhir_adapter.settings import load

    flags = {"target": to, "source": source, "results": results, "base": base, "state": state}
    settings = load(
        {**flags, "timeout": timeout, "report": report, "log": log, "quiet": quiet, "mode": mode, "profile": profile},
        config,
    )
    return dry(inputs, settings, json, out, today=utc_now().date())


def dry(
    inputs: list[str],
    settings: Settings,
    json: bool,
    out: str | None = None,
    *,
    today: date,
    retry: bool = False,
    follow: bool = False,
) -> int:
    """Plan the way of records or FHIR to a target; `out` is where the plan is kept, None: it is shown.

    `today`, `retry` and `follow` are those of a Course.
    """
    from itertools import chain

    from fhir_adapter.cli.course import Course
    from fhir_adapter.cli.output import put
    from fhir_adapter.cli.push import bundles
    from fhir_adapter.cli.run import Run
    from fhir_adapter.cli.supply import target
    from fhir_adapter.intake import demand

    demand(inputs)
    shown = out is None
    data = shown or out == "-"
    with (
        Run("plan", settings, inputs, data=data, json=json) as run,
        target(settings, "--to", ledger=True, meter=run.meter) as place,
    ):
        run.tally.fhir = place.fhir
        course = Course(settings, place.ledger, today, retry=retry, follow=follow, keep=False)
        found = chain(place.plan(bundles(inputs, settings, run, course)), _withdrawn(course, settings, place, run))
        planned = run.counting(found, "planning trial")
        counts: dict[str, int] = {}
        spelled = (_spelled(each, shown) for each in _counted(planned, counts, run.tally))
        put("-" if out is None else out, (block for block in spelled if block))
    told = ", ".join(f"{number:,} {_WORDS.get(action, action)}" for action, number in counts.items())
    return run.end(where=f"trials: {told}" if told else "", then="" if data else f"fhir-adapter apply {out}")


def _withdrawn(course: Course, settings: Settings, place: Target, run: Run) -> Iterator[Plan]:
    """Plan what becomes of trials that are gone; to be read when the course is over."""
    from fhir_adapter.sync import LEAVE, withdraw

    if settings.withdrawn == LEAVE:
        withdraw(course.gone, LEAVE, place, run.tally)
    else:
        yield from place.withdrawal(course.gone, settings.withdrawn)


def _counted(plans: Iterable[Plan], counts: dict[str, int], tally: Tally) -> Iterator[Plan]:
    for each in plans:
        if each.issues:
            tally.fail(each.trial, each.issues)
            continue
        counts[each.action] = counts.get(each.action, 0) + 1
        yield each


def _spelled(plan: Plan, shown: bool) -> bytes:
    import orjson

    return "".join(f"{line}\n" for line in _shown(plan)).encode() if shown else orjson.dumps(plan.as_dict()) + b"\n"


def _shown(plan: Plan) -> Iterator[str]:
    """Show a trial's plan to people; one that stays as it is only counts."""
    if not plan.steps:
        return
    counts = {action: sum(step.action == action for step in plan.steps) for action in _SIGNS}
    told = ", ".join(f"{number:,} to {action}" for action, number in counts.items() if number)
    yield f"{plan.trial}: {plan.action} ({told}, {plan.unchanged:,} unchanged)"
    for step in plan.steps:
        yield f"  {_SIGNS[step.action]} {step.resource}"
        for change in step.changes[:_MOST]:
            yield f"      {_change(change)}"
        if len(step.changes) > _MOST:
            yield f"      … and {len(step.changes) - _MOST:,} more changes"


def _change(change: Change) -> str:
    if change.before is None:
        return f"{change.path}: {_short(change.after)} (new)"
    if change.after is None:
        return f"{change.path}: {_short(change.before)} (gone)"
    return f"{change.path}: {_short(change.before)} → {_short(change.after)}"


def _short(value: object) -> str:
    import orjson

    text = orjson.dumps(value).decode()
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 2]} …"


@verb
def apply(
    file: Plans,
    to: To = None,
    state: State = None,
    mode: Mode = None,
    profile: Profile = None,
    timeout: Timeout = None,
    report: Report = None,
    log: Logs = None,
    json: Json = False,
    quiet: Quiet = None,
    config: Config = None,
    debug: Debug = False,  # noqa: ARG001  (@verb reads it)
) -> int:
    """Carry out a plan. A trial that moved since the plan was made is left as it is.

    \b
    Examples:
      fhir-adapter apply plan.ndjson
      fhir-adapter apply plan.ndjson --to ward     (with the login of that server)
    """
    from fhir_adapter.cli.run import Run
    from fhir_adapter.cli.supply import target
    from fhir_adapter.settings import load

    plans = _plans(file)
    first = next(plans, None)
    flags = {"target": to or (first.target if first else None), "state": state, "timeout": timeout}
    settings = load({**flags, "report": report, "log": log, "quiet": quiet, "mode": mode, "profile": profile}, config)
    with Run("apply", settings, [file], json=json) as run:
        if first is not None:
            with target(settings, "--to", ledger=True, meter=run.meter) as place:
                run.tally.fhir = place.fhir
                _carry_out(first, plans, place, run)
    return run.end()


def _carry_out(first: Plan, rest: Iterator[Plan], place: Target, run: Run) -> None:
    from itertools import chain

    for receipt in place.apply(run.counting(chain([first], rest), "applying plan")):
        run.tally.finish()
        run.tally.receive(receipt)


def _plans(file: str) -> Iterator[Plan]:
    """Read the lines of a plan, one at a time."""
    from fhir_adapter.cli.supply import stdin
    from fhir_adapter.intake import demand, resources
    from fhir_adapter.plan import Plan

    demand([file])
    for reading in resources(file, stdin()):
        if reading.record is None:
            words = "; ".join(issue.message for issue in reading.issues)
            raise ConfigError(f"{reading.where} is no line of a plan: {words}")
        try:
            yield Plan.read(reading.record)
        except ConfigError as error:
            raise ConfigError(f"{reading.where} is {error}") from None
