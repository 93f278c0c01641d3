"""validate on the command line with another engine: fhir.resources, or a server's $validate."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from command_line import Run, lines
from command_line_fixtures import cli, here
from loopback import serving
from validate_examples import Tree

__all__ = ["cli", "here"]

GOOD: Tree = {"resourceType": "Location", "id": "good", "status": "active", "name": "Ward 1"}
BAD: Tree = {"resourceType": "Location", "id": "bad", "mode": "here", "name": 7}
BLANK: Tree = {"resourceType": "Location", "id": "blank", "name": " "}
FINE = {"severity": "information", "code": "informational", "diagnostics": "No issues detected during validation"}


def outcome(*issues: Tree) -> Tree:
    return {"resourceType": "OperationOutcome", "issue": list(issues)}


def test_fhir_resources_can_judge(cli: Run) -> None:
    """It knows R5 and R4B; asked for R4 it is a wrong command."""
    ran = cli("validate", "-", "--engine", "models", "--fhir", "r4b", stdin=lines([GOOD, {**GOOD, "name": 7}]))

    assert ran.code == 1
    assert [issue["path"] for issue in ran.trees] == ["Location.name"]
    refused = cli("validate", "-", "--engine", "models", "--fhir", "r4", stdin=lines([GOOD]))
    assert refused.code == 2
    assert refused.last == "fhir-adapter: fhir.resources has no 'r4'; choose one of r5, r4b"


@pytest.fixture
def said() -> dict[str, tuple[int, object]]:
    """What the server says of a resource, by its id."""
    return {}


@pytest.fixture
def asked() -> list[httpx.Request]:
    return []


@pytest.fixture
def server(said: dict[str, tuple[int, object]], asked: list[httpx.Request]) -> Iterator[str]:
    """A server that speaks R4 and validates as HAPI does: 200 for what it could read, 400 for what it couldn't."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/metadata"):
            return httpx.Response(200, json={"resourceType": "CapabilityStatement", "fhirVersion": "4.0.1"})
        asked.append(request)
        status, body = said.get(json.loads(request.content).get("id"), (200, outcome(FINE)))
        return httpx.Response(status, json=body)

    with serving(answer) as address:
        yield f"{address}/fhir"


Said = dict[str, tuple[int, object]]


def test_a_server_can_judge(cli: Run, server: str, said: Said, asked: list[httpx.Request]) -> None:
    """Each resource goes to its $validate; its OperationOutcome becomes issues, its "no issues" none."""
    missing = {
        "extension": [{"url": "http://hl7.org/fhir/StructureDefinition/operationoutcome-message-id"}],
        "severity": "error",
        "code": "processing",
        "diagnostics": "Location.name: not good enough",
        "location": ["Location.name", "Line[1] Col[2]"],
    }
    missing["extension"][0]["valueString"] = "Validation_VAL_Profile_Minimum"  # type: ignore[index]
    said["bad"] = (200, outcome(missing))

    ran = cli("validate", "-", "--engine", "server", "--to", server, "--json", stdin=lines([GOOD, BAD]))

    assert ran.code == 1
    assert [request.url.path for request in asked] == ["/fhir/Location/$validate"] * 2
    (issue,) = ran.trees
    assert (issue["record"], issue["path"], issue["rule"]) == (
        "Location/bad",
        "Location.name",
        "Validation_VAL_Profile_Minimum",
    )
    assert json.loads(ran.err)["fhir"] == "R4"


def test_what_a_server_cannot_even_read_is_an_issue(cli: Run, server: str, said: Said) -> None:
    """HAPI's parser answers 400 before it validates: the run goes on."""
    words = 'HAPI-0450: Failed to parse request body. HAPI-1821: [element="mode"] Invalid attribute value "here"'
    said["bad"] = (400, outcome({"severity": "error", "code": "processing", "diagnostics": words}))
    said["blank"] = (422, {"error": "not an outcome"})

    ran = cli("validate", "-", "--engine", "server", "--to", server, stdin=lines([BAD, BLANK, GOOD]))

    assert ran.code == 1
    assert [issue["record"] for issue in ran.trees] == ["Location/bad", "Location/blank"]
    assert "HAPI-1821" in ran.trees[0]["message"]
    assert "3 resources read, 1 valid" in ran.err


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [(404, 5, "does not validate Location"), (501, 5, "choose another engine"), (401, 6, "check the login")],
)
def test_a_server_that_cannot_judge_ends_the_run(
    cli: Run, server: str, said: Said, status: int, code: int, words: str
) -> None:
    """No operation, or no rights: that is about the run, not about the resource."""
    said["good"] = (status, outcome({"severity": "error", "code": "not-supported", "diagnostics": "no"}))

    ran = cli("validate", "-", "--engine", "server", "--to", server, stdin=lines([GOOD]))

    assert ran.code == code
    assert words in ran.last


@pytest.mark.parametrize("kind", ["../Patient", "Nope", 7, None])
def test_only_names_of_types_are_put_into_an_address(
    cli: Run, server: str, asked: list[httpx.Request], kind: object
) -> None:
    """A resource of no known type is an issue and never sent."""
    ran = cli("validate", "-", "--engine", "server", "--to", server, stdin=lines([{"resourceType": kind, "id": "x"}]))

    assert (ran.code, asked) == (1, [])
    assert [issue["severity"] for issue in ran.trees] == ["fatal"]


def test_the_server_engine_needs_a_server(cli: Run, here: Path) -> None:
    """A folder has no $validate, and no target is none; --to means nothing to the other engines."""
    given = lines([GOOD])
    assert "which target?" in cli("validate", "-", "--engine", "server", stdin=given).last
    (here / "store").mkdir()
    assert "is no server" in cli("validate", "-", "--engine", "server", "--to", "store", stdin=given).last
    assert "say --engine server" in cli("validate", "-", "--to", "http://localhost:1", stdin=given).last


def test_a_busy_server_is_asked_again(cli: Run, said: Said) -> None:
    """Nothing is stored by $validate, so that it may be sent as often as it takes."""
    answers = iter([httpx.Response(503, headers={"Retry-After": "0"}), httpx.Response(200, json=outcome(FINE))])

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return next(answers)
        return httpx.Response(200, json={"resourceType": "CapabilityStatement", "fhirVersion": "5.0.0"})

    with serving(answer) as address:
        ran = cli("validate", "-", "--engine", "server", "--to", address, stdin=lines([GOOD]))

    assert (ran.code, ran.out) == (0, b"")
