"""The course of one run through its inputs: all that is in them, or only what changed or failed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

from fhir_adapter.errors import ConfigError
from fhir_adapter.following import ALL, Following, study_of

if TYPE_CHECKING:
    from fhir_adapter.ledger import Ledger
    from fhir_adapter.readers import Reading
    from fhir_adapter.receipt import Pulled
    from fhir_adapter.settings import Settings

__all__ = ["Course"]


class Course:
    """What one run reads. `retry`: only what failed last time; `follow`: queries go on where they were followed to.

    `today` is the day of the run in UTC, `keep=False` notes nothing. Raises ConfigError where a ledger is needed and
    there is none, or an input can't be asked for what changed.
    """

    def __init__(
        self,
        settings: Settings,
        ledger: Ledger | None,
        today: date,
        *,
        retry: bool = False,
        follow: bool = False,
        keep: bool = True,
    ) -> None:
        if ledger is None and retry:
            raise ConfigError("--retry-failed needs a ledger, and this target has none; leave it out")
        if ledger is None and follow and settings.withdrawn != "leave":
            raise ConfigError(f"--withdrawn {settings.withdrawn} needs a ledger, and this target has none")
        self._settings, self._ledger, self._today = settings, ledger, today
        self._retry, self._follow, self._keep = retry, follow, keep
        self._failed = ledger.failed().keys() if ledger is not None and retry else frozenset[str]()
        self._followed: list[Following] = []

    @property
    def gone(self) -> list[str]:
        """Give the trials that were found to be gone from their registries so far."""
        return [each for one in self._followed for each in one.gone]

    def records(self, what: str) -> Iterator[Reading]:
        """Read the records of an input."""
        from fhir_adapter.cli.supply import records

        following = self._following(what)
        if following is None:
            return filter(self._again, records([what], self._settings))
        self._followed.append(following)
        return following.failed() if self._retry else following.readings()

    def studies(self, what: str) -> Iterator[Pulled]:
        """Read the trials of an input that holds FHIR."""
        from fhir_adapter.cli.supply import studies

        found = studies([what])
        return (each for each in found if each.bundle is None or each.id in self._failed) if self._retry else found

    def finish(self) -> None:
        """Note how far queries were followed; to be called when all that was read is on the target."""
        for each in self._followed:
            each.finish()

    def _again(self, reading: Reading) -> bool:
        """Say whether a record is to be sent in this run; what can't be read is always said."""
        return not self._retry or reading.record is None or study_of(reading) in self._failed

    def _following(self, what: str) -> Following | None:
        """Follow a registry query; None for what is read whole."""
        from fhir_adapter.cli.supply import registry
        from fhir_adapter.readers import asked

        since = self._settings.since if self._follow else ALL
        found = asked(what)
        if found is None and since != ALL:
            raise ConfigError(f"--since {since} is for registry queries, and {what!r} is none; leave it out")
        if found is None or not (self._retry or (self._follow and (self._ledger is not None or since != ALL))):
            return None
        source, query = found
        part = source.updates is None or source.updates.normal(query) is None
        if part and since == ALL and not self._retry:
            return None
        return Following(
            source,
            query,
            self._ledger,
            self._today,
            since=since,
            overlap=self._settings.overlap,
            registry=partial(registry, source.id, self._settings.registries),
            keep=self._keep,
        )
