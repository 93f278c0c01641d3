"""Definitions for servers and validators: complete, right by HL7's engine, and true of what is written."""

from __future__ import annotations

import io
import json
import os
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

import servers
from command_line import Run, record
from fhir_adapter import conformance, study, validate
from fhir_adapter.convert import convert
from fhir_adapter.version import BASE, VERSIONS, Version, find
from studies import studies

pytest_plugins = ["command_line_fixtures"]

Tree = dict[str, Any]
OURS = "https://clinicaltrials.gov/data-about-studies/study-data-structure#"
SAMPLE = ("trial", "observational", "withdrawn", "expanded-access", "withheld")
# HL7's engine on the published sample; before: 199 in R5, 211 in R4B and R4 (mapping spec, section 12).
WARNINGS = {"R5": 49, "R4B": 100, "R4": 100}
# The engine says these of every extension and, in R5, of every profile, HL7's own among them: it has no packages here.
OF_ALL = {"ERROR_GENERATING_SNAPSHOT", "SD_TYPE_NOT_LOCAL"}


@pytest.fixture(params=VERSIONS)
def version(request: pytest.FixtureRequest) -> Version:
    """Each FHIR version."""
    return find(request.param)


def code_systems(version: Version) -> dict[str, Tree]:
    found = conformance.definitions(version)
    return {own["url"]: own for own in found if own["resourceType"] == "CodeSystem"}


def codings(node: Any) -> Iterator[tuple[str, str]]:
    """Every (system, code) below a node, anywhere."""
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from codings(child)
    if isinstance(node, dict) and "system" in node and "code" in node:
        yield node["system"], node["code"]


def unknown(resources: list[Tree], systems: dict[str, Tree]) -> set[tuple[str, str]]:
    """The registry's codings that no code system defines; those with codes published elsewhere define any."""
    lists = {
        url: {concept["code"] for concept in own["concept"]} if own["content"] == "complete" else None
        for url, own in systems.items()
    }
    ours = {coding for coding in codings(resources) if coding[0].startswith(OURS)}
    return {(url, code) for url, code in ours if url not in lists or code not in (lists[url] or {code})}


def broken(resources: list[Tree], version: Version) -> list[str]:
    """What resources lack of their profile."""
    profiles = {profile.type: profile for profile in version.profiles}
    found = []
    for own in resources:
        profile = profiles[own["resourceType"]]
        found += [f"{own['id']} has no {name}" for name in profile.always if name not in own]
        found += [f"{own['id']}: {name}" for name, value in profile.fixed.items() if own.get(name) != value]
    return found


# --- what they say ---------------------------------------------------------------------------------------------


def test_every_enumeration_that_is_coded_is_complete(version: Version) -> None:
    systems = code_systems(version)

    coded = {url.removeprefix(f"{OURS}enum-"): own for url, own in systems.items() if "#enum-" in url}
    assert len(coded) == 27
    for name, own in coded.items():
        assert {concept["code"] for concept in own["concept"]} == set(study.enums()[name])
        assert own["content"] == "complete"
        assert own["count"] == len(own["concept"])


def test_every_definition_is_valid_and_has_an_address_and_an_id_of_its_own(version: Version) -> None:
    found = conformance.definitions(version)

    assert len({own["url"] for own in found}) == len({own["id"] for own in found}) == len(found)
    errors = [
        issue for own in found for issue in validate(own, version.name.lower()) if issue.severity.value == "error"
    ]
    assert errors == []
    assert all("<p>" in own["text"]["div"] for own in found)


def test_addresses_follow_the_base() -> None:
    """What a trial is written with and what is defined agree."""
    base = "https://fhir.example/trials"
    made = convert({**record(), "derivedSection": {"miscInfoModule": {"removedCountries": ["France"]}}}, base=base)
    (own,) = [item["url"] for item in made.resources[0]["extension"] if item["url"].startswith(base)]

    found = conformance.definitions(find("R5"), f"{base}/")

    assert own in {definition["url"] for definition in found}
    place = next(definition for definition in found if definition["id"] == "trial-Location")
    elements = {element["path"]: element for element in place["differential"]["element"]}
    site = next(resource for resource in made.resources if resource["resourceType"] == "Location")
    assert elements["Location.identifier.system"]["patternUri"] == site["identifier"][0]["system"]


def test_every_code_of_the_sample_is_defined(version: Version, shared: Path) -> None:
    for name in SAMPLE:
        lines = (shared / "docs" / "sample" / version.name.lower() / f"{name}.ndjson").read_bytes().splitlines()
        assert unknown([json.loads(line) for line in lines if line.strip()], code_systems(version)) == set()


def test_real_records_have_no_code_that_is_not_defined_and_keep_to_their_profiles(
    version: Version, corpus: Callable[[str], Iterator[Tree]]
) -> None:
    systems = code_systems(version)
    for number, own in enumerate(corpus("ctgov_v2")):
        if number % 10 == 0:
            resources = convert(own, version.name, validate=False).resources
            assert unknown(resources, systems) == set()
            assert broken(resources, version) == []


@given(studies())
def test_any_study_keeps_to_its_profiles_and_uses_known_systems(own: Tree) -> None:
    """Whatever fields a study has or lacks."""
    for name in VERSIONS:
        version = find(name)
        resources = convert(own, name, "ctgov", validate=False).resources
        assert broken(resources, version) == []
        assert {system for system, _ in codings(resources) if system.startswith(OURS)} <= code_systems(version).keys()


