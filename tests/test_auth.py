"""OAuth2 client credentials against a token server in this process: the token, where it is from, where it goes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from fhir_adapter.auth import OAuth, Secret
from fhir_adapter.errors import ConfigError, ServerError, Unauthorized
from token_server import BASE, CLIENT, SECRET

pytest_plugins = ["auth_fixtures"]

# A secret


@pytest.mark.parametrize("way", ["basic", "post"])
def test_a_secret_gets_a_token_that_the_server_takes(login, issuer, way):
    """Id and secret hold blanks, colons, slashes: each place spells them as RFC 6749 says."""
    http = login(Secret(client_id=CLIENT, secret=SECRET, way=way), scope="system/*.read", audience="https://fhir")

    assert http.get("ResearchStudy").ok

    (form,) = issuer.asked
    assert (form["scope"], form["audience"]) == ("system/*.read", "https://fhir")
    assert ("client_secret" in form) == (way == "post")


@pytest.mark.parametrize(
    ("methods", "header"),
    [(None, True), (["client_secret_post"], False), (["client_secret_post", "client_secret_basic"], True)],
)
def test_the_server_says_where_the_secret_belongs(login, issuer, methods, header):
    issuer.methods = methods
    login().get("ResearchStudy")

    asked = next(each for each in issuer.requests if each.url.path.endswith("/token"))
    assert ("Authorization" in asked.headers) is header


def test_a_token_is_used_until_shortly_before_its_end(login, issuer, clock):
    http = login()
    http.get("ResearchStudy")
    clock[0] += 265
    http.get("ResearchStudy")
    assert len(issuer.asked) == 1

    clock[0] += 10
    http.get("ResearchStudy")
    assert len(issuer.asked) == 2


@pytest.mark.parametrize(("told", "again"), [("300", 2), (None, 1), ("soon", 1), (0, 3), (-5, 3)])
def test_a_lifetime_may_be_spelt_oddly(login, issuer, clock, told, again):
    """A text is a number of seconds; where there is none, a token is good until it is refused."""
    issuer.lifetime = told
    http = login()
    for wait in (0, 100, 300):
        clock[0] += wait
        http.get("ResearchStudy")

    assert len(issuer.asked) == again


def test_a_token_that_is_refused_is_replaced_once(login, issuer):
    """The server forgot it, as after a restart: one new token, and the request arrives."""
    http = login()
    http.get("ResearchStudy")
    issuer.good.clear()

    assert http.get("ResearchStudy").ok
    assert len(issuer.asked) == 2
    assert [each[:7] for each in issuer.tokens] == ["token-1", "token-1", "token-2"]


def test_a_login_that_stays_refused_ends_after_one_more_token(login, issuer):
    http = login()
    issuer.trouble = lambda _: httpx.Response(401, text="not you")
    with pytest.raises(Unauthorized, match="not you"):
        http.get("ResearchStudy")

    assert len(issuer.asked) == 2


def test_writers_that_start_together_share_one_token(login, issuer):
    http = login()
    with ThreadPoolExecutor(8) as pool:
        assert all(answer.ok for answer in pool.map(lambda _: http.get("ResearchStudy"), range(16)))

    assert len(issuer.asked) == 1


def test_the_token_goes_to_its_server_only(login, issuer):
    """Another origin gets nothing: neither asked for itself, nor as a next page, nor after a redirect."""
    others: list[httpx.Request] = []

    def world(request: httpx.Request) -> httpx.Response:
        if request.url.host == "fhir.example":
            return issuer.answer(request)
        others.append(request)
        return httpx.Response(200, json={"resourceType": "Bundle"})

    http = login(answer=world)
    for address in ("https://other.example/base/x", "http://fhir.example/base/x", "https://fhir.example:444/base/x"):
        with pytest.raises(ServerError, match="leads to another host"):
            http.get(address)
    with httpx.Client(auth=http._auth, transport=httpx.MockTransport(world)) as client:
        client.get("https://other.example/")

    assert [each.headers.get("Authorization") for each in others] == [None]


# Where the endpoint is


def test_the_endpoint_is_found_in_the_smart_configuration(login, issuer):
    http = login()
    http.get("ResearchStudy")

    assert (http._auth.endpoint.url, http._auth.endpoint.found) == (f"{BASE}/token", ".well-known/smart-configuration")
    assert "Authorization" not in issuer.requests[0].headers


def test_the_endpoint_is_found_in_the_capability_statement(login, issuer):
    issuer.smart = False
    http = login()
    http.get("ResearchStudy")

    assert http._auth.endpoint.found == "metadata"


def test_an_endpoint_that_is_told_is_not_looked_for(login, issuer):
    login(token_url=f"{BASE}/token").get("ResearchStudy")

    assert [each.url.path for each in issuer.requests] == ["/base/token", "/base/ResearchStudy"]


def test_a_server_that_names_no_endpoint_is_said(login, issuer):
    issuer.smart = issuer.uris = False
    words = r"names no token endpoint in .*smart-configuration \(404\) or metadata \(200\); give token_url"
    with pytest.raises(ConfigError, match=words):
        login().get("ResearchStudy")


@pytest.mark.parametrize(
    "url",
    ["http://login.example/token", "http://127.0.0.1.example/token", "ftp://x/y", "token", "https://me:pw@x.example/t"],
)
def test_no_secret_is_sent_over_plain_http(url):
    with pytest.raises(ConfigError, match=r"plain http to loopback only|holds a login") as raised:
        OAuth(Secret(client_id=CLIENT, secret=SECRET), base=BASE, token_url=url)

    assert "pw" not in str(raised.value)


@pytest.mark.parametrize(
    "url", ["http://localhost:1/t", "http://127.9.9.9/t", "http://[::1]:80/t", "https://x.example/t"]
)
def test_loopback_and_https_are_private(url):
    OAuth(Secret(client_id=CLIENT, secret=SECRET), base=BASE, token_url=url)


def test_a_server_may_not_send_the_secret_over_plain_http(login, issuer):
    evil = httpx.Response(200, json={"token_endpoint": "http://evil.example/token"})
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return evil

    with pytest.raises(ConfigError, match=r"that \.well-known/smart-configuration names, 'http://evil\.example/token'"):
        login(answer=answer).get("ResearchStudy")
    assert len(asked) == 1


def test_an_endpoint_is_not_looked_for_over_plain_http(login):
    """Who can forge the answer would get the secret."""
    with pytest.raises(ConfigError, match="anybody can forge a token endpoint; give token_url"):
        login(base="http://fhir.example/base").get("ResearchStudy")
