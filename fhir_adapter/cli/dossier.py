"""What stays of a run: report.json, issues.ndjson and failures.ndjson in a folder."""

from __future__ import annotations

import contextlib
from importlib.metadata import version
from pathlib import Path

import orjson

from fhir_adapter.errors import ConfigError
from fhir_adapter.issues import Issue
from fhir_adapter.report import Failure, Report
from fhir_adapter.tree import Tree

__all__ = ["Dossier", "summary"]


def summary(report: Report) -> bytes:
    """Spell a report as one line of JSON, with the version of the program."""
    return orjson.dumps({"fhir-adapter": version("fhir-adapter"), **report.as_dict()})


class Dossier:
    """Issues and failures are written as they come; files get their names when the run is over, whole."""

    def __init__(self, folder: Path) -> None:
        self.report, self.issues = folder / "report.json", folder / "issues.ndjson"
        self.failures = folder / "failures.ndjson"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._parts = {path: _part(path).open("wb") for path in (self.issues, self.failures)}
        except OSError as error:
            why = (error.strerror or str(error)).lower()
            raise ConfigError(f"cannot write to folder {str(folder)!r}: {why}; choose another one") from error

    def note(self, issue: Issue) -> None:
        """Keep one issue."""
        self._write(self.issues, issue.as_dict())

    def lose(self, failure: Failure, retry: str) -> None:
        """Keep one record that failed, with the command that tries it again."""
        self._write(self.failures, {**failure.as_dict(), **({"retry": retry} if retry else {})})

    def close(self, report: Report) -> None:
        """Write the report, and give all files their names."""
        part = _part(self.report)
        part.write_bytes(orjson.dumps(orjson.loads(summary(report)), option=orjson.OPT_INDENT_2) + b"\n")
        for path, file in self._parts.items():
            file.close()
            _part(path).replace(path)
        part.replace(self.report)

    def forget(self) -> None:
        """Leave no trace of a run that never began."""
        for path, file in self._parts.items():
            file.close()
            with contextlib.suppress(OSError):
                _part(path).unlink(missing_ok=True)

    def _write(self, path: Path, told: Tree) -> None:
        self._parts[path].write(orjson.dumps(told) + b"\n")


def _part(path: Path) -> Path:
    return path.with_name(f".{path.name}.part")
