"""The live registry is asked page by page and politely, against a stub on this machine that speaks its API."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from fhir_adapter.errors import SourceError
from fhir_adapter.issues import Issue
from fhir_adapter.mappings.sources.ctgov import fetch
from fhir_adapter.readers import Reading, readings
from fhir_adapter.registry import Registry
from fhir_adapter.retry import Retry
from loopback import nobody, serving

NUMBERS = [f"NCT{number:08}" for number in range(1, 8)]
STUDIES = {number: {"protocolSection": {"identificationModule": {"nctId": number}}} for number in NUMBERS}
NOW = datetime(2026, 1, 1, tzinfo=UTC)
ROOT = "/api/v2"


@dataclass
class Stub:
    """Speaks the API v2 over seven invented studies; answers what stands in `next_answers` first."""

    next_answers: list[httpx.Response] = field(default_factory=list)
    asked: list[httpx.Request] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        if self.next_answers:
            return self.next_answers.pop(0)
        path = request.url.path.removeprefix(ROOT)
        if path == "/studies":
            return self.page(request.url.params)
        study = STUDIES.get(path.removeprefix("/studies/"))
        return httpx.Response(200, json=study) if study else httpx.Response(404, text="NCT number not found")

    def page(self, parameters: httpx.QueryParams) -> httpx.Response:
        if "query.nonsense" in parameters:
            return httpx.Response(400, text="unknown parameter `query.nonsense`\n")
        start = int(parameters.get("pageToken", "at-0").removeprefix("at-"))
        stop = start + int(parameters["pageSize"])
        page: dict[str, Any] = {"studies": list(STUDIES.values())[start:stop]}
        if stop < len(STUDIES):
            page["nextPageToken"] = f"at-{stop}"
        return httpx.Response(200, json=page)


@pytest.fixture
def stub() -> Stub:
    return Stub()


@dataclass
class Ask:
    """Asks the stub over HTTP, and notes how long it would have waited."""

    url: str
    waits: list[float] = field(default_factory=list)

    def pause(self, seconds: float) -> float:
        self.waits.append(seconds)
        return 0.0

    def registry(self) -> Registry:
        return Registry(self.url + ROOT, retry=Retry(attempts=3, pause=self.pause, now=lambda: NOW), timeout=5.0)

    def __call__(self, query: str) -> list[Any]:
        return list(fetch(query, self.registry()))

    def readings(self, what: str) -> list[Reading]:
        return list(readings(what, fetcher=lambda query: fetch(query, self.registry())))


@pytest.fixture
def ask(stub: Stub) -> Iterator[Ask]:
    with serving(stub) as url:
        yield Ask(url)


def numbers(found: list[Any]) -> list[str]:
    return [one["protocolSection"]["identificationModule"]["nctId"] for one in found if isinstance(one, dict)]


def busy(status: int, **headers: str) -> httpx.Response:
    return httpx.Response(status, headers={name.replace("_", "-"): value for name, value in headers.items()})


def test_a_number_gives_its_study(ask: Ask, stub: Stub) -> None:
    """One study is asked for by its number, whatever its letters' case, by a client that says its name."""
    assert numbers(ask("nct00000003")) == ["NCT00000003"]
    assert stub.asked[0].url.path == "/api/v2/studies/NCT00000003"
    assert stub.asked[0].headers["User-Agent"].startswith("fhir-adapter/")


def test_a_number_that_is_not_there_costs_itself(ask: Ask) -> None:
    """The other studies go on; an issue names the one that is missing, and one that is no number."""
    found = ask.readings("ctgov:NCT00000001,NCT99999999, NCT1,NCT00000002")

    assert numbers([one.record for one in found]) == ["NCT00000001", "NCT00000002"]
    assert [str(issue) for one in found for issue in one.issues] == [
        "error: ctgov:NCT99999999: the registry has no such study",
        "error: ctgov:NCT1: no NCT number: 'NCT1'; write NCT and eight digits, or ?query.term=…",
    ]


def test_a_query_is_paged_through(ask: Ask, stub: Stub) -> None:
    """Each page is asked for with the token of the one before, and with the same parameters."""
    found = ask("?query.cond=imaginary%20migraine&filter.overallStatus=RECRUITING,COMPLETED&pageSize=3")

    assert numbers(found) == list(STUDIES)
    assert [request.url.params.get("pageToken") for request in stub.asked] == [None, "at-3", "at-6"]
    for request in stub.asked:
        assert request.url.params["query.cond"] == "imaginary migraine"
        assert request.url.params["filter.overallStatus"] == "RECRUITING,COMPLETED"
        assert request.url.params["pageSize"] == "3"


def test_a_page_is_as_large_as_the_registry_gives(ask: Ask, stub: Stub) -> None:
    """Few questions are kinder than many."""
    ask("?query.cond=imaginary")

    assert [request.url.params["pageSize"] for request in stub.asked] == ["1000"]


