"""A registry of invented trials that speaks as much of ClinicalTrials.gov's API v2 as following a query needs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import httpx

from command_line import record

__all__ = ["ROOT", "RegistryStub", "Tree"]

ROOT = "/api/v2"
_SINCE = re.compile(r"(?:\((?P<own>.*)\) AND )?AREA\[LastUpdatePostDate\]RANGE\[(?P<day>[\d-]+),MAX\]")

Tree = dict[str, Any]


@dataclass
class RegistryStub:
    """Trials by number, each with the day that it was last posted; a query gives those that `matching` doesn't hide.

    `hidden` trials match no query and are still there by number; `unlisted` says that listings are empty, `refused`
    that they fail.
    """

    studies: dict[str, Tree] = field(default_factory=dict)
    posted: dict[str, str] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)
    unlisted: bool = False
    refused: bool = False
    by_number: bool = True
    asked: list[httpx.Request] = field(default_factory=list)

    def post(self, numbers: Iterable[int], day: str, **parts: Any) -> None:
        """Publish trials on a day, new or changed."""
        for number in numbers:
            own = record(number, **parts)
            name = own["protocolSection"]["identificationModule"]["nctId"]
            self.studies[name], self.posted[name] = own, day

    def withdraw(self, number: int) -> None:
        """Let a trial be gone."""
        del self.studies[f"NCT{number:08}"]

    def forget(self) -> None:
        """Forget what was asked."""
        self.asked.clear()

    @property
    def listings(self) -> list[httpx.QueryParams]:
        """What was asked of the list of studies."""
        return [request.url.params for request in self.asked if request.url.path == f"{ROOT}/studies"]

    @property
    def numbers(self) -> list[str]:
        """The trials that were asked for by number."""
        paths = [request.url.path.removeprefix(f"{ROOT}/studies") for request in self.asked]
        return [path.removeprefix("/") for path in paths if path]

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        number = request.url.path.removeprefix(f"{ROOT}/studies").removeprefix("/")
        if not number:
            return self._page(request.url.params)
        found = self.studies.get(number) if self.by_number else None
        return httpx.Response(200, json=found) if found else httpx.Response(404, text="NCT number not found")

    def _page(self, asked: httpx.QueryParams) -> httpx.Response:
        if self.refused and asked.get("fields"):
            return httpx.Response(400, text="no such field")
        own, day = self._limits(asked.get("filter.advanced"))
        assert own in (None, "AREA[Phase]PHASE2")
        ids = re.split("[,|]", asked["filter.ids"]) if "filter.ids" in asked else list(self.studies)
        found = [each for each in ids if each in self.studies and each not in self.hidden and self.posted[each] >= day]
        start = int(asked.get("pageToken", "0"))
        stop = start + int(asked["pageSize"])
        some = [] if self.unlisted and asked.get("fields") else found[start:stop]
        page: Tree = {"studies": [self._cut(self.studies[each], asked.get("fields")) for each in some]}
        return httpx.Response(200, json={**page, **({"nextPageToken": str(stop)} if stop < len(found) else {})})

    def _limits(self, advanced: str | None) -> tuple[str | None, str]:
        match = _SINCE.fullmatch(advanced or "")
        return (match["own"], match["day"]) if match else (advanced, "")

    def _cut(self, study: Tree, fields: str | None) -> Tree:
        if fields is None:
            return study
        assert fields == "NCTId"
        own = study["protocolSection"]["identificationModule"]["nctId"]
        return {"protocolSection": {"identificationModule": {"nctId": own}}}
