"""Transactions, batches, searches and $validate of the twin, as servers.md, section 2, measures them."""

from __future__ import annotations

import pytest

from trials import trial
from twin_client import Client, Start, Tree, entry, refused, study

pytest_plugins = ["twin_fixtures"]

# Bundles


def test_a_transaction_is_done_whole_with_its_circles(client: Client) -> None:
    answer = client.post(trial()).json()
    again = client.post(trial()).json()

    assert {each["response"]["status"] for each in answer["entry"]} == {"201 Created"}
    assert answer["entry"][0]["response"]["etag"] == "1"
    assert {each["response"]["status"] for each in again["entry"]} == {"200 OK"}
    assert client.twin.counts()["versions"] == len(answer["entry"])


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (entry(study(id="42")), "HAPI-0960"),
        (entry(study(status="nope")), "HAPI-1821"),
        (entry(study(id="z", protocol=[{"reference": "PlanDefinition/none"}])), "HAPI-1094"),
        (entry(study(id="NCT00000000")), "HAPI-0535"),
        ({"resource": study()}, "HAPI-0529"),
    ],
)
def test_one_bad_entry_undoes_a_transaction(client: Client, bad: Tree, words: str) -> None:
    refused(client.post({**trial(), "entry": [*trial()["entry"], bad]}), 400, words)
    assert client.twin.state() == {}
    assert client.twin.counts()["versions"] == 0


def test_an_undone_transaction_leaves_the_search_as_it_was(client: Client) -> None:
    own = [{"system": "urn:r", "value": "1"}]
    client.put(study(identifier=own))
    moved = entry(study(identifier=[{"system": "urn:r", "value": "2"}]))
    client.post({"resourceType": "Bundle", "type": "transaction", "entry": [moved, entry(study(id="42"))]})

    assert client.found("ResearchStudy?identifier=urn:r|1") == ["ResearchStudy/a"]
    assert client.found("ResearchStudy?identifier=urn:r|2") == []


def test_a_batch_does_each_entry_by_itself(client: Client) -> None:
    entries = [entry(study(id="b")), entry(study(id="42")), {"request": {"method": "GET", "url": "ResearchStudy/b"}}]
    answer = client.post({"resourceType": "Bundle", "type": "batch", "entry": entries}).json()

    assert [each["response"]["status"] for each in answer["entry"]] == ["201 Created", "400 Bad Request", "200 OK"]
    assert answer["entry"][2]["resource"]["id"] == "b"


def test_references_inside_a_transaction_are_resolved(client: Client) -> None:
    client.put({"resourceType": "Location", "id": "l", "identifier": [{"system": "urn:l", "value": "1"}]})
    plan = {"resourceType": "PlanDefinition", "status": "active"}
    refers = study(protocol=[{"reference": "urn:uuid:1"}], site=[{"reference": "Location?identifier=urn:l|1"}])
    entries = [
        entry(refers),
        {"fullUrl": "urn:uuid:1", "resource": plan, "request": {"method": "POST", "url": "PlanDefinition"}},
    ]
    answer = client.post({"resourceType": "Bundle", "type": "transaction", "entry": entries})
    stored = client.twin.state()
    (protocol,) = [name for name in stored if name.startswith("PlanDefinition/")]

    assert answer.status_code == 200
    assert stored["ResearchStudy/a"]["protocol"] == [{"reference": protocol}]
    assert stored["ResearchStudy/a"]["site"] == [{"reference": "Location/l"}]


@pytest.mark.parametrize(("profile", "most"), [("healthlake", 160), ("azure", 500), ("fhir-works", 25)])
def test_a_bundle_beyond_the_limit_is_413(start: Start, profile: str, most: int) -> None:
    client = start(profile)
    entries = [entry({"resourceType": "Location", "id": f"l{number}"}) for number in range(most + 1)]

    def post(count: int) -> int:
        return client.post({"resourceType": "Bundle", "type": "transaction", "entry": entries[:count]}).status_code

    assert [post(most + 1), post(most)] == [413, 200]


