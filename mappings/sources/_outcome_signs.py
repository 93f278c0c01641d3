"""What the parts of an outcome look like, as signs with weights: `measure, description, time frame`.

A sign is (what it looks at, weight, pattern). `before` and `after` are the texts on the two sides of a comma,
`last` and `next` the pieces up to the neighbouring commas, `both` the two sides with a NUL between them, `text`
the part itself. The weights were learned by `scripts/learn_outcome_signs` from registry records whose parts are
known, and are in its order of magnitude: a difference of 10 is as good as certain.
"""

from __future__ import annotations

import re

from fhir_adapter.mappings.sources._outcome_words import FILL, NUMBER, STEP, TIME, UNIT

__all__ = ["GROUPS", "NEIGHBOURS", "Sign", "weight"]

Sign = tuple[str, float, re.Pattern[str]]

_ONLY_TIME = rf"[^a-z]*+(?:(?:{UNIT}|{NUMBER}|{STEP}|{FILL})(?![a-z])[^a-z]*+)*+\Z"
_SENTENCE = r"\b(?:is|are|was|were|will be|defined|score|scale|questionnaire|number of|proportion|percentage)\b"
_FRAME_WORD = (
    r"(?:up ?to|at|from|through|within|during|until|baseline|days?|weeks?|months?|visits?|before|after|every|\d)"
)


def _signs(*rows: tuple[str, float, str]) -> tuple[Sign, ...]:
    return tuple((where, weight, re.compile(pattern, re.IGNORECASE | re.DOTALL)) for where, weight, pattern in rows)


# A time frame begins after this comma.
FRAME = _signs(
    ("after", 2.7, r"up ?to|upto"),
    ("after", 16.6, r"baseline|pre-?dose|screening"),
    ("after", 13.9, r"from|through|thru|within|during|until|till"),
    ("after", 12.6, r"at |after|before|every|approximately|about|over|between|on |in |for |since|immediate|throughout"),
    ("after", 6.4, r"time |entire|daily|weekly|monthly"),
    ("after", 2.5, r"an average|average|assessed|measured|evaluated|maximum|whichever"),
    ("after", 11.1, r"change"),
    ("after", 3.1, r"(?:days?|weeks?|months?|years?|cycles?|visits?|hours?)\b"),
    ("after", -0.2, r"\d"),
    ("after", 10, rf"(?:{NUMBER})\b"),
    ("after", -5, r"(?-i:[a-z])"),
    ("after", 10, r"(?-i:[A-Z])"),
    ("after", 5.3, r"[^a-z\d]"),
    ("after", -12.9, r"(?-i:and|or|whichever|including|which|who|with|but|then|defined|as|assessed|an average)\b"),
    ("after", 0, r"(?-i:average|followed|i\.e)\b"),
    ("after", 6.6, r"(?:the )?(?:outcomes?|participants?|patients?|subjects?|tests?)\b"),
    ("next", 4.4, rf".*?{TIME}"),
    ("after", 1.8, rf".*?{TIME}"),
    ("next", 2.5, _ONLY_TIME),
    ("after", 2, _ONLY_TIME),
    ("after", -3.4, r".{15}"),
    ("after", -3.4, r".{40}"),
    ("after", -1.8, r".{80}"),
    ("after", -1.6, r".{160}"),
    ("after", -10.1, r".{300}"),
    ("after", 0.3, r".*?(?-i:[a-z]{3}\. [A-Z])"),
    ("after", -2, r".*\.$"),
    ("after", 0.6, r"(?!.*, )"),
    ("after", 2.5, r"(?:.*?, ){3}"),
    ("after", 0.1, rf".*?{_SENTENCE}"),
    ("next", 3.4, rf".*?{_SENTENCE}"),
    ("after", -5.3, r"[^(]*\)"),
    ("before", -7.8, r".*\([^)]*$"),
    ("before", 7.4, r".*\.$"),
    ("before", 2.6, r".*[)\]]$"),
    ("before", 3, r".*[;:]$"),
    ("last", -3.7, _ONLY_TIME),
    ("last", -2.2, rf".*?{TIME}"),
    ("last", -4.5, r".*\d$"),
    ("last", -7.1, r"(?:and )?\d+(?:st|nd|rd|th)?$"),
    ("next", 5.9, r"(?:and )?\d+\b"),
    ("last", 2.2, r".{25}"),
    ("last", 0.9, r"(?-i:[A-Z])"),
    ("before", 1.1, r"(?!.*, )"),
    ("last", -1.2, _FRAME_WORD),
    ("last", -1.8, r".*?\b(?:at|after|from|until|to|and|or|on|of|(?:weeks?|months?|days?|visits?|years?)(?: \d+)?)$"),
)

