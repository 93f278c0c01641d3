"""Headings of eligibility texts: which side begins, for which cohort; and lead-ins such as "any of the following".

The words are those of the registry's corpora, with their misspellings, and the same in German, French, Spanish,
Portuguese, Italian and Chinese.
"""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = [
    "Heading",
    "buried",
    "cohort",
    "combination",
    "empty",
    "heading",
    "lead",
    "opens",
    "remark",
    "section",
    "title",
]


class Heading(NamedTuple):
    """A heading: the side that begins (None: both or not said), its cohort, and what stands behind it."""

    exclude: bool | None
    note: str | None
    rest: str


_OUT = (
    r"(?:no\s+|non[- ]?)inclus?ion|(?:no\s+|non[- ]?)eligibility|ineligibility|ex?c?lus?i[oó]n(?:s|ary)?|exclus[aã]o|exclusive"
    r"|esclusione|rejection|withdrawal|removal|drop-?\s?out|discontinuation|elimination"
)
_IN = r"(?:inc)?i{0,2}nc?lus?i[oó]n(?:s|ary)?|inclus[aã]o|inclusione|inclusive|eligibility|enrol?lment|selection"
_WHOLE_OUT = r"ausschlu(?:ss|ß)kriterien|排除标准|排除標準|除外基準|제외기준"
_WHOLE_IN = r"einschlu(?:ss|ß)kriterien|纳入标准|納入標準|入选标准|入選標準|選択基準|選擇標準|선정기준"
_CRITERIA = r"cr?[ie]+t\w{3,7}|requirem?\w{3,7}"
_HEAD = re.compile(
    r"(?P<pre>(?:[^\s:：]+\s+){0,8}?[^\s:：]*?)"
    rf"(?<![^\W_])(?:(?P<out>{_OUT}|{_WHOLE_OUT})|(?P<in>{_IN}|{_WHOLE_IN}))(?![^\W_])"
    r"(?P<both>\s*(?:/|,|and|or|\\?&)\s*(?:in|ex)clusion)?"
    rf"\s*(?P<criteria>(?:{_CRITERIA})(?![^\W_]))?"
    r"(?P<post>[^:：]{0,110}?)\s*(?P<end>[:：;]+|$)",
    re.IGNORECASE,
)
_WHOLE = re.compile(rf"(?:{_WHOLE_IN}|{_WHOLE_OUT})$")
_LATER = ("withdraw", "remov", "drop", "discont", "elimin", "reject")
_MARKUP = " \t*_#=[]<>【】《》~"
_NO_HEADING = re.compile(
    r"(?i)\b(?:not|meets?|meeting|met|fulfil\w*|fail\w*|appl(?:y|ies|ied)|above|does|do|all|any|none|per|satisf\w*"
    r"|following|listed|without|other protocol|before|after|according|may|will|must|is|has|have|this|these|which)\b|[;.,]\s|^\W*\d+\W*$"
)
_SUFFIX = re.compile(
    r"(?i)\s*(?:[-–—(\[/]|(?:for|in|of|at|to|prior|related|specific|determined|umbrella|part|phase|stage|cohort|arm|group"
    r"|all|include[sd]?|includings?|were|are|as|by|consist\w*|stratum|module|step|period|from|only|pour|für|para|per|dei)\b)"
)
_COMMON = re.compile(
    r"(?i)^(?:\W|\b(?:the|list|of|key|main|major|minor|important|general|principal|primary|basic|essential|core|selected"
    r"|abbreviated|additional|other|specific|common|and|study|subjects?|patients?|participants?|trial|brief|summary|first"
    r"|secondary|crit[eèé]\w+|crit[eé]rios|d[e']?|di|no|pre|is|are|were|be|as|follows?|following|consisted|includ\w+|but|not|limited"
    r"|to|amongst|among|others?|all|any|for|this|in|must|should|meet|meets|have|has|each|one|will|if|they|who|with|criteria|\d+)\b)*$"
)
_EDGES = re.compile(r"(?i)^(?:\W|\b(?:for|in|of|to|specific to|related to|the|are as follows|as follows|only)\b)+")
_TAIL = re.compile(
    r"(?i)(?:[^\w)\]\"”]|\b(?:specific|additional|key|main|abbreviated|general|related|(?:is|are|were) as follows|as follows|includes?|and))+$"
)


