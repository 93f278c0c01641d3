"""What comes in, at the first gate: registry records, or FHIR that exists already, one trial at a time."""

from __future__ import annotations

import io
import re
import sys
import zlib
from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from fhir_adapter.errors import ConfigError, SourceError
from fhir_adapter.folder import FolderTarget
from fhir_adapter.folder.shelf import files, lines
from fhir_adapter.issues import Issue, blocking
from fhir_adapter.readers import Reading, readings
from fhir_adapter.readers.feed import decoded
from fhir_adapter.readers.places import UNREADABLE, places
from fhir_adapter.receipt import Pulled
from fhir_adapter.resource import STUDY, name
from fhir_adapter.source import known
from fhir_adapter.tree import Tree
from fhir_adapter.trial import gather, write_trial
from fhir_adapter.version import BASE

__all__ = ["Names", "demand", "held", "holds_fhir", "noted", "read", "resources", "trials"]

_FHIR = re.compile(rb'"resourceType"\s*:')
_HEAD = 64 * 1024
_FILES = 8  # looked at to tell what a folder holds


def read(
    what: str | Path | bytes | BinaryIO, source: str = "auto", *, issues: list[Issue] | None = None
) -> Iterator[Tree]:
    """Read registry records one at a time, as dicts in the shape of their registry.

    `what` is a file, a folder, "-" for standard input, bytes, an open binary file or a registry query such as
    "ctgov:NCT04267848". A record that cannot be read is added to `issues`; without that list it raises SourceError,
    so that none is missed unseen.
    """
    for reading in readings(what, source, stdin=sys.stdin.buffer if what == "-" else None):
        if issues is not None:
            issues.extend(reading.issues)
        elif blocking(reading.issues):
            words = "; ".join(str(issue) for issue in reading.issues)
            raise SourceError(f"{words}; give read() a list for its issues to go on")
        if reading.record is not None:
            yield reading.record


def demand(inputs: Iterable[str]) -> None:
    """See that inputs exist before anything is done. Raises SourceError for the first that does not."""
    for what in inputs:
        query = what.partition(":")[0] in known()
        if not what or (what != "-" and not query and not _exists(what)):
            words = "no such file or folder; name a file, a folder, - or a query such as"
            raise SourceError(f"cannot read {what!r}: {words} {known()[0]}:ID")


def _exists(what: str) -> bool:
    try:
        return Path(what).exists()
    except (OSError, ValueError):  # longer than any name, or with a zero byte
        return False


def holds_fhir(what: str, stdin: BinaryIO | None = None) -> bool:
    """Say whether an input holds FHIR rather than registry records, by the beginning of what is in it.

    Looks ahead in `stdin` without taking anything; what is packed as .zip there counts as registry records.
    """
    path = Path(what)
    if what != "-" and path.is_dir() and files(path):
        return True
    try:
        return any(_FHIR.search(head) for head in (_heads(path) if what != "-" else [_peek(stdin)]))
    except (*UNREADABLE, SourceError):
        return False  # whoever reads it says why


def _heads(path: Path) -> Iterator[bytes]:
    """Give the beginnings of the first files of a file or folder; none where there is none."""
    if not _exists(str(path)):
        return
    feeds = (feed for _, feed in places(path, None) if not isinstance(feed, Issue))
    yield from (decoded(feed).peek(_HEAD)[:_HEAD] for feed in islice(feeds, _FILES))


def _peek(stdin: BinaryIO | None) -> bytes:
    if not isinstance(stdin, io.BufferedReader):
        return b""
    head = stdin.peek(_HEAD)
    return zlib.decompressobj(31).decompress(head, _HEAD) if head.startswith(b"\x1f\x8b") else head


def noted(what: str) -> str | None:
    """Give the FHIR version of a folder of `<Type>.ndjson` files; None where it can't be told, or is no such folder."""
    if what == "-" or not Path(what).is_dir() or not files(Path(what)):
        return None
    try:
        with FolderTarget(what) as folder:
            return folder.fhir
    except ConfigError:
        return None


