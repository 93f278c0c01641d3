"""The words of the classic XML for codes, dates, yes and no, each tied to the study's own.

Labels are those of the registry's enumerations, but where the XML spells them in its own way. Reading takes them
in any case and without regard to signs; a word that is not known stays as it is, and is reported as no code.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from fhir_adapter.codecs import Codes, iso_date
from fhir_adapter.mappings.fhir import codes
from fhir_adapter.mappings.fhir.terms import Terms
from fhir_adapter.table import Codec
from fhir_adapter.tree import Tree

__all__ = [
    "AGENCY_CLASS",
    "ALLOCATION",
    "ARM_TYPE",
    "BIOSPEC_RETENTION",
    "COUNT",
    "DATE",
    "DOWNLOAD_DATE",
    "INTERVENTION_MODEL",
    "INTERVENTION_TYPE",
    "IPD_INFO_TYPES",
    "IPD_SHARING",
    "OBSERVATIONAL_MODEL",
    "OFFICIAL_ROLE",
    "PHASES",
    "PLAN_TYPE",
    "POST_TYPE",
    "PRIMARY_PURPOSE",
    "RESPONSIBLE_PARTY_TYPE",
    "SAMPLING_METHOD",
    "SEX",
    "SITE_STATUS",
    "STATUS",
    "STUDY_TYPE",
    "TIME_PERSPECTIVE",
    "VOLUNTEERS",
    "WHO_MASKED",
    "YES",
    "Labels",
    "ages",
]


class Labels(Codes):
    """One enumeration in the XML's words: `spelled` where they are not the registry's, `once` what they once were.

    >>> sex = Labels(codes.SEX, once={"Both": "ALL"})
    >>> sex.write("ALL"), sex.read("female"), sex.read("Both"), sex.read("new")
    ('All', 'FEMALE', 'ALL', 'new')
    """

    def __init__(self, terms: Terms, *, once: Mapping[str, str] | None = None, **spelled: str) -> None:
        super().__init__({code: label for code, (label, _) in terms.values.items()} | spelled)
        self._bare = {_bare(label): code for label, code in {**self.back, **(once or {})}.items()}

    def read(self, value: str) -> str:
        return self._bare.get(_bare(value), value)

    @property
    def each(self) -> Codec:
        """Give the codec of a list of labels."""
        return replace(
            self.codec,
            write=lambda many: [self.write(one) for one in many],
            read=lambda many: [self.read(one) for one in many],
        )


def _bare(label: str) -> str:
    return re.sub(r"[\W_]+", "", label).casefold()


STATUS = Labels(codes.STATUS, once={"No longer recruiting": "ACTIVE_NOT_RECRUITING"})
SITE_STATUS = Labels(codes.RECRUITMENT_STATUS)
STUDY_TYPE = Labels(codes.STUDY_TYPE)
ALLOCATION = Labels(codes.ALLOCATION)
INTERVENTION_MODEL = Labels(codes.INTERVENTION_MODEL)
OBSERVATIONAL_MODEL = Labels(codes.OBSERVATIONAL_MODEL)
TIME_PERSPECTIVE = Labels(codes.TIME_PERSPECTIVE)
PRIMARY_PURPOSE = Labels(codes.PRIMARY_PURPOSE)
SAMPLING_METHOD = Labels(codes.SAMPLING_METHOD)
ARM_TYPE = Labels(codes.ARM_TYPE)
INTERVENTION_TYPE = Labels(codes.INTERVENTION_TYPE)
OFFICIAL_ROLE = Labels(codes.OFFICIAL_ROLE)
IPD_INFO_TYPES = Labels(codes.IPD_INFO_TYPE).each
SEX = Labels(codes.SEX, once={"Both": "ALL"})
AGENCY_CLASS = Labels(codes.AGENCY_CLASS, FED="U.S. Fed", once={"U.S. Federal": "FED"})
IPD_SHARING = Labels(codes.IPD_SHARING, YES="Yes", NO="No", UNDECIDED="Undecided")
RESPONSIBLE_PARTY_TYPE = Labels(
    codes.RESPONSIBLE_PARTY_TYPE,
    SPONSOR="Sponsor",
    PRINCIPAL_INVESTIGATOR="Principal Investigator",
    SPONSOR_INVESTIGATOR="Sponsor-Investigator",
)
BIOSPEC_RETENTION = Labels(
    codes.BIOSPEC_RETENTION,
    NONE_RETAINED="None Retained",
    SAMPLES_WITH_DNA="Samples With DNA",
    SAMPLES_WITHOUT_DNA="Samples Without DNA",
)
WHO_MASKED = Labels(
    codes.WHO_MASKED,
    once={"Subject": "PARTICIPANT", "Caregiver": "CARE_PROVIDER", "Outcome Assessor": "OUTCOMES_ASSESSOR"},
)
_PHASE = Labels(codes.PHASE, NA="N/A", once={"Phase 0": "EARLY_PHASE1", "Not Applicable": "NA"})
_DATE_TYPE = Terms("DateType", {"ACTUAL": ("Actual", None), "ESTIMATED": ("Anticipated", None)})
# One meaning in two words: what is planned is anticipated, what the registry reckoned is an estimate.
PLAN_TYPE = Labels(_DATE_TYPE, once={"Estimate": "ESTIMATED", "Estimated": "ESTIMATED"})
POST_TYPE = Labels(_DATE_TYPE, ESTIMATED="Estimate", once={"Anticipated": "ESTIMATED", "Estimated": "ESTIMATED"})


def write_phases(phases: list[str]) -> str:
    return "/".join(map(_PHASE.write, phases))


def read_phases(label: str) -> list[str]:
    """Take phases apart.

    >>> read_phases("Phase 1/Phase 2"), read_phases("N/A")
    (['PHASE1', 'PHASE2'], ['NA'])
    """
    return [_PHASE.read(part) for part in ([label] if label == "N/A" else label.split("/"))]


def write_date(date: str) -> str:
    """Write a date in words.

    >>> write_date("2015-03-03"), write_date("2015-03"), write_date("2015")
    ('March 3, 2015', 'March 2015', '2015')
    """
    year, *rest = date.split("-")
    if not rest:
        return year
    month = calendar.month_name[int(rest[0])]
    return f"{month} {int(rest[1])}, {year}" if len(rest) == 2 else f"{month} {year}"


_PROCESSED = "ClinicalTrials.gov processed this data on "


def write_download_date(date: str) -> str:
    """Write the registry's note of when a record was taken from it."""
    year, month, day = date.split("-")
    return f"{_PROCESSED}{calendar.month_name[int(month)]} {day}, {year}"


