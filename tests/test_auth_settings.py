"""Logins in the settings: which keys go together, where secrets come from, which place wins."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fhir_adapter.account import Server
from fhir_adapter.auth import Basic, Bearer, OAuth
from fhir_adapter.errors import ConfigError
from fhir_adapter.settings import load

pytest_plugins = ["command_line_fixtures"]

URL = "https://fhir.example/base"


def settle(folder: Path, rows: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "fhir-adapter.toml").write_text(f'[servers.ward]\nurl = "{URL}"\n{rows}\n')


def ward(folder: Path) -> Server:
    own = load({}, folder / "fhir-adapter.toml").server("ward")
    assert own is not None
    return own


def header(own: Server) -> str:
    """Give the Authorization header that a login sends."""
    import httpx

    request = httpx.Request("GET", URL)
    auth = own.auth()
    assert auth is not None
    next(auth.auth_flow(request))
    return str(request.headers["Authorization"])


@pytest.mark.parametrize(
    ("rows", "kind"),
    [
        ("", type(None)),
        ('token = "t"', Bearer),
        ('user = "u"\npassword = ""', Basic),
        ('client_id = "c"\nclient_secret = "s"', OAuth),
        ('client_id = "c"\nclient_secret = "s"\nclient_auth = "post"\nscope = ["a", "b"]\naudience = "x"', OAuth),
    ],
)
def test_each_login_has_its_keys(here: Path, rows, kind) -> None:
    settle(here, rows)
    assert isinstance(ward(here).auth(), kind)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ('token = "t"\nuser = "u"\npassword = "p"', "has a token and a user"),
        ('token = "t"\ntoken_file = "f"', "has token and token_file"),
        ('user = "u"', "a user needs a password"),
        ('user = "u"\npassword = "p"\nclient_id = "c"\nclient_secret = "s"', "has a user and a client_id"),
        ('client_id = "c"', "needs either a client_secret or a key_file"),
        ('client_id = "c"\nclient_secret = "s"\nkey_file = "k"', "needs either"),
        ('client_secret = "s"', "has a client_secret and no client_id"),
        ('scope = "s"', "has a scope and no client_id"),
        ('client_id = "c"\nclient_secret = "s"\nkid = "k"', "a kid, which goes with a key_file"),
        ('client_id = "c"\nclient_secret = "s"\nclient_auth = "jwt"', "'auto', 'basic' or 'post'"),
        ('cert_key_file = "k"', "cert_key_file and no cert_file"),
        ('cert_password = "k"', "cert_password and no cert_file"),
        ('ca_file = "c"\ninsecure = true', "leave insecure out"),
    ],
)
def test_keys_that_do_not_go_together_are_refused(here: Path, rows, words) -> None:
    settle(here, rows)
    with pytest.raises(ConfigError, match=words) as raised:
        ward(here)
    assert "servers.ward" in str(raised.value)


def test_the_example_of_the_readme_is_one(here: Path) -> None:
    """All servers that README.md shows are settings that load."""
    text = (Path(__file__).resolve().parents[1] / "README.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    (here / "fhir-adapter.toml").write_text(example)

    assert set(load({}, folder=here).servers) == {"ward", "cloud", "clinic"}


def test_files_are_looked_for_beside_the_settings(here: Path) -> None:
    """Wherever the program is started: cron starts it elsewhere."""
    settle(here / "etc", 'token_file = "token"')
    (here / "etc" / "token").write_text("from-a-file\n")
    (here / "etc" / "token").chmod(0o600)

    assert header(ward(here / "etc")) == "Bearer from-a-file"


@pytest.mark.parametrize(
    ("rows", "variable", "value"),
    [
        ('token_file = "none"', "TOKEN", "told"),
        ('token = "no"', "TOKEN", "told"),
        ('token = "no"', "TOKEN_FILE", "other"),
    ],
)
def test_the_environment_wins_in_either_way(here: Path, monkeypatch, rows, variable, value) -> None:
    """A secret of the environment takes the place of one in the file, whichever way each is given."""
    settle(here, rows)
    (here / "other").write_text("told")
    (here / "other").chmod(0o600)
    monkeypatch.setenv(f"FHIR_ADAPTER_SERVERS__WARD__{variable}", value)

    assert header(ward(here)) == "Bearer told"


def test_a_file_that_others_may_read_is_warned_of(here: Path, caplog) -> None:
    settle(here, 'token_file = "token"')
    for mode, warned in [(0o600, 0), (0o640, 0), (0o644, 1)]:
        (here / "token").write_text("t")
        (here / "token").chmod(mode)
        caplog.clear()
        ward(here).auth()
        assert len([each for each in caplog.records if "chmod o-r" in each.getMessage()]) == warned


@pytest.mark.parametrize(
    ("content", "words"),
    [(None, "no such file"), (b"", "is empty"), (b" \n", "is empty"), (b"\xff\xfe", "no text in UTF-8")],
)
def test_a_secret_that_cannot_be_read_is_named(here: Path, content, words) -> None:
    settle(here, 'user = "me"\npassword_file = "secret"')
    if content is not None:
        (here / "secret").write_bytes(content)
        (here / "secret").chmod(0o600)
    with pytest.raises(ConfigError, match=f"password_file .*secret'.*{words}"):
        ward(here).auth()


def test_a_password_keeps_its_blanks(here: Path) -> None:
    """Only the line end of the last line belongs to the file."""
    settle(here, 'user = "me"\npassword_file = "secret"')
    (here / "secret").write_bytes(b" a b \r\n")
    (here / "secret").chmod(0o600)
    assert header(ward(here)) == "Basic bWU6IGEgYiA="


def test_a_login_in_the_address_is_taken_out_of_it(here: Path) -> None:
    """So that the address can be shown; it is used all the same."""
    settings = load({"target": "https://me:canary@fhir.example/base"}, folder=here)
    own = Server(url="https://me:c%40nary@fhir.example/base")

    assert own.url == URL
    assert header(own) == "Basic bWU6Y0BuYXJ5"
    assert "nary" not in f"{settings!r} {settings.model_dump_json()} {own!r} {own.model_dump_json()}"
    with pytest.raises(ValueError, match="a user and a login in its url"):
        Server(url="https://me:canary@fhir.example", user="you", password="p")  # noqa: S106
