"""Token endpoints that give no token: each answer has a cause and a fix, and shows nothing of ours."""

from __future__ import annotations

import logging
import re
from email.utils import formatdate

import httpx
import pytest

from certificates import ec_key
from fhir_adapter.auth import NoToken, Secret, claims
from fhir_adapter.errors import ServerError, Temporary
from token_server import BASE, CLIENT, NOW, SECRET, login_of, smart

pytest_plugins = ["auth_fixtures"]


def said(code: str | None = None, words: str | None = None, status: int = 400, **headers: str) -> httpx.Response:
    body = {"error": code, "error_description": words}
    return httpx.Response(status, json={k: v for k, v in body.items() if v}, headers=headers)


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (said("invalid_client", status=401), "the secret is wrong"),
        (said("invalid_grant"), "nothing to grant"),
        (said("invalid_scope", "system/Foo.read"), "a scope is unknown there"),
        (said("unauthorized_client"), "may not use client credentials"),
        (said("unsupported_grant_type"), "no client credentials"),
        (said("invalid_request"), "misses something in the request"),
        (said("invalid_target"), "does not know this audience"),
        (said("access_denied", status=403), "a policy"),
        (said("strange_new_code"), "no reason that is known"),
        (said(), "no reason that is known"),
        (httpx.Response(404, text="<html><title>Not here</title>"), "there is no token endpoint"),
    ],
)
def test_each_refusal_has_a_cause_and_a_fix(login, issuer, answer, cause):
    issuer.refuse = lambda _: answer
    with pytest.raises(NoToken) as raised:
        login().get("ResearchStudy")

    assert cause in raised.value.cause
    assert raised.value.fix
    assert str(raised.value).startswith(f"{BASE}/token gave no token ({answer.status_code}")
    assert raised.value.exit_code == 6


def at(shift: float) -> dict[str, str]:
    return {"Date": formatdate(NOW + shift, usegmt=True)}


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (said("invalid_client", **at(0)), "no public key for this kid"),
        (said("invalid_client", "aud claim mismatch"), "wants another aud"),
        (said("invalid_grant", "JWT is expired"), "clocks differ"),
        (said("invalid_grant", "iat is in the future"), "clocks differ"),
        (said("invalid_client", "cannot find JWKS for kid"), "no public key that fits"),
        (said("invalid_grant", "jti was used: replay"), "saw this assertion before"),
        (said("invalid_client", **at(-400)), "clock is 400 s ahead of the server's"),
        (said("invalid_grant", "whatever", **at(90)), "clock is 90 s behind the server's"),
        (said("invalid_scope", **at(-400)), "a scope is unknown"),
        (said(None, None), "no reason that is known"),
    ],
)
def test_a_refused_assertion_is_explained_by_clock_and_words(login, issuer, answer, cause):
    assertion = smart(issuer, ec_key())
    issuer.refuse = lambda _: answer
    with pytest.raises(NoToken) as raised:
        login(assertion).get("ResearchStudy")

    assert cause in raised.value.cause


@pytest.mark.parametrize("answer", [httpx.Response(503), httpx.Response(429), said("temporarily_unavailable")])
def test_a_busy_endpoint_is_asked_again(login, issuer, answer):
    busy = [answer]
    issuer.refuse = lambda _: busy.pop() if busy else None
    http = login()

    assert http.get("ResearchStudy").ok
    assert http.repeats == 1


def test_a_write_is_sent_when_the_endpoint_was_slow(login, issuer):
    """The token's request timed out, not the write: nothing is in doubt, so it is tried again."""
    slow = [httpx.ReadTimeout("slow")]

    def answer(request: httpx.Request) -> httpx.Response:
        if slow and request.url.path.endswith("/token"):
            raise slow.pop()
        return issuer.answer(request)

    study = {"resourceType": "ResearchStudy", "id": "a", "status": "active"}
    http = login(answer=answer)
    written = http.one({"request": {"method": "PUT", "url": "ResearchStudy/a"}, "resource": study})

    assert written.ok
    assert "ResearchStudy/a" in issuer.fhir.stored


def test_an_endpoint_that_is_away_is_named(login, issuer):
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/token"):
            raise httpx.ConnectError("refused", request=request)
        return issuer.answer(request)

    with pytest.raises(Temporary, match=rf"cannot reach {BASE}/token, for a token,: refused"):
        login(answer=answer).get("ResearchStudy")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (
            httpx.Response(200, text="<h1>Welcome</h1>", headers={"Content-Type": "text/html"}),
            "text/html without an access",
        ),
        (httpx.Response(200, json=["x"]), "without an access_token"),
        (httpx.Response(200, json={"access_token": 5}), "without an access_token"),
        (httpx.Response(200, json={"access_token": "abc", "token_type": "mac"}), "type 'mac'"),
        (httpx.Response(200, json={"access_token": "ab\ncd"}), "characters that no token has"),
        (httpx.Response(302, headers={"Location": "https://x.example"}), "has moved"),
    ],
)
def test_an_answer_without_a_token_is_said(login, issuer, answer, words):
    issuer.refuse = lambda _: answer
    with pytest.raises(ServerError, match=words):
        login().get("ResearchStudy")


def test_what_an_endpoint_repeats_of_us_is_not_shown(login, issuer, caplog):
    """Secret, header and assertion come back in its words, and stop there."""
    caplog.set_level(logging.DEBUG)

    def parrot(request: httpx.Request) -> httpx.Response:
        told = " ".join([request.headers.get("Authorization", ""), *login_of(request, {}), request.content.decode()])
        return said("invalid_client", told)

    issuer.refuse = parrot
    shown = []
    for proof in (
        Secret(client_id=CLIENT, secret=SECRET, way="basic"),
        Secret(client_id=CLIENT, secret=SECRET, way="post"),
        smart(issuer, ec_key()),
    ):
        http = login(proof)
        with pytest.raises(NoToken) as raised:
            http.get("ResearchStudy")
        shown.append(f"{raised.value} {raised.value!r} {http!r} {http._auth!r} {proof!r}")
    logged = "".join(f"{each.getMessage()}{vars(each)}" for each in caplog.records)

    pair = issuer.requests[1].headers["Authorization"].partition(" ")[2]
    assertion = re.search(r"client_assertion=([\w.-]+)", issuer.requests[-1].content.decode())
    assert assertion
    for secret in (SECRET, "s3cret%3Aof", pair, assertion[1]):
        assert secret not in "".join(shown) + logged


@pytest.mark.parametrize("text", ["opaque", "a.b.c", "a.!!!!.c", "e30.e30", "..", "a.W10.c"])
def test_a_token_that_is_no_jwt_claims_nothing(text):
    assert claims(text) is None
