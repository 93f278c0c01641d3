"""Bringing trials to a FHIR server: several in one transaction, and what is refused found out in few requests."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from fhir_adapter.errors import ServerError
from fhir_adapter.issues import Issue
from fhir_adapter.receipt import Receipt
from fhir_adapter.resource import STUDY
from fhir_adapter.server.advice import advice
from fhir_adapter.server.answer import Answer
from fhir_adapter.server.catalogue import advise
from fhir_adapter.server.changes import Changes, compare
from fhir_adapter.server.chunks import Limits, levels, pack, weigh
from fhir_adapter.server.failure import doubtful, refusal
from fhir_adapter.server.mode import Channel
from fhir_adapter.server.pace import Pace
from fhir_adapter.tree import Tree
from fhir_adapter.trial import Trial

__all__ = ["Delivery"]

_CONFLICTS = 3  # look again and compare again so often when someone else writes at the same time
_TURNS = 6  # halve so often when the server can't cope with a request
_CONFLICT = (409, 412)

Done = dict[str, Answer]
Sent = tuple[str, Tree]  # the study that an entry is of, and the entry


class Delivery:
    """The way of some trials to one server; `pace` is shared with other deliveries to it."""

    def __init__(
        self, http: Channel, url: str, fhir: str, pace: Pace, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._http = http
        self._url = url
        self._fhir = fhir
        self._pace = pace
        self._clock = clock
        self._repeats = http.repeats
        self._traces: dict[str, Collection[str]] = {}

    def read(self, names: Sequence[str]) -> dict[str, Answer]:
        """Read resources by name, many in one request; an answer each, 404 for what isn't there."""
        asked = [{"request": {"method": "GET", "url": each}} for each in names]
        most = self._pace.limits.entries
        answers = [
            answer for start in range(0, len(asked), most) for answer in self._http.batch(asked[start : start + most])
        ]
        return dict(zip(names, answers, strict=True))

    def compare(self, trials: Sequence[Trial], fresh: Collection[str] = ()) -> list[Changes]:
        """Say what must be done so that the server holds the trials, by what it holds now."""
        return compare(trials, self.read, self._fhir, self._url, fresh, self._traces)

    def push(
        self,
        trials: Sequence[Trial],
        known: Mapping[str, Changes] | None = None,
        fresh: Collection[str] = (),
        traces: Mapping[str, Collection[str]] | None = None,
    ) -> list[Receipt]:
        """Store trials so that nothing is written that is there already; a receipt each, in order.

        `known` are changes by study that need no look at the server, `fresh` studies that were never sent, `traces`
        names by study what may be there of it.
        Temporary and Unauthorized end the run; what a server refuses costs only what it refuses.
        """
        ready = known or {}
        gone = {study: [each["request"]["url"] for each in own.deletes] for study, own in ready.items()}
        self._traces = {each: {*gone.get(each, ()), *(traces or {}).get(each, ())} for each in {*gone, *(traces or {})}}
        unknown = [trial for trial in trials if trial.id not in ready]
        looked = {each.trial.id: each for each in (self.compare(unknown, fresh) if unknown else ())}
        return self.write([ready.get(trial.id) or looked[trial.id] for trial in trials])

    def write(self, changes: Sequence[Changes], turn: int = 1, *, moved: int = 0, again: bool = True) -> list[Receipt]:
        """Do what changes say; a receipt each. `again`: look again where someone else wrote meanwhile.

        `turn` counts the times that these trials were tried, `moved` is the last turn that brought them further.
        """
        done: Done = {}
        patient = again and turn - moved <= _CONFLICTS
        sending = _Sending(self._http, self._pace, self._clock, done, patient=patient)
        try:
            sending.send([(each.trial.id, entry) for each in changes for entry in each.entries])
        except ServerError as error:
            if not _conflict(error):
                if not again or turn - moved >= _TURNS or not (doubtful(error) or _status(error) == 413):
                    raise
                if _status(error) != 413:
                    self._pace.slow()
            return self._anew(changes, turn, moved)
        beaten = {each.trial.id for each in changes if any(_conflicts(entry, done) for entry in each.entries)}
        if not beaten or not patient:
            return [self._receipt(each, done, turn) for each in changes]
        late = [each for each in changes if each.trial.id in beaten]
        anew = {receipt.id: receipt for receipt in self._anew(late, turn, moved)}
        return [anew.get(each.trial.id) or self._receipt(each, done, turn) for each in changes]

    def _anew(self, changes: Sequence[Changes], turn: int, moved: int) -> list[Receipt]:
        """Look what is there now, and go on from it."""
        before = {each.trial.id: len(each.entries) for each in changes}
        trials = [each.trial for each in changes]
        receipts: list[Receipt] = []
        for group in pack(trials, self._pace.limits, lambda trial: trial.entries, lambda trial: trial.id):
            now = self.compare(group)
            further = sum(len(each.entries) for each in now) < sum(before[trial.id] for trial in group)
            receipts += self.write(now, turn + 1, moved=turn if further else moved)
        return receipts

    def _receipt(self, change: Changes, done: Done, turn: int) -> Receipt:
        pairs = [(entry, done[url]) for entry in change.entries if (url := entry["request"]["url"]) in done]
        counts = Counter(_outcome(entry, answer) for entry, answer in pairs)
        trial = change.trial
        issues = (*trial.issues, *(issue.of(trial.id) for pair in pairs for issue in _explain(*pair)))
        written = {entry["request"]["url"]: answer.version for entry, answer in pairs if answer.ok}
        return Receipt(
            trial.id,
            created=counts["created"],
            updated=counts["updated"],
            unchanged=change.unchanged,
            deleted=counts["deleted"],
            failed=counts["failed"] + len(trial.issues),
            issues=issues,
            attempts=turn + self._http.repeats - self._repeats,
            versions={**change.held, **written},
        )