def _note(pre: str, post: str) -> str | None:
    """Keep of a heading what names a cohort: `Part A` of `Inclusion Criteria for Part A`."""
    words = []
    for side in (pre, post):
        if not _COMMON.match(side):
            kept = _TAIL.sub("", _EDGES.sub("", side)).strip()
            words.append(kept + ")" * (kept.count("(") - kept.count(")")))
    return " - ".join(filter(None, words)) or None


_USUAL = {
    f"{name} criteria{end}": Heading(side, None, "")
    for name, side in (("inclusion", False), ("exclusion", True))
    for end in (":", "", " :")
}


def heading(line: str, low: str, bulleted: bool) -> Heading | None:
    """Read a line as a heading of inclusion or exclusion; None where it is none. `low` is the line in lower case.

    Behind a bullet (`bulleted`) only the plain forms count: "* Not fulfilling inclusion criteria" is a criterion.
    """
    if low in _USUAL:
        return _USUAL[low]
    body = line.lstrip(_MARKUP)
    if body.endswith(("*", "_", "=", "]", ">", "】", "》")):
        body = body.rstrip(_MARKUP)
    match = _HEAD.match(body, 0, 300)
    if match is None:
        return None
    pre, post, end = match["pre"], match["post"], match["end"]
    side = (match["out"] or match["in"]).lower()
    if not end and match.end() < len(body):
        return None
    named = match["criteria"] is not None or _WHOLE.match(side) is not None or "crit" in pre.lower()
    if _NO_HEADING.search(pre) or not _stands(pre, side, named, post, end, bulleted):
        return None
    exclude: bool | None = match["out"] is not None
    if match["both"] and not side.startswith("no"):
        exclude = None
    if side.startswith(("elig", "enrol", "selec")):
        exclude = True if match["both"] else None
    if side.startswith(_LATER):
        note: str | None = body[: match.end("criteria")].strip()
    else:
        note = _note(pre, post)
    return Heading(exclude, note, body[match.end() :].strip(_MARKUP))


def _stands(pre: str, side: str, named: bool, post: str, end: str, bulleted: bool) -> bool:
    """Say whether the words around `inclusion` or `exclusion` are a heading's."""
    words = len(pre.split())
    bare = not post.strip(" -–—.*_")
    if re.match(r"(?i)elig|enrol|selec|withdr|remov|drop|disc|elim|rejec", side) and not named:
        return False
    if not named and not ((bare and (end or words <= 3)) or (end and re.match(r"\s*(?:[-–(]|for\b)", post))):
        return False
    if bulleted:
        return words <= 4 and (bare or bool(end) or post.startswith((" for ", " of "))) and "(" not in pre
    if bare or end:
        return True
    return bool(_SUFFIX.match(post)) and not _NO_HEADING.search(post)


_SECTION = re.compile(
    r"(?i)(?:disease|patient|donor|recipient) characteristics?|(?:prior|previous)\s*(?:/|and|or)?\s*concurrent therapy|prior/current therapy"
)


def section(line: str) -> tuple[str, str] | None:
    """Read a header of the older oncology records (`DISEASE CHARACTERISTICS: …`): its words and the rest."""
    match = _SECTION.match(line)
    if match is None:
        return None
    rest = line[match.end() :].lstrip()
    if rest and rest[0] not in ":：":
        return None
    return match[0], rest[1:].strip()


