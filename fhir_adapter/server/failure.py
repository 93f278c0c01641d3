"""What a failed request means: refused for what it was, too slow, or perhaps done all the same."""

from __future__ import annotations

import httpx

from fhir_adapter.errors import Refused, ServerError
from fhir_adapter.server.reaching import for_token

__all__ = ["doubtful", "overdue", "refusal"]

_LATE = (408, 504)


def doubtful(error: ServerError) -> bool:
    """Say whether the server may have done what it was asked: the answer is lost, or came too late.

    Look before sending again: a server that makes a version of every PUT would make two.
    """
    if for_token(error):
        return False
    if error.response is not None:
        return error.response.status_code in _LATE
    never_sent = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
    return isinstance(error.__cause__, httpx.TransportError) and not isinstance(error.__cause__, never_sent)


def overdue(error: ServerError) -> bool:
    """Say whether the server, or something before it, gave up waiting: half as much may be done in time."""
    late = error.response is not None and error.response.status_code in _LATE
    return late or isinstance(error.__cause__, httpx.ReadTimeout)


def refusal(error: ServerError) -> bool:
    """Say whether it is about what was sent, so that the rest may go on.

    A 500 with an OperationOutcome is: servers stumble over single resources that way.
    """
    stumbled = error.response is not None and error.response.status_code == 500 and error.issues
    return isinstance(error, Refused) or bool(stumbled)
