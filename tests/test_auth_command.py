"""auth test: what it says, shows and returns, for each kind of login and each way of being refused."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest

from certificates import ec_key, pem
from command_line import Run
from loopback import nobody, serving
from token_server import CLIENT, SECRET, TokenServer
from wire import outcome

pytest_plugins = ["command_line_fixtures"]


@pytest.fixture
def server() -> TokenServer:
    return TokenServer()


@pytest.fixture
def url(server: TokenServer) -> Iterator[str]:
    with serving(lambda request: server.answer(request)) as address:
        server.base = server.fhir.url = f"{address}/fhir"
        yield server.base


def settle(here: Path, url: str, **keys: Any) -> None:
    """Write the settings of one server, `ward`."""
    rows = "".join(f"{key} = {json.dumps(value)}\n" for key, value in {"url": url, **keys}.items())
    (here / "fhir-adapter.toml").write_text(f"[servers.ward]\n{rows}")


def found(cli: Run, *words: str) -> dict[str, Any]:
    ran = cli("auth", "test", "ward", "--json", *words)
    body: dict[str, Any] = json.loads(ran.out)
    assert body["code"] == ran.code
    return body


def test_a_client_with_a_secret_is_let_in(cli: Run, here, url, server) -> None:
    """It says who gave the token's address, what the token says, and that ResearchStudy can be read."""
    server.claims = {"iss": "https://login.example", "exp": int(time.time()) + 300, "roles": ["loader"]}
    settle(here, url, client_id=CLIENT, client_secret=SECRET, scope=["system/*.read", "system/*.write"])
    ran = cli("auth", "test", "ward")
    text = ran.out.decode()

    assert ran.code == 0, ran.err
    for words in (
        f"login     OAuth2 client credentials, client_id '{CLIENT}'",
        f"endpoint  {url}/token (from .well-known/smart-configuration)",
        "  iss     https://login.example",
        '  roles   ["loader"]',
        "fetched, for 300 s, scope 'system/*.read'",
        "FHIR 4.0.1",
        "let in; ResearchStudy can be read, none is there",
        "warning   asked for and not granted: system/*.write",
    ):
        assert words in text
    assert len(server.asked) == 1
    assert not any(token in text for token in server.good)
    assert {each.method for each in server.requests if not each.url.path.endswith("/token")} == {"GET"}


def test_a_client_with_a_key_shows_what_it_asserts(cli: Run, here, url, server) -> None:
    key = ec_key()
    server.public = key.public_key()
    (here / "key.pem").write_text(pem(key))
    (here / "key.pem").chmod(0o600)
    settle(here, url, client_id=CLIENT, key_file="key.pem", kid="loader-1")
    body = found(cli)

    assert body["ok"]
    assert (
        body["assertion"].items() >= {"alg": "ES384", "kid": "loader-1", "iss": CLIENT, "aud": f"{url}/token"}.items()
    )
    assert [(step["name"], step["ok"]) for step in body["steps"]] == [
        (n, True) for n in ("token", "metadata", "search")
    ]
    assert body["warnings"] == []
    assert server.asked[0]["client_assertion"].rpartition(".")[2] not in json.dumps(body)


def test_a_wrong_secret_is_explained_and_the_server_looked_for(cli: Run, here, url, server) -> None:
    """Exit 6, with cause and fix; the statement is read without a login."""
    settle(here, url, client_id=CLIENT, client_secret="wrong")  # noqa: S106  (it is)
    body = found(cli)
    token, metadata = body["steps"]

    assert body["code"] == 6
    assert (token["error"], token["ok"], metadata["ok"]) == ("invalid_client", False, True)
    assert "the secret is wrong" in token["cause"]
    assert "compare client_id and client_secret" in token["fix"]
    assert "Authorization" not in server.requests[-1].headers
    text = cli("auth", "test", "ward").out.decode()
    assert "token     FAILED in" in text
    assert "  cause   the server does not know this client_id" in text


def test_a_wrong_key_is_explained(cli: Run, here, url, server) -> None:
    server.public = ec_key().public_key()
    (here / "key.pem").write_text(pem(ec_key()))
    settle(here, url, client_id=CLIENT, key_file="key.pem", kid="loader-1")
    body = found(cli)

    assert body["code"] == 6
    assert body["steps"][0]["cause"] == "the server has no public key that fits the signature"
    assert body["assertion"]["kid"] == "loader-1"


