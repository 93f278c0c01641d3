"""One thing that a server does or doesn't do, and what that means for trials."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Level", "Verdict"]


class Level(StrEnum):
    """`problem`: trials can't be kept there as it is; `warning`: they can, with less than one would wish."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was looked at, in a word; how good it is; what was found; and what to do where it isn't good."""

    name: str
    level: Level
    words: str
    fix: str = ""

    def as_dict(self) -> dict[str, str]:
        told = {"name": self.name, "level": self.level.value, "words": self.words, "fix": self.fix}
        return {key: value for key, value in told.items() if value}
