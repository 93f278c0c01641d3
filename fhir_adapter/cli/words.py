"""A report in words, for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import TYPE_CHECKING

from fhir_adapter.cli.line import line
from fhir_adapter.cli.requests import requests
from fhir_adapter.issues import Severity
from fhir_adapter.report import Broken, Lost, Report, Written, counted

if TYPE_CHECKING:
    from fhir_adapter.cli.dossier import Dossier

__all__ = ["sum_up"]

_SHOWN, _RULES = 5, 8
_DONE = {
    "convert": ("record", "converted"),
    "restore": ("trial", "restored"),
    "validate": ("resource", "valid"),
    "push": ("record", "pushed"),
    "sync": ("record", "in step"),
    "plan": ("record", "planned"),
    "apply": ("trial", "applied"),
    "pull": ("trial", "pulled"),
}


def sum_up(
    report: Report,
    *,
    where: str = "",
    then: str = "",
    dossier: Dossier | None = None,
    errors: bool = False,
    failing: str = "errors",
) -> Iterator[str]:
    """Give the lines of a summary. `where` names what was written, `then` what could be done next.

    `errors` counts errors by kind and rule too: for those that were not said one by one. `failing` says what the
    records have that failed.
    """
    yield _records(report, failing)
    if report.written:
        yield f"resources: {_written(report.written)}"
    if report.repeated:
        yield f"{counted(report.repeated, 'record')} of a trial that came before, with other content: the later is kept"
    if report.withdrawn:
        yield f"{counted(report.withdrawn, 'trial')} withdrawn: gone from the registry"
    if report.requests:
        yield from requests(report.requests)
    yield from _issues(report, dossier, errors)
    yield from _losses(report.losses, dossier)
    if where or dossier:
        files = f"{dossier.report}, {dossier.issues}, {dossier.failures}" if dossier else ""
        yield "; ".join(part for part in (where, f"report: {files}" if files else "") if part)
    if report.failed and report.verb in ("convert", "push", "sync"):
        stored = "; what is stored already is not written twice" if report.written else ""
        yield f"next: mend what has errors and run this again{stored}"
    elif then and report.done:
        yield f"next: {then}"


def _records(report: Report, failing: str) -> str:
    noun, done = _DONE[report.verb]
    words = f"{counted(report.read, noun)} read, {report.done:,} {done}"
    if report.failed:
        words += f", {report.failed:,} with {failing}"
    total = sum(report.resources.values())
    if total and report.verb in ("convert", "push", "sync", "pull"):
        words += f": {counted(total, 'resource')}"
    return f"{words} of FHIR {report.fhir}" if total and report.fhir else words


def _written(written: Written) -> str:
    parts = [f"{number:,} {word}" for word, number in written.as_dict().items() if number]
    if parts and not written.changed:
        parts.append("nothing had to be written")
    return ", ".join(parts) or "none"


def _issues(report: Report, dossier: Dossier | None, errors: bool) -> Iterator[str]:
    """Give warnings by kind; information stays in the report. With `errors` these too, and how often each rule."""
    shown = (Severity.FATAL, Severity.ERROR, Severity.WARNING) if errors else (Severity.WARNING,)
    for severity, group in groupby(report.issues, lambda kind: kind.severity):
        if severity in shown:
            some = list(group)
            noun = "fatal error" if severity is Severity.FATAL else severity.value
            rules = _rules([each for each in report.rules if each.severity is severity]) if errors else ""
            yield f"{counted(sum(kind.count for kind in some), noun)}{rules}:"
            places = ((line(f"{kind.path or kind.code}: {kind.message} ({kind.record})"), kind.count) for kind in some)
            yield from _top(places, len(some), dossier)


def _rules(broken: list[Broken]) -> str:
    top = [f"{each.rule} {each.count:,}" for each in broken[:_RULES]]
    more = [f"{len(broken) - _RULES:,} more rules"] if len(broken) > _RULES else []
    return f" by rule ({', '.join(top + more)})"


def _losses(losses: Iterable[Lost], dossier: Dossier | None) -> Iterator[str]:
    """Give what is in no FHIR element by path: what is left out first, then what restoring gives back."""
    for kept, group in groupby(losses, lambda lost: lost.kept):
        some = list(group)
        total = counted(sum(lost.count for lost in some), "value")
        yield f"{total} in no FHIR element, kept in the remainder:" if kept else f"{total} left out:"
        reasons = ("" if kept else f" ({lost.reason.removeprefix('left out: ')})" for lost in some)
        places = ((lost.path + reason, lost.count) for lost, reason in zip(some, reasons, strict=True))
        yield from _top(places, len(some), dossier)


def _top(places: Iterable[tuple[str, int]], total: int, dossier: Dossier | None) -> Iterator[str]:
    for shown, (place, count) in enumerate(places):
        if shown == _SHOWN:
            more = total - _SHOWN
            yield f"          … and {more:,} more kinds" + (f", see {dossier.report}" if dossier else "; see --report")
            return
        yield f"  {count:>6,}  {place}"
