"""A registry query followed from run to run: what changed since, what failed last time, what is gone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import partial
from typing import TYPE_CHECKING

from fhir_adapter.errors import ConfigError, SourceError
from fhir_adapter.identity import identity
from fhir_adapter.issues import Issue
from fhir_adapter.ledger import HELD, WITHDRAWN, Ledger
from fhir_adapter.readers import Reading, asked, readings
from fhir_adapter.row import MALFORMED, Scope
from fhir_adapter.source import OVERLAP, Source, Updates, find

if TYPE_CHECKING:
    from fhir_adapter.registry import Registry

__all__ = ["ALL", "AUTO", "Following", "study_of"]

ALL, AUTO = "all", "auto"
_ONE_BY_ONE = 200  # trials that are asked for by number; for more of them the whole query is cheaper
_JOINING = 500  # trials that are noted at once

_WITH_LEDGER = "a FHIR server as target, without --state none"

Open = Callable[[], "Registry | None"]


class Following:
    """One query of a registry in one run; what earlier runs made of it is in the ledger.

    `since` is "all", "auto" (from where the ledger says it was followed to, everything the first time) or a day, as
    YYYY-MM-DD; `overlap` is how many days "auto" goes back behind that. `today` is the day of the run, in UTC.
    `registry` opens the way to the registry, None stands for its own address. `keep=False` notes nothing. Without a
    ledger nothing is known of earlier runs. Raises ConfigError for what can't be followed.
    """

    def __init__(
        self,
        source: Source,
        query: str,
        ledger: Ledger | None,
        today: date,
        *,
        since: str = ALL,
        overlap: int = OVERLAP,
        registry: Open = lambda: None,
        keep: bool = True,
    ) -> None:
        self.gone: tuple[str, ...] = ()
        self._source, self._query, self._today, self._open = source, query, today, registry
        self._updates = _updates(source)
        self._name = f"{source.id}:{_normal(self._updates, query)}"
        self._ledger, self._notes = ledger, ledger if keep else None
        if ledger is None and since == AUTO:
            raise ConfigError(f"--since auto needs a ledger, and this target has none; give a day, or {_WITH_LEDGER}")
        self._cursor = ledger.cursor(self._name) if ledger is not None else None
        self._members = ledger.members(self._name) if ledger is not None else {}
        self._from = self._start(since, overlap)
        self._seen: set[str] = set()
        self._missing: dict[str, Reading] = {}
        self._left: list[str] = []
        self._joining: list[str] = []
        self._complete = False

    def readings(self) -> Iterator[Reading]:
        """Read the trials to bring up to date: those that failed last time first; `gone` is known at the end."""
        whole = self._from is None
        if self._from is None:
            queries = [self._query]
        else:
            yield from self._named(self._pending())
            queries = self._updates.since(self._query, self._from)
        for query in queries:
            yield from self._fresh(query)
        self._join()
        yield from self._compared(self._seen if whole else None)
        self._join()
        self._complete = True

    def failed(self) -> Iterator[Reading]:
        """Read again, by number, only the trials of the query that failed last time."""
        failed = self._ledger.failed() if self._ledger is not None else {}
        yield from self._named([study for study, place in failed.items() if self._gave(study, place or "")])

    def finish(self) -> None:
        """Note that the query was followed until today, if it was: all was read, and nothing before was left out.

        To be called when what was read is on the target.
        """
        if self._notes is None or not self._complete:
            return
        states = self._notes.members(self._name)
        self._notes.leave(self._name, [each for each in self._left if states.get(each) == HELD])
        if self._from is None or (self._cursor and self._from <= date.fromisoformat(self._cursor.since)):
            self._notes.move(self._name, self._today.isoformat())

    # --- what is asked for -------------------------------------------------------------------------------

    def _start(self, since: str, overlap: int) -> date | None:
        """Give the day from which is asked; None: everything."""
        if since == ALL:
            return None
        if since != AUTO:
            return _day(since)
        if self._cursor is None or len(self._pending()) > _ONE_BY_ONE:
            return None
        return date.fromisoformat(self._cursor.since) - timedelta(days=overlap)

    def _gave(self, study: str, place: str) -> bool:
        """Say whether a trial that came from a place came from this query."""
        found = asked(place.rpartition("#")[0])
        return study in self._members or (
            found is not None and f"{found[0].id}:{self._updates.normal(found[1])}" == self._name
        )

    def _pending(self) -> list[str]:
        """Give the trials of which no one knows whether the target holds them."""
        return [study for study, state in self._members.items() if state not in (HELD, WITHDRAWN)]

    def _compared(self, listed: set[str] | None) -> Iterator[Reading]:
        """Compare with what the query gives now: what it no longer gives is looked at one by one."""
        if not self._members:
            return
        if listed is None:
            try:
                listed = set(self._updates.numbers(self._query, registry=self._open()))
            except SourceError as error:
                yield self._remark(f"which trials are gone from the registry can't be told: {error}")
                return
        known = {study for study, state in self._members.items() if state != WITHDRAWN}
        if known and not listed:
            yield self._remark(f"the registry lists none of {len(known):,} trials; none is taken for gone")
            yield from self._missing.values()
            return
        back = sorted(each for each in listed - self._seen if self._members.get(each) in (None, WITHDRAWN))
        yield from self._named(back[:_ONE_BY_ONE])
        self._joining += back
        yield from self._absent(sorted(known - listed), min(listed, default=""))

    def _absent(self, absent: list[str], witness: str) -> Iterator[Reading]:
        """Ask by number for what isn't listed: some is gone, the rest only no longer matches."""
        doubtful = [each for each in absent if each not in self._missing]
        yield from self._named([each for each in doubtful if each not in self._seen], join=False)
        gone = [each for each in absent if each in self._missing]
        if gone and not self._answers(witness):
            yield self._remark(
                f"the registry doesn't know {witness} either, which it lists; no trial is taken for gone"
            )
            yield from (self._missing[each] for each in gone)
            return
        self.gone = tuple(gone)
        self._left = [each for each in doubtful if each not in self._missing]

    def _answers(self, number: str) -> bool:
        """Say whether the registry gives a trial by number."""
        return any(found.record is not None for found in self._ask(self._updates.named([number])))

    # --- asking ------------------------------------------------------------------------------------------

    def _ask(self, query: str) -> Iterator[Reading]:
        fetch = self._source.fetch
        assert fetch is not None  # noqa: S101  (_updates has looked)
        return readings(f"{self._source.id}:{query}", fetcher=partial(fetch, registry=self._open()))

    def _named(self, numbers: list[str], *, join: bool = True) -> Iterator[Reading]:
        return self._fresh(self._updates.named(numbers), join=join) if numbers else iter(())

    def _fresh(self, query: str, *, join: bool = True) -> Iterator[Reading]:
        """Ask, and leave out what was read already, and what is known and the registry no longer has."""
        for reading in self._ask(query):
            if reading.record is None:
                number = reading.where.removeprefix(f"{self._source.id}:")
                if number in self._members and any(issue.code == "not-found" for issue in reading.issues):
                    self._missing[number] = reading
                    continue
            elif study := study_of(reading):
                if study in self._seen:
                    continue
                self._seen.add(study)
                self._joining += [study] if join else []
                if len(self._joining) >= _JOINING:
                    self._join()
            yield reading

    def _join(self) -> None:
        if self._notes is not None and self._joining:
            self._notes.join(self._name, self._joining)
        self._joining = []

    def _remark(self, words: str) -> Reading:
        return Reading(None, self._source.id, self._name, (Issue.warning("incomplete", "", words).of(self._name),))


def study_of(reading: Reading) -> str:
    """Give the id that the trial of a record will have; "" where there is no record, or it can't be told."""
    if reading.record is None:
        return ""
    try:
        return identity(find(reading.source).read(reading.record, Scope()))[0]
    except MALFORMED:
        return ""


def _updates(source: Source) -> Updates:
    if source.updates is None:
        raise ConfigError(f"{source.id!r} can't be asked for what changed; leave --since out")
    return source.updates


def _normal(updates: Updates, query: str) -> str:
    normal = updates.normal(query)
    if normal is None:
        raise ConfigError(f"{query!r} is the rest of a listing and can't be followed; leave its page out")
    return normal


def _day(since: str) -> date:
    try:
        return date.fromisoformat(since)
    except ValueError:
        raise ConfigError(f"no day: {since!r}; write --since 2026-01-31, auto or all") from None
