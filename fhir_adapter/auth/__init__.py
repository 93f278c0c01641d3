"""Who we are to a server, as `httpx.Auth`: Basic, a bearer token, OAuth2 with a secret or a signed assertion.

Secrets and tokens show in no repr and in no error's text. For synchronous clients.
"""

from __future__ import annotations

from fhir_adapter.auth.endpoint import Endpoint, exposed
from fhir_adapter.auth.header import Basic, Bearer, split_login
from fhir_adapter.auth.key import Key, read_key
from fhir_adapter.auth.oauth import OAuth, logging_in
from fhir_adapter.auth.proof import Assertion, Secret
from fhir_adapter.auth.refusal import NoToken
from fhir_adapter.auth.token import Token, claims

__all__ = [
    "Assertion",
    "Basic",
    "Bearer",
    "Endpoint",
    "Key",
    "NoToken",
    "OAuth",
    "Secret",
    "Token",
    "claims",
    "exposed",
    "logging_in",
    "read_key",
    "split_login",
]
