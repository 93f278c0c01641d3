"""No secret leaves us: in no output, log, report, traceback, repr or file, whatever a server does.

A new verb is one line of VERBS.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import httpx
import pytest

from canaries import KINDS, TROUBLES, Cage, objects
from command_line import Run, lines, record
from fhir_adapter.errors import AdapterError
from fhir_adapter.retry import Retry
from fhir_adapter.server import ServerTarget
from fhir_adapter.settings import load
from loopback import serving
from token_server import TokenServer

pytest_plugins = ["command_line_fixtures"]

VERBS = {
    "push": ("push", "trials.ndjson", "--to", "ward", "--report", "log", "--debug"),
    "push --json": ("push", "trials.ndjson", "--to", "ward", "--json"),
    "sync": ("sync", "trials.ndjson", "--to", "ward", "--json", "--debug"),
    "plan": ("plan", "trials.ndjson", "--to", "ward", "--debug"),
    "plan -o": ("plan", "trials.ndjson", "--to", "ward", "-o", "plan.ndjson", "--json"),
    "apply": ("apply", "plan.ndjson", "--to", "ward", "--report", "log", "--debug"),
    "pull": ("pull", "--from", "ward", "-o", "pulled.ndjson", "--report", "log", "--debug"),
    "pull ID": ("pull", "NCT00000001", "--from", "ward", "--json"),
    "pull --search": ("pull", "--from", "ward", "--search", "status=active", "--log", "requests.log", "--json"),
    "sync --log": ("sync", "trials.ndjson", "--to", "ward", "--log", "requests.log", "--state", "none"),
    "push --log -": ("push", "trials.ndjson", "--to", "ward", "--log", "-", "--state", "none"),
    "sync --retry-failed": ("sync", "trials.ndjson", "--to", "ward", "--report", "log", "--retry-failed", "--debug"),
    "auth test": ("auth", "test", "ward", "--debug"),
    "auth test --json": ("auth", "test", "ward", "--json"),
}

# They look into the ledger and ask no server.
LOOKING = {
    "state show": ("state", "show", "ward", "--debug"),
    "state export": ("state", "export", "ward", "--debug"),
    "state forget": ("state", "forget", "ward", "--debug"),
}

# Every kind of login with some troubles, every trouble with some kinds of login.
PAIRS = sorted({*product(KINDS, ("401", "entries")), *product(("basic", "secret_post"), TROUBLES)})


@pytest.fixture
def server() -> TokenServer:
    return TokenServer()


@pytest.fixture
def url(server: TokenServer) -> Iterator[str]:
    """Serve on loopback; who is let in, and with which trouble, is up to the test."""
    with serving(lambda request: server.answer(request)) as address:
        server.base = server.fhir.url = f"{address}/fhir"
        yield server.base


def cage(here: Path, url: str, kind: str, server: TokenServer, monkeypatch: pytest.MonkeyPatch) -> Cage:
    """Make settings with one kind of login, known to the server."""
    made = Cage(here, url, kind)
    for name, value in made.env.items():
        monkeypatch.setenv(name, value)
    server.public = made.public
    server.known = True
    (here / "trials.ndjson").write_bytes(lines([record(outcomes=1, sites=0)]))
    return made


def everything(caplog: pytest.LogCaptureFixture) -> str:
    """Give all that was logged at any level, with what handlers that print extras would show.

    But for one line of httpcore's at DEBUG, which has the headers that a server sent: those are the server's words.
    """
    ours = (each for each in caplog.records if not each.getMessage().startswith("receive_response_headers.complete"))
    return "".join(f"{each.getMessage()}{vars(each)}" for each in ours)


@pytest.mark.parametrize(("kind", "trouble"), PAIRS)
def test_no_verb_shows_a_secret(cli: Run, here, url, server, kind, trouble, monkeypatch, caplog) -> None:
    """Every verb, once let in, meets a server that repeats what it was told."""
    caplog.set_level(logging.DEBUG)
    held = cage(here, url, kind, server, monkeypatch)
    server.trouble = TROUBLES[trouble]
    for verb, words in {**VERBS, **LOOKING}.items():
        ran = cli(*(held.target if word == "ward" else word for word in words))
        shown = [ran.out.decode(errors="replace"), ran.err, everything(caplog)]
        assert held.escaped(shown, server) == [], verb
        assert ran.code in range(7), ran.err
        assert "Traceback" not in ran.err
        caplog.clear()
    assert any("Authorization" in each.headers for each in server.requests)


@pytest.mark.parametrize("status", [400, 401, 403, 500])
@pytest.mark.parametrize("kind", ["secret_basic", "secret_post", "key_file"])
def test_a_token_endpoint_that_repeats_us_is_not_repeated(
    cli: Run, here, url, server, kind, status, monkeypatch, caplog
) -> None:
    """Form, header and assertion come back in its words."""
    caplog.set_level(logging.DEBUG)
    held = cage(here, url, kind, server, monkeypatch)
    told = TROUBLES["422"]

    def parrot(request: httpx.Request) -> httpx.Response:
        words = told(request).text
        server.asked.append(dict(httpx.QueryParams(request.content.decode())))
        return httpx.Response(
            status, json={"error": "invalid_client", "error_description": words}, headers={"Retry-After": "0"}
        )

    server.refuse = parrot
    for verb, words in VERBS.items():
        ran = cli(*words)
        assert verb == "apply" or ran.code == (4 if status == 500 else 6), ran.err
        shown = [ran.out.decode(), ran.err, everything(caplog)]
        assert held.escaped(shown, server) == [], verb
        caplog.clear()


@pytest.mark.parametrize("trouble", ["401", "500", "html"])
@pytest.mark.parametrize("kind", [each for each in KINDS if each != "address"])
def test_no_object_and_no_traceback_shows_a_secret(here, url, server, kind, trouble, monkeypatch) -> None:
    """The repr and str of all that holds a login, and the whole traceback of what it raises."""
    held = cage(here, url, kind, server, monkeypatch)
    settings = load({}, folder=here)
    own = settings.servers["ward"]
    target = ServerTarget(own.url, auth=own.auth(), wire=own.wire(), retry=Retry(attempts=2, pause=lambda _: 0.0))
    server.trouble = TROUBLES[trouble]
    with target, pytest.raises(AdapterError) as raised:
        list(target.pull())

    found = [*objects(target), *objects(settings), *objects(own.auth()), *objects(own.wire()), *objects(raised.value)]
    shown = [f"{each!r} {each}" for each in found]
    shown += [settings.model_dump_json(), str(settings.model_dump()), *traceback.format_exception(raised.value)]
    assert len(found) > 5
    assert held.escaped(shown, server) == []


def test_wrong_settings_do_not_show_their_secrets(cli: Run, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A slip beside a secret is named, the secret is not."""
    slips = [
        'token = "canary-1"\ntokn = "canary-2"',
        'token = "canary-1"\nuser = "me"\npassword = "canary-2"',
        'token = ["canary-1"]',
        'token = "canary 1"',
        'token = "canary-1"\ntoken_file = "x"',
        'client_id = "a"\nclient_secret = "canary-1"\nkey = "canary-2"',
        'client_id = "a"\nkey = "canary-1"',
        'client_id = "a"\nkey = \'{"kty": "RSA", "d": "canary-1"}\'',
        'headers = {"X-Key" = "canary-1\\n"}',
        'headers = {"bad name" = "canary-1"}',
        'headers = {Authorization = "Bearer canary-1"}',
        'url = "http://me:canary/1@h/fhir"',
        'proxy = "canary-1:x"',
        'proxy = "socks9://me:canary-1@proxy.example"',
        'user = "a:b"\npassword = "canary-1"',
        'token = "canary-1',
    ]
    for slip in slips:
        url = "" if slip.startswith("url") else 'url = "http://127.0.0.1:1/fhir"'
        (here / "fhir-adapter.toml").write_text(f"[servers.ward]\n{url}\n{slip}\n")
        for words in VERBS.values():
            (here / "trials.ndjson").write_bytes(lines([record()]))
            ran = cli(*words)
            assert ran.code == 2 or words[0] == "apply", (slip, ran.err)
            assert "canary" not in ran.err + ran.out.decode(), slip
    (here / "fhir-adapter.toml").unlink()
    monkeypatch.setenv("FHIR_ADAPTER_SERVERS", '{"ward": {"token": "canary-1"')
    ran = cli("auth", "test", "ward", "--debug")
    assert (ran.code, "canary" in ran.err) == (2, False), ran.err