class _Sending:
    """Entries on their way, each with the trial that it is of; `done` gets an answer for each, by its url.

    `patient`: a conflict with another writer is raised, for the caller to look again.
    """

    def __init__(self, http: Channel, pace: Pace, clock: Callable[[], float], done: Done, *, patient: bool) -> None:
        self._http, self._pace, self._clock, self._done = http, pace, clock, done
        self._patient = patient
        self._broken: set[str] = set()

    def send(self, entries: Sequence[Sent]) -> None:
        """Store entries, which come in order of dependence, in as few transactions as the limits allow."""
        for part in pack(entries, self._pace.limits, lambda pair: [pair[1]], lambda pair: pair[1]["request"]["url"]):
            whole = [pair for pair in part if pair[0] not in self._broken]
            if not self._http.transactions:
                self._singly(part)
            elif whole and not self._together(whole):
                self._isolate(whole)
            self._singly([pair for pair in part if pair[1]["request"]["url"] not in self._done])

    def _together(self, entries: Sequence[Sent]) -> bool:
        """Store entries in one transaction; False where the server refuses it."""
        begun = self._clock()
        try:
            answers = self._http.transaction([entry for _, entry in entries])
        except ServerError as error:
            too_much = _status(error) == 413 and len(entries) > 1
            if too_much:
                self._pace.refused(_weight(entries))
            if not refusal(error) or too_much or (self._patient and _conflict(error)):
                raise
            return False
        self._pace.took(_weight(entries), self._clock() - begun)
        self._note(entries, answers)
        # Not all or nothing: what was refused may refer to what was put off, and is stored by now.
        late = [pair for pair, answer in zip(entries, answers, strict=True) if not answer.ok and not _beaten(answer)]
        if late and len(late) < len(entries):
            self._broken -= {study for study, _ in late}
            self._singly(late)
        return True

    def _isolate(self, entries: Sequence[Sent]) -> None:
        """Find the entry that a transaction was refused for by halves, and store the others.

        What comes before it is stored on the way, so that n entries take log2 n requests and one for the server's
        words; what comes after it is sent together.
        """
        suspects, later = list(entries), list[Sent]()
        while len(suspects) > 1 and self._http.transactions:
            middle = (len(suspects) + 1) // 2
            first, second = suspects[:middle], suspects[middle:]
            if self._together(first):
                suspects = second
            else:
                suspects, later = first, [*second, *later]
        if len(suspects) > 1:
            return
        answer = self._http.one(suspects[0][1])
        self._note(suspects, [answer])
        if answer.ok:  # it is no entry that is refused, but their being together: too many, most likely
            self._pace.refused(_weight(entries))
            self._singly(later)
        else:
            self.send(later)

    def _singly(self, entries: Sequence[Sent]) -> None:
        """Store what the server takes, each on its own; delete only what a stored study no longer refers to."""
        kinds: dict[str, list[Sent]] = {"companion": [], "study": [], "delete": []}
        for pair in entries:
            kinds[_kind(pair[1])].append(pair)
        owner = {entry["request"]["url"]: study for study, entry in entries}
        for level in levels([entry for _, entry in kinds["companion"]]):
            self._batch([(owner[entry["request"]["url"]], entry) for entry in level])
        self._batch(kinds["study"])
        unstored = {url for url, answer in self._done.items() if url.startswith(f"{STUDY}/") and not answer.ok}
        self._batch([pair for pair in kinds["delete"] if f"{STUDY}/{pair[0]}" not in unstored])

    def _batch(self, entries: Sequence[Sent]) -> None:
        for part in pack(entries, self._pace.limits, lambda pair: [pair[1]]):
            self._note(part, self._http.batch([entry for _, entry in part]))

    def _note(self, entries: Sequence[Sent], answers: Sequence[Answer]) -> None:
        for (study, entry), answer in zip(entries, answers, strict=True):
            self._done[entry["request"]["url"]] = answer
            if not answer.ok and entry["request"]["method"] != "DELETE":
                self._broken.add(study)


