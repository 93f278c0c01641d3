"""Whether a ledger still tells the truth: a glance at the server before it is believed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping

from fhir_adapter.errors import Refused
from fhir_adapter.ledger import Ledger
from fhir_adapter.resource import STUDY, version
from fhir_adapter.server.connection import Connection

__all__ = ["glance"]

_log = logging.getLogger(__name__)

_SAMPLE = 50  # studies: one page on every server


def glance(http: Connection, ledger: Ledger, ids: Callable[[Iterable[str]], Mapping[str, str]]) -> None:
    """Compare the studies that were not looked at for longest with the server: one request a run.

    A trial that isn't as the ledger says is forgotten, so that it is compared and mended; where most of the sample
    is wrong (a server that was emptied, or restored from a backup) all trials are. `ids` says which ids studies have
    there; what it doesn't say is not looked at, nor is what a server leaves for a following page.
    """
    told = ledger.longest_unchecked(_SAMPLE)
    there = ids(told)
    sample = {own: told[study] for study, own in there.items()}
    if not sample:
        return
    asked = {"_id": ",".join(sample), "_elements": "id,meta", "_count": str(len(sample))}
    try:
        page = http.get(STUDY, asked).resource or {}
    except Refused:
        return  # it doesn't search by id: the ledger is all there is
    found = {}
    for entry in page.get("entry") or ():
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if isinstance(resource, dict):
            found[resource.get("id")] = version(resource)
    if any(isinstance(each, dict) and each.get("relation") == "next" for each in page.get("link") or ()):
        sample = {study: sent for study, sent in sample.items() if study in found}
    wrong = [study for study, sent in sample.items() if found.get(study, "") not in (sent, None)]
    if 2 * len(wrong) > len(sample):
        _log.warning(
            "%s no longer holds what it was sent: %d of %d studies differ; it is read again",
            http.url, len(wrong), len(sample),
        )  # fmt: skip
        ledger.forget()
        return
    ledger.forget(study for study, own in there.items() if own in wrong)
    ledger.checked(study for study, own in there.items() if own in sample and own not in wrong)
