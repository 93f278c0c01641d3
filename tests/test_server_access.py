"""Who answers at an address, who we say we are, and how all pages of a search are read."""

from __future__ import annotations

import logging

import httpx
import pytest

from fhir_adapter.auth import Basic, Bearer
from fhir_adapter.errors import ConfigError, Refused, ServerError, Temporary, Unauthorized
from fhir_adapter.retry import Retry
from fhir_adapter.server import ServerTarget
from trials import changed, resources, trial
from wire import outcome

pytest_plugins = ["server_fixtures"]


def logged(caplog):
    """Give all that was logged, with what handlers that print extras would show."""
    return "".join(f"{record.getMessage()}{vars(record)}" for record in caplog.records)


# Who answers there


@pytest.mark.parametrize(
    ("kind", "number", "words"),
    [("Conformance", "1.0.2", r"1\.0\.2 \(DSTU2\)"), ("CapabilityStatement", "3.0.2", r"3\.0\.2 \(STU3\)")],
)
def test_a_server_of_another_age_is_named(connect, fault, kind, number, words):
    fault({"json": {"resourceType": kind, "fhirVersion": number}})
    with pytest.raises(ConfigError, match=words):
        connect()


def test_a_web_page_is_no_fhir_server(connect, fault):
    fault({"html": "<!DOCTYPE html><title>Welcome</title><p>to our <b>hospital</b></p>"})
    with pytest.raises(ServerError, match=r"text/html.* instead of FHIR JSON: 'Welcome to our hospital'"):
        connect()


@pytest.mark.parametrize("body", [{}, {"resourceType": "Patient"}, {"resourceType": "CapabilityStatement"}])
def test_other_json_is_no_fhir_server(connect, fault, body):
    fault({"json": body})
    with pytest.raises(ServerError, match="instead of a CapabilityStatement"):
        connect()


def test_a_server_that_is_down_is_one_clear_line(httpx_mock):
    httpx_mock.add_exception(httpx.ConnectError("[Errno 111] Connection refused"), is_reusable=True)
    with pytest.raises(Temporary, match=r"^cannot reach http://fhir\.example/base: .*Connection refused; check"):
        ServerTarget("http://fhir.example/base", retry=Retry(pause=lambda _: 0.0))


def test_a_redirect_is_not_followed(connect, fault):
    fault({"status_code": 308, "headers": {"Location": "https://other.example/fhir/metadata?secret=1"}})
    with pytest.raises(Refused, match=r"moved to 'https://other\.example/fhir/metadata'"):
        connect(auth=Bearer("canary"))


@pytest.mark.parametrize("url", ["http://", "http:///fhir", "http://h/fhir?x=1", "http://h:port/fhir"])
def test_an_address_that_is_none_is_refused(connect, url):
    with pytest.raises(ConfigError):
        connect(url)


# Logins


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_login_ends_the_run_at_once(connect, httpx_mock, status):
    server = connect()
    httpx_mock.add_response(status_code=status, json=outcome("who are you"))
    with pytest.raises(Unauthorized, match="who are you; check the login"):
        server.push(trial())


def test_the_login_in_an_address_is_used_and_never_shown(connect, fake, fault, caplog):
    caplog.set_level(logging.DEBUG)
    fault({"status_code": 503, "headers": {"Retry-After": "0"}}, before=True)
    server = connect("http://me:c%40nary@fhir.example/base")
    refusal = {"status_code": 400, "json": outcome("no, Basic bWU6Y0BuYXJ5")}
    fault(refusal, refusal)
    with pytest.raises(Refused) as raised:
        list(server.pull())

    assert fake.requests[-1].headers["Authorization"] == "Basic bWU6Y0BuYXJ5"
    shown = f"{raised.value}{raised.value!r}{server!r}{server._http!r}{logged(caplog)}"
    for secret in ("c@nary", "c%40nary", "bWU6Y0BuYXJ5"):
        assert secret not in shown


def test_a_token_shows_nowhere(connect, fake, httpx_mock, caplog):
    caplog.set_level(logging.DEBUG)
    server = connect(auth=Bearer(" canary-token\n"))
    assert fake.requests[-1].headers["Authorization"] == "Bearer canary-token"
    httpx_mock.add_response(status_code=418, text="you sent Bearer canary-token")
    with pytest.raises(Refused) as raised:
        list(server.pull())

    assert "canary" not in f"{raised.value}{server!r}{logged(caplog)}{Bearer('canary')!r}{Basic('me', 'canary')!r}"


@pytest.mark.parametrize("token", ["", "  ", "two words", "new\nline", "caf\u00e9"])
def test_a_broken_token_is_refused_without_being_shown(token):
    with pytest.raises(ConfigError) as raised:
        Bearer(token)

    assert token.strip() == "" or token not in str(raised.value)


def test_requests_say_who_we_are_and_want_fresh_json(connect, fake):
    server = connect()
    server.push(trial())
    list(server.pull())

    for request in fake.requests:
        assert request.headers["User-Agent"].startswith("fhir-adapter/")
        assert "application/fhir+json" in request.headers["Accept"]
    search = next(each for each in fake.requests if each.url.path.endswith("/ResearchStudy"))
    assert search.headers["Cache-Control"] == "no-cache"
    assert fake.bundles[0]["type"] == "batch"


# Paging


def test_pages_are_followed_to_the_end(connect, fake):
    """The twin gives `next` relative to the host, and fewer a page than asked for."""
    fake.change(most=3)
    server = connect()
    list(server.push_all(trial(f"NCT0000000{n}") for n in range(8)))

    assert [pulled.id for pulled in server.pull()] == [f"NCT0000000{n}" for n in range(8)]


def test_a_next_page_on_another_host_is_not_followed(connect, httpx_mock):
    server = connect(auth=Bearer("canary"))
    link = {"relation": "next", "url": "https://evil.example/base?page=2"}
    httpx_mock.add_response(json={"resourceType": "Bundle", "link": [link]})
    with pytest.raises(ServerError, match=r"evil\.example; it was not followed"):
        list(server.pull())


def test_pages_in_a_circle_end(connect, fault):
    server = connect()
    link = {"relation": "next", "url": "?_count=50&_sort=_lastUpdated"}
    fault({"json": {"resourceType": "Bundle", "link": [link]}})
    with pytest.raises(ServerError, match="circle"):
        list(server.pull())


def test_a_forgotten_search_begins_again_without_repeating(connect, fake, fault):
    """410: the server dropped the search while we paged."""
    fake.change(most=3)
    server = connect()
    list(server.push_all(trial(f"NCT0000000{n}") for n in range(8)))
    fault(fake.handle, {"status_code": 410, "json": outcome("HAPI-0417: search expired")}, method="GET")

    assert [pulled.id for pulled in server.pull()] == [f"NCT0000000{n}" for n in range(8)]


def test_what_the_server_adds_is_left_out(connect):
    """No version, no time, no request id; integer64 is a string again."""
    server = connect()
    tagged = changed(trial(), "ResearchStudy/NCT00000000", meta={"tag": [{"code": "mine"}]})
    server.push(tagged)
    (pulled,) = server.pull()

    assert resources(pulled.bundle) == resources(tagged)
    assert server.push(trial()).written == 0
