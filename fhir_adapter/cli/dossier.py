"""What stays of a run: report.json and issues.ndjson in a folder."""

from __future__ import annotations

import contextlib
from importlib.metadata import version
from pathlib import Path

import orjson

from fhir_adapter.errors import ConfigError
from fhir_adapter.issues import Issue
from fhir_adapter.report import Report

__all__ = ["Dossier", "summary"]


def summary(report: Report) -> bytes:
    """Spell a report as one line of JSON, with the version of the program."""
    return orjson.dumps({"fhir-adapter": version("fhir-adapter"), **report.as_dict()})


class Dossier:
    """Issues are written as they come; each file gets its name when the run is over, so that it is whole."""

    def __init__(self, folder: Path) -> None:
        self.report, self.issues = folder / "report.json", folder / "issues.ndjson"
        self._part = folder / ".issues.ndjson.part"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._file = self._part.open("wb")
        except OSError as error:
            why = (error.strerror or str(error)).lower()
            raise ConfigError(f"cannot write to folder {str(folder)!r}: {why}; choose another one") from error

    def note(self, issue: Issue) -> None:
        """Keep one issue."""
        self._file.write(orjson.dumps(issue.as_dict()) + b"\n")

    def close(self, report: Report) -> None:
        """Write the report, and give both files their names."""
        self._file.close()
        part = self.report.with_name(".report.json.part")
        part.write_bytes(orjson.dumps(orjson.loads(summary(report)), option=orjson.OPT_INDENT_2) + b"\n")
        self._part.replace(self.issues)
        part.replace(self.report)

    def forget(self) -> None:
        """Leave no trace of a run that never began."""
        self._file.close()
        with contextlib.suppress(OSError):
            self._part.unlink(missing_ok=True)
