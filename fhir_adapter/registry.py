"""Polite questions to a registry's own API: named, patient, one at a time."""

from __future__ import annotations

from importlib.metadata import version
from types import TracebackType
from typing import Any, Self

import httpx
import orjson

from fhir_adapter.errors import Refused, ServerError, Temporary
from fhir_adapter.retry import Retry

__all__ = ["Registry"]

_BUSY = frozenset({429, 500, 502, 503, 504})
_WORDS = 300


class Registry:
    """A registry's API below a base url, without a final slash; answers are JSON.

    `timeout` is in seconds, for each read; `transport` takes the place of the network in tests. Shares no
    connection with any FHIR server.
    """

    def __init__(
        self,
        base: str,
        *,
        retry: Retry | None = None,
        timeout: float = 60.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.base = base.rstrip("/")
        self._retry = retry or Retry()
        self._client = httpx.Client(
            headers={"Accept": "application/json", "User-Agent": f"fhir-adapter/{version('fhir-adapter')}"},
            timeout=timeout,
            transport=transport,
            follow_redirects=True,
            limits=httpx.Limits(max_connections=1),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def get(self, path: str, params: dict[str, str] | None = None) -> Any:
        """Ask for one thing, again where the registry is busy, as late as it asks for.

        Raises Temporary when it stays busy or away, Refused with its words for any other answer.
        """
        response = self._retry.run(lambda: self._ask(path, params or {}))
        try:
            return orjson.loads(response.content)
        except orjson.JSONDecodeError as error:
            raise ServerError(f"{self.base}{path} did not answer with JSON", response=response) from error

    def _ask(self, path: str, params: dict[str, str]) -> httpx.Response:
        try:
            response = self._client.get(f"{self.base}{path}", params=params)
        except httpx.TransportError as error:
            raise Temporary(f"{self.base}{path} does not answer: {error or type(error).__name__}") from error
        if response.is_success:
            return response
        said = " ".join(response.text.split())[:_WORDS]
        words = f"{self.base}{path} answered {response.status_code}{': ' if said else ''}{said}"
        raise (Temporary if response.status_code in _BUSY else Refused)(words, response=response)
