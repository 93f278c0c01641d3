"""Leaf types of the study: what reaches a FHIR writer is well-formed by construction.

Patterns mean the same in Rust's regex (pydantic's), Python's and ECMAScript's: no look-around.
"""

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field

__all__ = [
    "Age",
    "Bmi",
    "Count",
    "Date",
    "Flag",
    "Kind",
    "Latitude",
    "Longitude",
    "Minute",
    "NctId",
    "Number",
    "Pmid",
    "Size",
    "Text",
    "Token",
    "Url",
    "says",
]


@dataclass(frozen=True, slots=True)
class Kind:
    """What a leaf must look like, in words that finish the sentence "expected …"."""

    expected: str


def says(description: str) -> Any:
    """Describe a field in one line, for people and for the published JSON Schema."""
    return Field(description=description)


def _matching(pattern: str, longest: int | None = None) -> Any:
    return Field(pattern=f"^(?:{pattern})$", max_length=longest)


# FHIR R5, datatypes, string: no characters below U+0020 except tab, newline, return; at most 1 MiB characters.
# U+FFFE and U+FFFF are no characters (and not XML).
_BAD = r"\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF"
# The rest of Unicode's White_Space, spelt out: `\s` is another set in Rust, in Python and in ECMAScript.
_BLANK = r"\t\n\r \u0085\u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000"
_VISIBLE = rf"[^{_BLANK}{_BAD}]"
_LONGEST = 1_048_576

# The calendar as a regular expression, so that no date needs a call back into Python. No year 0000: FHIR has none.
_YEAR = r"(?:[1-9][0-9]{3}|0[1-9][0-9]{2}|00[1-9][0-9]|000[1-9])"
_LEAP_YEAR = r"(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:0[48]|[2468][048]|[13579][26])00)"
_DAY_OF_YEAR = (
    r"(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
    r"|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
    r"|02-(?:0[1-9]|1[0-9]|2[0-8]))"
)
_DAY = rf"(?:{_YEAR}-{_DAY_OF_YEAR}|{_LEAP_YEAR}-02-29)"
_MONTH = rf"{_YEAR}(?:-(?:0[1-9]|1[0-2]))?"
_TIME = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]"

Text = Annotated[
    str,
    _matching(rf"[{_BLANK}]*{_VISIBLE}[^{_BAD}]*", _LONGEST),
    Kind("text with a visible character and no control characters"),
]
Url = Annotated[str, _matching(rf"{_VISIBLE}+", _LONGEST), Kind("an address without spaces")]
Token = Annotated[
    str,
    _matching(rf"{_VISIBLE}+(?: {_VISIBLE}+)*", 200),
    Kind("a code without double, leading or trailing spaces, at most 200 characters"),
]
Number = Annotated[
    str, _matching(rf"{_VISIBLE}+", 200), Kind("a registry number without spaces, at most 200 characters")
]
NctId = Annotated[str, _matching(r"NCT[0-9]{8}"), Kind("an NCT number such as 'NCT01234567'")]
Pmid = Annotated[str, _matching(r"[0-9]{1,20}"), Kind("a PubMed number, digits only")]
Date = Annotated[str, _matching(rf"{_DAY}|{_MONTH}"), Kind("a real date as YYYY, YYYY-MM or YYYY-MM-DD")]
Minute = Annotated[str, _matching(rf"{_DAY}T{_TIME}"), Kind("a real date and time as YYYY-MM-DDTHH:MM")]
Age = Annotated[
    str,
    _matching(r"[0-9]{1,9} (?:Year|Month|Week|Day|Hour|Minute)s?"),
    Kind("a number and Years, Months, Weeks, Days, Hours or Minutes, such as '18 Years'"),
]
Flag = Annotated[bool, Kind("true or false")]
Count = Annotated[int, Field(ge=0, le=2_147_483_647), Kind("a whole number from 0 to 2147483647")]
Size = Annotated[int, Field(ge=0, le=2**63 - 1), Kind("a whole number of bytes, 0 or more")]
Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False), Kind("a number of degrees from -90 to 90")]
Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False), Kind("a number of degrees from -180 to 180")]
Bmi = Annotated[float, Field(ge=0, le=10_000, allow_inf_nan=False), Kind("a number from 0 to 10000")]
