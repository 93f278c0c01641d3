"""Time frames of outcomes as a quantity or a range of time since the participant's entry, where that is certain.

What is left as text only, and why:

- `Week 12`, `Day 29`, `Month 6`: names of visits; some protocols count them from 0, some from 1.
- several points (`Baseline, Week 12`, `6 and 12 months`): one quantity would pick one of them.
- `6 months after surgery`, `30 days after the last dose`: counted from another event, which FHIR has no code for.
- `through study completion, an average of 1 year` (a phrase that the registry suggests): an average over participants
  is neither the moment of measuring nor a limit. `through study completion, up to 2 years` does name a limit.
- `approximately 12 months`: a Quantity has no way to say "about".
- `every 3 months`, `for 12 weeks`, `over 24 hours`: a rhythm or a length, not a distance from entry.
"""

from __future__ import annotations

import re

from fhir_adapter.tree import Tree

__all__ = ["parse"]

_UNITS = {
    "a": "year years yr yrs",
    "mo": "month months mo mos mth mths",
    "wk": "week weeks wk wks",
    "d": "day days",
    "h": "hour hours hr hrs h",
    "min": "minute minutes min mins",
    "s": "second seconds sec secs",
}
_CODES = {word: code for code, words in _UNITS.items() for word in words.split()}
_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
    " seventeen eighteen nineteen twenty"
)
_TENS = {
    "twenty-four": 24, "twenty four": 24, "thirty": 30, "thirty-six": 36, "forty": 40, "forty-eight": 48,
    "fifty-two": 52, "sixty": 60, "seventy-two": 72, "ninety": 90,
}  # fmt: skip
_NUMBERS = {word: number for number, word in enumerate(_ONES.split())} | _TENS

_NUMBER = rf"(\d{{1,4}}(?:\.\d{{1,2}})?|{'|'.join(sorted(_NUMBERS, key=len, reverse=True))})"
_UNIT = rf"({'|'.join(sorted(_CODES, key=len, reverse=True))})"
_SPAN = rf"{_NUMBER}\s?-?\s?{_UNIT}"
_ENTRY = (
    r"(?:the )?(?:date of |time of )?(?:study |patient |participant |subject )?"
    r"(?:baseline|randomi[sz]ation|enrol?lment|inclusion|study entry)(?: (?:visit|in(?:to)? the (?:study|trial)))?"
)
_SINCE = (
    rf"(?: (?:after|from|post|since|following)[ -]{_ENTRY}|[ -]post[ -]?(?:randomi[sz]ation|baseline|enrol?lment))?"
)
_UP_TO = r"(?:up ?to|within|until|till|through|at most|no more than|(?:a )?maximum(?: of)?)(?: a maximum of)?"
_END = r"(?:the )?(?:end of (?:the )?(?:study|trial)|(?:study|trial) completion|completion of (?:the )?(?:study|trial))"

_POINT = re.compile(rf"(?:(?:at|after) )?{_SPAN}{_SINCE}")
_HIGH = re.compile(
    rf"(?:(?:from )?{_ENTRY},? )?{_UP_TO} {_SPAN}{_SINCE}"
    rf"|(?:from )?{_ENTRY},? (?:up )?(?:to|until|through) [^\d]{{3,200}}?[,(] ?(?:assessed )?up to {_SPAN}"
    rf"|(?:through|until|to|up to) {_END},? ?\(?(?:assessed )?up to {_SPAN}\)?",
)
_LOW = re.compile(rf"(?:at least|(?:a )?minimum(?: of)?) {_SPAN}")
_BETWEEN = re.compile(
    rf"(?:from )?{_NUMBER}(?:\s?[-–—~]\s?|\s?-?\s?{_UNIT}?\s?to\s?){_SPAN}{_SINCE}"
    rf"|between {_NUMBER}\s?{_UNIT}? and {_SPAN}",
)
# The last words of what these read: most other time frames end otherwise.
_EVENTS = "baseline randomisation randomization enrolment enrollment inclusion entry visit study trial"
_LAST = frozenset([*_EVENTS.split(), *(number + unit for number in ("", *_NUMBERS) for unit in _CODES)])


def parse(text: str) -> Tree | None:
    """Read a time frame: {"quantity": …}, {"range": {"low": …, "high": …}}, or None where it is not certain.

    >>> parse("12 weeks")
    {'quantity': {'value': 12, 'unit': 'weeks', 'system': 'http://unitsofmeasure.org', 'code': 'wk'}}
    """
    if not 3 < len(text) < 400:
        return None
    words = " ".join(text.split()).rstrip(" .;,")
    low = words.lower()
    end = low[low.rfind(" ") + 1 :]
    if end.isdigit() or (end.isalpha() and end not in _LAST):
        return None
    if len(low) != len(words):  # a letter that grows in lower case: the places would not fit
        return None
    found = _POINT.fullmatch(low)
    if found is not None:
        quantity = _quantity(*_pieces(words, found))
        return {"quantity": quantity} if quantity["value"] else None
    for edge, pattern in (("high", _HIGH), ("low", _LOW)):
        found = pattern.fullmatch(low)
        if found is not None:
            return {"range": {edge: _quantity(*_pieces(words, found))}}
    found = _BETWEEN.fullmatch(low)
    return _range(_pieces(words, found)) if found is not None else None


def _pieces(words: str, found: re.Match[str]) -> list[str]:
    """Give numbers and units as they are written."""
    spans = (found.span(group) for group in range(1, len(found.groups()) + 1))
    return [words[start:end] for start, end in spans if start >= 0]


def _quantity(number: str, unit: str) -> Tree:
    word = number.lower()
    value = _NUMBERS.get(word) if not word[0].isdigit() else float(word) if "." in word else int(word)
    return {"value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": _CODES[unit.lower()]}


def _range(pieces: list[str]) -> Tree | None:
    """Give both ends; None where they are not in order, as in "12-6 months", or not of one unit (rng-2)."""
    low, high = _quantity(pieces[0], pieces[-3] if len(pieces) == 4 else pieces[-1]), _quantity(*pieces[-2:])
    if low["code"] != high["code"] or low["value"] >= high["value"]:
        return None
    # "1 month to 6 months": HL7's engine compares the words of the units too.
    return {"range": {"low": {**low, "unit": high["unit"]}, "high": high}}
