"""ClinicalTrials.gov, the records of its API v2. The study has their shape, so there is no table."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

from fhir_adapter.errors import Refused, ServerError, SourceError
from fhir_adapter.issues import Issue
from fhir_adapter.source import Source
from fhir_adapter.tree import Tree

if TYPE_CHECKING:
    from fhir_adapter.registry import Registry

BASE = "https://clinicaltrials.gov/api/v2"
PAGE_SIZE = "1000"  # the most that the API gives

_SECTIONS = {"protocolSection", "resultsSection", "annotationSection", "documentSection", "derivedSection"}
_NUMBER = re.compile(r"NCT\d{8}", re.IGNORECASE)


def recognise(record: Any) -> bool:
    return isinstance(record, dict) and not _SECTIONS.isdisjoint(record)


def fetch(query: str, registry: Registry | None = None) -> Iterator[Tree | Issue]:
    """Ask the registry: "NCT04267848,NCT…" for studies by number, "?query.cond=asthma&…" for all that match.

    After `?` stand the API's own parameters; `pageToken` among them goes on where an earlier run stopped.
    A number that the registry doesn't have gives an Issue. Raises SourceError, which says how to go on, when the
    registry refuses or stays away. `registry` is asked in place of ClinicalTrials.gov itself.
    """
    from fhir_adapter.registry import Registry  # httpx costs start-up time

    with registry or Registry(BASE) as open_registry:
        if query.startswith("?"):
            yield from _pages(open_registry, dict(parse_qsl(query[1:], keep_blank_values=True)))
        else:
            yield from _numbers(open_registry, re.split(r"[,\s]+", query.strip(", \t\n")))


def _numbers(registry: Registry, numbers: list[str]) -> Iterator[Tree | Issue]:
    for index, number in enumerate(numbers):
        if not _NUMBER.fullmatch(number):
            words = f"no NCT number: {number!r}; write NCT and eight digits, or ?query.term=…"
            yield Issue.error("value", "", words).of(number)
            continue
        try:
            study = registry.get(f"/studies/{number.upper()}")
        except Refused as error:
            if error.response is None or error.response.status_code != 404:
                raise _stopped(error, ",".join(numbers[index:])) from error
            yield Issue.error("not-found", "", "the registry has no such study").of(number.upper())
        except ServerError as error:
            raise _stopped(error, ",".join(numbers[index:])) from error
        else:
            yield study


def _pages(registry: Registry, parameters: dict[str, str]) -> Iterator[Tree | Issue]:
    asked = {"pageSize": PAGE_SIZE, **parameters}
    while True:
        try:
            page = registry.get("/studies", asked)
        except ServerError as error:
            raise _stopped(error, _spelled(asked)) from error
        studies = page.get("studies") if isinstance(page, dict) else None
        if not isinstance(studies, list):
            raise SourceError(f"{registry.base}/studies answered without a list of studies; is this its API v2?")
        yield from studies
        token = page.get("nextPageToken")
        if not token:
            return
        asked["pageToken"] = token


def _spelled(parameters: dict[str, str]) -> str:
    return f"?{urlencode(parameters, safe=',:|[]()')}"


def _stopped(error: ServerError, rest: str) -> SourceError:
    """Say what happened, and with which query to go on."""
    return SourceError(f"{error}; go on with ctgov:{rest}")


SOURCE = Source(
    id="ctgov",
    title="a ClinicalTrials.gov API v2 record",
    recognise=recognise,
    fetch=fetch,
)
