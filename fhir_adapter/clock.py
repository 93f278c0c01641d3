"""The one look at the clock, which those who begin a run hand on; nothing that is converted depends on it."""

from __future__ import annotations

from datetime import UTC, datetime

__all__ = ["utc_now"]


def utc_now() -> datetime:
    return datetime.now(UTC)
