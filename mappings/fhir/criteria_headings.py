"""Headings of eligibility texts: which side begins, and for which cohort.

The words are those of the registry's records, with their misspellings, and the same in German, French, Spanish,
Portuguese, Italian, Chinese, Japanese and Korean.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import NamedTuple

__all__ = ["SHORT", "USUAL", "Heading", "buried", "characteristics", "heading", "section", "worded"]


class Heading(NamedTuple):
    """A heading: the side that begins (None: both or not said), its cohort, and what stands behind it."""

    exclude: bool | None
    note: str | None
    rest: str


_OUT = (
    r"(?:no\s+|non[- ]?)inclus?ion|(?:no\s+|non[- ]?)eligibility|ineligibility|ex?c?lus?i[oó]n(?:s|ary)?|exclus[aã]o"
    r"|exclusive|esclusione|rejection|withdrawal|removal|drop-?\s?out|discontinuation|elimination"
)
_IN = r"(?:inc)?i{0,2}nc?lus?i[oó]n(?:s|ary)?|inclus[aã]o|inclusione|inclusive|eligibility|enrol?lment|selection"
_NATIVE_OUT = "ausschlu(?:ss|ß)kriterien|排除标准|排除標準|除外基準|제외기준"
_NATIVE_IN = "einschlu(?:ss|ß)kriterien|纳入标准|納入標準|入选标准|入選標準|選択基準|選擇標準|선정기준"
_HEAD = re.compile(
    r"(?P<pre>(?:[^\s:：]+\s+){0,8}?[^\s:：]*?)"
    rf"(?<![^\W_])(?:(?P<out>{_OUT}|{_NATIVE_OUT})|(?P<in>{_IN}|{_NATIVE_IN}))(?![^\W_])"
    r"(?P<both>\s*(?:/|,|and|or|\\?&)\s*(?:in|ex)clusion)?"
    r"\s*(?P<criteria>(?:cr?[ie]+t\w{3,7}|requirem?\w{3,7})(?![^\W_]))?"
    r"(?P<post>[^:：]{0,110}?)\s*(?P<end>[:：;]+|$)",
    re.IGNORECASE,
)
_OTHER = re.compile(
    r"(?:eligib|enrol|selection|withdr|remov|drop|discont|elimin|reject)\w* cr?[ie]+t|lus[ãa]o|ineligibility"
    r"|conditions? for \w* ?eligib"
    rf"|{_NATIVE_IN}|{_NATIVE_OUT}"
)
_NATIVE = re.compile(f"(?:{_NATIVE_IN}|{_NATIVE_OUT})$")
_NAMING = re.compile(r"(?i)cr?[ie]+t\w{3}|condition")
_UNSAID = ("elig", "enrol", "selec")
_LATER = ("withdraw", "remov", "drop", "discont", "elimin", "reject")
_MARKUP = " \t*_#=[]<>【】《》~"
_SENTENCE = re.compile(
    r"(?i)\b(?:not|meets?|meeting|met|fulfil\w*|fail\w*|appl(?:y|ies|ied)|above|does|do|all|any|none|per|satisf\w*|has|have"
    r"|following|listed|without|other protocol|before|after|according|may|will|must|is|this|these|which|addition)\b"
    r"|[;.,]\s|^\W*\d+\W*$"
)
_VERB = re.compile(r"(?i)\b(?:appl(?:y|ies|ied)|may|will|must|is|according|listed|met|meet)\b|[;,]\s+\w+ \w+ \w+")
_SUFFIX = re.compile(
    r"(?i)\s*(?:[-–—(\[/]|(?:for|in|of|at|to|prior|related|specific|determined|umbrella|part|phase|stage|cohort|arm"
    r"|group|stratum|module|step|period|from|only|pour|für|para|per|dei)\b)"
)
_COMMON = re.compile(
    r"(?i)^(?:\W|\b(?:the|list|of|key|main|major|minor|important|general|principal|primary|basic|essential|core|selected"
    r"|abbreviated|additional|other|specific|common|and|study|subjects?|patients?|participants?|trial|brief|summary"
    r"|first|secondary|crit[eèé]\w+|crit[eé]rios|d[e']?|di|no|pre|is|are|were|be|as|follows?|following|consisted"
    r"|includ\w+|but|not|limited|to|amongst|among|others?|all|any|for|this|in|must|should|meet|meets|have|has|each|one"
    r"|will|if|they|who|with|criteria|\d+)\b)*$"
)
_EDGES = re.compile(
    r"(?i)^(?:\W|\b(?:for|in|of|to|specific to|related to|the|are as follows|as follows|only|additional|key"
    r"|main)\b)+"
)
_TAIL = re.compile(
    r"(?i)(?:[^\w)\]]|(?<=\s)(?:specific|additional|key|main|abbreviated|general|related|and|in)"
    r"|\b(?:is|are|were) as follows|\bas follows|\bincludes?)+$"
)
_PAIRS = (("(", ")"), ("[", "]"), ('"', '"'))
SHORT = 60
USUAL = {
    f"{name} criteria{end}": Heading(side, None, "")
    for name, side in (("inclusion", False), ("exclusion", True))
    for end in (":", "", " :")
}


_FOREIGN = re.compile("[ãé\u3040-\u9fff\uac00-\ud7af]")


def worded(low: str) -> bool:
    """Say whether a line, in lower case, has a word or a letter of the headings; most lines have none."""
    return "lusi" in low or "iteri" in low or "ligib" in low or (not low.isascii() and bool(_FOREIGN.search(low)))


def heading(line: str, low: str, bulleted: bool) -> Heading | None:
    """Read a line as a heading of inclusion or exclusion; None where it is none. `low` is the line in lower case.

    Behind a bullet (`bulleted`) only the plain forms count: "* Not fulfilling inclusion criteria" is a criterion.
    """
    if low in USUAL:
        return USUAL[low]
    at = low.find("lusi", 0, 120)
    if bulleted and len(low) > (30 if at >= 0 and "iteri" not in low else SHORT if at < 0 else 160):
        return None
    if at < 0 and not _OTHER.search(low, 0, 120):
        return None
    close = len(low) < 90 or ":" in low[at:120] or "：" in low[at:120]
    found = _read(line, bulleted) if close or (len(low) <= 160 and not bulleted) else None
    return found if found or bulleted else _run_on(line)


def _read(line: str, bulleted: bool) -> Heading | None:
    body = line.lstrip(_MARKUP)
    if body.endswith(("*", "_", "=", "]", ">", "】", "》")):
        body = body.rstrip(_MARKUP)
    match = _HEAD.match(body, 0, 300)
    if match is None or not (match["end"] or match.end() == len(body)):
        return None
    pre, post, side = match["pre"], match["post"], (match["out"] or match["in"]).lower()
    named = match["criteria"] is not None or _NATIVE.match(side) is not None or _NAMING.search(pre) is not None
    if ". " in post or _SENTENCE.search(pre) or not _stands(pre, side, named, post, match["end"], bulleted):
        return None
    exclude: bool | None = match["out"] is not None
    if match["both"] and not side.startswith("no"):
        exclude = None
    if side.startswith(_UNSAID):
        exclude = True if match["both"] else None
    note = body[: match.end("criteria")].strip() if side.startswith(_LATER) else _note(pre, post)
    rest = body[match.end() :].lstrip()
    return Heading(exclude, note, rest.lstrip(_MARKUP) if rest.startswith(("**", "__", "]")) else rest)


def _stands(pre: str, side: str, named: bool, post: str, end: str, bulleted: bool) -> bool:
    """Say whether the words around `inclusion` or `exclusion` are a heading's."""
    words = len(pre.split())
    bare = not post.strip(" -–—.*_")
    if side.startswith((*_UNSAID, *_LATER)) and not named:
        return False
    short = bare and (bool(end) or words <= 3)
    if not named and not short and not (end and post.lstrip().startswith(("-", "–", "(", "for "))):
        return False
    if bulleted:
        return (
            end[:1] != ";"
            and words <= 4
            and "(" not in pre
            and (bare or bool(end) or post.startswith((" for ", " of ")))
        )
    if bare or end:
        return True
    return _COMMON.match(post) is not None or (
        len(post.split()) <= 9 and bool(_SUFFIX.match(post)) and not _VERB.search(post)
    )