def read_download_date(note: str) -> str:
    return iso_date(note.removeprefix(_PROCESSED))


_YES_NO = {"yes": True, "no": False}


def _read_yes(word: str) -> bool:
    if word.casefold() not in _YES_NO:
        raise ValueError(f"neither Yes nor No: {word!r}")
    return _YES_NO[word.casefold()]


def _write_yes(value: bool) -> str:
    return "Yes" if value else "No"


_ACCEPTED = "Accepts Healthy Volunteers"


def _read_volunteers(words: str) -> bool:
    return words.casefold() == _ACCEPTED.casefold() or _read_yes(words)


def _write_volunteers(accepted: bool) -> str:
    return _ACCEPTED if accepted else "No"


_NO_LIMIT = "N/A"


def ages(name: str) -> Codec:
    """Make the codec of an age limit; the XML says N/A where there is none, the study has no such field."""

    def write(eligibility: Tree) -> str:
        return str(eligibility.get(name, _NO_LIMIT))

    def read(age: Any, eligibility: Tree) -> None:
        if age != _NO_LIMIT:
            eligibility[name] = age

    return Codec(write, read, fields=(name,), wide=True, coding="18 Years, N/A")


PHASES = Codec(write_phases, read_phases, coding="Phase 1/Phase 2", terms=(_PHASE,))
DATE = Codec(write_date, iso_date, coding="March 3, 2015")
DOWNLOAD_DATE = Codec(write_download_date, read_download_date, coding="… on March 03, 2015")
YES = Codec(_write_yes, _read_yes, coding="Yes No")
VOLUNTEERS = Codec(_write_volunteers, _read_volunteers, coding="Accepts Healthy Volunteers, No")
COUNT = Codec(str, int, coding="number")
