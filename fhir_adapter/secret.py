"""Secrets from files, as Docker and Kubernetes hand them over."""

from __future__ import annotations

import logging
import os
import stat
from pathlib import Path

from fhir_adapter.errors import ConfigError

__all__ = ["read_secret"]

_log = logging.getLogger(__name__)

_MOST = 1_000_000  # bytes; no key set is larger, and a device file has no end


def read_secret(path: Path, key: str) -> str:
    """Read the secret that the settings' `key` names a file for, without the line end of its last line.

    Warns where everybody on this machine may read it. Raises ConfigError where it can't be read or is empty.
    """
    try:
        with path.expanduser().open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            text = file.read(_MOST).decode()
    except OSError as error:
        why = (error.strerror or type(error).__name__).lower()
        raise ConfigError(f"cannot read {key} {str(path)!r}: {why}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{key} {str(path)!r} is no text in UTF-8; a secret is one") from None
    if not text.strip():
        raise ConfigError(f"{key} {str(path)!r} is empty")
    if os.name == "posix" and mode & stat.S_IROTH:
        _log.warning("%s %r can be read by everybody on this machine; chmod o-r it", key, str(path))
    return text.rstrip("\r\n")