def _weight(entries: Sequence[Sent]) -> Limits:
    return Limits(len(entries), sum(weigh(entry) for _, entry in entries))


def _status(error: ServerError) -> int | None:
    return error.response.status_code if error.response is not None else None


def _conflict(error: ServerError) -> bool:
    return _status(error) in _CONFLICT


def _conflicts(entry: Tree, done: Done) -> bool:
    """Say whether someone else wrote what was to be written."""
    answer = done.get(entry["request"]["url"])
    return answer is not None and _beaten(answer) and entry["request"]["method"] != "DELETE"


def _beaten(answer: Answer) -> bool:
    return answer.status in _CONFLICT


def _kind(entry: Tree) -> str:
    request = entry["request"]
    if request["method"] == "DELETE":
        return "delete"
    return "study" if request["url"].startswith(f"{STUDY}/") else "companion"


def _outcome(entry: Tree, answer: Answer) -> str:
    request = entry["request"]
    if request["method"] == "DELETE":
        return "deleted" if answer.ok else "left"
    if not answer.ok:
        return "failed"
    return "updated" if "ifMatch" in request else "created"


def _explain(entry: Tree, answer: Answer) -> Iterator[Issue]:
    """Give the server's words for what it refused, and what they mean; one that it won't delete is a warning."""
    if answer.ok:
        return
    request = entry["request"]
    for said in answer.explain():
        words = f"{said.path}: {said.message}" if said.path else said.message
        more = advice(request, answer) or advise(said.message)
        words = f"{words} ({more})" if more else words
        if request["method"] == "DELETE":
            left = f"no longer part of the trial, but the server won't delete it: {words}"
            yield Issue.warning(said.code, request["url"], left)
        else:
            yield Issue.error(said.code, request["url"], words)