def test_a_token_that_the_server_does_not_take_is_explained(cli: Run, here, url, server) -> None:
    """A bearer token of the settings, past its end; the statement is open to all, the search is not."""
    end = int(time.time()) - 60
    settle(here, url, token=jwt.encode({"exp": end, "aud": "another"}, "x" * 40, algorithm="HS256"))
    body = found(cli)
    metadata, search = body["steps"]

    assert body["code"] == 6
    assert metadata["ok"]
    assert search["error"] == "invalid_token"
    assert "meant for another server" in search["cause"]
    assert body["claims"] == {"exp": end, "aud": "another"}
    assert body["warnings"][0].startswith("the token ended at 20")


@pytest.mark.parametrize(("status", "cause"), [(401, "does not know this login"), (403, "does not let it do this")])
def test_basic_that_is_refused_is_explained(cli: Run, here, url, server, status, cause) -> None:
    server.known = True
    server.trouble = lambda _: httpx.Response(status, json=outcome("no"))
    settle(here, url, user="me", password="pw")  # noqa: S106
    body = found(cli)

    assert body["code"] == 6
    assert cause in body["steps"][-1]["cause"]


def test_a_search_that_the_server_does_not_do_is_no_trouble_of_the_login(cli: Run, here, url, server) -> None:
    server.known = True
    server.trouble = lambda _: httpx.Response(404, json=outcome("no such type"))
    settle(here, url, token="any")  # noqa: S106
    body = found(cli)

    assert body["code"] == 0
    assert "let in; the search itself was refused" in body["steps"][-1]["words"]


def test_who_is_away_is_said(cli: Run, here) -> None:
    """Exit 4: the server, or only its token endpoint."""
    settle(here, f"{nobody()}/fhir", token="any")  # noqa: S106
    body = found(cli)
    assert body["code"] == 4
    assert "check the address" in body["steps"][0]["fix"]


def test_a_server_that_names_no_endpoint_needs_one_in_the_settings(cli: Run, here, url, server) -> None:
    server.smart = server.uris = False
    settle(here, url, client_id=CLIENT, client_secret=SECRET)
    body = found(cli)

    assert body["code"] == 2
    assert "give token_url" in body["steps"][0]["words"]


def test_a_page_that_is_no_fhir_server_is_said(cli: Run, here) -> None:
    with serving(lambda _: httpx.Response(200, json={"hello": "world"})) as address:
        settle(here, address, token="any")  # noqa: S106
        body = found(cli)
    assert body["code"] == 4
    assert "gives no CapabilityStatement" in body["steps"][0]["words"]


def test_an_address_works_in_place_of_a_name(cli: Run, here, url, server) -> None:
    server.known = True
    ran = cli("auth", "test", url.replace("://", "://me:p%40w@"))

    assert ran.code == 0, ran.err
    assert "HTTP Basic, user 'me'" in ran.out.decode()
    assert server.tokens[-1] == "Basic bWU6cEB3"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "which server"),
        (("store",), "a folder has no login"),
        (("http://me:canary@[::1",), "no URL"),
        (("http://me:canary@h/x?y=1",), "ends in a query"),
        (("http://me:canary/1@h/fhir",), "no URL"),
    ],
)
def test_what_is_no_server_is_said(cli: Run, here, words, said) -> None:
    ran = cli("auth", "test", *words)
    assert ran.code == 2
    assert said in ran.err
    assert "canary" not in ran.err


def test_a_key_that_others_may_read_is_warned_of(cli: Run, here, url, server) -> None:
    server.known = True
    (here / "token").write_text("any\n")
    (here / "token").chmod(0o644)
    settle(here, url, token_file="token")  # noqa: S106
    ran = cli("auth", "test", "ward")

    assert ran.code == 0
    assert "can be read by everybody on this machine; chmod o-r it" in ran.err


def test_a_certificate_that_is_not_checked_is_said_even_when_quiet(cli: Run, here, url, server) -> None:
    server.known = True
    settle(here, url, token="any", insecure=True)  # noqa: S106

    assert "INSECURE: the server's certificate is not checked" in cli("pull", "--from", "ward", "--quiet").err
    assert any(words.startswith("insecure:") for words in found(cli)["warnings"])
