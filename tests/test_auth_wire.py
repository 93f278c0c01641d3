"""The way to a server: whom we trust, our certificate, proxies, headers; each named in the settings."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from certificates import Authority
from fhir_adapter.account import Server
from fhir_adapter.errors import ConfigError, ServerError
from fhir_adapter.server import ServerTarget
from fhir_adapter.server.wire import Wire
from loopback import serving
from token_server import CLIENT, SECRET, TokenServer

SLIP = "client's.pem"


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority.new(tmp_path / "hospital")


@pytest.fixture
def secure(authority: Authority) -> Iterator[Callable[..., TokenServer]]:
    """Serve FHIR and tokens over TLS, to everybody or to who has a certificate of `clients`."""
    with ExitStack() as stack:

        def start(clients: Authority | None = None) -> TokenServer:
            server = TokenServer()
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*authority.issue("server"))
            if clients:
                context.verify_mode = ssl.CERT_REQUIRED
                context.load_verify_locations(clients.file)
            address = stack.enter_context(serving(lambda request: server.answer(request), context))
            server.base = server.fhir.url = f"{address}/fhir"
            server.known = True
            return server

        yield start


def connect(url: str, **keys: Any) -> str:
    """Open a server as its settings say; gives the FHIR version that it speaks."""
    own = Server(url=url, token="any", **keys) if "client_id" not in keys else Server(url=url, **keys)  # noqa: S106
    with ServerTarget(url, auth=own.auth(), wire=own.wire()) as target:
        list(target.pull())
        return target.fhir


def test_an_authority_of_the_house_is_trusted_when_it_is_named(secure, authority) -> None:
    server = secure()
    assert connect(server.base, ca_file=authority.file) == "R4"


def test_a_certificate_of_nobody_known_is_refused_at_once(secure) -> None:
    """One line that says what to do, without trying again, and before any secret is sent."""
    server = secure()
    with pytest.raises(
        ServerError, match=r"no safe connection to .*its certificate is not trusted .*name who signed it"
    ):
        connect(server.base)

    assert server.requests == []


def test_the_token_endpoint_must_be_trusted_too(secure, authority) -> None:
    server = secure()
    client = {"client_id": CLIENT, "client_secret": SECRET}
    assert connect(server.base, ca_file=authority.file, **client) == "R4"
    assert len(server.asked) == 1
    with pytest.raises(ServerError, match=r"smart-configuration, for a token,: its certificate is not trusted"):
        connect(server.base, **client)


def test_a_certificate_for_another_name_is_refused(secure, authority) -> None:
    server = secure()
    with pytest.raises(ServerError, match="certificate is not trusted"):
        connect(server.base.replace("127.0.0.1", "localhost"), ca_file=authority.file)


def test_insecure_checks_nothing_and_says_so_each_time(secure, caplog) -> None:
    server = secure()
    assert connect(server.base, insecure=True) == "R4"

    assert [each.levelname for each in caplog.records if "INSECURE" in each.getMessage()] == ["ERROR"]


def test_we_show_our_certificate_where_it_is_asked_for(secure, authority, tmp_path) -> None:
    """mTLS: certificate and key in two files or one, the key encrypted or not."""
    clients = Authority.new(tmp_path / "clients")
    server = secure(clients)
    cert, key = clients.issue("loader")
    both = tmp_path / "both.pem"
    both.write_bytes(cert.read_bytes() + key.read_bytes())
    sealed, locked = clients.issue("locked", password="open sesame")  # noqa: S106
    trust = {"ca_file": authority.file}

    assert connect(server.base, cert_file=cert, cert_key_file=key, **trust) == "R4"
    assert connect(server.base, cert_file=both, **trust) == "R4"
    word = {"cert_password": "open sesame"}
    assert connect(server.base, cert_file=sealed, cert_key_file=locked, **word, **trust) == "R4"


def test_a_server_that_wants_our_certificate_and_gets_none_is_explained(secure, authority, tmp_path) -> None:
    server = secure(Authority.new(tmp_path / "clients"))
    with pytest.raises(ServerError, match=r"does not take our certificate .*cert_file"):
        connect(server.base, ca_file=authority.file)


def test_plain_http_where_tls_is_spoken_is_explained(secure) -> None:
    with serving(lambda _: httpx.Response(200)) as address, pytest.raises(ServerError, match="does not speak TLS"):
        connect(address.replace("http://", "https://"))


def test_files_that_are_no_certificates_are_named(authority, tmp_path) -> None:
    """Without a word of what is in them."""
    (tmp_path / SLIP).write_text("canary")
    cert, key = authority.issue("loader")
    other = authority.issue("other", password="canary-1")[1]  # noqa: S106
    slips: list[tuple[dict[str, Any], str]] = [
        ({"ca": tmp_path / "none.pem"}, "cannot use ca_file .*no such file"),
        ({"ca": tmp_path / SLIP}, "cannot use ca_file"),
        ({"cert": tmp_path / SLIP}, "cannot use the client certificate"),
        ({"cert": cert, "key": tmp_path / "none.key"}, "no such file"),
        ({"cert": cert, "key": authority.issue("third")[1]}, "key values mismatch"),
        ({"cert": cert, "key": other, "key_password": "canary-2"}, "its password is another"),
    ]
    for wrong, words in slips:
        with pytest.raises(ConfigError, match=words) as raised:
            Wire(**wrong).options()
        assert "canary" not in str(raised.value)
    assert isinstance(Wire(cert=cert, key=key).options()["verify"], ssl.SSLContext)


def test_extra_headers_go_to_the_server_and_to_nobody_else(secure, authority) -> None:
    """With every request there; not to the token endpoint."""
    server = secure()
    headers = {"Epic-Client-ID": "loader-7", "X-Api-Key": "canary-key"}
    connect(server.base, ca_file=authority.file, headers=headers, client_id=CLIENT, client_secret=SECRET)

    for request in server.requests:
        mine = request.url.path.endswith("/token") or "smart-configuration" in request.url.path
        assert ("epic-client-id" in request.headers) is not mine
        assert request.headers["accept"].startswith("application/")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Authorization", "Bearer canary"),
        ("host", "canary.example"),
        ("Content-Length", "canary"),
        ("no name", "canary"),
        ("", "canary"),
        ("X-Key", "canary\r\nX-More: 1"),
        ("X-Key", "canary\u00e9"),
        ("X-Key", " canary"),
    ],
)
def test_a_header_that_cannot_be_sent_is_refused_without_its_value(name, value) -> None:
    with pytest.raises(ConfigError) as raised:
        Wire(headers={name: value}).options()
    assert repr(name) in str(raised.value)
    assert "canary" not in str(raised.value)


def test_requests_go_through_the_proxy_that_is_named() -> None:
    """A plain http server through a proxy with a login; the login is for the proxy alone."""
    server = TokenServer(base="http://fhir.example/base")
    server.known = True
    with serving(server.answer) as proxy:
        through = proxy.replace("://", "://me:canary@")
        assert connect("http://fhir.example/base", proxy=through) == "R4"

    assert server.requests
    assert all(each.headers["Proxy-Authorization"] == "Basic bWU6Y2FuYXJ5" for each in server.requests)
    assert "canary" not in repr(Server(url="http://fhir.example/base", proxy=through).wire())


@pytest.mark.parametrize("proxy", ["socks5://h:1", "h:3128", "ftp://me:canary@h", "http://", "http://me:canary@[::1"])
def test_a_proxy_that_is_none_is_refused(proxy) -> None:
    with pytest.raises(ConfigError, match="the proxy is no http") as raised:
        Wire(proxy=proxy).options()
    assert "canary" not in str(raised.value)
