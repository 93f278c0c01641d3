"""What `doctor` measured of a server: its limits and habits, kept as TOML beside its ledger."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from fhir_adapter.errors import ConfigError
from fhir_adapter.server.chunks import Limits
from fhir_adapter.server.connection import Connection

__all__ = ["Habits"]

_HEAD = "# What fhir-adapter measured of a server; push and sync go by it. Measure again: fhir-adapter doctor --probe\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """One server; None is what was not measured.

    What push and sync go by: `mode`, how new resources get their ids; `entries` and `size`, the largest Bundle that
    went through, in entries and bytes; `transactions`, whether a Bundle is stored as a whole or not at all; `gzip`,
    whether it reads packed bodies. What people want to know: `ids` (`any`, `letter`: not digits alone, `server`: it
    gives them itself); `noop`, whether a PUT that changes nothing makes no version; `stale`, the status of an
    `If-Match` that is out of date, 0 where it is ignored; `integrity`, whether references must lead somewhere;
    `delay`, seconds until a search finds what was written; `latency`, seconds of a usual request (median).
    """

    url: str = ""
    fhir: str = ""
    software: str = ""
    mode: str = "put"
    entries: int | None = None
    size: int | None = None
    transactions: bool | None = None
    batches: bool | None = None
    gzip: bool | None = None
    ids: str | None = None
    noop: bool | None = None
    stale: int | None = None
    conditional_update: bool | None = None
    conditional_create: bool | None = None
    if_none_match: bool | None = None
    integrity: bool | None = None
    delay: float | None = None
    latency: float | None = None

    @property
    def limits(self) -> Limits:
        """Give the largest request that we make of it; the usual ones where nothing is measured."""
        usual = Limits()
        return Limits(self.entries or usual.entries, self.size or usual.size)

    def teach(self, http: Connection) -> None:
        """Let a connection know what is measured."""
        http.transactions = self.transactions is not False
        http.batches = self.batches is not False
        http.packs = bool(self.gzip)

    def as_dict(self) -> dict[str, Any]:
        """Give what is known, in the order of the file."""
        told = ((each.name, getattr(self, each.name)) for each in fields(self))
        return {key: value for key, value in told if value is not None and value != ""}

    def write(self, path: Path) -> None:
        """Keep them in a file; what was there is replaced at once or not at all."""
        lines = [f"{key} = {_spelt(value)}" for key, value in self.as_dict().items()]
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f"{path.name}.part")
        beside.write_text(_HEAD + "\n".join(lines) + "\n", encoding="utf-8")
        beside.replace(path)

    @classmethod
    def read(cls, path: Path) -> Habits:
        """Read a file that `write` wrote, or a person. Raises ConfigError for anything else."""
        try:
            told = tomllib.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            words = f"cannot read the profile {str(path)!r}: {(error.strerror or str(error)).lower()}"
            raise ConfigError(f"{words}; make one with: fhir-adapter doctor TARGET --probe -o FILE") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ConfigError(f"the profile {str(path)!r} is not TOML: {error}") from None
        _check(told, path)
        return cls(**told)


def _check(told: Mapping[str, Any], path: Path) -> None:
    from fhir_adapter.server.mode import MODES

    kinds = {each.name: str(each.type).removesuffix(" | None") for each in fields(Habits)}
    for key, value in told.items():
        wanted = kinds.get(key)
        fine = type(value).__name__ == wanted or (wanted == "float" and type(value) is int)
        few = type(value) is int and wanted == "int" and key in ("entries", "size") and value < 1
        if not fine or few or (key == "mode" and value not in MODES):
            words = f"{key!r} may not be {value!r}" if wanted else f"there is no {key!r}"
            raise ConfigError(f"the profile {str(path)!r} is wrong: {words}; run doctor --probe again, or mend it")


def _spelt(value: Any) -> str:
    """Spell a value as TOML; its basic strings are JSON's."""
    import orjson

    return orjson.dumps(value).decode()
