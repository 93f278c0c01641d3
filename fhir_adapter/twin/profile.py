"""What tells one server from another, as data: a row a server, or a habit that some servers have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal

from fhir_adapter.errors import ConfigError
from fhir_adapter.twin.fault import Fault, Place

__all__ = ["PROFILES", "Profile", "find"]

Ids = Literal["letter", "any", "server"]
Links = Literal["absolute", "host", "base", "foreign"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """How a server behaves; `note` says whom it imitates and by which evidence of servers.md.

    `ids`: whether clients give new resources their ids: with a letter in them, any legal ones, or never
    (`denied` is the status then). `noop`: a PUT that changes nothing makes no version. `integrity`: references
    must lead somewhere, and what is referred to stays. `stale`: the status of an `If-Match` that is out of
    date; None ignores If-Match. `conditionals`: create, update, delete by a search; `criteria` the parameters
    that these may use, empty: all. `entries`, `size`: the largest Bundle, the largest body in bytes.
    `transactions`: all or nothing; else they are done as batches. `page`, `most`: entries of a page by default
    and at most. `links`: how `next` is spelt. `cache`: seconds for which a search is answered as before.
    `strict` refuses what is not valid FHIR; otherwise unknown elements are dropped. `delay` a request, `pace`
    an entry, in seconds; a Bundle that would take longer than `patience` is refused (408).
    """

    note: str
    software: tuple[str, str] = ("Twin", "1")
    hapi: bool = False
    ids: Ids = "any"
    denied: int = 405
    noop: bool = False
    integrity: bool = False
    stale: int | None = 412
    conditionals: frozenset[str] = frozenset({"create", "update", "delete"})
    criteria: frozenset[str] = frozenset()
    entries: int | None = None
    size: int | None = None
    batches: bool = True
    transactions: bool = True
    writes: bool = True
    page: int = 20
    most: int = 200
    links: Links = "absolute"
    cache: float = 0.0
    strict: bool = False
    gzip: bool = True
    sorts_by_time: bool = True
    delay: float = 0.0
    pace: float = 0.0
    patience: float | None = None
    faults: tuple[Fault, ...] = ()


_NONE: frozenset[str] = frozenset()
_IDENTIFIER = frozenset({"identifier"})

_HAPI = Profile(
    note="HAPI JPA 8.8.0 as measured, its search cache off",
    software=("HAPI FHIR Server", "8.8.0"),
    hapi=True,
    ids="letter",
    noop=True,
    integrity=True,
    stale=409,
)
_PLAIN = Profile(note="", noop=True, integrity=True)


def _hapi(note: str, *faults: Fault) -> Profile:
    return replace(_HAPI, note=note, faults=faults)


_ROWS: dict[str, Profile] = {
    # Servers that people have
    "hapi": _HAPI,
    "hapi-default": replace(_HAPI, note="the same, repeating a search answers as it did up to 60 s ago", cache=60.0),
    "hapi-open": replace(_HAPI, note="HAPI with any ids and without referential integrity", ids="any", integrity=False),
    "hapi-busy": _hapi(
        "HAPI with other writers: version conflicts, 409 HAPI-0823",
        Fault(kind="conflict", place=Place.BEFORE, status=409, share=0.1, writes=True),
    ),
    "healthlake": Profile(
        note="AWS HealthLake: 160 entries a Bundle", entries=160, conditionals=_NONE, strict=True, page=100, most=100
    ),
    "azure": Profile(
        note="Azure Health Data Services: 500 entries, a version of every PUT, 412", entries=500, strict=True, page=10
    ),
    "google": Profile(
        note="Google Cloud Healthcare: 4,500 entries, conditions by identifier only",
        entries=4_500,
        integrity=True,
        criteria=_IDENTIFIER,
        strict=True,
        page=100,
        most=1_000,
    ),
    "blaze": Profile(note="Blaze: every PUT makes history, the same content too", integrity=True, strict=True, page=50),
    "medplum": Profile(
        note="Medplum: transactions done as batches, 429 inside a 200, rate limits",
        transactions=False,
        noop=True,
        strict=True,
        faults=(
            Fault(kind="entry put off", place=Place.ENTRY, status=429, share=0.05),
            Fault(kind="rate limit", place=Place.BEFORE, status=429, share=0.02, row=1, later="1"),
        ),
    ),
    "fhir-works": Profile(
        note="FHIR Works on AWS: 25 entries, no conditions, If-Match ignored",
        entries=25,
        stale=None,
        conditionals=_NONE,
    ),
    "read-only": Profile(
        note="Epic, Oracle: reads only, no _lastUpdated", writes=False, conditionals=_NONE, sorts_by_time=False
    ),
    # Single habits
    "numeric-ids": replace(_PLAIN, note="refuses new ids that are all digits (400)", ids="letter"),
    "server-ids": replace(_PLAIN, note="gives all ids itself: a PUT of a new id is 405", ids="server"),
    "conditional-only": replace(
        _PLAIN,
        note="gives all ids itself (400), conditions by identifier",
        ids="server",
        denied=400,
        criteria=_IDENTIFIER,
    ),
    "no-transactions": replace(_PLAIN, note="does each entry of a transaction by itself", transactions=False),
    "no-batches": replace(_PLAIN, note="knows no batch (405)", batches=False),
    "lost-response": _hapi(
        "commits, then breaks the connection, or answers 504 as a gateway would",
        Fault(kind="connection lost", place=Place.AFTER, share=0.1),
        Fault(kind="gateway time-out", place=Place.AFTER, status=504, share=0.05, html=True, writes=True),
    ),
    "expired-pages": _hapi(
        "forgets searches while one pages through them (410)",
        Fault(kind="expired page", place=Place.PAGE, status=410, share=0.2, row=1),
    ),
    "flaky": _hapi(
        "5xx as mark-up, 503 with Retry-After in seconds and as a date, 429",
        Fault(kind="bad gateway", place=Place.BEFORE, status=502, share=0.05, html=True),
        Fault(kind="unavailable for a second", place=Place.BEFORE, status=503, share=0.03, row=1, later="1"),
        Fault(kind="unavailable until", place=Place.BEFORE, status=503, share=0.03, row=1, later="date"),
        Fault(kind="server error", place=Place.BEFORE, status=500, share=0.03, html=True),
        Fault(kind="too many requests", place=Place.BEFORE, status=429, share=0.03, later="0"),
    ),
    "slow": replace(
        _HAPI, note="20 ms a request, 5 ms an entry, 408 after half a second", delay=0.02, pace=0.005, patience=0.5
    ),
    "small-bodies": replace(_HAPI, note="no body above 64 kB (413)", size=64_000),
    "relative-links": replace(_HAPI, note="next begins at the host: /fhir?...", links="host", page=10, most=10),
    "base-links": replace(_HAPI, note="next begins at the base: ResearchStudy?...", links="base", page=10, most=10),
    "foreign-link": replace(_HAPI, note="next leads to another host", links="foreign", page=10, most=10),
}

PROFILES: Mapping[str, Profile] = MappingProxyType(_ROWS)


def find(name: str) -> Profile:
    """Give a profile by its name; ConfigError where there is none."""
    if name not in PROFILES:
        raise ConfigError(f"no twin profile {name!r}; choose one of {', '.join(PROFILES)}")
    return PROFILES[name]
