"""What the twin holds: every version of every resource, in memory, with what searches and references need."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import TypeVar

from fhir_adapter.tree import Tree
from fhir_adapter.twin.message import dump, parse, raw

__all__ = ["Store", "Term", "Version"]

K = TypeVar("K")
_SIZE = re.compile(rb'"size":"(\d+)"')
Term = tuple[str, str]  # a search parameter and what it is asked for


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a resource. `body` is its JSON without meta, empty for a deletion; `meta` what the client
    put there and the server keeps, `source` apart. `targets` are the resources that it refers to.
    """

    number: int
    updated: datetime
    body: bytes = b""
    meta: bytes = b"{}"
    source: str = ""
    terms: frozenset[Term] = frozenset()
    targets: frozenset[str] = frozenset()

    @property
    def gone(self) -> bool:
        """Say whether this is a deletion."""
        return not self.body

    @property
    def stamp(self) -> str:
        """Give its time as FHIR's instant."""
        return self.updated.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Store:
    """All resources by name (`Type/id`). Not safe for threads: the server takes one request at a time.

    `wide` shows R5's integer64 as a number, as HAPI does.
    """

    def __init__(self, *, wide: bool = False) -> None:
        self._wide = wide
        self._past: dict[str, list[Version]] = {}
        self._kinds: dict[str, dict[str, None]] = {}
        self._terms: dict[tuple[str, Term], dict[str, None]] = {}
        self._referrers: dict[str, dict[str, None]] = {}
        self._numbers = count(1000)
        self._journal: list[str] | None = None

    def past(self, name: str) -> list[Version]:
        """Give all versions of a resource, the oldest first."""
        return self._past.get(name, [])

    def last(self, name: str) -> Version | None:
        """Give the newest version, which may be a deletion; None: there never was one."""
        past = self._past.get(name)
        return past[-1] if past else None

    def show(self, version: Version) -> bytes:
        """Spell a version as a client reads it."""
        own = {"versionId": str(version.number), "lastUpdated": version.stamp}
        given = dump({**own, "source": version.source} if version.source else own)
        kept = b"," + version.meta[1:] if version.meta != b"{}" else b"}"
        body = _SIZE.sub(rb'"size":\1', version.body) if self._wide else version.body
        return body[:-1] + b',"meta":' + given[:-1] + kept + b"}"

    def holds(self, name: str) -> bool:
        last = self.last(name)
        return last is not None and not last.gone

    def of(self, kind: str) -> list[str]:
        """Name the resources of a type, in the order in which they came."""
        return list(self._kinds.get(kind, ()))

    def found(self, kind: str, term: Term) -> list[str]:
        """Name the resources of a type that answer to a term."""
        return list(self._terms.get((kind, term), ()))

    def referrers(self, name: str) -> list[str]:
        """Name what refers to a resource."""
        return list(self._referrers.get(name, ()))

    def fresh(self, kind: str) -> str:
        """Give an id that nothing of this type has."""
        return next(own for own in map(str, self._numbers) if f"{kind}/{own}" not in self._past)

    def write(self, name: str, version: Version) -> None:
        """Add a version."""
        self._drop(name, self.last(name))
        self._past.setdefault(name, []).append(version)
        self._place(name, version)
        if self._journal is not None:
            self._journal.append(name)

    @contextmanager
    def together(self) -> Iterator[None]:
        """Do all that is written within, or nothing where it ends with an exception."""
        journal: list[str] = []
        self._journal = journal
        try:
            yield
        except BaseException:
            for name in reversed(journal):
                self._undo(name)
            raise
        finally:
            self._journal = None

    def state(self) -> dict[str, Tree]:
        """Give what is stored now, by name and in order of names, without what the server adds."""
        alive = {name: past[-1] for name, past in sorted(self._past.items()) if not past[-1].gone}
        return {name: _plain(version) for name, version in alive.items()}

    def history(self) -> dict[str, list[Tree | None]]:
        """Give all versions by name, the oldest first; None for a deletion."""
        return {
            name: [None if version.gone else _plain(version) for version in past]
            for name, past in sorted(self._past.items())
        }

    def dump(self) -> Tree:
        """Give what `state` gives, spelt already."""
        alive = ((name, past[-1]) for name, past in sorted(self._past.items()))
        return {name: raw(_spell(version)) for name, version in alive if not version.gone}

    def size(self) -> tuple[int, int]:
        """Count the resources that are there, and all versions ever made."""
        return sum(map(len, self._kinds.values())), sum(map(len, self._past.values()))

    def _undo(self, name: str) -> None:
        past = self._past[name]
        self._drop(name, past.pop())
        self._place(name, past[-1] if past else None)
        if not past:
            del self._past[name]

    def _place(self, name: str, version: Version | None) -> None:
        """Let searches find a version, and nothing where there is none or a deletion."""
        kind = name.partition("/")[0]
        alive = self._kinds.setdefault(kind, {})
        if version is None or version.gone:
            alive.pop(name, None)
            return
        alive[name] = None
        for term in version.terms:
            self._terms.setdefault((kind, term), {})[name] = None
        for target in version.targets:
            self._referrers.setdefault(target, {})[name] = None

    def _drop(self, name: str, version: Version | None) -> None:
        if version is None or version.gone:
            return
        kind = name.partition("/")[0]
        for term in version.terms:
            _remove(self._terms, (kind, term), name)
        for target in version.targets:
            _remove(self._referrers, target, name)


def _remove(index: dict[K, dict[str, None]], key: K, name: str) -> None:
    names = index[key]
    del names[name]
    if not names:
        del index[key]


def _spell(version: Version) -> bytes:
    return version.body if version.meta == b"{}" else version.body[:-1] + b',"meta":' + version.meta + b"}"


def _plain(version: Version) -> Tree:
    tree: Tree = parse(_spell(version))
    return tree
