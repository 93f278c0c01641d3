"""How we prove to a token endpoint who we are: with a secret, or with an assertion that our key signs."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import quote_plus
from uuid import uuid4

from fhir_adapter.auth.endpoint import Endpoint
from fhir_adapter.auth.key import Key, signer
from fhir_adapter.errors import ConfigError
from fhir_adapter.tree import Tree

__all__ = ["Assertion", "Proof", "Secret"]

_LIFETIME = 240  # seconds; SMART allows 300, the rest is for clocks that differ
_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

Parts = tuple[dict[str, str], dict[str, str]]


class Proof(Protocol):
    """What is added to the request for a token."""

    @property
    def client_id(self) -> str:
        """Our name with the server."""

    def method(self, endpoint: Endpoint) -> str:
        """Name the way as OAuth does: client_secret_basic, client_secret_post or private_key_jwt."""

    def parts(self, endpoint: Endpoint, now: float) -> Parts:
        """Give the form fields and the headers to add at a time (seconds since 1970)."""

    def shown(self, endpoint: Endpoint, now: float) -> Tree | None:
        """Give what an assertion claims, None where there is no assertion. Nothing of it is secret."""

    def hidden(self) -> tuple[str, ...]:
        """Give the texts that must never be shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """A client's id and secret (RFC 6749, 2.3.1).

    `way` is `basic` (in the header), `post` (in the form), or `auto`: what the server names, else basic.
    """

    client_id: str
    secret: str = field(repr=False)
    way: str = "auto"

    def method(self, endpoint: Endpoint) -> str:
        """Name the way that the server takes."""
        if self.way != "auto":
            return f"client_secret_{self.way}"
        only_post = "client_secret_post" in endpoint.methods and "client_secret_basic" not in endpoint.methods
        return "client_secret_post" if only_post else "client_secret_basic"

    def parts(self, endpoint: Endpoint, now: float) -> Parts:  # noqa: ARG002  (an assertion needs it)
        """Put id and secret into the header or into the form."""
        if self.method(endpoint) == "client_secret_post":
            return {"client_id": self.client_id, "client_secret": self.secret}, {}
        return {}, {"Authorization": f"Basic {self._pair()}"}

    def shown(self, endpoint: Endpoint, now: float) -> None:
        """There is no assertion."""

    def hidden(self) -> tuple[str, ...]:
        """Give the secret in its spellings."""
        return self.secret, quote_plus(self.secret), self._pair()

    def _pair(self) -> str:
        # RFC 6749 wants both form-encoded before they are joined, unlike plain HTTP Basic.
        joined = f"{quote_plus(self.client_id)}:{quote_plus(self.secret)}"
        return base64.b64encode(joined.encode()).decode("ascii")


@dataclass(frozen=True, slots=True, kw_only=True)
class Assertion:
    """A JWT signed with our key (SMART Backend Services, RFC 7523).

    `aud` is what the server wants to be called, None: the address of its token endpoint. `jti` makes an id that was
    never used before.
    """

    client_id: str
    key: Key
    aud: str | None = None
    jti: Callable[[], str] = field(default=lambda: str(uuid4()), repr=False)

    def method(self, endpoint: Endpoint) -> str:  # noqa: ARG002
        """Name the one way there is."""
        return "private_key_jwt"

    def parts(self, endpoint: Endpoint, now: float) -> Parts:
        """Sign an assertion that is good for four minutes."""
        named = {"kid": self.key.kid} if self.key.kid else {}
        said = self._claims(endpoint, now)
        try:
            signed = signer().encode(said, self.key.private, algorithm=self.key.algorithm, headers=named)
        except Exception:  # PyJWT's texts may quote the key
            raise ConfigError(f"the key can't sign with {self.key.algorithm}; check key_file") from None
        return {"client_assertion_type": _TYPE, "client_assertion": str(signed)}, {}

    def shown(self, endpoint: Endpoint, now: float) -> Tree:
        """Give header and claims of an assertion like the one that is sent."""
        named = {"kid": self.key.kid} if self.key.kid else {}
        return {"alg": self.key.algorithm, **named, **self._claims(endpoint, now)}

    def hidden(self) -> tuple[str, ...]:
        """Nothing of ours is sent but signatures."""
        return ()

    def _claims(self, endpoint: Endpoint, now: float) -> Tree:
        start = int(now)
        who = {"iss": self.client_id, "sub": self.client_id, "aud": self.aud or endpoint.url}
        return {**who, "jti": self.jti(), "iat": start, "exp": start + _LIFETIME}
