"""Trials are pulled by id, by a search or all: none is lost or doubled, whatever a server does with its pages."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import httpx
import pytest

from fhir_adapter.auth import Bearer
from fhir_adapter.convert import restore
from fhir_adapter.errors import Refused, ServerError
from fhir_adapter.server.connection import Connection
from fhir_adapter.twin import PROFILES
from paging import Offsets, expiring, fill, opened, searches
from trials import changed, ref, resources, trial
from wire import Wire

Tree = dict[str, Any]


# All trials, page by page


@pytest.mark.parametrize("profile", ["hapi", "hapi-default", "expired-pages", "relative-links", "base-links", "azure"])
def test_every_trial_comes_once_and_whole(profile: str) -> None:
    """However a server spells `next`, and though it forgets searches."""
    fake = Wire(profile=PROFILES[profile])
    ids = fill(fake, 130)
    with opened(fake) as server:
        pulled = list(server.pull())

    assert sorted(each.id for each in pulled) == ids
    assert all(resources(each.bundle) == resources(trial(each.id)) and not each.issues for each in pulled)


def test_a_server_that_only_reads_is_enough() -> None:
    """No `_lastUpdated`, no writes."""
    fake = Wire(profile=replace(PROFILES["read-only"], writes=True))
    ids = fill(fake, 45)
    with opened(fake) as server:
        assert [each.id for each in server.pull()] == ids
        assert [each.id for each in server.pull(ids[3:5])] == ids[3:5]


def test_companions_are_read_many_at_once() -> None:
    """150 studies and 1,050 resources that they refer to, in a dozen requests."""
    fake = Wire(profile=PROFILES["hapi"])
    fill(fake, 150)
    with opened(fake) as server:
        assert len(list(server.pull())) == 150

    assert len(fake.requests) < 20


def test_a_search_that_expired_goes_on_from_the_last_time() -> None:
    """At or after it, never after it; what was read is not read again."""
    fake = Wire(profile=expiring(times=1))
    for n in range(40):
        fake.put(study(f"S-{n:02}"))
    fake.requests.clear()
    with opened(fake) as server:
        assert sorted(each.id for each in server.pull()) == [f"S-{n:02}" for n in range(40)]

    first, again, *_ = searches(fake)
    assert "_lastUpdated" not in first
    assert first["_sort"] == "_lastUpdated"
    assert again["_lastUpdated"].startswith("ge")


def test_all_that_one_transaction_wrote_survives_an_expired_page() -> None:
    """Forty trials of one moment, ten a page: none is lost where the search begins again at that moment."""
    fake = Wire(profile=expiring(share=0.5))
    ids = fill(fake, 40, sites=0, outcomes=0)
    with opened(fake) as server:
        assert sorted(each.id for each in server.pull()) == ids


def test_a_search_that_always_expires_ends() -> None:
    fake = Wire(profile=expiring(row=1_000))
    fill(fake, 40)
    with opened(fake) as server, pytest.raises(Refused, match="HAPI-0417"):
        list(server.pull())

    assert len(fake.requests) < 20


@pytest.mark.parametrize("sorts", [True, False])
def test_a_server_without_times_begins_again_from_the_start(sorts: bool) -> None:
    """Also one that refuses to sort."""
    fake = Wire(profile=expiring(times=2, sorts_by_time=False))
    ids = fill(fake, 40)

    def handle(request: httpx.Request) -> httpx.Response:
        refused = not sorts and "_sort" in request.url.params
        return httpx.Response(400, json={}) if refused else fake.handle(request)

    with opened(fake, handle) as server:
        assert sorted(each.id for each in server.pull()) == ids


def test_a_server_that_ignores_the_order_loses_nothing() -> None:
    """Studies come in the order of their ids, not of their times; the search expires on the way."""
    fake = Wire(profile=expiring(times=1))
    ids = fill(fake, 40, sites=0, outcomes=0)
    for own in ids[5:9]:
        fake.put({**study(own), "title": "changed"})

    def handle(request: httpx.Request) -> httpx.Response:
        if request.url.params.get("_sort"):
            request = httpx.Request("GET", request.url.copy_set_param("_sort", "_id"), headers=request.headers)
        return fake.handle(request)

    with opened(fake, handle) as server:
        assert sorted(each.id for each in server.pull()) == ids


@pytest.mark.parametrize("what", ["change", "delete", "both", "add"])
def test_rows_that_move_while_paging_are_neither_lost_nor_doubled(what: str) -> None:
    """Others change and delete what is on pages that were read already, so that later rows move up."""
    fake = Wire(profile=PROFILES["hapi"])
    ids = fill(fake, 60, sites=0, outcomes=0)

    def between(page: int) -> None:
        own = ids[page]
        if what in ("change", "both"):
            fake.put({**study(own), "title": "changed"})
        if what in ("delete", "both"):
            fake.handle(httpx.Request("DELETE", f"{fake.url}/ResearchStudy/{ids[page + 20]}"))
        if what == "add":
            fake.put(study(f"NEW-{page}"))

    with opened(fake, Offsets(fake, between).handle) as server:
        found = Counter(each.id for each in server.pull() if each.bundle)

    there = {name.partition("/")[2] for name in fake.stored if name.startswith("ResearchStudy/")}
    assert set(found.values()) == {1}
    assert there & set(ids) <= set(found)


def test_a_study_that_changes_between_two_pages_comes_once() -> None:
    """A search that the server keeps has it on its page still."""
    fake = Wire(profile=replace(PROFILES["hapi"], most=10))
    ids = fill(fake, 30)

    def handle(request: httpx.Request) -> httpx.Response:
        if "_getpages" in request.url.params:
            fake.put({**study(ids[0]), "title": "changed"})
            fake.put({**study(ids[25]), "title": "changed"})
        return fake.handle(request)

    with opened(fake, handle) as server:
        assert sorted(each.id for each in server.pull()) == ids


def test_a_foreign_link_is_not_followed_and_told_nothing() -> None:
    """The login stays at home; what was read until then is given."""
    fake = Wire(profile=PROFILES["foreign-link"])
    fill(fake, 30)
    asked: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return fake.handle(request)

    with (
        opened(fake, handle, auth=Bearer("canary")) as server,
        pytest.raises(ServerError, match=r"elsewhere\.example; it was not followed"),
    ):
        list(server.pull())

    assert {each.url.host for each in asked} == {"fhir.example"}


@pytest.mark.parametrize(
    ("link", "came_from", "leads_to"),
    [
        ("http://h/fhir?_getpages=1", "ResearchStudy?_count=5", "http://h/fhir?_getpages=1"),
        ("/fhir/ResearchStudy?page=2", "ResearchStudy?_count=5", "http://h/fhir/ResearchStudy?page=2"),
        ("ResearchStudy?page=2", "ResearchStudy?_count=5", "http://h/fhir/ResearchStudy?page=2"),
        ("ResearchStudy?page=3", "http://h/fhir?_getpages=1", "http://h/fhir/ResearchStudy?page=3"),
        ("ResearchStudy/_search?page=3", "ResearchStudy/_search?a=1", "http://h/fhir/ResearchStudy/_search?page=3"),
        ("?page=2", "ResearchStudy?_count=5", "http://h/fhir/ResearchStudy?page=2"),
    ],
)
def test_links_are_understood_however_they_are_spelt(link: str, came_from: str, leads_to: str) -> None:
    http = Connection("http://h/fhir")
    assert http.follow(link, came_from) == leads_to
    http.close()


@pytest.mark.parametrize("link", ["//evil.example/fhir?p=2", "https://h/fhir?p=2", "http://h:81/fhir?p=2"])
def test_links_elsewhere_are_refused(link: str) -> None:
    http = Connection("http://h/fhir")
    with pytest.raises(ServerError, match="not followed"):
        http.follow(link, "ResearchStudy")
    http.close()


# What others made


def study(own: str, **elements: Any) -> Tree:
    """Make a study as somebody else would."""
    return {"resourceType": "ResearchStudy", "id": own, "status": "active", **elements}


def test_a_study_of_others_comes_with_what_it_refers_to() -> None:
    """Sponsor and investigator too, but not who is studied; what isn't there is a warning."""
    fake = Wire("R4", PROFILES["hapi-open"])
    fake.put({"resourceType": "Organization", "id": "owner", "name": "Imaginary Trust"})
    fake.put(
        {"resourceType": "Organization", "id": "9", "name": "Nobody University", "partOf": ref("Organization/owner")}
    )
    fake.put({"resourceType": "Patient", "id": "p"})
    member = [{"entity": ref("Patient/p")}]
    fake.put({"resourceType": "Group", "id": "g", "type": "person", "actual": True, "member": member})
    sponsored = {"sponsor": ref("Organization/9"), "principalInvestigator": ref("Practitioner/gone")}
    fake.put(study("1003", title="A foreign study", enrollment=[ref("Group/g")], **sponsored))
    with opened(fake) as server:
        (pulled,) = server.pull()

    names = ["ResearchStudy/1003", "Group/g", "Organization/9", "Organization/owner"]
    assert [*resources(pulled.bundle)] == names
    assert resources(pulled.bundle)["ResearchStudy/1003"]["title"] == "A foreign study"
    assert [str(issue.severity) for issue in pulled.issues] == ["warning"]
    assert "Nobody University" in str(restore(pulled.bundle).record)


def test_a_companion_of_ours_that_is_missing_is_an_error() -> None:
    fake = Wire(profile=PROFILES["hapi-open"])
    fake.put(next(iter(resources(changed(trial(), "")).values())))
    with opened(fake) as server:
        (pulled,) = server.pull()

    assert {str(issue.severity) for issue in pulled.issues} == {"error"}
