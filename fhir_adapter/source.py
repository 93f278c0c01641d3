"""Registry formats: what a module of mappings/sources says about itself, and how it is found."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from fhir_adapter.errors import ConfigError
from fhir_adapter.issues import Issue
from fhir_adapter.table import Scope, Table
from fhir_adapter.tree import Tree

__all__ = ["OVERLAP", "Fetch", "Source", "Updates", "find", "known"]

# Days that are asked for again: a registry posts by the day, in its own time zone, and may list it later.
OVERLAP = 3

_PACKAGE = "fhir_adapter.mappings.sources"

# A query without the source's name ("NCT04267848", "?query.cond=asthma") to its records, one after the other;
# an Issue stands for a record that could not be had and names it. `registry=` is the Registry to ask in place of the
# source's own. Raises SourceError when it cannot go on.
Fetch = Callable[..., Iterator[Tree | Issue]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Updates:
    """How a registry is asked for less than all that a query gives, in queries that `fetch` takes.

    `normal` spells a query so that two that ask for the same trials are equal, None where it is only the rest of a
    listing. `since` gives queries for those of its trials that changed on a day or later. `named` gives the query for
    trials by number; of one that the registry doesn't have `fetch` then gives an Issue `not-found`. `numbers` lists
    cheaply which trials a query gives now (`registry=` as in `fetch`). Numbers are the ids that trials get in FHIR.
    """

    normal: Callable[[str], str | None]
    since: Callable[[str, date], list[str]]
    named: Callable[[Iterable[str]], str]
    numbers: Callable[..., Iterator[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One registry format.

    `recognise` is given a parsed record (dict) or a whole text (str) and says whether it is of this format.
    `table` ties the study (left) to the registry's record (right); None: the record is the study.
    `parse` turns a text of the layout into one record, `render` a record into such a text; None: the format
    is JSON. `fetch` asks the registry itself, `updates` says how for less. `check` says what is odd about a record
    that was read.
    """

    id: str
    title: str
    recognise: Callable[[Any], bool]
    table: Table | None = None
    parse: Callable[[str], Tree] | None = None
    render: Callable[[Tree], str] | None = None
    fetch: Fetch | None = None
    updates: Updates | None = None
    check: Callable[[Tree], list[Issue]] | None = None

    def read(self, record: Tree, scope: Scope | None = None) -> Tree:
        """Turn a record into a study. What cannot be read is noted in the scope."""
        return record if self.table is None else self.table.read(record, scope or Scope())

    def write(self, study: Tree, scope: Scope | None = None) -> Tree:
        """Turn a study into a record. What cannot be written is noted in the scope."""
        return study if self.table is None else self.table.write(study, scope or Scope())

    def unread(self, record: Tree) -> set[str]:
        """Name the paths of a record that no row reads and nothing ignores."""
        return set() if self.table is None else self.table.unread(record)


def known() -> tuple[str, ...]:
    """List the ids of all registry formats, sorted. A module whose name begins with `_` is none."""
    package = importlib.import_module(_PACKAGE)
    return tuple(sorted(found.name for found in pkgutil.iter_modules(package.__path__) if found.name[0] != "_"))


@cache
def find(name: str) -> Source:
    """Find a registry format by its id. Raises ConfigError where there is none."""
    if name not in known():
        raise ConfigError(f"no registry format {name!r}; choose one of {', '.join(known())}")
    module = importlib.import_module(f"{_PACKAGE}.{name}")
    source = getattr(module, "SOURCE", None)
    if not isinstance(source, Source):
        raise ConfigError(f"the mapping module {name!r} has no SOURCE; let it define one")
    return source
