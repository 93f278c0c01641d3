"""Reading what a server calls otherwise than we do: by its own name where that is known, else by identifier."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import islice

from fhir_adapter.issues import Issue
from fhir_adapter.resource import COMPANIONS, STUDY, name, references, version
from fhir_adapter.server.answer import Answer
from fhir_adapter.server.connection import Connection
from fhir_adapter.server.naming import Naming, called, rename
from fhir_adapter.server.pages import Pages
from fhir_adapter.tree import Tree

__all__ = ["Finding", "several"]

_SEARCHED = 50  # names a search: an address of some 1,500 characters
_READ = 100  # resources a batch
_OURS = (STUDY, *COMPANIONS)  # what else there is has the server's name for us too
_GONE = (404, 410)


class Finding:
    """Reads resources by our names, and gives them with our names in them.

    `twice` are names that several resources there answer to, with what those are called there: nothing may be
    written for such a one.
    """

    def __init__(self, http: Connection, naming: Naming) -> None:
        self._http, self._naming = http, naming
        self.twice: dict[str, list[str]] = {}

    def read(self, names: Sequence[str]) -> list[Answer]:
        """Read resources; an answer each, 404 for what isn't there."""
        answers = {each: told for each in names if (told := self._naming.ahead.pop(each, None))}
        others = [each for each in names if each not in answers and each.partition("/")[0] not in _OURS]
        answers |= dict(zip(others, self._fetch(others), strict=True))
        answers |= self._known([each for each in names if each not in answers])
        answers |= self.search([each for each in names if each not in answers])
        self._look_ahead(answers.values())
        return [self._ours(answers[each]) for each in names]

    def search(self, names: Iterable[str]) -> dict[str, Answer]:
        """Find resources by what identifies them, and learn what they are called."""
        answers = {each: Answer(404) for each in names}
        for kind in dict.fromkeys(each.partition("/")[0] for each in answers):
            own = (each.partition("/")[2] for each in answers if each.startswith(f"{kind}/"))
            while some := list(islice(own, _SEARCHED)):
                asked = [("identifier", ",".join(some)), ("_count", str(2 * _SEARCHED))]
                found: dict[str, dict[str, Tree]] = {}
                for resource in Pages(self._http, kind, asked).matches():
                    mine = called(resource)
                    if mine in answers and mine is not None and self._naming.fits(mine, resource):
                        found.setdefault(mine, {})[name(resource)] = resource
                answers |= {each: self._found(each, there) for each, there in found.items()}
        return answers

    def forget(self) -> None:
        """Trust nothing that was read ahead: something is going to be written."""
        self._naming.ahead.clear()

    def translate(self, resources: Sequence[Tree]) -> list[Tree]:
        """Give resources as they were read from the server with our names in them."""
        answers = [self._met(each) for each in resources]
        self._look_ahead(answers)
        return [translated for each in answers if (translated := self._ours(each).resource)]

    def _known(self, names: Sequence[str]) -> dict[str, Answer]:
        known = {each: theirs for each in names if (theirs := self._naming.theirs(each))}
        answers: dict[str, Answer] = {}
        for ours, answer in zip(known, self._fetch([*known.values()]), strict=True):
            there = answer.resource if answer.ok else None
            if answer.status in _GONE or (there and (called(there) or name(there)) != ours):
                self._naming.forget([ours])
            else:
                answers[ours] = answer
        return answers

    def _fetch(self, theirs: Sequence[str]) -> list[Answer]:
        asked = [{"request": {"method": "GET", "url": each}} for each in theirs]
        parts = (asked[start : start + _READ] for start in range(0, len(asked), _READ))
        return [answer for part in parts for answer in self._http.batch(part)]

    def _found(self, ours: str, there: dict[str, Tree]) -> Answer:
        if len(there) > 1:
            self.twice[ours] = sorted(there)
            return Answer(412, issues=(several(ours, self.twice[ours]),))
        self.twice.pop(ours, None)
        ((theirs, resource),) = there.items()
        self._naming.learn(ours, theirs)
        return Answer(200, resource, version(resource))

    def _look_ahead(self, answers: Iterable[Answer]) -> None:
        """Read what resources refer to and we have no name for yet: only its identifier tells it."""
        met = list(answers)
        while met:
            links = (each for answer in met if answer.resource for each in references(answer.resource, self._http.url))
            wanted = [
                each for each in dict.fromkeys(links) if not self._naming.ours(each) and each not in self._naming.ahead
            ]
            met = self._fetch(wanted)
            for theirs, answer in zip(wanted, met, strict=True):
                resource = answer.resource if answer.ok else None
                self._naming.ahead[self._meet(resource) if resource else theirs] = answer

    def _met(self, resource: Tree) -> Answer:
        self._meet(resource)
        return Answer(200, resource, version(resource))

    def _meet(self, resource: Tree) -> str:
        """Learn what a resource is called; one that is not ours keeps its name, and so does a second one."""
        theirs = name(resource)
        ours = called(resource) or theirs
        if self._naming.theirs(ours) not in (None, theirs):
            ours = theirs
        self._naming.learn(ours, theirs)
        return ours

    def _ours(self, answer: Answer) -> Answer:
        if not answer.ok or not answer.resource:
            return answer
        ours = self._naming.ours(name(answer.resource)) or name(answer.resource)
        base = f"{self._http.url}/"

        def our_name(reference: str) -> str | None:
            return self._naming.ours(reference.removeprefix(base).partition("/_history/")[0])

        renamed = rename(answer.resource, our_name)
        return replace(answer, resource={**renamed, "id": ours.partition("/")[2]})


def several(ours: str, theirs: Sequence[str]) -> Issue:
    """Say that several resources answer to one name."""
    kind, _, own = ours.partition("/")
    words = f"{len(theirs)} resources answer to {kind}?identifier={own}: {', '.join(theirs)}"
    return Issue.error("multiple-matches", ours, f"{words}; delete all but one of them on the server, and run again")
