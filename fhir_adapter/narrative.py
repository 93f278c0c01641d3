"""The generated narrative: what a person sees who opens a resource on a server's page.

Registry text is shown without its CommonMark escapes and with all markup escaped: no HTML of a record passes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from fhir_adapter.tree import Tree

__all__ = ["eligibility", "group", "intervention", "outcome", "place_name", "plan", "site", "study"]

_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_ADDRESS = ("city", "state", "postalCode", "country")
_OPEN = '<div xmlns="http://www.w3.org/1999/xhtml">'


def _safe(text: str) -> str:
    """Escape a text for XHTML, its CommonMark escapes taken back."""
    if "\\" in text:
        text = "".join(_ESCAPED.split(text))
    if "&" in text or "<" in text or ">" in text:
        text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text


def _line(label: str, text: str | None) -> str:
    return f"<p><b>{label}:</b> {_safe(text)}</p>" if text else ""


def _list(label: str, items: list[str]) -> str:
    if not items:
        return ""
    points = "</li><li>".join([_safe(item) for item in items])
    return f"<p><b>{label}</b></p><ul><li>{points}</li></ul>"


def _number(value: int | None) -> str | None:
    return None if value is None else str(value)


def _words(concept: Tree | None) -> str:
    return concept.get("text") or "" if concept else ""


def place_name(place: Tree) -> str:
    """Give a site's name, else its city and country."""
    if "name" in place:
        return str(place["name"])
    address = place.get("address") or {}
    return ", ".join([address[key] for key in ("city", "country") if key in address])


def _div(*lines: str) -> str:
    return f"{_OPEN}{''.join(lines)}</div>"


def study(own: Tree, interventions: list[str], outcomes: list[str]) -> str:
    """Tell a ResearchStudy; `interventions` and `outcomes` are what its companions say in words."""
    progress = own.get("progressStatus") or [{}]
    recruitment = own.get("recruitment") or {}
    labels = {label["type"]["coding"][0]["code"]: label["value"] for label in own.get("label") or ()}
    title = f"{own['id']}: {own['title']}" if "title" in own else own["id"]
    return _div(
        f"<p>{_safe(title)}</p>",
        _line("Official title", labels.get("official")),
        _line("Status", _words(progress[0].get("state")) if "period" not in progress[0] else None),
        _line("Phase", _words(own.get("phase"))),
        _line("Design", ", ".join([_words(concept) for concept in own.get("studyDesign") or ()])),
        _line("Sponsor", _sponsor(own)),
        _list("Conditions", [_words(concept) for concept in own.get("condition") or ()]),
        _list("Interventions", interventions),
        _list("Primary outcomes", outcomes),
        _line("Enrollment", _number(recruitment.get("actualNumber", recruitment.get("targetNumber")))),
        _line("Dates", _span(own.get("period") or _dates(progress))),
        _list("Sites", [site.get("display", "") for site in own.get("site") or ()]),
        _line("Summary", own.get("descriptionSummary")),
    )


def _dates(progress: list[Tree]) -> Tree:
    found: Tree = {}
    for own in progress:
        found |= own.get("period") or {}
    return found


def _span(period: Tree) -> str:
    start, end = period.get("start"), period.get("end")
    if start and end:
        return f"{start} to {end}"
    return f"from {start}" if start else f"until {end}" if end else ""


def _sponsor(own: Tree) -> str | None:
    for party in own.get("associatedParty") or ():
        if any(coding.get("code") == "lead-sponsor" for coding in party["role"].get("coding") or ()):
            return str(party["name"]) if "name" in party else None
    return None


def plan(own: Tree, interventions: list[str]) -> str:
    """Tell a PlanDefinition: its arms and what they get."""
    root = own["action"][0]
    arms = root["action"] if root["linkId"] == "arms" else []
    return _div(
        _line("Protocol of", own["id"].removesuffix("-protocol")),
        _list("Arms", [_titled(arm) for arm in arms]),
        _list("Interventions", interventions),
    )


def _titled(action: Tree) -> str:
    title, description = action.get("title", ""), action.get("description", "")
    return f"{title}: {description}" if title and description else title or description


def eligibility(own: Tree) -> str:
    """Tell who can take part, one line a criterion."""
    lines = [_criterion(item.get("exclude"), criterion_words(item)) for item in own["characteristic"]]
    return _div(_line("Eligibility criteria for", own["id"].removesuffix("-eligibility")), *lines)


def _criterion(exclude: bool | None, words: str) -> str:
    return _line("Exclude" if exclude else "Include", words)


def intervention(own: Tree, kind: str | None) -> str:
    """Tell an intervention; `kind` is its type in words."""
    return _div(
        _line("Intervention", own.get("title") or own["id"]),
        _line("Type", kind),
        _line("Description", own.get("description")),
        _list("Other names", [note["text"].removeprefix("Other name: ") for note in own.get("note") or ()]),
    )


def outcome(own: Tree, kind: str) -> str:
    """Tell an outcome; `kind` is its list in words."""
    times = own["characteristic"][0].get("timeFromEvent")
    return _div(
        _line(kind, own.get("title") or own["id"]),
        _line("Description", own.get("description")),
        _line("Time frame", times[0].get("description") if times else None),
    )


def criterion_words(own: Tree) -> str:
    """Give a characteristic in words: its description, and its parts joined by `; `."""
    words: str = own.get("description", "")
    combination = own.get("definitionByCombination")
    if not combination:
        return words
    return f"{words} {'; '.join([criterion_words(part) for part in combination['characteristic']])}"


def site(place: Tree, name: str) -> str:
    """Tell a Location; `name` is what `place_name` gives."""
    address, status = place.get("address") or {}, place.get("characteristic")
    return _div(
        _line("Site", name or place["id"]),
        _line("Status", _words(status[0]) if status else None),
        _line("Address", ", ".join([address[key] for key in _ADDRESS if key in address])),
        _list("Contacts", [way.get("text", "") for own in place.get("contact") or () for way in own.get("name") or ()]),
    )


def group(own: Tree, criteria: Iterable[tuple[bool, str]]) -> str:
    """Tell a Group: how many, and who; `criteria` are (excluded, words)."""
    lines = [_criterion(exclude, words) for exclude, words in criteria]
    title = _line("Enrollment of", own["id"].removesuffix("-enrollment"))
    return _div(title, _line("Number", _number(own.get("quantity"))), *lines)