_BURIED = re.compile(
    r"(?<=[^\s/])\s+(?!(?:in|ex)clusion criteria [a-z])"
    r"((?:Key |Main |KEY |MAIN )?(?:Inclusion|Exclusion|INCLUSION|EXCLUSION) (?:[Cc]riteria|CRITERIA))\s*(?=[:：]|$)"
)
_MENTION = re.compile(
    r"(?i)(?:\b(?:the|above|meet|all|any|following|of|other|these|and|or|protocol|defined|this|see|in|to|with|general|specific"
    r"|additional|key|main|part \w+|cohort \w+)|[-:/])$"
)


def buried(line: str) -> int:
    """Give where a heading stands inside a line (`… 150 kg Exclusion Criteria`); 0 for none."""
    for match in _BURIED.finditer(line):
        if match.start() > 12 and not _MENTION.search(line, max(0, match.start() - 20), match.start()):
            return match.start(1)
    return 0


_EITHER = re.compile(
    r"(?i)\b(?:(?:any|either|one)(?: \(?\d?\)?)? ?(?:\w+ )?of\b|at least (?:one|1|two|2|three|3|four|4)\b|one or more|any one|either\b|1 of\b|or more of"
    r"|any (?:\w+ )?(?:following|criteri)|one (?:\w+ )?(?:following|criteri)|[≥2-9] (?:or more )?of|(?:two|three|four) (?:or more )?of|and/or:?$)"
)
_EVERY = re.compile(
    r"(?i)\ball (?:of )?(?:the |these )?(?:\w+ ){0,2}(?:following|criteri|of)|\bboth\b|\beach of\b|\band:$"
)


def combination(text: str, exclude: bool, either: bool) -> str:
    """Say how sub-bullets combine: the lead-in's words, then an `or` between them, then the side.

    A list under an exclusion without such words ("Cardiac disease, including:") names things of which one
    suffices to be excluded.
    """
    tail = text[-160:]
    if _EVERY.search(tail) and not _EITHER.search(tail):
        return "all-of"
    return "any-of" if either or exclude or _EITHER.search(tail) else "all-of"


_EMPTY = re.compile(
    r"(?i)[\s\-–—*.:;_\\]*(?:(?:none|nil|n/?a|not applicable|not specified|no (?:specific |further )?(?:in|ex)clusion criteria|there are no (?:in|ex)clusion criteria"
    r"|none specified|or|and|and/or)[\s.;:]*)?"
)


_STARTS = frozenset(("", *"nNoOaAtT-–—*.:;_\\"))


def empty(text: str) -> bool:
    """Say whether a text names no criterion: nothing, "None", "N/A", "Not specified"."""
    return len(text) < 48 and text[:1] in _STARTS and _EMPTY.fullmatch(text) is not None


_REMARK = re.compile(
    r"(?i)(?:(?:please )?note\s*:?\s*)?\(?(?:other|additional|further|more)\b.{0,40}\b(?:criteria|inclusion/exclusion)\b.{0,30}\b(?:appl\w+|exist)\b.{0,40}"
)


def remark(text: str) -> bool:
    """Say whether a paragraph only tells that the protocol holds more criteria."""
    return len(text) < 150 and _REMARK.fullmatch(text) is not None


