"""Lines of eligibility texts that are no criteria: lead-ins of lists, titles of cohorts, remarks."""

from __future__ import annotations

import re

__all__ = [
    "NEAR",
    "STARTS",
    "alternative",
    "aside",
    "cohort",
    "combination",
    "empty",
    "lead",
    "named",
    "opens",
    "remark",
    "shade",
    "title",
    "torn",
]

_EITHER = re.compile(
    r"\b(?:(?:any|either|one)(?: \(?\d?\)?)? ?(?:\w+ )?of\b|at least (?:one|1|two|2|three|3|four|4)\b|one or more"
    r"|any one|either\b|1 of\b|or more of|(?:any|one) (?:\w+ )?(?:following|criteri)|[≥2-9] (?:or more )?of"
    r"|(?:two|three|four) (?:or more )?of|and/or:?$)"
)
_EVERY = re.compile(r"\ball (?:of )?(?:the |these )?(?:\w+ ){0,2}(?:following|criteri|of)|\bboth\b|\beach of\b|\band:$")


def combination(text: str, exclude: bool, either: bool) -> str:
    """Say how sub-bullets combine: by the lead-in's words, else by an `or` between them, else by the side.

    A list under an exclusion without such words ("Cardiac disease, including:") names things of which one
    suffices to be excluded.
    """
    tail = text[-160:].lower()
    if (either or exclude) and not _EVERY.search(tail):
        return "any-of"
    return "any-of" if _EITHER.search(tail) else "all-of"


_EMPTY = re.compile(
    r"(?i)[\s\-–—*.:;_\\]*(?:(?:none|nil|n/?a|not applicable|(?:[a-z][a-z ]{2,20}: )?not specified|none specified"
    r"|no exclusions?|or|and|and/or"
    r"|(?:there are )?no (?:specific |further )?(?:in|ex)clusion criteria)[\s.;:]*)?"
)
# How long is a text that may name no criterion, and how it begins: a caller in a hurry asks here first.
NEAR = 47
STARTS = frozenset(("", *"nNoOaAtT-–—*.:;_\\"))


def empty(text: str) -> bool:
    """Say whether a text names no criterion: nothing, "None", "N/A", "Not specified"."""
    near = len(text) <= NEAR and (text[:1] in STARTS or text[-9:] == "specified")
    return near and _EMPTY.fullmatch(text) is not None


_REMARK = re.compile(
    r"(?i)(?:(?:please )?note\s*:?\s*)?\(?(?:other|additional|further|more)\b.{0,40}"
    r"\b(?:criteria|inclusion/exclusion)\b.{0,30}\b(?:appl\w+|exist)\b.{0,40}"
    r"|the above information is not intended to .*"
    r"|please (?:contact|refer to|see) .{0,60}"
    r"|(?:no )?eligibility criteria (?:are |were )?not (?:identified|available|specified).{0,40}"
    r"|no eligibility criteria\W*|(?:see|same as) (?:detailed description|above|brief summary)\W*"
)


def remark(text: str) -> bool:
    """Say whether a paragraph tells no criterion: "other criteria may apply", "please contact the site"."""
    return len(text) < 150 and _REMARK.fullmatch(text) is not None


_ALTERNATIVE = re.compile(r"(?i)\W*(?:and/)?or\W*")
_ASIDE = re.compile(r"(?i)(?:please )?note\b|n\.?b\.?[ :]|\(|\\?\*+[^\s*]")


def alternative(text: str) -> bool:
    """Say whether a paragraph is only an "OR" between two criteria."""
    return _ALTERNATIVE.fullmatch(text) is not None


def aside(text: str) -> bool:
    """Say whether a paragraph is a note on the criterion above it."""
    return _ASIDE.match(text) is not None and not remark(text)


def torn(text: str, above: str) -> bool:
    """Say whether a paragraph is the rest of the one above that an empty line cut in two."""
    return text[0].islower() and above[-1:] not in ".;:。；："


_PEOPLE = (
    r"(?:patients?|subjects?|participants?|individuals?|persons?|people|volunteers?|candidates?|women|men|males?|females?"
    r"|children|donors?|recipients?|adults?|infants?|partners?|controls?|eyes?|they|who)"
)
_FOLLOWS = re.compile(
    r"(?i)\b(?:following|follows|below|criteri\w+|conditions?|if|who|when|must|should|not|be|have|with|by|apply|applies"
    r"|for)\b[^.]{0,90}[:：]?\s*$"
)
_REFUSES = re.compile(
    r"(?i)\b(?:in-?eligible|non-?eligible|exclu(?:de|des|ded|sion)|disqualif\w+|not to be (?:included|enrolled)"
    r"|not (?:be )?(?:eligible|included|enrol\w+|permitted|allowed|considered|participat\w+|enter\w*|suitable|qualify)"
    r"|(?:must|should|may|will|can|could|do|does) ?not (?:have|be|meet|fulfil\w*)|must not|rule out|preclude)\b"
)
_ADMITS = re.compile(r"(?i)\b(?:eligible|included|inclusion|enrol\w+|admitted|qualify|participat\w+ in)\b")
_SPEAKS = re.compile(
    r"(?i)(?:in addition[^,]{0,90}, ?|unless otherwise \w+, ?|for [^,]{3,40}, ?)?"
    r"(?:(?:in order )?to (?:be|participate|qualify|enter|enrol)\b|(?:the )?(?:presence|having) of any\b"
    r"|(?:one or more|any|all|each)(?: one)? of the following"
    r"|(?:cohorts?|arms?|groups?|parts?)\b|(?:the |an? )?(?:[\w/-]+ ){0,4}?" + _PEOPLE + r"\b)"
)
_DEMANDS = re.compile(
    r"(?i)\b(?:meet|meets|meeting|met|fulfil\w*|satisf\w+|compl\w+ with|fall into)\b.*"
    r"\b(?:criteri\w+|conditions?|requirements?|following)\b"
    r"|\b(?:eligible|ineligible|included|excluded|exclude|enrolled|enrol?lment|disqualified|participation|participate"
    r"|enter|considered)\b"
    r"|\b(?:must|should|may|will|have to|has to|can|need to)(?: ?not)?(?: also)?(?: (?:have|be|meet|fulfil))?"
    r"(?: (?:any|all|one|none|each)(?: of)?)?(?: the following(?: [\w-]+){0,4})?\s*[:：]?$"
)
_ONE = re.compile(r"(?i)\b(?:any|either|at least one|one or more|one)\b")