def test_a_run_goes_on_from_a_token(ask: Ask) -> None:
    """The token of a page is part of the query."""
    assert numbers(ask("?pageSize=3&pageToken=at-3")) == list(STUDIES)[3:]


def test_a_query_without_an_answer_gives_nothing(ask: Ask, stub: Stub) -> None:
    """No study matches: that is no error."""
    stub.next_answers = [httpx.Response(200, json={"studies": []})]

    assert ask("?query.cond=nothing") == []


def test_pages_are_asked_for_as_they_are_needed(stub: Stub) -> None:
    """The second page is asked for when the first is used up."""
    with serving(stub) as url:
        found = fetch("?pageSize=3", Ask(url).registry())
        for _ in range(3):
            next(found)

        assert len(stub.asked) == 1


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_busy_registry_is_asked_again(ask: Ask, stub: Stub, status: int) -> None:
    """A temporary refusal is waited out."""
    stub.next_answers = [busy(status), busy(status)]

    assert numbers(ask("NCT00000001")) == ["NCT00000001"]
    assert len(stub.asked) == 3


WAITS = {"seconds": ("7", 7.0), "a date": ("Thu, 01 Jan 2026 00:00:30 GMT", 30.0)}


@pytest.mark.parametrize(("header", "seconds"), WAITS.values(), ids=WAITS)
@pytest.mark.parametrize("status", [429, 503])
def test_the_registry_says_how_long_to_wait(ask: Ask, stub: Stub, status: int, header: str, seconds: float) -> None:
    """`Retry-After` is obeyed, in seconds and as a date."""
    stub.next_answers = [busy(status, Retry_After=header)]

    ask("NCT00000001")

    assert seconds in ask.waits


def test_a_registry_that_stays_busy_names_where_to_go_on(ask: Ask, stub: Stub) -> None:
    """In the middle of a query the error gives the query for the rest, which then gives the rest."""
    found = fetch("?query.cond=a|b&pageSize=3", ask.registry())
    first = [next(found) for _ in range(3)]
    stub.next_answers = [busy(503)] * 3

    with pytest.raises(SourceError, match=r"answered 503; go on with ctgov:\?") as caught:
        next(found)

    rest = str(caught.value).partition("ctgov:")[2]
    assert rest == "?pageSize=3&query.cond=a|b&pageToken=at-3"
    assert numbers(first + ask(rest)) == list(STUDIES)


def test_numbers_that_are_left_are_named_too(ask: Ask, stub: Stub) -> None:
    """A list of numbers goes on where it stopped."""
    found = fetch("NCT00000001,NCT00000002,NCT00000003", ask.registry())
    next(found)
    stub.next_answers = [busy(429)] * 3

    with pytest.raises(SourceError, match=r"go on with ctgov:NCT00000002,NCT00000003$"):
        next(found)


def test_a_refused_query_has_the_words_of_the_registry(ask: Ask, stub: Stub) -> None:
    """A wrong parameter is not tried again."""
    with pytest.raises(SourceError, match=r"answered 400: unknown parameter `query\.nonsense`; go on with"):
        ask("?query.nonsense=1")
    assert len(stub.asked) == 1


ANSWERS = {
    "a page of HTML": (httpx.Response(200, html="<html></html>"), "did not answer with JSON"),
    "another API": (httpx.Response(200, json={"hits": []}), "without a list of studies; is this its API v2?"),
    "a list": (httpx.Response(200, json=[]), "without a list of studies"),
}


@pytest.mark.parametrize(("answer", "words"), ANSWERS.values(), ids=ANSWERS)
def test_an_answer_that_is_not_the_api_s_is_told(ask: Ask, stub: Stub, answer: httpx.Response, words: str) -> None:
    """What does not speak the API cannot be read from."""
    stub.next_answers = [answer]

    with pytest.raises(SourceError, match=words.replace("?", r"\?")):
        ask("?query.cond=imaginary")


def test_a_registry_that_is_away_is_told() -> None:
    """Nobody answers: the address is named."""
    with pytest.raises(SourceError, match=r"http://127\.0\.0\.1:\d+/api/v2/studies/NCT00000001 does not answer: "):
        Ask(nobody())("NCT00000001")


def test_a_study_that_moved_is_found(ask: Ask, stub: Stub) -> None:
    """The registry sends an old number on to the study that it became."""
    stub.next_answers = [httpx.Response(301, headers={"Location": f"{ROOT}/studies/NCT00000005"})]

    assert numbers(ask("NCT00000001")) == ["NCT00000005"]


def test_issues_name_the_number() -> None:
    """An issue of the fetcher says which study it is about."""
    registry = Registry("https://registry.example/api", transport=httpx.MockTransport(lambda _: httpx.Response(404)))

    assert list(fetch("NCT00000001", registry)) == [
        Issue.error("not-found", "", "the registry has no such study").of("NCT00000001")
    ]