# A measure ends and its description begins at this comma.
MEASURE = _signs(
    ("before", 5.8, r"(?!.*, )"),
    ("before", -1.1, r"(?!(?:.*?, ){2})"),
    ("before", -0.9, r"(?!(?:.*?, ){3})"),
    ("before", 1.8, r"(?!(?:.*?, ){4})"),
    ("after", -2, r"(?-i:[a-z])"),
    ("after", 4.5, r"(?-i:[A-Z])"),
    ("after", -6.2, r"[\d]"),
    ("after", 3.4, r"[^a-z\d]"),
    ("after", -7.1, r"(?-i:and|or|including|which|with|but|then|such|e\.g|i\.e|assessed|measured|defined)\b"),
    ("after", 0.1, r"(?-i:according|in|at|using|by|from|for|on|as)\b"),
    ("after", -9.8, r"(?-i:as well|as compared|as assessed|as measured|compared)"),
    ("after", -5.3, r"(?:and|or) "),
    ("before", -12.2, r".*\([^)]*$"),
    ("before", -3.8, r".*\[[^\]]*$"),
    ("before", 9.7, r".*\.$"),
    ("before", 1.7, r".*[)\]]$"),
    ("before", 0.4, r".{10}"),
    ("before", -2.1, r".{40}"),
    ("before", -0.6, r".{90}"),
    ("before", -1.9, r".{160}"),
    ("before", -7.5, r".{250}"),
    ("before", -1.5, r"(?:to |determine|assess|evaluat|compar)"),
    ("before", -5.3, r".*?(?-i:[a-z]{3}\. [A-Z])"),
    ("before", -7.1, r".*?\b(?:is|are|was|were|will)\b"),
    ("last", 6, r"(?:and|or)\b"),
    ("last", 0.9, r"(?-i:[a-z])"),
    ("next", 3.1, r".{25}"),
    ("next", 1.9, r".{12}"),
    ("next", 1.3, r"(?-i:[A-Z0-9-]{2,8})$"),
    ("after", 1.2, r".{0,200}?\b(?:is|are|was|were|will|defined|measured|assessed|calculated|using|refers)\b"),
    ("after", 3.6, r"(?:The|To|A|An|This|Defined|Number|Percent|Proportion|Change|Measured|Assess|Time|Patients)\w*\b"),
    ("after", 3.8, r"(?:Participants|Subjects|All|Total|Mean|We|It)\w*\b"),
    ("after", -1.9, r".{0,300}?(?-i:[a-z]{3}\. [A-Z]|\.$)"),
    ("after", -4.8, r"[^,]{0,30}, (?:[^,]{0,30}, )*(?:and|or) "),
    ("after", -9.8, r"[^(]*\)"),
    ("after", -1.7, rf"[^,]*{TIME}"),
    ("last", 0.7, rf".*?{TIME}"),
    ("after", 4.5, r"(?-i:[A-Z0-9][^ ,]* [a-z])"),
    ("both", 5.3, r"(\w{4,}).*\0\1"),
    ("both", 3.5, r".*\b(\w{5,})\b.*\0[^,]*?\b\1\b"),
    ("both", 1.6, r".*\b(\w{5,})\b.*\0.{0,150}?\b\1\b"),
    ("after", -1.1, r"[^.]{0,80}(?:, [^,]{0,80})?$"),
)

# This is a description.
DESCRIPTION = _signs(
    ("text", -2, r".{15}"),
    ("text", 0.6, r".{30}"),
    ("text", 1.9, r".{60}"),
    ("text", 2.2, r".{120}"),
    ("text", -2, r"(?-i:[a-z])"),
    ("text", 1.8, r".*\.$"),
    ("text", -5.2, r".*\([^)]*$"),
    ("text", -9.5, _ONLY_TIME),
    ("text", -0.2, r"[^.]{0,80}$"),
    ("text", 0.5, rf"{_FRAME_WORD}[^.]*{TIME}[^.]{{0,40}}$"),
    ("text", 8, r"(?-i:[A-Z].*\.)$"),
)

# This is a measure that no description follows.
PLAIN = _signs(
    ("text", 0.3, r""),
    ("text", 1.1, r"(?!.*, )"),
    ("text", -3.4, r"(?!(?:.*?, ){2})"),
    ("text", 2.5, r"(?!(?:.*?, ){3})"),
    ("text", -0.1, r".{40}"),
    ("text", 1.9, r".{90}"),
    ("text", -1.4, r".{160}"),
    ("text", -5.5, r".{250}"),
    ("text", -5.5, r".*?(?-i:[a-z]{3}\. [A-Z])"),
    ("text", 7.6, r".*\.$"),
    ("text", -4.5, r".*\([^)]*$"),
    ("text", 1.5, r"(?:to |determine|assess|evaluat|compar)"),
    ("text", -2.7, r"[^,]*, (?-i:[a-z])"),
    ("text", 0.8, r".*?, (?-i:[A-Z])"),
    ("text", 2, r"(?:[^,]*, (?-i:[a-z0-9(]))+[^,]*$"),
    ("text", 9, r".*, (?:and|or) "),
)

# There is no time frame: `last` is the last piece.
UNTIMED = _signs(
    ("last", -10.2, r""),
    ("last", -8.1, rf".*?{TIME}"),
    ("last", -2, _ONLY_TIME),
)

# What the other outcomes of the same line say; found by comparing, not by a pattern.
NEIGHBOURS = (
    ("another outcome ends with this time frame", 1.1),
    ("and none of them with more than it", 6.3),
    ("another outcome has no room for a description", 0.7),
    ("most others have none", 5.8),
    ("all others have", -8.5),
)

GROUPS = {
    "frame": FRAME,
    "measure": MEASURE,
    "description": DESCRIPTION,
    "plain": PLAIN,
    "untimed": UNTIMED,
}


def weight(evidence: tuple[str, int]) -> float:
    """Look up what a sign weighs."""
    group, index = evidence
    return NEIGHBOURS[index][1] if group == "neighbours" else GROUPS[group][index][1]
