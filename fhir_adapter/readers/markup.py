"""XML texts: decoded as they declare themselves, parsed without entities, network or files of anyone's."""

from __future__ import annotations

import re
from typing import Any

__all__ = ["decoded_text", "root"]

_DECLARATION = re.compile(
    rb'\A\s*<\?xml\s[^>]*?encoding\s*=\s*["\'](iso-8859-\d+|windows-125\d|us-ascii)["\']', re.IGNORECASE
)
_DECLARED = re.compile(r"\A\s*<\?xml\b.*?\?>", re.DOTALL)
_DOCTYPE = re.compile(r"<!DOCTYPE\b", re.IGNORECASE)


def decoded_text(raw: bytes) -> str:
    """Decode a text: as UTF-8, or as XML that declares one of the older encodings. Raises UnicodeDecodeError."""
    match = _DECLARATION.match(raw)
    return raw.decode(match[1].decode() if match else "utf-8")


def root(text: str) -> Any:
    """Parse a text as XML and give its root, an lxml element; comments are left out.

    Raises ValueError for what is not well-formed, and for a document type: a registry's record has none, and
    entities that read files or grow without end (XXE, "billion laughs") are declared there.
    """
    from lxml import etree

    body = _DECLARED.sub("", text, count=1)
    if _DOCTYPE.search(body):
        raise ValueError("a document type declaration is not allowed; remove <!DOCTYPE …>")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        return etree.fromstring(body.lstrip().encode("utf-8", "surrogatepass"), parser)
    except etree.XMLSyntaxError as error:
        raise ValueError(f"broken XML: {error.msg or 'no element'}") from error
