"""Invented trials, as small as targets need them: no person, site or drug is real."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

BASE = "https://fhir-adapter.example/fhir"
_XV = "http://hl7.org/fhir/5.0/StructureDefinition/extension-ResearchStudy"

Tree = dict[str, Any]


def trial(
    own: str = "NCT00000000", fhir: str = "R5", *, outcomes: int = 3, sites: int = 2, title: str = "Zorvatib"
) -> Tree:
    """Make a trial's Bundle: a study, its protocol, eligibility, outcomes, sites, and in R4 a Group."""
    study = _study_r5(own, outcomes, title) if fhir == "R5" else _study_r4(own, outcomes, title)
    study["protocol"] = [ref(f"PlanDefinition/{own}-protocol")]
    if sites:
        study["site"] = [ref(f"Location/{own}-loc-{n}") for n in range(1, sites + 1)]
    plan = {"resourceType": "PlanDefinition", "id": f"{own}-protocol", "status": "active"}
    variables = [f"{own}-eligibility", *(f"{own}-out-p{n}" for n in range(1, outcomes + 1))]
    rest = [plan, *({"resourceType": "EvidenceVariable", "id": each, "status": "active"} for each in variables)]
    if fhir != "R5":
        plan["subjectReference"] = ref(f"Group/{own}-enrollment")
        rest.append({"resourceType": "Group", "id": f"{own}-enrollment", "type": "person", "actual": False})
    places = [(f"{own}-loc-{n}", f"Imaginary Site {n}") for n in range(1, sites + 1)]
    rest += [{"resourceType": "Location", "id": each, "name": name} for each, name in places]
    return bundle([study, *rest])


def ref(name: str) -> Tree:
    return {"reference": name}


def _study_r5(own: str, outcomes: int, title: str) -> Tree:
    paper = {"url": "https://x.example/p.pdf", "size": "1234567"}
    return {
        "resourceType": "ResearchStudy",
        "id": own,
        "status": "active",
        "label": [{"value": title}],
        "relatedArtifact": [{"type": "documentation", "document": paper}],
        "recruitment": {"eligibility": ref(f"EvidenceVariable/{own}-eligibility")},
        "outcomeMeasure": [{"reference": ref(f"EvidenceVariable/{own}-out-p{n}")} for n in range(1, outcomes + 1)],
    }


def _study_r4(own: str, outcomes: int, title: str) -> Tree:
    return {
        "resourceType": "ResearchStudy",
        "id": own,
        "status": "active",
        "title": title,
        "enrollment": [ref(f"Group/{own}-enrollment")],
        "extension": [
            _carried("recruitment", "eligibility", f"{own}-eligibility"),
            *(_carried("outcomeMeasure", "reference", f"{own}-out-p{n}") for n in range(1, outcomes + 1)),
        ],
    }


def _carried(element: str, part: str, own: str) -> Tree:
    inner = {"url": part, "valueReference": ref(f"EvidenceVariable/{own}")}
    return {"url": f"{_XV}.{element}", "extension": [inner]}


def bundle(resources: Iterable[Tree]) -> Tree:
    names = [(f"{each['resourceType']}/{each['id']}", each) for each in resources]
    entries = [
        {"fullUrl": f"{BASE}/{name}", "resource": each, "request": {"method": "PUT", "url": name}}
        for name, each in names
    ]
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


def resources(bundle: Tree | None) -> dict[str, Tree]:
    """Give a Bundle's resources by name."""
    assert bundle is not None
    return {entry["request"]["url"]: entry["resource"] for entry in bundle["entry"]}


def changed(bundle: Tree, where: str, **elements: Any) -> Tree:
    """Give the trial with other elements in one of its resources."""
    entries = [
        {**entry, "resource": {**entry["resource"], **elements}} if entry["request"]["url"] == where else entry
        for entry in bundle["entry"]
    ]
    return {**bundle, "entry": entries}
