"""An Attachment: whether its size and hash are those of its data, and whether both are base64."""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Any

from fhir_adapter.validate.primitives import check, shorten
from fhir_adapter.validate.report import Report

__all__ = ["check_attachment"]


def check_attachment(report: Report, value: Any, path: str) -> None:
    """Report, at the Attachment as HL7's engine does, data or a hash that can't be decoded, or that disagree."""
    if not isinstance(value, dict):
        return
    found = {key: _decoded(value.get(key)) for key in ("data", "hash")}
    for key, content in found.items():
        if content is False:
            report.error("value", path, f"{key} {shorten(value[key])} is not base64")
    data, digest, size = found["data"], found["hash"], value.get("size")
    if isinstance(data, bytes) and check("base64Binary", value["data"]) is None:
        if isinstance(size, str | int) and size != "" and str(size) != str(len(data)):
            report.error("value", path, f"size {shorten(size)}, but the data has {len(data)} bytes")
        # FHIR's hash is SHA-1.
        if isinstance(digest, bytes) and digest != hashlib.sha1(data, usedforsecurity=False).digest():
            report.error("value", path, "the hash is not that of the data")


def _decoded(text: Any) -> bytes | bool | None:
    """Decode base64, with or without padding; False where it can't be, None where there is none."""
    if not isinstance(text, str):
        return None
    padding = "" if "=" in text else "=" * (-len(text) % 4)
    try:
        return base64.b64decode(text + padding, validate=True)
    except (binascii.Error, ValueError):
        return False