# --- as a package ----------------------------------------------------------------------------------------------


def test_the_package_holds_every_definition_and_an_index(version: Version) -> None:
    found = conformance.definitions(version)
    with tarfile.open(fileobj=io.BytesIO(conformance.package(found, version))) as tar:
        files = {entry.name: json.loads(tar.extractfile(entry).read()) for entry in tar}  # type: ignore[union-attr]

    about = files.pop("package/package.json")
    index = files.pop("package/.index.json")
    assert about["fhirVersions"] == [version.number]
    assert about["name"] == f"fhir-adapter.definitions.{version.name.lower()}"
    assert {entry["filename"]: entry["url"] for entry in index["files"]} == {
        path.removeprefix("package/"): own["url"] for path, own in files.items()
    }
    assert list(files.values()) == found


def test_the_same_definitions_give_the_same_bytes(version: Version) -> None:
    first, second = (conformance.package(conformance.definitions(version), version) for _ in range(2))

    assert first == second


def test_definitions_writes_files_and_packages(cli: Run, here: Path) -> None:
    ran = cli("definitions", "-o", "out", "--base", "https://fhir.example/trials")

    assert (ran.code, ran.out) == (0, b"")
    assert sorted(path.name for path in (here / "out").iterdir()) == [
        *(f"fhir-adapter.definitions.{name}.tgz" for name in ("r4", "r4b", "r5")),
        *("r4", "r4b", "r5"),
    ]
    extension = json.loads((here / "out" / "r4" / "StructureDefinition-source-remainder.json").read_bytes())
    assert extension["url"] == "https://fhir.example/trials/StructureDefinition/source-remainder"
    assert {path.name for path in (here / "out" / "r4").iterdir()} == {
        conformance.file_name(own) for own in conformance.definitions(find("R4"))
    }


def test_definitions_of_one_version(cli: Run, here: Path) -> None:
    assert cli("definitions", "-o", "out", "--fhir", "R4B", "--quiet").err == ""
    assert {path.name for path in (here / "out").iterdir()} == {"r4b", "fhir-adapter.definitions.r4b.tgz"}
    assert cli("definitions", "-o", "out", "--fhir", "r9").code == 2


# --- by HL7's own engine ---------------------------------------------------------------------------------------

TYPO = {"coding": [{"system": f"{OURS}enum-Phase", "code": "PHASE5"}]}


@pytest.fixture(scope="session")
def judged(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[Version], list[Tree]]:
    """What HL7's engine, with the package loaded, says of the sample, a mistyped code and the definitions."""
    servers.demand(os.environ)

    @cache
    def ask(name: str) -> list[Tree]:
        version = find(name)
        definitions = conformance.definitions(version)
        package = tmp_path_factory.mktemp("package") / "definitions.tgz"
        package.write_bytes(conformance.package(definitions, version))
        sample = list(published(shared, version))
        typo = {"resourceType": "ResearchStudy", "id": "typo", "status": "active", "keyword": [TYPO]}
        engine = [shared / "tools" / "hl7-validate" / "hl7-validate", "--fhir", version.name.lower()]
        given = b"".join(json.dumps(own).encode() + b"\n" for own in [*sample, typo, *definitions])
        done = subprocess.run([*engine, "--load", package, "-"], input=given, capture_output=True, check=True)
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        return [{"of": (line["resourceType"], line.get("id")), **issue} for line in lines for issue in line["issues"]]

    return lambda version: ask(version.name)


def published(shared: Path, version: Version) -> Iterator[Tree]:
    """The resources of the sample, each with its profile."""
    for name in SAMPLE:
        lines = (shared / "docs" / "sample" / version.name.lower() / f"{name}.ndjson").read_bytes().splitlines()
        for own in (json.loads(line) for line in lines if line.strip()):
            yield {**own, "meta": {"profile": [f"{BASE}/StructureDefinition/trial-{own['resourceType']}"]}}


def errors(issues: list[Tree]) -> list[Tree]:
    return [issue for issue in issues if issue["severity"] in ("error", "fatal")]


@pytest.mark.hapi
def test_with_the_package_the_engine_warns_of_what_is_accepted_alone(
    judged: Callable[[Version], list[Tree]], version: Version
) -> None:
    """Its warnings on the sample fall, profiles are kept, and a mistyped code of the registry is an error."""
    issues = [issue for issue in judged(version) if issue["of"][0] not in ("CodeSystem", "StructureDefinition")]

    assert {issue["of"][1] for issue in errors(issues)} == {"typo"}
    warned = [issue for issue in issues if issue["severity"] == "warning" and issue["of"][1] != "typo"]
    assert len(warned) <= WARNINGS[version.name]
    assert not [issue for issue in warned if issue.get("tx") == "unknown-system" and OURS in issue["message"]]


@pytest.mark.hapi
def test_the_engine_finds_no_error_in_the_definitions(
    judged: Callable[[Version], list[Tree]], version: Version
) -> None:
    issues = [issue for issue in judged(version) if issue["of"][0] in ("CodeSystem", "StructureDefinition")]

    assert {issue["messageId"] for issue in errors(issues)} <= OF_ALL
