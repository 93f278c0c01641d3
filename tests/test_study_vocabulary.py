"""The vocabulary of the study: which fields and codes there are, and that they are the registry's own."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from fhir_adapter import study

DESCRIPTION = Path(__file__).parents[2] / "shared/docs/registry-api/ctgov-oas-v2.yaml"
DESIGN = "protocolSection.designModule"
SITES = "protocolSection.contactsLocationsModule.locations"


def test_paths_hold_leaves_and_parents_and_see_through_lists():
    paths = study.paths()

    assert {
        "protocolSection",
        "protocolSection.outcomesModule",
        "protocolSection.outcomesModule.primaryOutcomes",
        "protocolSection.outcomesModule.primaryOutcomes.measure",
        "protocolSection.contactsLocationsModule.locations.contacts.email",
        "protocolSection.sponsorCollaboratorsModule.collaborators.class",
        "documentSection.largeDocumentModule.largeDocs.uploadDate",
        "annotationSection.annotationModule.violationAnnotation.violationEvents.postedDate",
        "derivedSection.interventionBrowseModule.browseLeaves.relevance",
        "resultsSection",
        "hasResults",
    } <= paths
    assert all(path.rpartition(".")[0] in paths for path in paths if "." in path)
    assert not [path for path in paths if path.startswith("resultsSection.")]


def test_every_path_is_described_in_one_line():
    for path in study.paths():
        description = study.describe(path)
        assert description, path
        assert "\n" not in description, path

    assert study.describe("protocolSection.noSuchModule") == ""


def test_a_coded_field_knows_its_enumeration():
    assert study.enum_of("protocolSection.statusModule.overallStatus") == "Status"
    assert study.enum_of(f"{DESIGN}.phases") == "Phase"
    assert study.enum_of(f"{DESIGN}.enrollmentInfo.type") == "EnrollmentType"
    assert study.enum_of(f"{SITES}.contacts.role") == "ContactRole"
    assert study.enum_of("protocolSection.contactsLocationsModule.overallOfficials.role") == "OfficialRole"
    assert study.enum_of("protocolSection.identificationModule.briefTitle") is None
    assert study.enum_of("nowhere") is None


def test_enumerations_keep_the_order_of_the_registry():
    assert study.enums()["Phase"] == ("NA", "EARLY_PHASE1", "PHASE1", "PHASE2", "PHASE3", "PHASE4")
    assert "CTIS" in study.enums()["SecondaryIdType"]


def test_the_published_schema_describes_every_field():
    structures = [study.schema(), *study.schema()["$defs"].values()]

    for structure in structures:
        assert structure["description"], structure
        for name, field in structure["properties"].items():
            assert field["description"], name


# What the registry has today and its OpenAPI description at hand lacks.
NEWER_FIELDS = {"protocolSection.statusModule.resultsWaived"}
NEWER_CODES = {("SecondaryIdType", "CTIS")}


@pytest.mark.corpus
def test_the_vocabulary_is_the_registrys_own():
    """Every field and code of the registry's OpenAPI description is here, in its order, and nothing else."""
    if not DESCRIPTION.is_file():
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(
            f"no {DESCRIPTION.name} in the folder `shared`"
        )
    schemas = yaml.safe_load(DESCRIPTION.read_text())["components"]["schemas"]

    published = dict(registry_fields(schemas, schemas["Study"], ""))

    assert study.paths() == set(published) | NEWER_FIELDS
    for path, enumeration in published.items():
        if enumeration:
            assert study.enum_of(path) == enumeration, path
    for name, values in study.enums().items():
        assert [code for code in values if (name, code) not in NEWER_CODES] == schemas[name]["enum"]


def registry_fields(schemas: Any, structure: Any, above: str) -> list[tuple[str, str | None]]:
    """List the paths of a schema, with the enumeration's name where there is one; results stay closed."""
    found = []
    for name, field in structure["properties"].items():
        path = f"{above}.{name}" if above else name
        reference = field.get("items", field).get("$ref", "").rpartition("/")[2]
        target = schemas.get(reference, {})
        found.append((path, reference if "enum" in target else None))
        if "properties" in target and path != "resultsSection":
            found += registry_fields(schemas, target, path)
    return found
