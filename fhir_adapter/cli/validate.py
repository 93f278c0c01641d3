"""validate: what is wrong with FHIR resources."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from fhir_adapter.cli.options import Base, Config, Debug, Json, Out, Quiet, Report, Resources, Timeout, To
from fhir_adapter.cli.outcome import verb
from fhir_adapter.cli.output import put
from fhir_adapter.errors import ConfigError
from fhir_adapter.issues import Issue, Severity, to_outcome

if TYPE_CHECKING:
    from fhir_adapter.cli.engine import Engine
    from fhir_adapter.cli.run import Run
    from fhir_adapter.tree import Tree

__all__ = ["validate"]

Fhir = Annotated[
    str | None,
    typer.Option(
        "--fhir", metavar="auto|r5|r4b|r4", help="FHIR version; default auto: told by the shape.", show_default=False
    ),
]
Engines = Annotated[
    str,
    typer.Option(
        "--engine", metavar="own|models|server", help="Who judges: this program, fhir.resources, or the target."
    ),
]
FailOn = Annotated[
    str, typer.Option("--fail-on", metavar="error|warning", help="What makes a resource fail: exit code 1.")
]
Least = Annotated[
    str,
    typer.Option("--min-severity", metavar="error|warning|information", help="Leave milder issues out."),
]
Profiles = Annotated[
    list[str] | None,
    typer.Option(
        "--profile",
        metavar="URL|NAME",
        help="Hold resources against a profile of ours as well; 'trial': all of them. May be repeated.",
    ),
]
As = Annotated[
    str, typer.Option("--as", metavar="issues|outcome", help="An issue a line, or one OperationOutcome a resource.")
]

_LONGEST_NAME = 128
_FORMS = ("issues", "outcome")
_FAILING = {"error": "errors", "warning": "errors or warnings"}


@dataclass(frozen=True, slots=True)
class _Rules:
    """How issues are judged and written."""

    fails: Severity
    least: Severity
    outcome: bool


@verb
def validate(
    inputs: Resources,
    fhir: Fhir = None,
    engine: Engines = "own",
    to: To = None,
    profile: Profiles = None,
    fail_on: FailOn = "error",
    least: Least = "information",
    as_: As = "issues",
    out: Out = "-",
    base: Base = None,
    timeout: Timeout = None,
    report: Report = None,
    json: Json = False,
    quiet: Quiet = None,
    config: Config = None,
    debug: Debug = False,  # noqa: ARG001  (@verb reads it)
) -> int:
    """Say what is wrong with FHIR, one issue a line.

    Nothing is fetched and nothing stored. In a folder that convert wrote, references lead from file to file. Counts
    by rule are on stderr, and in --json and --report. Exit code 1 where a resource or Bundle fails.

    \b
    Examples:
      fhir-adapter validate out
      fhir-adapter validate bundles.ndjson --fhir r4 | jq -r .message | sort | uniq -c
      fhir-adapter validate out --profile trial --fail-on warning
      fhir-adapter validate out --engine server --to http://localhost:8080/fhir
      cat resources.ndjson | fhir-adapter validate - --as outcome > outcomes.ndjson
    """
    import orjson

    from fhir_adapter.cli.engine import opened
    from fhir_adapter.cli.run import Run
    from fhir_adapter.cli.standard import Standard
    from fhir_adapter.intake import demand
    from fhir_adapter.settings import load

    rules = _rules(fail_on, least, as_)
    if to is not None and engine != "server":
        raise ConfigError("--to names the server that judges; say --engine server, or leave it out")
    flags = {"fhir": fhir if (fhir or "").lower() != "auto" else None, "target": to, "timeout": timeout}
    settings = load({**flags, "base": base, "report": report, "quiet": quiet}, config)
    demand(inputs)
    data, failing = out == "-", _FAILING[fail_on]
    with (
        opened(engine, settings) as (judge, version),
        Run("validate", settings, inputs, fhir=version, data=data, json=json, silent=data, failing=failing) as run,
    ):
        standard = Standard(profile or (), settings.base, version)
        found = _found(inputs, standard.beside(judge) if profile else judge, rules, run)
        put(out, (orjson.dumps(each) + b"\n" for each in _written(found, rules)))
        for name, issue in standard.unmet():
            run.tally.issues([issue], name)
    return run.end(where="" if data else f"wrote {out}")


def _rules(fail_on: str, least: str, form: str) -> _Rules:
    milder = [each.value for each in Severity][1:]
    for flag, value, choices in (
        ("--fail-on", fail_on, list(_FAILING)),
        ("--min-severity", least, milder),
        ("--as", form, _FORMS),
    ):
        if value not in choices:
            raise ConfigError(f"{flag} is {value!r}; choose one of {', '.join(choices)}")
    return _Rules(Severity(fail_on), Severity(least), form == "outcome")


def _written(found: Iterable[tuple[str, list[Issue]]], rules: _Rules) -> Iterator[Tree]:
    for name, issues in found:
        if rules.outcome:
            yield to_outcome(issues, name)
        else:
            yield from (issue.as_dict() for issue in issues)


def _found(inputs: Iterable[str], engine: Engine, rules: _Rules, run: Run) -> Iterator[tuple[str, list[Issue]]]:
    """Give each resource's name, or its place in the input, and its issues; count them in the run."""
    from fhir_adapter.cli.supply import stdin
    from fhir_adapter.intake import resources

    for what in inputs:
        check = engine(what)
        for reading in run.counting(resources(what, stdin()), "checking resource"):
            if reading.record is None:
                run.tally.refuse(reading.where, reading.issues)
                yield reading.where, list(reading.issues)
                continue
            name = _name(reading.record) or reading.where
            issues = [issue.of(name) for issue in (*reading.issues, *check(reading.record))]
            told = [issue for issue in issues if _at_least(issue, rules.least)]
            if any(_at_least(issue, rules.fails) for issue in issues):
                run.tally.fail(name, told)
            else:
                run.tally.issues(told, name)
                run.tally.finish([reading.record])
            yield name, told


def _at_least(issue: Issue, severity: Severity) -> bool:
    order = list(Severity)
    return order.index(issue.severity) <= order.index(severity)


def _name(resource: Tree) -> str | None:
    """Name a resource as references do; None where it has no id that could be one."""
    kind, own = resource.get("resourceType"), resource.get("id")
    named = isinstance(kind, str) and isinstance(own, str) and len(kind) + len(own) < _LONGEST_NAME
    return f"{kind}/{own}" if named else None
