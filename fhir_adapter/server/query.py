"""What a user searches a server for: checked before it is sent."""

from __future__ import annotations

from urllib.parse import unquote

from fhir_adapter.errors import ConfigError
from fhir_adapter.resource import STUDY

__all__ = ["Pairs", "read_query"]

Pairs = list[tuple[str, str]]

# With these the server would give parts of a study, or something else.
_PARTIAL = frozenset({"_summary", "_elements", "_format", "_contained", "_getpages"})


def read_query(text: str) -> Pairs:
    """Read the parameters of a search of studies. Raises ConfigError for what is no search, or gives parts only.

    Written as in an address or plainly; a plus sign stays one, as time zones have it.

    >>> read_query("identifier=https://x.example|NCT1&_lastUpdated=ge2026-01-01T00:00:00+02:00")
    [('identifier', 'https://x.example|NCT1'), ('_lastUpdated', 'ge2026-01-01T00:00:00+02:00')]
    """
    bare = text.strip().removeprefix(STUDY).removeprefix("?")
    pairs = [_pair(each, text) for each in bare.split("&") if each]
    if not pairs:
        raise ConfigError(f"{text!r} searches for nothing; write it like 'status=active&_lastUpdated=ge2026-01-01'")
    for name, value in pairs:
        if name in _PARTIAL or (name == "_count" and not value.strip("0")):
            raise ConfigError(f"a search with {name!r} gives no whole trials; leave it out")
    return pairs


def _pair(part: str, text: str) -> tuple[str, str]:
    name, sign, value = part.partition("=")
    if not sign or not name.strip() or not value.strip():
        raise ConfigError(f"{part!r} in {text!r} is no name=value; write it like 'status=active'")
    return unquote(name.strip()), unquote(value.strip())
