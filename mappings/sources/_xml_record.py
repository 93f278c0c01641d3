"""The XML of one trial as a plain record, and back.

    <enrollment type="Actual">40</enrollment>      "enrollment": {"@type": "Actual", "#text": "40"}
    <keyword>rest</keyword>                        "keyword": ["rest"]
    <id_info><nct_id>NCT…</nct_id></id_info>       "id_info": {"nct_id": "NCT…"}

An element is its text, or an object of its attributes (`@`), its text (`#text`) and its children. What may be
repeated is a list, one item or many. Left out is what says nothing of the trial: comments, the indentation, and the
carriage returns that some years of the registry's writer put at the ends of lines.
"""

from __future__ import annotations

import re
from typing import Any

from fhir_adapter.readers import markup
from fhir_adapter.tree import Tree

__all__ = ["ROOT", "parse", "render"]

ROOT = "clinical_study"
_LISTS = frozenset(
    re.findall(
        r"\w+",
        "arm_group collaborator condition intervention investigator ipd_info_type keyword link location mesh_term "
        "nct_alias other_name other_outcome overall_official primary_outcome provided_document reference "
        "results_reference secondary_id secondary_outcome study_doc",
    )
)
# Elements that may be repeated in one place, and not in another of the same name.
_LISTS_IN = frozenset(
    {("intervention", "arm_group_label"), ("location_countries", "country"), ("removed_countries", "country")}
)
# Elements that some years have with an attribute and some without: always objects, so that a path fits all.
_TYPED = frozenset(
    re.findall(
        r"\w+",
        "completion_date disposition_first_posted enrollment last_update_posted primary_completion_date "
        "results_first_posted start_date study_first_posted",
    )
)
# Elements whose children tell a story: a list of objects with one key each, in their order.
_STORIES = frozenset({"pending_results"})
_LAID_OUT = frozenset({"textblock", "why_stopped"})
_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'


def parse(text: str) -> Tree:
    """Make a record from the XML of one trial, in the names of the current schema. Raises ValueError."""
    root = markup.root(text)
    if root.tag != ROOT:
        raise ValueError(f"its root is <{root.tag}>, not <{ROOT}>")
    record = _value(root, 0)
    if not isinstance(record, dict):
        raise ValueError("nothing is in it")
    return _renamed(record)


def _value(element: Any, depth: int) -> Any:
    """Make the plain value of an element that lies `depth` elements below the root."""
    out: Tree = {f"@{name}": value for name, value in element.attrib.items()}
    words = _unindented(element.text or "", depth)
    if element.tag in _STORIES:
        return [{child.tag: _value(child, depth + 1)} for child in element]
    if any((child.tail or "").strip() for child in element):
        return _inside(element)
    if not len(element) and not out and element.tag not in _TYPED:
        return words
    if words.strip() or not len(element):
        out["#text"] = words
    for child in element:
        value = _value(child, depth + 1)
        if child.tag in out:
            out[child.tag] = [*_listed(out[child.tag]), value]
        else:
            out[child.tag] = [value] if _repeatable(child.tag, element.tag) else value
    return out


def _inside(element: Any) -> str:
    """Give text with elements in it as it is written; the schema has none."""
    from lxml import etree

    return (element.text or "") + "".join(etree.tostring(child, encoding="unicode") for child in element)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _repeatable(name: str, parent: str) -> bool:
    return name in _LISTS or (parent, name) in _LISTS_IN or parent.endswith("_list")


def _unindented(text: str, depth: int) -> str:
    """Take the layout of the file off a text that begins on a line of its own."""
    text = text.replace("\r\n", "\n")
    if not text.startswith("\n"):
        return text
    margin = " " * (2 * depth + 2)
    lines = [line.removeprefix(margin) if line.strip() else "" for line in text.split("\n")]
    return "\n".join(lines).strip("\n").rstrip()


# --- the schema before 2017 --------------------------------------------------------------------------------------

# The registry's own list of replacements, a comment in its files of 2018.
_ONCE = {
    "firstreceived_date": "study_first_submitted",
    "firstreceived_results_date": "results_first_submitted",
    "firstreceived_results_disposition_date": "disposition_first_submitted",
    "lastchanged_date": "last_update_submitted",
}
_LONGEST_DESIGN = 2000
_DESIGN = re.compile(r"([A-Z][\w ]*): *((?:[^,(]|,(?! *[A-Z][\w ]*: )|\([^)]*\))*)")


def _renamed(record: Tree) -> Tree:
    """Give old elements their new names, where the new ones are not there."""
    design = record.get("study_design")
    out: Tree = {}
    for name, value in record.items():
        new = _ONCE.get(name, name)
        out[new if new not in record else name] = value
    if isinstance(design, str) and len(design) < _LONGEST_DESIGN and "study_design_info" not in record:
        pairs = {key.strip().lower().replace(" ", "_"): value.strip() for key, value in _DESIGN.findall(design)}
        if pairs:
            del out["study_design"]
            out["study_design_info"] = pairs
    return out


# --- and back ----------------------------------------------------------------------------------------------------


def render(record: Tree) -> str:
    """Write the XML of a record; `parse` gives the record again."""
    from lxml import etree

    root = etree.Element(ROOT)
    _fill(root, record, 0)
    etree.indent(root, "  ")
    return f"{_DECLARATION}{etree.tostring(root, encoding='unicode')}\n"


def _fill(element: Any, value: Any, depth: int) -> None:
    from lxml import etree

    if not isinstance(value, dict):
        element.text = _indented(str(value), depth) if element.tag in _LAID_OUT else str(value)
        return
    for name, item in value.items():
        if name.startswith("@"):
            element.set(name[1:], str(item))
        elif name == "#text":
            element.text = str(item)
        elif name in _STORIES:
            story = etree.SubElement(element, name)
            for step in item:
                _fill(story, step, depth + 1)
        else:
            for one in _listed(item):
                _fill(etree.SubElement(element, name), one, depth + 1)


def _indented(text: str, depth: int) -> str:
    margin = " " * (2 * depth + 2)
    lines = [margin + line if line else line for line in text.split("\n")]
    return "\n".join(["", *lines, margin[2:]])
