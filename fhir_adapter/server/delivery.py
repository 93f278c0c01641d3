"""Bringing trials to a FHIR server: several in one transaction, and less and less at once where one is refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from fhir_adapter.errors import Refused, ServerError
from fhir_adapter.issues import Issue
from fhir_adapter.receipt import Receipt
from fhir_adapter.server.answer import Answer
from fhir_adapter.server.changes import Changes, compare
from fhir_adapter.server.chunks import Limits, levels, pack
from fhir_adapter.server.connection import Connection, doubtful, refusal
from fhir_adapter.tree import Tree
from fhir_adapter.trial import Trial

__all__ = ["Delivery"]

_CONFLICTS = 3  # look again and compare again so often when someone else writes at the same time
_TURNS = 6  # halve so often when the server can't cope with a request

Done = list[tuple[Tree, Answer]]


class Delivery:
    """The way to one server. `limits` shrink for good when the server can't cope with a request."""

    def __init__(self, http: Connection, fhir: str, limits: Limits) -> None:
        self.limits = limits
        self._http = http
        self._fhir = fhir
        self._repeats = 0

    def read(self, names: Sequence[str]) -> dict[str, Answer]:
        """Read resources by name, many in one request; an answer each, 404 for what isn't there."""
        asked = [{"request": {"method": "GET", "url": each}} for each in names]
        answers = [
            answer
            for start in range(0, len(asked), self.limits.entries)
            for answer in self._http.batch(asked[start : start + self.limits.entries])
        ]
        return dict(zip(names, answers, strict=True))

    def push(self, trials: Sequence[Trial]) -> list[Receipt]:
        """Store trials so that nothing is written that is there already; a receipt each, in order.

        Temporary and Unauthorized end the run; what a server refuses costs only what it refuses.
        """
        self._repeats = self._http.repeats
        return self._push(trials, 1)

    def _push(self, trials: Sequence[Trial], turn: int) -> list[Receipt]:
        groups = pack(trials, self.limits, lambda trial: trial.entries, lambda trial: trial.id)
        return [each for group in list(groups) for each in self._write(self._compare(group), turn)]

    def _compare(self, trials: Sequence[Trial]) -> list[Changes]:
        return compare(trials, self.read, self._fhir, self._http.url)

    def _write(self, changes: Sequence[Changes], turn: int) -> list[Receipt]:
        """Write in one transaction; what is beyond the limits in several, each with what it refers to."""
        entries = [entry for each in changes for entry in each.entries]
        try:
            parts = pack(entries, self.limits, lambda entry: [entry])
            answers = iter([answer for part in parts for answer in self._http.transaction(part)])
        except ServerError as error:
            return self._recover(error, changes, turn)
        # zip asks the entries first, so each trial takes exactly its own answers.
        pairs = [list(zip(each.entries, answers, strict=False)) for each in changes]
        return [self._receipt(each, done, turn) for each, done in zip(changes, pairs, strict=True)]

    def _recover(self, error: ServerError, changes: Sequence[Changes], turn: int) -> list[Receipt]:
        """Send less, look again, part the trials, or part the one: until only what is refused is left."""
        trials = [each.trial for each in changes]
        status = error.response.status_code if error.response is not None else None
        divisible = sum(len(each.entries) for each in changes) > 1
        if (doubtful(error) or (status == 413 and divisible)) and turn < _TURNS:
            self.limits = self.limits.half()
            return self._push(trials, turn + 1)
        if status in (409, 412) and turn <= _CONFLICTS:
            return self._push(trials, turn + 1)
        if not refusal(error):
            raise error
        if len(changes) > 1:
            middle = len(changes) // 2
            return self._write(changes[:middle], turn + 1) + self._write(changes[middle:], turn + 1)
        return [self._apart(trials[0], turn + 1)]

    def _apart(self, trial: Trial, turn: int) -> Receipt:
        """Store what the server takes of one trial, resource by resource, what others refer to first."""
        (change,) = self._compare([trial])
        done: Done = []
        for level in levels(change.companions):
            for part in pack(level, self.limits, lambda entry: [entry]):
                done += zip(part, self._http.batch(part), strict=True)
        return self._receipt(change, done + self._finish(change), turn)

    def _finish(self, change: Changes) -> Done:
        """Store the study and delete what it no longer refers to; only if it is stored."""
        together = change.entries[len(change.companions) :]
        if change.study and change.deletes:
            try:
                return list(zip(together, self._http.transaction(together), strict=True))
            except Refused:
                pass  # a server that deletes before it updates: one after the other then
        if change.study:
            answer = self._http.one(change.study)
            if not answer.ok:
                return [(change.study, answer)]
            return [(change.study, answer), *self._delete(change)]
        return self._delete(change)

    def _delete(self, change: Changes) -> Done:
        return list(zip(change.deletes, self._http.batch(change.deletes), strict=True))

    def _receipt(self, change: Changes, done: Done, turn: int) -> Receipt:
        counts = Counter(_outcome(entry, answer) for entry, answer in done)
        trial = change.trial
        issues = (*trial.issues, *(issue.of(trial.id) for pair in done for issue in _explain(*pair)))
        return Receipt(
            trial.id,
            created=counts["created"],
            updated=counts["updated"],
            unchanged=change.unchanged,
            deleted=counts["deleted"],
            failed=counts["failed"] + len(trial.issues),
            issues=issues,
            attempts=turn + self._http.repeats - self._repeats,
        )


def _outcome(entry: Tree, answer: Answer) -> str:
    request = entry["request"]
    if request["method"] == "DELETE":
        return "deleted" if answer.ok else "left"
    if not answer.ok:
        return "failed"
    return "updated" if "ifMatch" in request else "created"


def _explain(entry: Tree, answer: Answer) -> Iterator[Issue]:
    """Give the server's words for what it refused; one that it won't delete is a warning."""
    if answer.ok:
        return
    request = entry["request"]
    for said in answer.explain():
        words = f"{said.path}: {said.message}" if said.path else said.message
        if request["method"] == "DELETE":
            left = f"no longer part of the trial, but the server won't delete it: {words}"
            yield Issue.warning(said.code, request["url"], left)
        else:
            yield Issue.error(said.code, request["url"], words)
