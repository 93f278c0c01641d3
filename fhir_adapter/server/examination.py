"""A server examined: what it says and what it does, held against what trials need."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from fhir_adapter.server.connection import Connection
from fhir_adapter.server.habits import Habits
from fhir_adapter.server.probe import Measured, probe
from fhir_adapter.server.statement import Statement, read_statement
from fhir_adapter.server.verdict import Level, Verdict
from fhir_adapter.tree import Tree

__all__ = ["Examination", "examine"]

_UNSEARCHED = {
    "identifier": "conditional modes can't be used",
    "_id": "the ledger is believed without a look at the server",
    "_lastUpdated": "pull can't ask for what changed since",
    "_elements": "searches answer with whole resources, which takes longer",
    "_count": "pages are as long as it likes",
}
_IDS = {
    "any": "it takes our ids, digits alone too",
    "letter": "it takes our ids; digits alone it refuses, and we have none",
    "server": "it gives ids itself",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """What was found out about a server; `measured` is None where nothing was tried."""

    url: str
    fhir: str
    statement: Statement
    measured: Measured | None = None

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """Give all verdicts; what was measured takes the place of what the statement says of it."""
        told = list(self.statement.verdicts())
        found = list(_measured(self.measured)) if self.measured else []
        better = {each.name for each in found}
        return (*(each for each in told if each.name not in better), *found)

    @property
    def fit(self) -> bool:
        """Say whether trials can be kept there."""
        return all(each.level is not Level.PROBLEM for each in self.verdicts)

    def as_dict(self) -> Tree:
        """Spell it for programs."""
        told: Tree = {"server": self.url, "fhir": self.fhir, "fit": self.fit, "statement": self.statement.as_dict()}
        profile = {"profile": self.measured.habits.as_dict()} if self.measured else {}
        return {**told, "verdicts": [each.as_dict() for each in self.verdicts], **profile}


def examine(http: Connection, fhir: str, *, trial: bool = False) -> Examination:
    """Read what a server says of itself; with `trial` write scratch resources, measure, and remove them.

    Raises Temporary, Unauthorized and ServerError as requests do.
    """
    statement = read_statement(http.get("metadata").resource or {})
    known = Examination(url=http.url, fhir=fhir, statement=statement)
    if not trial:
        return known
    return replace(known, measured=probe(http, Habits(url=http.url, fhir=fhir, software=statement.software)))


def _measured(measured: Measured) -> Iterator[Verdict]:
    habits = measured.habits
    yield _ids(habits)
    yield from _writing(habits)
    yield from _conditions(habits)
    yield from _sizes(habits)
    yield from _searches(measured)
    if habits.latency is not None:
        packed = "packed" if measured.packs else "not packed"
        taken = "taken" if habits.gzip else "not taken"
        yield Verdict("gzip", Level.OK, f"packed bodies are {taken}, answers come {packed}")
        yield Verdict("latency", Level.OK, f"{habits.latency * 1000:.0f} ms a read (median)")
    if measured.left:
        words = f"could not remove {', '.join(measured.left)}"
        yield Verdict("scratch", Level.WARNING, words, "delete them on the server; they are nobody's data")


def _searches(measured: Measured) -> Iterator[Verdict]:
    if measured.habits.latency is None:
        return
    for parameter, means in _UNSEARCHED.items():
        if parameter in measured.unsearched:
            grave = parameter == "identifier" and measured.habits.mode != "put"
            level = Level.PROBLEM if grave else Level.WARNING
            yield Verdict(f"search {parameter}", level, f"it doesn't work: {means}", "let it be searched")
        else:
            yield Verdict(f"search {parameter}", Level.OK, "it works")


def _ids(habits: Habits) -> Verdict:
    words = _IDS[habits.ids or "server"]
    if habits.ids != "server":
        return Verdict("ids", Level.OK, words)
    if habits.mode != "put":
        return Verdict("ids", Level.OK, f"{words}, and finds by identifier what it has: --mode {habits.mode} is used")
    if habits.conditional_update or habits.conditional_create:
        return Verdict("ids", Level.PROBLEM, f"{words}, and didn't tell which", "run doctor --probe again")
    words = f"{words} or takes no writes, and takes no conditions: nothing can be kept up to date there"
    return Verdict("ids", Level.PROBLEM, words, "let clients write and give ids, or use it for pull only")


def _writing(habits: Habits) -> Iterator[Verdict]:
    if habits.noop is not None:
        words = "a PUT that changes nothing makes no version" if habits.noop else "every PUT makes a version"
        yield Verdict("no-op PUT", Level.OK, words if habits.noop else f"{words}; we send none that changes nothing")
    if habits.stale:
        yield Verdict("versions", Level.OK, f"an If-Match that is out of date is refused ({habits.stale})")
    elif habits.latency is not None:
        words = "If-Match is ignored: it overwrites what someone else wrote meanwhile"
        yield Verdict("versions", Level.WARNING, words, "let nobody else write to the same trials")
    if habits.if_none_match is not None:
        words = "`*` is obeyed" if habits.if_none_match else "`*` is ignored; we don't rest on it"
        yield Verdict("If-None-Match", Level.OK, words)
    if habits.integrity is not None:
        words = "references must lead somewhere" if habits.integrity else "references may lead nowhere"
        yield Verdict("references", Level.OK, words)
    if habits.delay is not None:
        late = habits.delay > 1
        words = f"what was written is found {f'after {habits.delay:g} s' if habits.delay else 'at once'}"
        fix = "a run that was cut short should not be repeated sooner" if late else ""
        yield Verdict("search delay", Level.WARNING if late else Level.OK, words, fix)
    elif habits.latency is not None:
        grave = Level.PROBLEM if habits.mode != "put" else Level.WARNING
        yield Verdict("search delay", grave, "what was written was not found by identifier", "let it be searched")


def _conditions(habits: Habits) -> Iterator[Verdict]:
    for name, works in (("update", habits.conditional_update), ("create", habits.conditional_create)):
        words = "it works" if works else "it doesn't work; not needed" if habits.ids != "server" else "it doesn't work"
        yield Verdict(f"conditional {name}", Level.OK, words)


def _sizes(habits: Habits) -> Iterator[Verdict]:
    if habits.transactions:
        yield Verdict("transactions", Level.OK, "all entries are stored or none")
    elif habits.transactions is False:
        words = "it does none, or leaves half of one: companions go first, the study last"
        yield Verdict("transactions", Level.WARNING, words, "have transactions switched on, if it knows them")
    if habits.batches is False:
        yield Verdict("batches", Level.WARNING, "it does none: each resource is a request", "expect it to take longer")
    elif habits.batches:
        yield Verdict("batches", Level.OK, "it does them")
    if habits.entries and habits.size:
        words = f"{habits.entries} entries and {habits.size / 1e6:.2g} MB went through (tried: up to 600 and 4 MB)"
        yield Verdict("Bundle", Level.OK, words)
