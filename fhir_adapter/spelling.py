"""How people name places: fields of the study, elements of a resource."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

from fhir_adapter import study as hub
from fhir_adapter.contrast import Way
from fhir_adapter.errors import ConfigError
from fhir_adapter.parts import short
from fhir_adapter.tree import Tree

__all__ = ["INDEX", "below", "dotted", "field", "fits", "spelled"]

INDEX = re.compile(r"\[(\d+)\]")
_RESULTS = "resultsSection"


def dotted(at: str) -> str:
    """Spell a JSON Pointer as the tables do, lists transparent."""
    return ".".join(token for token in at.split("/")[1:] if not token.isdigit())


def below(path: str, above: str) -> bool:
    """Say whether a path is another one or inside it."""
    return not above or path == above or path.startswith(f"{above}.")


def field(path: str) -> tuple[str, list[tuple[str, str]]]:
    """Give the full path of a field from its end, and which items of its lists are wanted.

    Raises ConfigError where the study has no such field, or several end so.

    >>> field("locations[2].city")
    ('protocolSection.contactsLocationsModule.locations.city', [('locations', '2')])
    """
    if path.startswith("/"):
        path = re.sub(r"/(\d+)(?=/|$)", r"[\1]", path).strip("/").replace("/", ".")
    plain = INDEX.sub("", path)
    known = [own for own in hub.paths() if own == plain or own.endswith(f".{plain}")]
    full = plain if plain in known else known[0] if len(known) == 1 else ""
    if below(plain, _RESULTS):
        full = plain
    if not full and known:
        raise ConfigError(f"several fields end with {plain!r}; choose one of {', '.join(sorted(known))}")
    if not full:
        raise ConfigError(f"the study has no field {plain!r}; `fhir-adapter tables r5` lists them")
    indexed = (part for part in path.split(".") if INDEX.search(part))
    return full, [(INDEX.sub("", part), INDEX.findall(part)[0]) for part in indexed]


def fits(at: str, wanted: list[tuple[str, str]]) -> bool:
    """Say whether a JSON Pointer goes through the wanted items of its lists."""
    tokens = at.split("/")
    return all((name, number) in pairwise(tokens) for name, number in wanted)


def spelled(resource: Tree, way: Way) -> str:
    """Spell the way to a leaf for people: an extension by its name, its number only where there are several."""
    words, node = "", resource
    for token in way:
        child = node[token]  # type: ignore[index]
        if isinstance(token, int):
            words += _number(node, token)
        else:
            words += f".{token}" if words else token
        node = child
    return words


def _number(items: Any, index: int) -> str:
    url = items[index].get("url") if isinstance(items[index], dict) else None
    if not isinstance(url, str):
        return f"[{index}]"
    alike = [number for number, item in enumerate(items) if item.get("url") == url]
    return f"({short(url)})" + (f"[{alike.index(index)}]" if len(alike) > 1 else "")