def lead(text: str) -> tuple[bool | None, bool] | None:
    """Read a sentence that only introduces a list: the side that it sets (None: the same) and whether it groups.

    "Subjects must meet all of the following:" says nothing of its own; "… any of the following" does, under
    inclusion: its list is one criterion.
    """
    if len(text) > 260 or not _SPEAKS.match(text) or not _FOLLOWS.search(text) or not _DEMANDS.search(text):
        return None
    if _REFUSES.search(text):
        return True, False
    exclude = False if _ADMITS.search(text) else None
    return exclude, _ONE.search(text) is not None


_COHORT = re.compile(
    r"(?i)\b(?:cohorts?|parts?|arms?|groups?|stratum|strata|phases?|stages?|modules?|sub-?stud(?:y|ies)|donors?|recipients?"
    r"|controls?|siblings?|parents?|partners?|caregivers?|patients?|subjects?|participants?|volunteers?|healthy|children"
    r"|adults?|pa?ediatrics?|infants?|mothers?|maternal|visit|screening|randomi[sz]ation|step|period|segment|dose"
    r"|escalation|expansion|regimens?|probands?|relatives?|women|men|males?|females?)\b"
)
_NAMED = re.compile(
    r"(?i)(?:for (?:the )?)?(?:cohorts?|parts?|arms?|groups?|stratum|phases?|stages?|modules?|sub-?study|step|regimen)"
    r"\s+(?:\d{1,2}\b|[ivx]{1,4}\b|[a-h]\d?\b|[a-z]\b)"
)
_OPENS = re.compile(
    r"(?i)\b(?:following|follows|defined|includ\w+|such as|one of|any of|either|all of|at least|e\.g|requir\w+|with|by"
    r"|of|from|or|and|in|have|has|is|are|be|must|who|that|if|when|to|not|for|except)\W*$"
    r"|\bfollowing\b|\bat least (?:one|two)\b|\bone of\b|\bany of\b|\binclud(?:es?|ing)\b"
)
_STATES = re.compile(
    r"(?i)(?:meets?|has|have|had|must|able|willing|diagnos\w+|documented|evidence|history|presence|receiv\w+|use|known"
    r"|any|no|not|adequate|current\w*|previous\w*|absence|inability|ability|is|are|be|at least|males? or females?)\b"
)
_SHADES = re.compile(r"(?i)(?:not )?(?:allowed|excluded|recommended|required|permitted|prohibited|amended)\b")


def title(text: str, listed: bool) -> bool:
    """Say whether a paragraph is the title of a section or cohort; `listed`: bullets come next."""
    body = text.rstrip(" :：*_-")
    words = len(body.split())
    if words > 14 or not body or body[-1] in ".;,?" or ". " in body:
        return False
    colon = text.rstrip(" *_").endswith((":", "："))
    if colon and shade(body):
        return True
    if _NAMED.match(body) and words <= 10:
        return colon or listed or words <= 3
    if body.isupper() and len(body) > 4 and (colon or 1 < words <= 9):
        return True
    if _OPENS.search(body) or (_STATES.match(body) and words > 2):
        return False
    if colon:
        return words <= 6 or (listed and words <= 12 and _COHORT.search(body) is not None)
    plain = words <= 3 and not re.search(r"\d|[<>≥≤]", body)
    return listed and (plain or (words <= 6 and _COHORT.search(body) is not None))


_VERB = re.compile(r"(?i)\s+(?:must|should|will|may|need|have|has|who|are|is|to)\b")


def named(text: str) -> str | None:
    """Give the cohort that a lead-in names: `Cohorts A1 and A2` of "Cohorts A1 and A2 must meet …"."""
    found = _VERB.search(text) if _NAMED.match(text) else None
    return text[: found.start()] if found else None


def shade(text: str) -> bool:
    """Say whether a title only tells how what stands above it is meant: "Allowed", "Excluded within 30 days"."""
    return _SHADES.match(text) is not None


def opens(text: str) -> bool:
    """Say whether a paragraph before a list is its lead-in: "Adequate organ function, defined as"."""
    return text.endswith((":", "：")) or _OPENS.search(text[-80:]) is not None


def cohort(text: str) -> bool:
    """Say whether a bullet with sub-bullets only names a cohort: `Part B:`."""
    if len(text) > 90:
        return False
    body = text.rstrip(" :：*_")
    words = len(body.split())
    if _NAMED.match(body):
        return words <= 9 and not _OPENS.search(body)
    return words <= 3 and text.endswith(":") and _COHORT.search(body) is not None and not _OPENS.search(body)
