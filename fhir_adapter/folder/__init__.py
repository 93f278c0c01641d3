"""A folder as a target: one `<Type>.ndjson` file a resource type, and a note of the FHIR version."""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import orjson

from fhir_adapter.errors import ConfigError
from fhir_adapter.folder import planning
from fhir_adapter.folder.edition import NOTE, agree
from fhir_adapter.folder.shelf import files, lines, owner, replace
from fhir_adapter.folder.spool import Spool
from fhir_adapter.issues import Issue
from fhir_adapter.plan import Plan, withdrawal
from fhir_adapter.receipt import Pulled, Receipt
from fhir_adapter.resource import STUDY
from fhir_adapter.tree import Tree
from fhir_adapter.trial import Trial, dangling, gather, read_trial, write_trial
from fhir_adapter.version import BASE

__all__ = ["FolderTarget"]

_GROUP = 200  # trials that are planned with one look at the files

Stored = dict[str, int]  # "Type/id" -> hash of the line


class FolderTarget:
    """Trials in NDJSON files; use it as a context manager, or close it.

    Pushed trials wait in a nameless file in the folder and are written when the target closes, also after
    an exception: what has a receipt is kept. Every file is replaced whole, the studies last. A trial stands
    where it first stood, new ones follow in the order of pushing; a trial that is pushed again replaces all
    its own resources. Lines that aren't ours, unreadable ones and other files stay as they are.

    `fhir` None: what the folder holds, R5 for a new one. ConfigError where it holds another version, where
    its version can't be told, and where it can't be written.
    """

    def __init__(self, folder: str | Path, *, fhir: str | None = None, base: str = BASE) -> None:
        self._folder = Path(folder)
        self._base = base.rstrip("/")
        with _using("read", self._folder):
            if self._folder.exists() and not self._folder.is_dir():
                raise ConfigError(f"{str(folder)!r} is a file; give a folder")
            self._fhir = agree(self._folder, fhir)
        self.ledger = None  # the files themselves say what is there
        self.meter = None
        self._spool: Spool | None = None
        self._stored: dict[str, Stored] | None = None

    @property
    def fhir(self) -> str:
        """The FHIR version: R5, R4B or R4."""
        return self._fhir

    def push(self, bundle: Tree) -> Receipt:
        """Store one trial; one that is there already, line for line, is left alone."""
        trial = read_trial(bundle, self._fhir, self._base)
        if trial.issues:
            return Receipt(trial.id, failed=len(trial.issues), issues=trial.issues)
        made = [(entry["request"]["url"], orjson.dumps(entry["resource"]) + b"\n") for entry in trial.entries]
        with _using("write to", self._folder):
            spool = self._open()
            before = self._before(trial, spool)
            receipt = _receipt(trial.id, {each: hash(line) for each, line in made}, before)
            if receipt.written:
                spool.put(trial.id, _by_kind(made))
        return receipt

    def push_all(self, bundles: Iterable[Tree]) -> Iterator[Receipt]:
        """Store trials; a receipt each, in order."""
        return map(self.push, bundles)

    def plan(self, bundles: Iterable[Tree]) -> Iterator[Plan]:
        """Say what pushing trials would do, element by element; nothing is written."""
        trials = (read_trial(bundle, self._fhir, self._base) for bundle in bundles)
        while group := list(islice(trials, _GROUP)):
            there = {each.id: each for each in self._there(trial.id for trial in group)}
            yield from planning.plan(group, there, str(self._folder), self._fhir)

    def withdrawal(self, ids: Iterable[str], how: str) -> Iterator[Plan]:
        """Plan what becomes of trials that are gone from their registry: `retire` or `delete`."""
        for each in self._there(ids):
            if resources := planning.stored(each):
                steps = tuple(withdrawal(resources, how, self._fhir))
                yield Plan(trial=each.id, target=str(self._folder), fhir=self._fhir, steps=steps, withdraw=True)

    def apply(self, plans: Iterable[Plan]) -> Iterator[Receipt]:
        """Carry out plans; a trial that moved since its plan was made is left as it is, and its receipt says so."""
        for plan in plans:
            if (plan.target, plan.fhir) != (str(self._folder), self._fhir):
                words = f"the plan is for {plan.target} in FHIR {plan.fhir}, not for {self._folder} in {self._fhir}"
                raise ConfigError(f"{words}; apply it there, or plan again")
            there = [planning.stored(each) for each in self._there([plan.trial])]
            yield planning.apply(plan, there[0] if there else [], self._fhir, self._base, self.push, self._drop)

    def _there(self, ids: Iterable[str]) -> Iterator[Pulled]:
        return self.pull(ids) if self._folder.is_dir() else iter(())

    def _drop(self, study: str) -> Receipt:
        """Take a trial out."""
        with _using("write to", self._folder):
            spool = self._open()
            before = self._before(Trial(study), spool)
            spool.put(study, {})
        return Receipt(study, deleted=len(before))

    def pull(self, ids: Iterable[str] | None = None, search: str | None = None) -> Iterator[Pulled]:
        """Read trials with all that they refer to: those named, in that order, or all in the file's order.

        A line that can't be read comes first, as an issue with its place. A folder isn't searched: ConfigError.
        """
        if search is not None:
            words = "a folder can't be searched: name trials by id, or pull all of them"
            raise ConfigError(f"{str(self._folder)!r} is no server, and {words}")
        return self._pull(ids)

    def _pull(self, ids: Iterable[str] | None) -> Iterator[Pulled]:
        self.commit()
        if not self._folder.is_dir():
            raise ConfigError(f"no folder {str(self._folder)!r} to read from")
        with ExitStack() as stack, _using("read", self._folder):
            found = files(self._folder)
            opened = {kind: stack.enter_context(path.open("rb")) for kind, path in found.items()}
            places: dict[str, int] = {}
            for kind, path in found.items():
                yield from _index(kind, path, places)
            studies = [each.partition("/")[2] for each in places if each.startswith(f"{STUDY}/")]
            for own in studies if ids is None else ids:
                yield self._trial(own, places, opened)

    def commit(self) -> None:
        """Write what was pushed. Each file is old or new whole, and the studies are written last."""
        spool = self._spool
        if spool is None:
            return
        with _using("write to", self._folder):
            if len(spool):
                self._write(spool)
        spool.close()
        self._spool = self._stored = None

    def close(self) -> None:
        """Write what was pushed."""
        self.commit()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"FolderTarget({str(self._folder)!r}, fhir={self._fhir!r})"

    def _open(self) -> Spool:
        if self._spool is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._spool = Spool(self._folder)
            self._stored = _survey(self._folder)
        return self._spool

    def _before(self, trial: Trial, spool: Spool) -> Stored:
        if trial.id not in spool:
            return (self._stored or {}).get(trial.id, {})
        waiting = ((kind, spool.get(trial.id, kind)) for kind in spool.kinds(trial.id))
        made = ((kind, line) for kind, block in waiting for line in block.splitlines(keepends=True))
        return {f"{kind}/{orjson.loads(line)['id']}": hash(line) for kind, line in made}

    def _write(self, spool: Spool) -> None:
        known = {*(self._stored or {}), *spool.studies()}
        paths = files(self._folder)
        fresh = {kind for study in spool.studies() for kind in spool.kinds(study)} - {STUDY}
        note = self._folder / NOTE
        if not note.exists():
            replace(note, [orjson.dumps({"fhir": self._fhir}) + b"\n"])
        for kind in (*sorted(fresh | (paths.keys() - {STUDY})), STUDY):
            path = paths.get(kind, self._folder / f"{kind}.ndjson")
            replace(path, _merged(path, kind, spool, known))

    def _trial(self, own: str, places: Mapping[str, int], opened: Mapping[str, IO[bytes]]) -> Pulled:
        def read(names: list[str]) -> dict[str, Tree]:
            return {each: _read(each, places, opened) for each in names if each in places}

        study = read([f"{STUDY}/{own}"])
        if not study:
            issue = Issue.error("not-found", STUDY, f"no {STUDY} {own!r} in {str(self._folder)!r}")
            return Pulled(own, None, (issue.of(own),))
        ((resources, absent),) = gather(list(study.values()), read, parties=True)
        bundle = write_trial(resources, self._base)
        return Pulled(own, bundle, tuple(dangling(own, each, "the folder doesn't have it") for each in absent))


