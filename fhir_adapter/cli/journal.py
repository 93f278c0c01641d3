"""The log of a run for machines: JSON lines, one a request, never a secret."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from fhir_adapter.clock import utc_now
from fhir_adapter.errors import ConfigError

if TYPE_CHECKING:
    from fhir_adapter.exchange import Exchange

__all__ = ["Journal"]


class Journal:
    """Adds lines to a file, each as soon as it is known; "-" is stderr."""

    def __init__(self, where: str, now: Callable[[], datetime] = utc_now) -> None:
        self._now = now
        self._own = where != "-"
        try:
            self._file = Path(where).open("a", buffering=1, encoding="utf-8") if self._own else sys.stderr  # noqa: SIM115
        except OSError as error:
            why = (error.strerror or str(error)).lower()
            raise ConfigError(f"cannot write the log {where!r}: {why}; choose another place") from error

    def note(self, exchange: Exchange) -> None:
        """Log a request that has ended."""
        self.tell("request", "warning" if exchange.failed else "info", **exchange.as_dict())

    def tell(self, event: str, level: str = "info", **more: object) -> None:
        """Log an event of the run."""
        import orjson

        moment = self._now().isoformat(timespec="milliseconds")
        self._file.write(orjson.dumps({"ts": moment, "level": level, "event": event, **more}).decode() + "\n")

    def close(self) -> None:
        """Close the file."""
        if self._own:
            self._file.close()
