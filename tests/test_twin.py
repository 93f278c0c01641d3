"""The twin answers as a real HAPI was measured to (servers.md, section 2), and its other profiles as they say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fhir_adapter.errors import ConfigError
from fhir_adapter.twin import PROFILES, Twin
from trials import trial
from twin_client import Client, Start, refused, study

pytest_plugins = ["twin_fixtures"]

Tree = dict[str, Any]


# Who it is


@pytest.mark.parametrize(("fhir", "number"), [("r4", "4.0.1"), ("R4B", "4.3.0"), ("R5", "5.0.0")])
def test_it_says_who_it_is_and_what_it_speaks(start: Start, fhir: str, number: str) -> None:
    client = start("hapi", fhir=fhir)
    asked = client.get("metadata?_elements=fhirVersion,software")
    whole = client.get("metadata").json()

    assert asked.json()["fhirVersion"] == number
    assert asked.json()["software"] == {"name": "HAPI FHIR Server", "version": "8.8.0"}
    assert "rest" not in asked.json()
    assert len(whole["rest"][0]["resource"]) == {"r4": 146, "R4B": 141, "R5": 158}[fhir]


@pytest.mark.parametrize("made", [lambda: Twin("hopi"), lambda: Twin("hapi", fhir="R9")])
def test_an_unknown_profile_or_version_is_refused(made: Callable[[], Twin]) -> None:
    with pytest.raises(ConfigError, match=r"choose one of .*(hapi|R5)"):
        made()


# Writing


def test_a_put_makes_a_version_only_where_something_changes(client: Client) -> None:
    first = client.put(study())
    same = client.put(dict(reversed(study().items())))
    other = client.put(study(title="Other"))

    assert [each.status_code for each in (first, same, other)] == [201, 200, 200]
    assert [each.headers["ETag"] for each in (first, same, other)] == ['W/"1"', 'W/"1"', 'W/"2"']
    assert client.twin.counts()["unchanged"] == 1


def test_blaze_makes_a_version_of_every_put(start: Start) -> None:
    client = start("blaze")
    tags = [client.put(study()).headers["ETag"] for _ in range(2)]

    assert tags == ['W/"1"', 'W/"2"']


def test_labels_are_kept_that_a_put_leaves_out(client: Client) -> None:
    tag = {"system": "urn:t", "code": "mine"}
    client.put(study())
    client.put(study(meta={"tag": [tag], "versionId": "77", "source": "urn:mine"}))
    client.put(study())
    meta = client.get("ResearchStudy/a").json()["meta"]

    assert (meta["versionId"], meta["tag"]) == ("2", [tag])
    assert meta["source"].startswith("urn:mine#")


def test_a_read_knows_what_the_client_has(client: Client) -> None:
    tag = client.put(study()).headers["ETag"]
    again = client.get("ResearchStudy/a", headers={"If-None-Match": tag})

    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    ("profile", "status", "words"),
    [("hapi", 409, "HAPI-0550: HAPI-0989: Trying to update ResearchStudy/a/_history/1"), ("azure", 412, "version 1")],
)
def test_a_stale_version_is_a_conflict(start: Start, profile: str, status: int, words: str) -> None:
    client = start(profile)
    client.put(study())
    client.put(study(title="Other"))

    refused(client.put(study(), headers={"If-Match": 'W/"1"'}), status, words)
    assert client.put(study(), headers={"If-Match": 'W/"2"'}).status_code == 200


def test_hapi_creates_what_if_match_does_not_find(client: Client) -> None:
    assert client.put(study(), headers={"If-Match": 'W/"3"'}).status_code == 201


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        ({"id": "42"}, 400, "HAPI-0960: Can not create resource with ID[42]"),
        ({"id": "a_b"}, 400, "HAPI-0521"),
        ({"id": "x" * 65}, 400, "HAPI-0521"),
        ({"status": "nope"}, 400, "HAPI-0450: Failed to parse request body as JSON resource. Error was: HAPI-1821"),
        (
            {"protocol": [{"reference": "PlanDefinition/none"}]},
            400,
            "HAPI-1094: Resource PlanDefinition/none not found",
        ),
        ({"protocol": [{"reference": "EvidenceVariable/v"}]}, 422, "HAPI-0931: Invalid reference found at path"),
        ({"protocol": [{"reference": "http://x.example/PlanDefinition/p"}]}, 400, "HAPI-0507: Resource contains"),
    ],
)
def test_what_hapi_refuses(client: Client, change: Tree, status: int, words: str) -> None:
    refused(client.put(study(**change)), status, words)
    assert client.twin.state() == {}


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        (b"{", "application/fhir+json", "HAPI-1861"),
        (b"{}", "text/plain", "HAPI-0449"),
        (b'{"resourceType": "ResearchStudy", "id": "b"}', "application/json", "HAPI-0420"),
        (b'{"resourceType": "ResearchStudy"}', "application/json", "HAPI-0419"),
        (b'{"resourceType": "Location", "id": "a"}', "application/json", "HAPI-1814"),
    ],
)
def test_a_body_that_is_not_the_resource_is_refused(client: Client, body: bytes, kind: str, words: str) -> None:
    refused(client.send("PUT", "ResearchStudy/a", content=body, headers={"Content-Type": kind}), 400, words)


def test_hapi_does_not_validate_and_drops_what_it_does_not_know(client: Client) -> None:
    client.put({"resourceType": "ResearchStudy", "id": "a", "foo": 1, "title": "", "keyword": [], "name": None})

    assert client.twin.state() == {"ResearchStudy/a": {"resourceType": "ResearchStudy", "id": "a"}}


def test_a_strict_server_refuses_what_is_not_valid(start: Start) -> None:
    refused(start("google").put({"resourceType": "ResearchStudy", "id": "a"}), 400, "status is missing")


def test_content_is_kept_to_the_letter(client: Client) -> None:
    body = '{"resourceType":"Location","id":"a","name":" ünïcode ","position":{"longitude":1.10,"latitude":0.000001}}'
    client.send("PUT", "Location/a", content=body.encode(), headers={"Content-Type": "application/json"})

    text = client.get("Location/a").text
    assert '"longitude":1.10' in text
    assert '" ünïcode "' in text


@pytest.mark.parametrize(
    ("wanted", "shown"),
    [("minimal", None), ("OperationOutcome", "OperationOutcome"), ("representation", "ResearchStudy")],
)
def test_prefer_says_what_is_returned(client: Client, wanted: str, shown: str | None) -> None:
    answer = client.put(study(), headers={"Prefer": f"return={wanted}"})

    assert (answer.json()["resourceType"] if answer.content else None) == shown


def test_r5_sizes_come_back_as_numbers_from_hapi(start: Start) -> None:
    paper = study(relatedArtifact=[{"type": "documentation", "document": {"url": "http://x.example", "size": "12"}}])
    for profile, size in (("hapi", 12), ("blaze", "12")):
        client = start(profile)
        client.put(paper)
        shown = client.get("ResearchStudy/a").json()
        assert shown["relatedArtifact"][0]["document"]["size"] == size
        assert client.twin.state() == {"ResearchStudy/a": paper}


# Deleting and history


def test_a_deletion_is_a_version(client: Client) -> None:
    client.put(study())
    answers = [client.send("DELETE", f"ResearchStudy/{own}") for own in ("a", "a", "never")]
    read, old = client.get("ResearchStudy/a"), client.get("ResearchStudy/a/_history/1")
    history = client.get("ResearchStudy/a/_history").json()
    again = client.put(study())

    assert [each.status_code for each in answers] == [200, 200, 200]
    assert "already deleted" in answers[1].text
    assert "does not exist" in answers[2].text
    assert (read.status_code, old.status_code, len(history["entry"])) == (410, 200, 2)
    assert (again.status_code, again.headers["ETag"]) == (201, 'W/"3"')


def test_what_is_referred_to_stays(client: Client) -> None:
    client.post(trial())
    refused(client.send("DELETE", "PlanDefinition/NCT00000000-protocol"), 409, "Unable to delete PlanDefinition/NCT0")


def test_unknown_ids_and_types_are_404(client: Client) -> None:
    refused(client.get("ResearchStudy/x"), 404, "HAPI-2001: Resource ResearchStudy/x is not known")
    refused(client.get("Nonsense/x"), 404, "HAPI-0302: Unknown resource type")


# Conditions


def test_a_conditional_put_creates_and_updates_what_is_found(client: Client) -> None:
    made = client.put_where("identifier=urn:r|1", study(identifier=[{"system": "urn:r", "value": "1"}]))
    same = client.put_where("identifier=urn:r|1", study(identifier=[{"system": "urn:r", "value": "1"}]))
    changed = client.put_where("identifier=urn:r|1", study(title="T", identifier=[{"system": "urn:r", "value": "1"}]))

    assert [each.status_code for each in (made, same, changed)] == [201, 200, 200]
    assert changed.headers["ETag"] == 'W/"2"'
    assert "ResearchStudy/a" not in client.twin.state(), "HAPI ignores a client's id here"
    refused(client.put_where("identifier=urn:r|1", study()), 400, "HAPI-0929")


def test_a_condition_that_finds_two_is_refused(client: Client) -> None:
    twice = [study(id=own, identifier=[{"system": "urn:r", "value": "1"}]) for own in "ab"]
    for each in twice:
        client.put(each)
    query = "identifier=urn:r|1"

    refused(client.put_where(query, twice[0]), 412, "HAPI-0988: Failed to UPDATE")
    refused(client.create(twice[0], headers={"If-None-Exist": query}), 412, "HAPI-0958")
    refused(client.send("DELETE", f"ResearchStudy?{query}"), 412, "HAPI-0962")


def test_a_conditional_create_makes_one(client: Client) -> None:
    own = study(identifier=[{"system": "urn:r", "value": "1"}])
    answers = [client.create(own, headers={"If-None-Exist": "identifier=urn:r|1"}) for _ in range(2)]

    assert [each.status_code for each in answers] == [201, 200]
    assert answers[0].headers["Location"] == answers[1].headers["Location"]


def test_some_servers_take_conditions_by_identifier_only(start: Start) -> None:
    refused(start("google").put_where("url=http://x.example", study()), 400, "identifier only")
    refused(start("healthlake").put_where("identifier=1", study()), 412, "not supported")


@pytest.mark.parametrize(("profile", "status"), [("server-ids", 405), ("conditional-only", 400)])
def test_some_servers_give_all_ids_themselves(start: Start, profile: str, status: int) -> None:
    client = start(profile)
    made = client.put_where("identifier=urn:r|1", study(identifier=[{"system": "urn:r", "value": "1"}]))
    (name,) = client.twin.state()

    assert made.status_code == 201
    assert client.put(study()).status_code == status
    assert client.put(study(id=name.partition("/")[2], title="New")).status_code == 200


def test_profiles_tell_what_they_imitate() -> None:
    for name, profile in PROFILES.items():
        assert profile.note, name