def _read(name: str, places: Mapping[str, int], opened: Mapping[str, IO[bytes]]) -> Tree:
    file = opened[name.partition("/")[0]]
    file.seek(places[name])
    tree: Tree = orjson.loads(file.readline().removeprefix(BOM_UTF8))
    return tree


def _index(kind: str, path: Path, places: dict[str, int]) -> Iterator[Pulled]:
    """Note where each resource stands; the last of two with one id counts, as it was written later."""
    for line in lines(path, kind):
        place = f"{path.name}:{line.number}"
        if line.resource is None and not line.blank:
            issue = Issue.error("structure", kind, f"not a {kind} with a legal id, in JSON on one line")
            yield Pulled(place, None, (issue.of(place),))
        elif line.resource is not None:
            name = f"{kind}/{line.id}"
            if name in places:
                issue = Issue.warning("duplicate", kind, f"a second {name}; it replaces the first")
                yield Pulled(place, None, (issue.of(place),))
            places[name] = line.offset


def _merged(path: Path, kind: str, spool: Spool, known: set[str]) -> Iterator[bytes]:
    """Give the file anew: each pushed trial's lines where its first one stood, new trials at the end."""
    done: set[str] = set()
    for line in lines(path, kind) if path.exists() else ():
        study = owner(kind, line.id, known) if line.id else None
        if study is None or study not in spool:
            yield line.raw if line.raw.endswith(b"\n") else line.raw + b"\n"
        elif study not in done:
            done.add(study)
            yield spool.get(study, kind)
    for study in spool.studies():
        if study not in done:
            yield spool.get(study, kind)


def _survey(folder: Path) -> dict[str, Stored]:
    """Hash what the folder holds, by study; resources that were made for no study in it are not counted."""
    found = files(folder)
    stored: dict[str, Stored] = {}
    for kind, path in found.items():
        for line in lines(path, kind):
            study = owner(kind, line.id, stored) if line.id else None
            if study is not None:
                stored.setdefault(study, {})[f"{kind}/{line.id}"] = hash(line.raw)
    return stored


def _receipt(study: str, made: Stored, before: Stored) -> Receipt:
    return Receipt(
        study,
        created=len(made.keys() - before.keys()),
        updated=sum(made[each] != before[each] for each in made.keys() & before.keys()),
        unchanged=sum(made[each] == before[each] for each in made.keys() & before.keys()),
        deleted=len(before.keys() - made.keys()),
    )


def _by_kind(made: Iterable[tuple[str, bytes]]) -> dict[str, list[bytes]]:
    out: dict[str, list[bytes]] = {}
    for name, line in made:
        out.setdefault(name.partition("/")[0], []).append(line)
    return out


@contextmanager
def _using(verb: str, folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise ConfigError(f"cannot {verb} folder {str(folder)!r}: {why}; choose another one") from error