def _note(pre: str, post: str) -> str | None:
    """Keep of a heading what names a cohort: `Part A` of `Inclusion Criteria for Part A`."""
    words = []
    for side in (pre, post):
        if not _COMMON.match(side):
            kept = _EDGES.sub("", side)
            kept = side.strip(" -–—(") if kept[:1].islower() and _VERB.search(kept) else _TAIL.sub("", kept)
            for left, right in _PAIRS:
                if kept.count(left) < side.count(left):
                    kept = kept.rstrip(right)
                    kept += right * (kept.count(left) - kept.count(right)) if left != right else ""
            words.append(kept.strip())
    return " - ".join(filter(None, words)) or None


_RUN_ON = re.compile(
    r"(?:(?:[Ss]tudy|[Gg]eneral|[Mm]ain|[Kk]ey|[A-H1-9][.)-]?)[\s-]*)?(?:([Ii]nclusion|INCLUSION)|[Ee]xclusion|EXCLUSION)"
    r" (?:[Cc]riteria|CRITERIA)\b\s*(?:\.|(?=[A-Z•\-–*]))\s*(?=\S+ \S+ \S)"
)


def _run_on(line: str) -> Heading | None:
    """Read a heading that its text follows without a colon: "Inclusion criteria. Age over 18 …"."""
    match = _RUN_ON.match(line)
    return None if match is None else Heading(match[1] is None, None, line[match.end() :])


