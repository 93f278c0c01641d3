"""What can be done about a server's refusal, where its words don't tell."""

from __future__ import annotations

import re

from fhir_adapter.server.answer import Answer
from fhir_adapter.tree import Tree

__all__ = ["advice"]

_NOT_ALLOWED = 405
_REFUSED = (400, 404, 409, 422)
# HAPI: HAPI-0959 "client-assigned IDs are not enabled"; Google: "update-create is not enabled"; others much alike.
_IDS = re.compile(
    r"client.{0,3}(assigned|supplied|defined|provided|generated)|update.{0,4}create|updateCreate|HAPI-0959"
    r"|(ids?|identifiers?) (is|are|must be|has to be|have to be) (given|assigned|generated|ours|set) by the server",
    re.IGNORECASE,
)
_TRY = "if this server gives ids itself, run `fhir-adapter doctor TARGET --probe`, or use --mode conditional-update"


def advice(request: Tree, answer: Answer) -> str:
    """Say what to do about the refusal of an entry's request; "" where nothing is known."""
    if request["method"] != "PUT" or "ifMatch" in request:
        return ""
    words = " ".join(issue.message for issue in answer.explain())
    by_words = answer.status in _REFUSED and _IDS.search(words)
    return _TRY if by_words or answer.status == _NOT_ALLOWED else ""
