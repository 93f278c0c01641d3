"""What every resource of a type has that is written for a trial: said once, published as a profile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Profile"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One resource type: the elements that are `always` there, and those with one value, which are there too.

    A fixed value is a boolean, a code or a whole CodeableConcept. `title` and `about` are for people.
    """

    type: str
    title: str
    about: str
    always: tuple[str, ...] = ()
    fixed: Mapping[str, Any] = field(default_factory=dict)