_SECTION = re.compile(
    r"(?i)(?:disease|patient|donor|recipient|population) characteristics?"
    r"|(?:prior|previous)\s*(?:/|and|or)?\s*(?:concurrent|current) therap(?:y|ies)"
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


_CHARACTERISTIC = re.compile(
    r"(?:^|(?<=\s))(?=(?:Age|Sex|Menopausal [Ss]tatus|Performance [Ss]tatus|Life [Ee]xpectancy|Hematopoietic|Hepatic"
    r"|Renal|Cardiovascular|Pulmonary|Neurologic(?:al)?|Immunologic|Metabolic|Gastrointestinal|Other"
    r"|Biologic [Tt]herapy|Chemotherapy|Endocrine [Tt]herapy|Radiotherapy|Surgery): )"
)


_UNSPECIFIED = re.compile(r"[A-Z][a-z ]{2,20}: Not specified\.?")


def characteristics(text: str) -> list[str]:
    """Cut a paragraph of an older oncology record, which names its characteristics in one run.

    "Age: 18 and over Sex: Not specified Renal: Creatinine normal" gives the first and the last.
    """
    pieces = [piece.strip() for piece in _CHARACTERISTIC.split(text)]
    return [piece for piece in pieces if piece and not _UNSPECIFIED.fullmatch(piece)]


_BURIED = re.compile(
    r"(?<=[^\s/])\s+((?:Key |Main |KEY |MAIN )?(?:Inclusion|Exclusion|INCLUSION|EXCLUSION) (?:[Cc]riteria|CRITERIA))"
    r"\s*(?=[:：]|$)"
)
_MENTION = re.compile(
    r"(?i)(?:\b(?:the|above|meet|all|any|following|of|other|these|and|or|protocol|defined|this|see|in|to|with|general"
    r"|specific|additional|key|main|part \w+|cohort \w+)|[-:/])$"
)


_LOOKS = 20  # places looked at: no real line holds more headings


def buried(line: str) -> int:
    """Give where a heading stands inside a line (`… 150 kg Exclusion Criteria`); 0 for none."""
    if "clusion Criteria" not in line and "CLUSION CRITERIA" not in line and "clusion criteria:" not in line:
        return 0
    for match in islice(_BURIED.finditer(line), _LOOKS):
        if match.start() > 12 and not _MENTION.search(line, max(0, match.start() - 20), match.start()):
            return match.start(1)
    return 0
