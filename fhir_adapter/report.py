"""What a run did, in numbers: records, resources, issues by kind, losses by path."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from fhir_adapter.issues import Issue, Severity, blocking
from fhir_adapter.meter import Meter, Usage
from fhir_adapter.receipt import Expected, Receipt, Written
from fhir_adapter.resource import STUDY
from fhir_adapter.tree import Tree

if TYPE_CHECKING:
    from fhir_adapter.convert import Conversion, Loss

__all__ = ["Broken", "Failure", "Kind", "Lost", "Report", "Tally", "Written", "counted"]

_Key = tuple[Severity, str, str]
_Counted = TypeVar("_Counted", tuple[Severity, str], tuple[Severity, str, str])
_INDEX = re.compile(r"/\d+(?=/|$)")
_BRACKET = re.compile(r"\[\d+\]")
_AGAIN = "came earlier in this run with other content: the later record is kept, each run writes both; leave one out"


@dataclass(frozen=True, slots=True, order=True)
class Kind:
    """Issues of one kind: what they have in common, how many there were, and the first of them.

    `path` is without indices, `message` and `record` are those of the first.
    """

    severity: Severity
    code: str
    path: str
    count: int
    message: str
    record: str

    def as_dict(self) -> Tree:
        return {
            "severity": self.severity.value,
            "code": self.code,
            "path": self.path,
            "count": self.count,
            "first": {"record": self.record, "message": self.message},
        }


@dataclass(frozen=True, slots=True, order=True)
class Broken:
    """How many issues of one severity broke a rule; `rule` is HL7's name of it, else FHIR's IssueType."""

    severity: Severity
    rule: str
    count: int

    def as_dict(self) -> Tree:
        return {"severity": self.severity.value, "rule": self.rule, "count": self.count}


@dataclass(frozen=True, slots=True, order=True)
class Lost:
    """A path of the source that is in no FHIR element, in `count` places; `kept` says that restoring gives it back."""

    path: str
    kept: bool
    reason: str
    count: int

    def as_dict(self) -> Tree:
        return {"path": self.path, "kept": self.kept, "reason": self.reason, "count": self.count}


@dataclass(frozen=True, slots=True)
class Failure:
    """One record that failed: its id (its place, where it has none), its place in the input, and its errors."""

    id: str
    place: str
    issues: tuple[Issue, ...]

    def as_dict(self) -> Tree:
        return {"id": self.id, "place": self.place, "errors": [issue.as_dict() for issue in self.issues]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a run did. `read` records came in: `done` went all the way, the `failed` ones had an error.

    `failures` names these, by id or by place in the input. `resources` counts what was made or read by type;
    `written` is None where there was no target. `repeated` records took the place of an earlier one of this run,
    `withdrawn` trials are gone from their registry.
    `requests` is None where no server was asked.
    """

    verb: str
    fhir: str | None = None
    inputs: tuple[str, ...] = ()
    read: int = 0
    done: int = 0
    failed: int = 0
    failures: tuple[str, ...] = ()
    resources: Mapping[str, int] = field(default_factory=dict)
    issues: tuple[Kind, ...] = ()
    rules: tuple[Broken, ...] = ()
    losses: tuple[Lost, ...] = ()
    written: Written | None = None
    repeated: int = 0
    withdrawn: int = 0
    requests: Usage | None = None

    @property
    def ok(self) -> bool:
        """Say whether no record had an error."""
        return self.failed == 0

    def as_dict(self) -> Tree:
        """Give the report as plain JSON: the same for the same input, but for the times of `requests`."""
        return {
            "verb": self.verb,
            "fhir": self.fhir,
            "inputs": list(self.inputs),
            "records": {"read": self.read, "done": self.done, "failed": self.failed},
            "failures": list(self.failures),
            "resources": dict(sorted(self.resources.items())),
            **(
                {"written": self.written.as_dict(), "repeated": self.repeated, "withdrawn": self.withdrawn}
                if self.written
                else {}
            ),
            **({"requests": self.requests.as_dict()} if self.requests else {}),
            "issues": [kind.as_dict() for kind in self.issues],
            "rules": [broken.as_dict() for broken in self.rules],
            "losses": [lost.as_dict() for lost in self.losses],
        }


