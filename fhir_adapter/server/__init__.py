"""A FHIR server as a target: it says itself which FHIR it speaks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from types import TracebackType
from typing import TYPE_CHECKING, Self

from fhir_adapter.errors import ConfigError, Refused, ServerError
from fhir_adapter.issues import Issue
from fhir_adapter.receipt import Pulled, Receipt
from fhir_adapter.resource import ID, STUDY, plain
from fhir_adapter.retry import Retry
from fhir_adapter.server.answer import Answer
from fhir_adapter.server.chunks import Limits, pack
from fhir_adapter.server.connection import Connection
from fhir_adapter.server.delivery import Delivery
from fhir_adapter.tree import Tree
from fhir_adapter.trial import gather, read_trial, write_trial

if TYPE_CHECKING:
    import httpx

__all__ = ["ServerTarget"]

_VERSIONS = {"4.0.": "R4", "4.3.": "R4B", "5.0.": "R5"}
_OTHERS = {"1.0.": " (DSTU2)", "3.0.": " (STU3)", "6.0.": " (R6)"}
_PAGE = 50  # studies a page and a round of reading: some MB
_RESTARTS = 3  # a search that expired while paging is begun again so often


class ServerTarget:
    """A FHIR server, held open; use it as a context manager, or close it.

    Opening reads `/metadata`: Temporary where nobody answers, ServerError where it is no FHIR server,
    ConfigError where it speaks a FHIR that we don't, or not the one that is asked for.
    """

    def __init__(
        self,
        url: str,
        *,
        fhir: str | None = None,
        auth: httpx.Auth | None = None,
        timeout: float = 120.0,
        transport: httpx.BaseTransport | None = None,
        retry: Retry | None = None,
        limits: Limits | None = None,
    ) -> None:
        self._http = Connection(url, auth=auth, timeout=timeout, transport=transport, retry=retry)
        try:
            self._fhir = _speaks(self._http)
            if fhir and fhir.upper() != self._fhir:
                raise ConfigError(f"{self._http.url} speaks FHIR {self._fhir}, not {fhir!r}; leave the version out")
        except BaseException:
            self._http.close()
            raise
        self._delivery = Delivery(self._http, self._fhir, limits or Limits())

    @property
    def fhir(self) -> str:
        """The FHIR version: R5, R4B or R4."""
        return self._fhir

    def push(self, bundle: Tree) -> Receipt:
        """Store one trial; nothing is written that is there already."""
        (receipt,) = self.push_all([bundle])
        return receipt

    def push_all(self, bundles: Iterable[Tree]) -> Iterator[Receipt]:
        """Store trials, several in a request; a receipt each, in order, as soon as they are stored."""
        trials = (read_trial(bundle, self._fhir, self._http.url) for bundle in bundles)
        for group in pack(trials, self._delivery.limits, lambda trial: trial.entries, lambda trial: trial.id):
            yield from self._delivery.push(group)

    def pull(self, ids: Iterable[str] | None = None) -> Iterator[Pulled]:
        """Read trials with all that they refer to: those named, in that order, or every study there is."""
        if ids is None:
            studies = self._every()
            while some := list(islice(studies, _PAGE)):
                yield from self._complete(some)
            return
        wanted = iter(ids)
        while named := list(islice(wanted, _PAGE)):
            yield from self._named(named)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"ServerTarget({self._http.url!r}, fhir={self._fhir!r})"

    def _named(self, ids: list[str]) -> Iterator[Pulled]:
        # What can't be an id is never put into an address.
        legal = list(dict.fromkeys(each for each in ids if ID.fullmatch(each)))
        answers = self._delivery.read([f"{STUDY}/{each}" for each in legal])
        studies = [answer.resource for answer in answers.values() if answer.ok and answer.resource]
        pulled = {each.id: each for each in self._complete(studies)}
        for each in ids:
            yield pulled.get(each) or _missing(each, answers.get(f"{STUDY}/{each}"))

    def _complete(self, studies: list[Tree]) -> Iterator[Pulled]:
        refused: dict[str, Answer] = {}

        def read(names: list[str]) -> dict[str, Tree]:
            answers = self._delivery.read(names)
            refused.update({each: answer for each, answer in answers.items() if not answer.ok})
            return {each: a.resource for each, a in answers.items() if a.ok and a.resource}

        for resources, absent in gather(studies, read, self._http.url):
            own = str(resources[0]["id"])
            bundle = write_trial((plain(each, self._fhir) for each in resources), self._http.url)
            issues = (_dangling(each, refused.get(each)).of(own) for each in absent)
            yield Pulled(own, bundle, tuple(issues))

    def _every(self) -> Iterator[Tree]:
        """Page through the studies; begins again where the server forgot the search."""
        first = f"{self._http.url}/{STUDY}?_count={_PAGE}"
        seen: set[str] = set()
        visited: set[str] = set()
        link: str | None = first
        restarts = 0
        while link:
            if link in visited:
                raise ServerError(f"{self._http.url} leads its pages in a circle: {len(seen)} studies were read")
            visited.add(link)
            try:
                page = self._http.get(link).resource or {}
            except Refused as refused:
                gone = refused.response is not None and refused.response.status_code == 410
                restarts += 1
                if not gone or restarts > _RESTARTS:
                    raise
                link, visited = first, set()
                continue
            fresh = [each for each in _studies(page) if each["id"] not in seen]
            seen.update(each["id"] for each in fresh)
            yield from fresh
            following = _next(page)
            link = self._http.follow(following, link) if following else None


def _speaks(http: Connection) -> str:
    asked = {"_elements": "fhirVersion,software"}
    statement = http.get("metadata", asked, attempts=2).resource or {}
    number = statement.get("fhirVersion")
    if statement.get("resourceType") not in ("CapabilityStatement", "Conformance") or not number:
        kind = statement.get("resourceType")
        raise ServerError(f"{http.url}/metadata gives {kind!r} instead of a CapabilityStatement; is this its base?")
    for prefix, version in _VERSIONS.items():
        if str(number).startswith(prefix):
            return version
    called = next((words for prefix, words in _OTHERS.items() if str(number).startswith(prefix)), "")
    raise ConfigError(f"{http.url} speaks FHIR {number}{called}; this program speaks R4, R4B and R5")


def _studies(page: Tree) -> Iterator[Tree]:
    for entry in page.get("entry") or []:
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if isinstance(resource, dict) and resource.get("resourceType") == STUDY and resource.get("id"):
            yield resource


def _next(page: Tree) -> str | None:
    links = [each for each in page.get("link") or [] if isinstance(each, dict)]
    return next((str(each["url"]) for each in links if each.get("relation") == "next" and each.get("url")), None)


def _missing(own: str, answer: Answer | None) -> Pulled:
    if answer is None or answer.status in (404, 410):
        issue = Issue.error("not-found", STUDY, f"no {STUDY} {own!r} on this server")
    else:
        issue = Issue.error("processing", STUDY, f"could not be read: {_words(answer)}")
    return Pulled(own, None, (issue.of(own),))


def _dangling(name: str, answer: Answer | None) -> Issue:
    if answer is None or answer.status in (404, 410):
        return Issue.error("not-found", name, "the trial refers to this, and the server doesn't have it")
    return Issue.error("processing", name, f"the trial refers to this, and it could not be read: {_words(answer)}")


def _words(answer: Answer) -> str:
    return "; ".join(issue.message for issue in answer.explain())
