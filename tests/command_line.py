"""The command line for tests: run in this process, or as a program of its own; and invented records for it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["PROGRAM", "Ran", "Run", "lines", "program", "record", "records"]

PROGRAM = [sys.executable, "-m", "fhir_adapter"]
Tree = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command left behind."""

    code: int
    out: bytes
    err: str

    @property
    def last(self) -> str:
        """The last line for people."""
        return self.err.splitlines()[-1] if self.err.strip() else ""

    @property
    def trees(self) -> list[Tree]:
        """The data, a JSON object a line."""
        return [json.loads(line) for line in self.out.splitlines()]


Run = Callable[..., Ran]


def program(
    *words: str | Path, stdin: bytes = b"", folder: Path | None = None, env: Mapping[str, str] | None = None
) -> Ran:
    """Run the command as a program of its own."""
    done = subprocess.run(
        [*PROGRAM, *map(str, words)], input=stdin, cwd=folder, env=env, capture_output=True, check=False, timeout=300
    )
    return Ran(done.returncode, done.stdout, done.stderr.decode())


def record(number: int = 1, *, outcomes: int = 2, sites: int = 1) -> Tree:
    """Make an invented trial in the shape of a ClinicalTrials.gov v2 record."""
    own = f"NCT{number:08}"
    places = [{"facility": f"Imaginary Hospital {n}", "city": "Nowhere", "country": "France"} for n in range(sites)]
    measures = [{"measure": f"Invented Score {n}", "timeFrame": "6 months"} for n in range(outcomes)]
    return {
        "protocolSection": {
            "identificationModule": {"nctId": own, "briefTitle": f"Invented Trial {number} of Zorvatib"},
            "statusModule": {"overallStatus": "RECRUITING", "statusVerifiedDate": "2024-02"},
            "sponsorCollaboratorsModule": {"leadSponsor": {"name": "Nobody University", "class": "OTHER"}},
            "descriptionModule": {"briefSummary": "Nothing here is real."},
            "conditionsModule": {"conditions": ["Imaginary Cough"]},
            "designModule": {"studyType": "INTERVENTIONAL", "phases": ["PHASE2"]},
            "armsInterventionsModule": {
                "armGroups": [{"label": "A", "type": "EXPERIMENTAL", "interventionNames": ["Drug: Zorvatib"]}],
                "interventions": [{"type": "DRUG", "name": "Zorvatib", "armGroupLabels": ["A"]}],
            },
            "outcomesModule": {"primaryOutcomes": measures},
            "eligibilityModule": {"eligibilityCriteria": "Inclusion Criteria:\n\n* coughs", "sex": "ALL"},
            "contactsLocationsModule": {"locations": places},
        },
        "hasResults": False,
    }


def records(count: int) -> list[Tree]:
    """Make several invented trials."""
    return [record(number) for number in range(1, count + 1)]


def lines(trees: Iterable[Any]) -> bytes:
    """Spell values as NDJSON."""
    return b"".join(json.dumps(tree).encode() + b"\n" for tree in trees)
