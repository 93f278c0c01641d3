"""Bundles: HL7's rules, full urls, and what they refer to."""

from __future__ import annotations

from typing import Any

import pytest

from fhir_adapter.issues import blocking
from fhir_adapter.validate import validate
from validate_examples import VERSIONS, Tree, bundle

BUNDLES = [
    (lambda b: {**b, "type": "collection"}, "Bundle", {"bdl-3", "bdl-3a"}),
    (lambda b: {**b, "total": 3}, "Bundle", {"bdl-1"}),
    (lambda b: {**b, "entry": [*b["entry"], b["entry"][0]]}, "Bundle", {"bdl-7"}),
    (lambda b: _first(b, fullUrl="ResearchStudy/INV001"), "Bundle.entry[0]", {None}),
    (lambda b: _first(b, fullUrl="https://x.example/Location/1"), "Bundle.entry[0]", {None}),
    (lambda b: _first(b, fullUrl="urn:uuid:ABC"), "Bundle.entry[0].fullUrl", {None}),
    (lambda b: _first(b, request=None), "Bundle", {"bdl-3", "bdl-3c"}),
    (lambda b: {**b, "entry": b["entry"][:-1]}, "Bundle.entry[0].resource.", {None}),
]


def _first(whole: Tree, **values: Any) -> Tree:
    entry = {key: value for key, value in {**whole["entry"][0], **values}.items() if value is not None}
    return {**whole, "entry": [entry, *whole["entry"][1:]]}


@pytest.mark.parametrize("fhir", VERSIONS)
@pytest.mark.parametrize(("defect", "path", "rules"), BUNDLES)
def test_bundles_keep_their_rules(fhir, defect, path, rules):
    """HL7's rules by their number, full urls, and a trial that is there as a whole."""
    (issue,) = [issue for issue in validate(defect(bundle(fhir)), fhir) if blocking([issue])]

    assert issue.path.startswith(path)
    assert issue.rule in rules


@pytest.mark.parametrize("fhir", VERSIONS)
def test_an_entry_without_a_full_url_may_not_refer_to_others(fhir):
    """The error stands at the entry and at each relative reference, which counts from the full url."""
    issues = [issue for issue in validate(_first(bundle(fhir), fullUrl=None), fhir) if blocking([issue])]
    entries, references = issues[:1], issues[1:]

    assert [issue.path for issue in entries] == ["Bundle.entry[0]"]
    assert references
    assert all(issue.path.startswith("Bundle.entry[0].resource.") for issue in references)
    assert all("counts from the fullUrl" in issue.message for issue in references)


@pytest.mark.parametrize(("kind", "said"), [("transaction", []), ("history", ["the entry has no fullUrl"])])
def test_an_entry_without_references_needs_a_full_url_where_nothing_is_sent(kind, said):
    """In a transaction the server gives the address; elsewhere an entry must have one."""
    entry = {
        "resource": {"resourceType": "Organization", "id": "a", "name": "Imaginary"},
        "request": {"method": "PUT", "url": "Organization/a"},
        **({"response": {"status": "200"}} if kind == "history" else {}),
    }
    whole = {"resourceType": "Bundle", "type": kind, "entry": [entry]}

    assert [issue.message for issue in validate(whole, "r4") if blocking([issue])] == said


def test_what_a_bundle_refers_to_elsewhere_is_left_alone():
    """A search result refers to resources that it doesn't hold."""
    found = {"resourceType": "Bundle", "type": "collection", "entry": [_entry_of({"site": "Location/far"})]}
    assert validate(found, "r5") == []


def _entry_of(references: dict[str, str]) -> Tree:
    study = {"resourceType": "ResearchStudy", "id": "other", "status": "active"}
    sites = {key: [{"reference": value}] for key, value in references.items()}
    return {"fullUrl": "https://x.example/ResearchStudy/other", "resource": {**study, **sites}}
