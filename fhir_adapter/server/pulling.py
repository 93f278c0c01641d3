"""Trials from a server: studies by id or by search, each with all that it refers to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice

from fhir_adapter.issues import Issue
from fhir_adapter.receipt import Pulled
from fhir_adapter.resource import ID, STUDY, plain
from fhir_adapter.server.answer import Answer
from fhir_adapter.server.connection import Connection
from fhir_adapter.server.delivery import Delivery
from fhir_adapter.server.mode import Mode
from fhir_adapter.server.pages import Pages
from fhir_adapter.tree import Tree
from fhir_adapter.trial import dangling, gather, write_trial

__all__ = ["Pulling", "found"]

_ROUND = 50  # studies whose companions are read together
_GONE = (404, 410)


def found(answers: Mapping[str, Answer]) -> dict[str, Tree]:
    """Give the resources of those answers that have one."""
    return {each: answer.resource for each, answer in answers.items() if answer.ok and answer.resource}


class Pulling:
    """Reads from one server; `deliver` makes what reads by our names."""

    def __init__(self, http: Connection, mode: Mode, fhir: str, deliver: Callable[[], Delivery]) -> None:
        self._http, self._mode, self._fhir, self._deliver = http, mode, fhir, deliver

    def named(self, ids: Iterable[str]) -> Iterator[Pulled]:
        """Read trials by id, in that order."""
        wanted = iter(ids)
        while some := list(islice(wanted, _ROUND)):
            # What can't be an id is never put into an address.
            legal = list(dict.fromkeys(each for each in some if ID.fullmatch(each)))
            answers = self._deliver().read([f"{STUDY}/{each}" for each in legal])
            pulled = {each.id: each for each in self._complete([*found(answers).values()])}
            for each in some:
                yield pulled.get(each) or _missing(each, answers.get(f"{STUDY}/{each}"))

    def searched(self, asked: Sequence[tuple[str, str]] = ()) -> Iterator[Pulled]:
        """Read the trials that a search finds; without one, all."""
        pages = Pages(self._http, STUDY, asked)
        studies = pages.matches()
        while some := list(islice(studies, _ROUND)):
            yield from self._complete(self._mode.translate(some))
        left = iter(pages.overlooked())
        while names := list(islice(left, _ROUND)):
            yield from self._overlooked(names)

    def _overlooked(self, ids: list[str]) -> Iterator[Pulled]:
        """Read studies by the ids that the server gave them; one that is gone meanwhile is none."""
        answers = self._http.batch([{"request": {"method": "GET", "url": f"{STUDY}/{each}"}} for each in ids])
        told = dict(zip(ids, answers, strict=True))
        yield from self._complete(self._mode.translate([*found(told).values()]))
        yield from (
            _missing(own, answer) for own, answer in told.items() if not answer.ok and answer.status not in _GONE
        )

    def _complete(self, studies: list[Tree]) -> Iterator[Pulled]:
        refused: dict[str, Answer] = {}

        def read(names: list[str]) -> dict[str, Tree]:
            answers = self._deliver().read(names)
            refused.update({each: answer for each, answer in answers.items() if not answer.ok})
            return found(answers)

        for resources, absent in gather(studies, read, self._http.url, parties=True):
            own = str(resources[0]["id"])
            bundle = write_trial((plain(each, self._fhir) for each in resources), self._http.url)
            issues = (_dangling(own, each, refused.get(each)) for each in absent)
            yield Pulled(own, bundle, tuple(issues))


def _missing(own: str, answer: Answer | None) -> Pulled:
    if answer is None or answer.status in _GONE:
        issue = Issue.error("not-found", STUDY, f"no {STUDY} {own!r} on this server")
    else:
        issue = Issue.error("processing", STUDY, f"could not be read: {_words(answer)}")
    return Pulled(own, None, (issue.of(own),))


def _dangling(own: str, name: str, answer: Answer | None) -> Issue:
    if answer is None or answer.status in _GONE:
        return dangling(own, name, "the server doesn't have it", code="not-found")
    return dangling(own, name, f"it could not be read: {_words(answer)}", code="processing")


def _words(answer: Answer) -> str:
    return "; ".join(issue.message for issue in answer.explain())
