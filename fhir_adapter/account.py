"""A FHIR server that has a name in the settings: its address, our login there, and the way to it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, ConfigDict, SecretStr, field_validator, model_validator

from fhir_adapter.secret import read_secret

if TYPE_CHECKING:
    import httpx

    from fhir_adapter.auth.proof import Proof
    from fhir_adapter.server.wire import Wire

__all__ = ["SECRETS", "Server"]

# Each may be given itself or, as `<key>_file`, by the file that it is in.
SECRETS = ("token", "password", "client_secret", "key", "key_password", "cert_password")
_OF_CLIENT = ("client_secret", "key", "token_url", "scope", "audience", "client_auth", "kid", "aud", "key_password")
_OF_KEY = ("kid", "aud", "key_password")


class Server(BaseModel):
    """One `[servers.NAME]`: at most one login, and how the server is reached. Secrets show in no spelling of it.

    Logins: `token` (bearer); `user` and `password` (HTTP Basic); `client_id` with `client_secret` (OAuth2 client
    credentials) or with `key`, PEM or JWKS (SMART Backend Services). `token_url` None: the server is asked.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    url: str
    token: SecretStr | None = None
    token_file: Path | None = None
    user: str | None = None
    password: SecretStr | None = None
    password_file: Path | None = None

    client_id: str | None = None
    client_secret: SecretStr | None = None
    client_secret_file: Path | None = None
    client_auth: Literal["auto", "basic", "post"] | None = None
    key: SecretStr | None = None
    key_file: Path | None = None
    key_password: SecretStr | None = None
    key_password_file: Path | None = None
    kid: str | None = None
    aud: str | None = None
    token_url: str | None = None
    scope: str | None = None
    audience: str | None = None

    ca_file: Path | None = None
    cert_file: Path | None = None
    cert_key_file: Path | None = None
    cert_password: SecretStr | None = None
    cert_password_file: Path | None = None
    proxy: SecretStr | None = None
    headers: Mapping[str, SecretStr] = {}
    insecure: bool = False

    @model_validator(mode="before")
    @classmethod
    def _login_of_url(cls, given: Any) -> Any:
        """Take a login out of the address, so that the address can be shown."""
        url = given.get("url") if isinstance(given, dict) else None
        parts = urlsplit(url) if isinstance(url, str) and "@" in url else None
        if parts is None:
            return given
        try:
            parts.port  # noqa: B018  (a / in a password ends the host early, and what is before it is no port)
        except ValueError:
            raise ValueError("its url is none; write / ? # @ of a password as %2F %3F %23 %40") from None
        if parts.username is None:
            return given
        if given.get("user") is not None:
            raise ValueError("has a user and a login in its url; leave one out")
        bare = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
        return {**given, "url": bare, "user": unquote(parts.username), "password": unquote(parts.password or "")}

    @field_validator("scope", mode="before")
    @classmethod
    def _joined(cls, scope: Any) -> Any:
        """Take a list of scopes too."""
        return " ".join(map(str, scope)) if isinstance(scope, list) else scope

    @model_validator(mode="after")
    def _one_of_each(self) -> Self:
        twice = [name for name in SECRETS if getattr(self, name) and getattr(self, f"{name}_file")]
        if twice:
            raise ValueError(f"has {twice[0]} and {twice[0]}_file; leave one out")
        logins = [name for name in ("token", "user", "client_id") if self._has(name)]
        if len(logins) > 1:
            raise ValueError(f"has a {logins[0]} and a {logins[1]}; leave one out")
        if self._has("user") != self._has("password"):
            raise ValueError("a user needs a password, and a password a user")
        return self

    @model_validator(mode="after")
    def _whole_client(self) -> Self:
        alone = [name for name in _OF_CLIENT if self._has(name)]
        if self.client_id is None and alone:
            raise ValueError(f"has a {alone[0]} and no client_id; add it")
        if self.client_id is not None and self._has("client_secret") == self._has("key"):
            raise ValueError("a client_id needs either a client_secret or a key_file")
        idle = [name for name in _OF_KEY if self._has(name) and not self._has("key")]
        if idle:
            raise ValueError(f"has a {idle[0]}, which goes with a key_file; leave it out")
        return self

    @model_validator(mode="after")
    def _whole_way(self) -> Self:
        if self._has("cert_password") and not self.cert_file:
            raise ValueError("has a cert_password and no cert_file; add it")
        if self.cert_key_file and not self.cert_file:
            raise ValueError("has a cert_key_file and no cert_file; add it")
        if self.insecure and self.ca_file:
            raise ValueError("has a ca_file, and is insecure, which checks nothing; leave insecure out")
        return self

    def auth(self, now: Callable[[], float] = time.time) -> httpx.Auth | None:
        """Give the login, None where there is none; files with secrets are read now.

        `now` gives seconds since 1970. Raises ConfigError where a secret can't be used.
        """
        from fhir_adapter.auth import Basic, Bearer, OAuth

        if (token := self.bearer()) is not None:
            return Bearer(token)
        if self.user is not None:
            return Basic(self.user, self._secret("password") or "")
        if self.client_id is None:
            return None
        wanted = {"token_url": self.token_url, "scope": self.scope, "audience": self.audience}
        return OAuth(self._proof(self.client_id), base=self.url, now=now, **wanted)

    def bearer(self) -> str | None:
        """Give the bearer token of the settings, None where the login is another."""
        return self._secret("token")

    def wire(self) -> Wire:
        """Give how the server is reached."""
        from fhir_adapter.server.wire import Wire

        return Wire(
            ca=_home(self.ca_file),
            cert=_home(self.cert_file),
            key=_home(self.cert_key_file),
            key_password=self._secret("cert_password"),
            proxy=self.proxy.get_secret_value() if self.proxy else None,
            headers={name: value.get_secret_value() for name, value in self.headers.items()},
            insecure=self.insecure,
        )

    def _proof(self, client: str) -> Proof:
        from fhir_adapter.auth import Assertion, Secret, read_key

        if key := self._secret("key"):
            private = read_key(key, kid=self.kid, password=self._secret("key_password"))
            return Assertion(client_id=client, key=private, aud=self.aud)
        secret = self._secret("client_secret") or ""
        return Secret(client_id=client, secret=secret, way=self.client_auth or "auto")

    def _has(self, name: str) -> bool:
        return getattr(self, name, None) is not None or getattr(self, f"{name}_file", None) is not None

    def _secret(self, name: str) -> str | None:
        """Give a secret, read from its file where it is in one."""
        path: Path | None = getattr(self, f"{name}_file")
        if path is not None:
            return read_secret(path, f"{name}_file")
        value: SecretStr | None = getattr(self, name)
        return value.get_secret_value() if value is not None else None


def _home(path: Path | None) -> Path | None:
    return path.expanduser() if path else None
