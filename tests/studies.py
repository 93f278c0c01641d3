"""Studies made by hypothesis from the hub's own published schema: any subset of fields, any text, any length."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from fhir_adapter import study

DATES = st.dates().map(str) | st.sampled_from(["2024", "1999-12", "2024-02-29", "0001"])
# What a field's pattern lets through, by a word of what it is for; any other string is free text.
MADE = {
    "Years": st.builds("{} {}".format, st.integers(0, 130), st.sampled_from(["Years", "Year", "Months", "Days"])),
    "T(?:": DATES.filter(lambda date: len(date) == 10).map(lambda date: f"{date}T12:34"),
}
# Control characters are no FHIR text, and lone surrogates no JSON.
LETTERS = st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\n\t\\*<>&; ")
TEXT = st.text(LETTERS, min_size=1, max_size=40)


def _string(schema: dict[str, Any]) -> st.SearchStrategy[str]:
    pattern = schema.get("pattern", "")
    if "enum" in schema:
        return st.sampled_from(schema["enum"]) | st.just("NEW_CODE")
    if "Year" in pattern:
        return MADE["Years"]
    if "T(?:" in pattern:
        return MADE["T(?:"]
    if "0[48]" in pattern:
        return DATES
    if "[0-9]{1,20}" in pattern:
        return st.integers(1, 10**8).map(str)
    if "NCT" in pattern:
        return st.integers(0, 99_999_999).map("NCT{:08}".format)
    free = TEXT.filter(lambda text: bool(text.strip()) and "\ufffe" not in text and "\uffff" not in text)
    if pattern.startswith("^(?:[^\\s"):
        return free.map(lambda text: "-".join(text.split()))
    return free


def _any(schema: dict[str, Any], names: dict[str, Any]) -> st.SearchStrategy[Any]:
    if "$ref" in schema:
        schema = names[schema["$ref"].rpartition("/")[2]]
    kind = schema.get("type")
    if kind == "object":
        fields = {name: _any(own, names) for name, own in schema.get("properties", {}).items()}
        return st.fixed_dictionaries({}, optional=fields)
    if kind == "array":
        return st.lists(_any(schema["items"], names), max_size=4)
    if kind == "boolean":
        return st.booleans()
    if kind == "integer":
        return st.integers(0, 2**31 - 1)
    if kind == "number":
        return st.floats(schema.get("minimum", 0), schema.get("maximum", 90)) | st.integers(0, 90)
    return _string(schema)


def studies() -> st.SearchStrategy[dict[str, Any]]:
    """Give well-formed studies without results, most of them with a registry number."""
    schema = study.schema()
    names = schema["$defs"]
    fields = {name: _any(own, names) for name, own in schema["properties"].items() if name != "resultsSection"}
    return st.fixed_dictionaries({}, optional=fields)


def json_values() -> st.SearchStrategy[Any]:
    """Give any JSON at all."""
    leaf = (
        st.none()
        | st.booleans()
        | st.integers(-(2**53), 2**53)
        | st.floats(allow_nan=False, allow_infinity=False)
        | TEXT
        | st.just("")
    )
    return st.recursive(leaf, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3))
