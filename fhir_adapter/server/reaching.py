"""Requests that got no answer: why, in words that say what to do."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from fhir_adapter.auth import logging_in
from fhir_adapter.errors import ServerError, Temporary

__all__ = ["for_token", "reaching"]


@contextmanager
def reaching(url: str) -> Iterator[None]:
    """Turn httpx's errors into ours: Temporary, or ServerError where trying again can't help (certificates)."""
    try:
        yield
    except httpx.TimeoutException as error:
        raise Temporary(f"{_whom(error, url)} did not answer in time ({type(error).__name__})") from error
    except httpx.RequestError as error:
        whom = _whom(error, url)
        if trouble := _tls(error):
            raise ServerError(f"no safe connection to {whom}: {trouble}") from error
        why = str(error) or type(error).__name__
        raise Temporary(f"cannot reach {whom}: {why}; check the address and the server") from error


def for_token(error: ServerError) -> bool:
    """Say whether what failed was a request for a token: the server itself was not asked yet."""
    if error.response is not None:
        return logging_in(error.response.request)
    return isinstance(error.__cause__, httpx.RequestError) and _of_login(error.__cause__)


def _of_login(error: httpx.RequestError) -> bool:
    try:
        return logging_in(error.request)
    except RuntimeError:  # httpx's way to say that it knows no request
        return False


def _whom(error: httpx.RequestError, url: str) -> str:
    """Name who didn't answer: the server, or the endpoint that gives its tokens."""
    if not _of_login(error):
        return url
    return f"{error.request.url.copy_with(query=None, userinfo=b'')}, for a token,"


def _tls(error: BaseException) -> str | None:
    """Find the trouble with certificates that an error comes from; None where it comes from elsewhere."""
    inner: BaseException | None = error
    while inner is not None and not isinstance(inner, ssl.SSLError):
        inner = inner.__cause__ or inner.__context__
    if isinstance(inner, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({inner.verify_message}); name who signed it with ca_file"
    reason = str(getattr(inner, "reason", None) or "")
    if "ALERT" in reason and ("CERTIFICATE" in reason or "UNKNOWN_CA" in reason or "HANDSHAKE" in reason):
        return f"it does not take our certificate ({_words(reason)}); give the one it knows with cert_file"
    if reason in ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST"):
        return f"it does not speak TLS ({_words(reason)}); check http or https, and the port"
    return None


def _words(reason: str) -> str:
    return reason.replace("_", " ").lower()