_PEOPLE = (
    r"(?:patients?|subjects?|participants?|individuals?|persons?|people|volunteers?|candidates?|women|men|males?|females?|children"
    r"|donors?|recipients?|adults?|infants?|partners?|controls?|eyes?|they|who)"
)
_FOLLOWS = re.compile(
    r"(?i)\b(?:following|follows|below|criteri\w+|conditions?|if|who|when|must|should|not|be|have|with|by|apply|applies)\b[^.]{0,60}[:：]?\s*$"
)
_REFUSES = re.compile(
    r"(?i)\b(?:in-?eligible|non-?eligible|not (?:be )?(?:eligible|included|enrol\w+|permitted|allowed|considered|participat\w+|enter\w*|suitable|qualify)"
    r"|(?:be|are|were|is) excluded|exclu(?:de|des|ded|sion)|disqualif\w+|not to be (?:included|enrolled)"
    r"|(?:must|should|may|will|can|could|do|does) ?not (?:have|be|meet|fulfil\w*)|must not|rule out|preclude)\b"
)
_ADMITS = re.compile(r"(?i)\b(?:eligible|included|inclusion|enrol\w+|admitted|qualify|participat\w+ in)\b")
_SPEAKS = re.compile(
    rf"(?i)(?:in order )?to (?:be|participate|qualify|enter|enrol)\b|(?:presence|having) of any\b|(?:one or more|any|all|each)(?: one)? of the following"
    rf"|(?:each|all|any|the|an?|eligible|male|female|adult|study|potential|prospective|healthy|and|or|\w+)?\s*(?:\w+ ){{0,3}}?{_PEOPLE}\b"
)
_DEMANDS = re.compile(
    r"(?i)\b(?:meet|meets|meeting|met|fulfil\w*|satisf\w+|compl\w+ with|fall into)\b.*\b(?:criteri\w+|conditions?|requirements?|following)\b"
    r"|\b(?:eligible|ineligible|included|excluded|enrolled|enrol?lment|disqualified|participation|participate|enter|considered)\b"
    r"|\b(?:must|should|may|will|have to|has to|can|need to)(?: ?not)?(?: also)?(?: (?:have|be|meet|fulfil))?(?: (?:any|all|one|none|each)(?: of)?)?"
    r"(?: the following(?: \w+){0,3})?\s*[:：]?$"
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
    r"(?i)\b(?:cohorts?|parts?|arms?|groups?|stratum|strata|phases?|stages?|modules?|sub-?stud(?:y|ies)|donors?|recipients?|controls?|siblings?"
    r"|parents?|partners?|caregivers?|patients?|subjects?|participants?|volunteers?|healthy|children|adults?|pa?ediatrics?|infants?|mothers?|maternal"
    r"|visit|screening|randomi[sz]ation|step|period|segment|dose|escalation|expansion|regimens?|probands?|relatives?|women|men|males?|females?)\b"
)
_NAMED = re.compile(
    r"(?i)(?:for (?:the )?)?(?:cohorts?|parts?|arms?|groups?|stratum|phases?|stages?|modules?|sub-?study|step|regimen)\s+(?:\d{1,2}\b|[ivx]{1,4}\b|[a-h]\d?\b|[a-z]\b)"
)
_OPENS = re.compile(
    r"(?i)\b(?:following|follows|defined|includ\w+|such as|one of|any of|either|all of|at least|e\.g|requir\w+|with|by|of|from|or|and|in|have|has|is|are|must)\W*$"
    r"|\bfollowing\b|\bat least (?:one|two)\b|\bone of\b|\bany of\b"
)


def title(text: str, listed: bool) -> bool:
    """Say whether a paragraph is the title of a section or cohort; `listed`: bullets come next."""
    body = text.rstrip(" :：*_")
    words = len(body.split())
    if words > 14 or not body or body[-1] in ".;,?":
        return False
    colon = body != text
    if _NAMED.match(body) and words <= 10:
        return colon or listed or words <= 3
    capitals = body.isupper() and len(body) > 4
    if capitals and (colon or (listed and words > 1)):
        return True
    if _OPENS.search(body):
        return False
    if colon:
        return words <= 6 or (listed and words <= 12 and _COHORT.search(body) is not None)
    return listed and (
        (words <= 3 and not re.search(r"\d|[<>≥≤]", body)) or (words <= 6 and _COHORT.search(body) is not None)
    )


def opens(text: str) -> bool:
    """Say whether a paragraph before a list is its lead-in: "Adequate organ function, defined as"."""
    return text.endswith((":", "：")) or _OPENS.search(text[-80:]) is not None


def cohort(text: str) -> bool:
    """Say whether a bullet with sub-bullets only names a cohort: `Part B:`."""
    body = text.rstrip(" :：*_")
    if _OPENS.search(body) or len(body) > 90:
        return False
    if _NAMED.match(body):
        return len(body.split()) <= 9
    return text.endswith(":") and len(body.split()) <= 3 and _COHORT.search(body) is not None
