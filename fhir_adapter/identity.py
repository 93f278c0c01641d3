"""What a trial's resources are called: ids that FHIR servers take, and names for machines."""

from __future__ import annotations

import hashlib
import re

from fhir_adapter.issues import Issue
from fhir_adapter.tree import Tree, canonical

__all__ = ["identity", "machine_name"]

_NOT_IN_ID = re.compile(r"[^A-Za-z0-9.-]")


def identity(study: Tree) -> tuple[str, Issue | None]:
    """Give the id of a trial's main resource: from its registry number, else from a hash of its title.

    At most 40 characters of `[A-Za-z0-9.-]`, never digits alone: FHIR servers refuse such ids.
    """
    own = (study.get("protocolSection") or {}).get("identificationModule") or {}
    number = own.get("nctId")
    if isinstance(number, str) and number.strip():
        return _slug(number), None
    title = own.get("officialTitle") or own.get("briefTitle")
    seed = title.encode() if isinstance(title, str) and title.strip() else canonical(study)
    made = f"trial-{hashlib.sha256(seed).hexdigest()[:16]}"
    words = f"no registry number: the id {made!r} is made from a hash of the title; give the record its number"
    return made, Issue.warning("required", "protocolSection.identificationModule.nctId", words)


def _slug(number: str) -> str:
    slug = _NOT_IN_ID.sub("-", number)
    if slug.isdigit():
        slug = f"trial-{slug}"
    if slug == number and len(slug) <= 40:
        return slug
    return f"{slug[:31]}-{hashlib.sha256(number.encode()).hexdigest()[:8]}"


def machine_name(identity: str) -> str:
    """Spell an id as a name for machines: a capital, then letters, digits and `_` (cnl-0).

    >>> machine_name("NCT00000000-int-1"), machine_name("2099-990001-11")
    ('NCT00000000_int_1', 'Trial_2099_990001_11')
    """
    name = identity.replace("-", "_").replace(".", "_")
    return name[0].upper() + name[1:] if name[0].isalpha() else f"Trial_{name}"