def resources(what: str, stdin: BinaryIO | None = None) -> Iterator[Reading]:
    """Read FHIR resources and Bundles one at a time; of a folder with `<Type>.ndjson` files only these.

    A key that is written twice in an object is an error among the issues beside the resource.
    """
    path = Path(what)
    shelf = files(path) if what != "-" and path.is_dir() else {}
    for each in shelf.values() or (what,):
        yield from readings(each, None, stdin=stdin, strict=True)


class Names:
    """The resources of a folder of `<Type>.ndjson` files, by type and id; `again` those that are there twice."""

    __slots__ = ("_ids", "again")

    def __init__(self, folder: Path) -> None:
        self._ids: dict[str, set[str]] = {}
        self.again: set[tuple[str, str]] = set()
        for kind, path in files(folder).items():
            known = self._ids.setdefault(kind, set())
            for line in lines(path, kind):
                if line.id in known:
                    self.again.add((kind, line.id))
                elif line.id:
                    known.add(line.id)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, tuple) and name[1] in self._ids.get(name[0], ())

    @property
    def studies(self) -> Collection[str]:
        """Give the ids of the studies."""
        return self._ids.get(STUDY, ())


def held(what: str) -> Names | None:
    """List what a folder of `<Type>.ndjson` files holds, so that references lead from file to file; else None."""
    return Names(Path(what)) if what != "-" and Path(what).is_dir() and files(Path(what)) else None


def trials(what: str, stdin: BinaryIO | None = None) -> Iterator[Pulled]:
    """Read FHIR trial by trial: a folder of `<Type>.ndjson` files, Bundles, or loose resources that belong together.

    A Bundle with one study is given as it is; those with several, and loose resources, are gathered study by study.
    """
    if what != "-" and Path(what).is_dir() and files(Path(what)):
        with FolderTarget(what) as folder:
            yield from folder.pull()
        return
    loose: list[Tree] = []
    for reading in readings(what, None, stdin=stdin):
        if reading.record is None:
            yield Pulled(reading.where, None, reading.issues)
        elif reading.record.get("resourceType") == "Bundle":
            yield from _bundled(reading.record, reading.where)
        elif _named(reading.record):
            loose.append(reading.record)
        else:
            words = "not a FHIR resource with resourceType and id; convert registry records first"
            yield Pulled(reading.where, None, (Issue.error("structure", "", words).of(reading.where),))
    yield from _gathered(loose, what)


def _named(resource: Tree) -> bool:
    return isinstance(resource.get("resourceType"), str) and isinstance(resource.get("id"), str)


def _bundled(bundle: Tree, where: str) -> Iterator[Pulled]:
    entries = bundle.get("entry")
    held = [entry.get("resource") for entry in entries or () if isinstance(entry, dict)] if entries else []
    inside = [resource for resource in held if isinstance(resource, dict) and _named(resource)]
    studies = [resource for resource in inside if resource["resourceType"] == STUDY]
    if len(studies) > 1:
        yield from _gathered(inside, where)
    else:
        yield Pulled(studies[0]["id"] if studies else where, bundle)


def _gathered(loose: list[Tree], where: str) -> Iterator[Pulled]:
    """Put together each study with what it refers to."""
    named = {name(resource): resource for resource in loose}
    studies = [resource for resource in named.values() if resource["resourceType"] == STUDY]
    if loose and not studies:
        issue = Issue.error("not-found", "", f"no {STUDY} among the resources; give it with them")
        yield Pulled(where, None, (issue.of(where),))
    found = gather(studies, lambda names: {each: named[each] for each in names if each in named})
    for own, absent in found:
        words = "the trial refers to this, and the input doesn't have it"
        issues = tuple(Issue.error("not-found", each, words).of(own[0]["id"]) for each in absent)
        yield Pulled(own[0]["id"], write_trial(own, BASE), issues)
