"""What servers' refusals mean, and what to do about them, in our words.

HAPI numbers its messages (`HAPI-0550: HAPI-0823: …`); what each means is measured against 8.8.0, or read in its source
where a race is needed to see it. Other servers are known by their words.
"""

from __future__ import annotations

import re
from types import MappingProxyType

__all__ = ["advise"]

_CONFLICT = "someone else wrote the same resource at that moment; run it again, and have one writer at a time"
_NOT_THERE = "it refers to something that the server doesn't have; what was said about that resource comes first"
_OTHER_ID = "the id in the resource isn't the one in the address; give the resource that id"
_TWINS = "several resources there have this identifier; delete or merge them until one is left"
_UNREADABLE = "the server can't read this resource; validate it in the server's FHIR version, and mend what is named"
# HAPI's index takes the first 768 characters, counted as UTF-16 counts them.
_HALVED = "HAPI cuts long texts for its index, this one in the middle of an emoji or the like: leave it out"

_BY_NUMBER = MappingProxyType(
    {
        "0302": "the server doesn't know this type of resource; see in `doctor` which FHIR version it has",
        "0417": "the server forgot the search while its pages were read; begin it again",
        "0419": _OTHER_ID,
        "0420": _OTHER_ID,
        "0449": "something between here and the server changed the content type; look at proxies",
        "0450": _UNREADABLE,
        "0507": "a reference is an address, and the server allows none; refer to `Type/id` instead",
        "0515": "other resources refer to it; they must be changed or deleted first",
        "0521": "ids have letters, digits, `-` and `.` only, at most 64; give it another id",
        "0524": "the server doesn't search by that; ask it for less, `doctor` lists what it searches by",
        "0535": "a resource comes twice in one Bundle; take one of them out",
        "0550": _CONFLICT,
        "0823": _CONFLICT,
        "0824": "another resource there has the same unique values; find it by its identifier, and keep one of them",
        "0825": "it was made by someone else, or deleted and not yet cleared away, at that moment; run it again",
        "0929": "the resource doesn't have the identifier that it is looked up by; give it that identifier",
        "0931": "a reference leads to another type than the element allows; correct the reference",
        "0958": _TWINS,
        "0960": "the server takes no new id of digits only; give it an id with a letter",
        "0962": _TWINS,
        "0988": _TWINS,
        "0989": _CONFLICT,
        "1091": "a reference is a search that finds nothing there; send what it looks for first",
        "1094": _NOT_THERE,
        "1096": "it refers to something that was deleted on the server; send that again, or take the reference out",
        "1814": "the resource isn't of the type in its address; correct one of them",
        "1821": "an element has a code that this FHIR version doesn't know; validate it, and mend the code",
        "1861": _UNREADABLE,
        "2001": "the server doesn't have it; it was deleted, or never stored",
        "2745": _CONFLICT,
    }
)  # fmt: skip
_NUMBER = re.compile(r"\bHAPI-(\d{4})\b")

_BY_WORDS = (
    (re.compile(r"not selective enough|multiple matches", re.IGNORECASE), _TWINS),
    (re.compile(r"surrogate at end of input", re.IGNORECASE), _HALVED),
    (re.compile(r"(?:version|etag).*(?:conflict|mismatch|does not match)", re.IGNORECASE), _CONFLICT),
)


def advise(words: str) -> str | None:
    """Say what a server's words mean and what to do; None where they are not known.

    >>> advise("HAPI-1096: Resource Group/x is deleted, specified in path: PlanDefinition.subject")
    'it refers to something that was deleted on the server; send that again, or take the reference out'
    """
    known = [each for each in _NUMBER.findall(words) if each in _BY_NUMBER]
    if known:
        return _BY_NUMBER[known[-1]]  # the innermost says most
    return next((advice for pattern, advice in _BY_WORDS if pattern.search(words)), None)