class Tally:
    """Counts while a run goes on, in memory that grows by an id a trial.

    `note` is given each issue as it comes, `lose` each record that failed.
    """

    def __init__(
        self,
        verb: str,
        inputs: Iterable[str] = (),
        fhir: str | None = None,
        note: Callable[[Issue], None] | None = None,
        lose: Callable[[Failure], None] | None = None,
    ) -> None:
        self._verb, self._inputs, self.fhir = verb, tuple(inputs), fhir
        self.meter: Meter | None = None
        self._note, self._lose = note, lose
        self._read = self._done = self._repeated = self._withdrawn = 0
        self._places = Expected[str]()
        self._received: set[str] = set()
        self._failures: list[str] = []
        self._resources: Counter[str] = Counter()
        self._kinds: Counter[_Key] = Counter()
        self._firsts: dict[_Key, Issue] = {}
        self._rules: Counter[tuple[Severity, str]] = Counter()
        self._losses: Counter[tuple[str, bool, str]] = Counter()
        self._written: Written | None = None

    def issues(self, issues: Iterable[Issue], record: str) -> None:
        """Note issues; those that name no record are about this one."""
        for issue in issues:
            named = issue if issue.record else issue.of(record)
            key = (issue.severity, issue.code, _BRACKET.sub("[]", issue.path))
            self._kinds[key] += 1
            self._rules[issue.severity, issue.rule or issue.code] += 1
            self._firsts.setdefault(key, named)
            if self._note:
                self._note(named)

    def fail(self, record: str, issues: Iterable[Issue], place: str = "") -> None:
        """Count a record that goes no further; `place` is where in the input it is."""
        found = tuple(issues)
        self.issues(found, record)
        self._read += 1
        self._fail(record, place or record, found)

    def refuse(self, where: str, issues: tuple[Issue, ...]) -> None:
        """Count what cannot be read; without an error among its issues it is no record ("a list without records")."""
        if blocking(issues):
            self.fail(where, issues)
        else:
            self.issues(issues, where)

    def convert(self, conversion: Conversion) -> None:
        """Count a record that became resources."""
        self.issues(conversion.issues, conversion.id)
        self._losses.update((_general(loss), loss.kept, loss.reason) for loss in conversion.losses)
        self.finish(conversion.resources)

    def finish(self, resources: Iterable[Tree] = ()) -> None:
        """Count a record that is done, and its resources."""
        self._read += 1
        self._done += 1
        self._resources.update(str(resource.get("resourceType")) for resource in resources)

    def expect(self, record: str, place: str) -> None:
        """Note where in the input a record is, until its receipt comes."""
        self._places.add(record, place)

    def receive(self, receipt: Receipt) -> None:
        """Count what a target did with a record that was done until then."""
        self._receive(receipt, self._places.take(receipt.id) or "")
        if receipt.written and receipt.id in self._received:
            self._repeated += 1
            self.issues([Issue.warning("duplicate", STUDY, _AGAIN)], receipt.id)
        if receipt.ok:
            self._received.add(receipt.id)
        else:
            self._done -= 1

    def withdraw(self, receipt: Receipt) -> None:
        """Count what a target did with a trial that is gone from its registry."""
        self._receive(receipt, "")
        self._withdrawn += receipt.ok

    def _receive(self, receipt: Receipt, place: str) -> None:
        self._written = (self._written or Written()).plus(receipt)
        self.issues(receipt.issues, receipt.id)
        if not receipt.ok:
            self._fail(receipt.id, place or receipt.id, receipt.issues)

    def _fail(self, record: str, place: str, issues: tuple[Issue, ...]) -> None:
        self._failures.append(record)
        if self._lose:
            self._lose(Failure(record, place, tuple(issue for issue in issues if blocking([issue]))))

    def report(self) -> Report:
        """Give the numbers so far."""
        losses = sorted(self._losses.items(), key=lambda item: (item[0][1], -item[1], item[0]))
        return Report(
            verb=self._verb,
            fhir=self.fhir,
            inputs=self._inputs,
            read=self._read,
            done=self._done,
            failed=len(self._failures),
            failures=tuple(self._failures),
            resources=dict(self._resources),
            issues=tuple(self._sorted()),
            rules=tuple(Broken(*key, count) for key, count in _ordered(self._rules)),
            losses=tuple(Lost(*lost, count) for lost, count in losses),
            written=self._written,
            repeated=self._repeated,
            withdrawn=self._withdrawn,
            requests=self.meter.usage() if self.meter else None,
        )

    def _sorted(self) -> Iterator[Kind]:
        """Give the kinds of issues, the worst first, and of those the most frequent."""
        for key, count in _ordered(self._kinds):
            first = self._firsts[key]
            yield Kind(*key, count, first.message, first.record or "")


def _ordered(counts: Mapping[_Counted, int]) -> list[tuple[_Counted, int]]:
    return sorted(counts.items(), key=lambda item: ([*Severity].index(item[0][0]), -item[1], item[0]))


def counted(number: int, word: str) -> str:
    """Spell a number with its word.

    >>> counted(1, "record"), counted(1200, "study")
    ('1 record', '1,200 studies')
    """
    if number == 1:
        return f"1 {word}"
    return f"{number:,} {word[:-1]}ies" if word.endswith("y") else f"{number:,} {word}s"


def _general(loss: Loss) -> str:
    """Spell a JSON Pointer as the tables do: dotted, `[]` for any item of a list."""
    path = _INDEX.sub("[]", loss.path)
    mark, gate, rest = path.partition("#")
    prefix, pointer = (f"{mark}#", rest) if gate else ("", path)
    return prefix + pointer.strip("/").replace("/", ".").replace("~1", "/").replace("~0", "~")
