"""ClinicalTrials.gov, the records of its API v2. The study has their shape, so there is no table."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

from fhir_adapter.errors import Refused, ServerError, SourceError
from fhir_adapter.issues import Issue
from fhir_adapter.source import Source, Updates
from fhir_adapter.tree import Tree

if TYPE_CHECKING:
    from fhir_adapter.registry import Registry

BASE = "https://clinicaltrials.gov/api/v2"
PAGE_SIZE = "1000"  # the most that the API gives

_SECTIONS = {"protocolSection", "resultsSection", "annotationSection", "documentSection", "derivedSection"}
_PAGING = {"pageSize", "pageToken", "countTotal", "sort"}  # how a listing is given, not what is in it
_IDS = 100  # numbers in one address
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
            yield from _pages(open_registry, _parameters(query))
        else:
            yield from _numbers(open_registry, _listed(query))


def normal(query: str) -> str | None:
    """Spell a query the same however it is written; None where it begins with a later page.

    >>> normal("?query.cond=asthma&filter.ids=NCT00000001"), normal("nct00000002, NCT00000001")
    ('?filter.ids=NCT00000001&query.cond=asthma', 'NCT00000001,NCT00000002')
    """
    if not query.startswith("?"):
        return named(sorted({number.upper() for number in _listed(query)}))
    asked = _parameters(query)
    if "pageToken" in asked:
        return None
    kept = {key: " ".join(value.split()) for key, value in sorted(asked.items()) if key not in _PAGING}
    return _spelled({key: value for key, value in kept.items() if value})


def since(query: str, day: date) -> list[str]:
    """Narrow a query to studies whose last update was posted on a day or later.

    >>> since("?query.cond=asthma&filter.advanced=AREA[Phase]PHASE3 OR AREA[Phase]PHASE4", date(2026, 1, 2))
    ['?query.cond=asthma&filter.advanced=(AREA[Phase]PHASE3+OR+AREA[Phase]PHASE4)+AND+AREA[LastUpdatePostDate]RANGE[2026-01-02,MAX]']
    """
    return [_spelled(_narrowed(asked, day)) for asked in _listings(query)] + _odd(query)


def named(numbers: Iterable[str]) -> str:
    """Spell the query for studies by number."""
    return ",".join(numbers)


def numbers(query: str, registry: Registry | None = None) -> Iterator[str]:
    """List the numbers of all studies that a query gives; raises SourceError as `fetch` does."""
    from fhir_adapter.registry import Registry

    with registry or Registry(BASE) as open_registry:
        for asked in _listings(query):
            for study in _pages(open_registry, {**asked, "fields": "NCTId"}):
                yield str(study["protocolSection"]["identificationModule"]["nctId"])


def _listings(query: str) -> list[dict[str, str]]:
    """Give the parameters that list what a query gives; numbers are asked for many at once."""
    if query.startswith("?"):
        return [_parameters(query)]
    own = [number.upper() for number in _listed(query) if _NUMBER.fullmatch(number)]
    return [{"filter.ids": ",".join(own[start : start + _IDS])} for start in range(0, len(own), _IDS)]


def _odd(query: str) -> list[str]:
    """Give what is no number, so that asking for it says so each time."""
    odd = [] if query.startswith("?") else [number for number in _listed(query) if not _NUMBER.fullmatch(number)]
    return [named(odd)] if odd else []


def _narrowed(asked: dict[str, str], day: date) -> dict[str, str]:
    changed = f"AREA[LastUpdatePostDate]RANGE[{day.isoformat()},MAX]"
    own = asked.get("filter.advanced", "").strip()
    return {**asked, "filter.advanced": f"({own}) AND {changed}" if own else changed}


def _listed(query: str) -> list[str]:
    return re.split(r"[,\s]+", query.strip(", \t\n"))


def _parameters(query: str) -> dict[str, str]:
    return dict(parse_qsl(query[1:], keep_blank_values=True))


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


def _pages(registry: Registry, parameters: dict[str, str]) -> Iterator[Tree]:
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
    updates=Updates(normal=normal, since=since, named=named, numbers=numbers),
)