# Searching


def test_searches_find_by_what_we_need(client: Client) -> None:
    client.put(study(identifier=[{"system": "urn:r", "value": "1"}]))
    client.put({"resourceType": "PlanDefinition", "id": "p", "status": "active", "url": "http://x.example/a/b"})

    for query in ("urn:r|1", "1", "urn:r|", "urn:q|9,urn:r|1"):
        assert client.found(f"ResearchStudy?identifier={query}") == ["ResearchStudy/a"]
    assert client.found("ResearchStudy?identifier=urn:q|1") == []
    assert client.found("ResearchStudy?_id=a,b&status=active") == ["ResearchStudy/a"]
    assert client.found("PlanDefinition?url=http://x.example/a/b") == ["PlanDefinition/p"]
    assert client.found("PlanDefinition?url:below=http://x.example/a") == ["PlanDefinition/p"]
    assert client.found("PlanDefinition?url:below=http://x.example/a/bc") == []
    assert client.get("ResearchStudy?_summary=count").json()["total"] == 1


def test_entries_of_one_transaction_share_their_instant(client: Client) -> None:
    client.post(trial())
    stamp = client.get("ResearchStudy/NCT00000000").json()["meta"]["lastUpdated"]

    assert len(client.found(f"EvidenceVariable?_lastUpdated=ge{stamp}")) == 4
    assert client.found(f"EvidenceVariable?_lastUpdated=gt{stamp}") == []
    assert client.found(f"EvidenceVariable?_lastUpdated=lt{stamp[:10]}") == []


def test_what_is_not_searched_by_is_400(client: Client) -> None:
    refused(client.get("ResearchStudy?bogus=1"), 400, 'HAPI-0524: Unknown search parameter "bogus"')
    refused(client.get("ResearchStudy?_lastUpdated=yesterday"), 400, "HAPI-1940")


@pytest.mark.parametrize(
    ("profile", "begins"),
    [("hapi", "http://127.0.0.1:"), ("relative-links", "/fhir?_getpages"), ("base-links", "Location?_getpages")],
)
def test_pages_follow_each_other_to_the_end(start: Start, profile: str, begins: str) -> None:
    """`next` may be absolute, begin at the host, or at the base."""
    client = start(profile)
    for number in range(25):
        client.put({"resourceType": "Location", "id": f"l{number:02}"})
    seen, links = client.pages("Location?_count=10")

    assert seen == [f"Location/l{number:02}" for number in range(25)]
    assert [link.startswith(begins) for link in links] == [True, True]


def test_a_page_shows_no_row_that_was_deleted_meanwhile(client: Client) -> None:
    for number in range(4):
        client.put({"resourceType": "Location", "id": f"l{number}"})
    page = client.get("Location?_count=2").json()
    client.send("DELETE", "Location/l2")
    client.put({"resourceType": "Location", "id": "l9"})
    rest = client.get(page["link"][1]["url"]).json()

    assert [each["resource"]["id"] for each in rest["entry"]] == ["l3"]


def test_a_search_that_is_not_known_is_410(client: Client) -> None:
    refused(client.get("?_getpages=nope"), 410, "HAPI-0417: Search ID")


def test_the_default_hapi_repeats_an_old_answer_unless_told_not_to(start: Start) -> None:
    client = start("hapi-default")
    before = client.found("ResearchStudy?status=active", fresh=False)
    client.put(study())

    assert before == client.found("ResearchStudy?status=active", fresh=False) == []
    assert client.found("ResearchStudy?status=active") == ["ResearchStudy/a"]


# Validating


def test_validate_answers_200_and_says_what_is_wrong(client: Client) -> None:
    answer = client.create({"resourceType": "ResearchStudy", "foo": 1}, where="ResearchStudy/$validate")

    assert answer.status_code == 200
    assert {"error"} <= {issue["severity"] for issue in answer.json()["issue"]}
    assert client.create(study(status="nope"), where="ResearchStudy/$validate").status_code == 400
    assert client.twin.state() == {}
