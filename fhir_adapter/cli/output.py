"""Where data goes: stdout, or a file that is old or new whole."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from fhir_adapter.errors import ConfigError

__all__ = ["put"]


def put(out: str, lines: Iterable[bytes]) -> None:
    """Write lines, each with its line feed, to stdout ("-") or a file. Raises ConfigError where it can't."""
    if out == "-":
        for line in lines:
            sys.stdout.buffer.write(line)
        return
    from fhir_adapter.folder.shelf import replace

    path = Path(out)
    if path.is_dir():
        raise ConfigError(f"{out!r} is a folder; name a file")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace(path, lines)
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise ConfigError(f"cannot write {out!r}: {why}; choose another place") from error
