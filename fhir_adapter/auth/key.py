"""Private keys to sign with: PEM, a JWK or a JWKS. Reading and signing need PyJWT[crypto], the extra `smart`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson

from fhir_adapter.errors import ConfigError
from fhir_adapter.tree import Tree

if TYPE_CHECKING:
    from types import ModuleType

__all__ = ["Key", "read_key", "signer"]

_LEAST_RSA = 2048  # bits; SMART App Launch names no less secure ones
_WANTED = "give an RSA key of 2048 bits or more (RS384) or a P-384 key (ES384)"


@dataclass(frozen=True, slots=True)
class Key:
    """A private key, shown nowhere. `algorithm` is RS384 or ES384, `kid` its name in the server's copy of our JWKS."""

    private: Any = field(repr=False)
    algorithm: str
    kid: str | None = None


def signer() -> ModuleType:
    """Import PyJWT. Raises ConfigError where it, or the cryptography that it signs with, is not installed."""
    try:
        import cryptography  # noqa: F401  (PyJWT imports without it, and then can't sign)
        import jwt
    except ImportError as error:
        raise ConfigError("signing needs PyJWT and cryptography; pip install 'fhir-adapter[smart]'") from error
    return jwt


def read_key(text: str, *, kid: str | None = None, password: str | None = None) -> Key:
    """Read a private key from PEM text (`password` opens an encrypted one), from a JWK or from a JWKS.

    Of several keys `kid` chooses. Raises ConfigError, which shows nothing of the key, where there is none to use.
    """
    signer()
    if text.lstrip().startswith("{"):
        return _from_jwks(text, kid)
    private = _from_pem(text, password)
    return Key(private, _algorithm(private), kid)


def _from_pem(text: str, password: str | None) -> Any:
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    if "PRIVATE KEY" not in text:
        what = "a public key or certificate" if "-----BEGIN" in text else "neither PEM nor JSON"
        raise ConfigError(f"the key to sign with is {what}; give the private key")
    try:
        return load_pem_private_key(text.encode(), password.encode() if password else None)
    except TypeError:
        why = "is encrypted; give key_password" if password is None else "is not encrypted; leave key_password out"
        raise ConfigError(f"the private key {why}") from None
    except Exception:  # cryptography's errors name nothing that helps, and may quote
        why = "key_password doesn't open it, or it is broken" if password else "it is broken"
        raise ConfigError(f"the private key cannot be read: {why}") from None


def _from_jwks(text: str, kid: str | None) -> Key:
    try:
        body = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise ConfigError("the JWKS with the key to sign with is no JSON; check the file") from None
    keys = body.get("keys", [body]) if isinstance(body, dict) else []
    private = [each for each in keys if isinstance(each, dict) and _signs(each)]
    chosen = [each for each in private if kid is None or each.get("kid") == kid]
    names = ", ".join(repr(each.get("kid")) for each in private) or "none"
    if not chosen:
        which = f"with kid {kid!r} " if kid else ""
        raise ConfigError(f"the JWKS has no private RSA or P-384 key {which}to sign with (private there: {names})")
    if len(chosen) > 1:
        raise ConfigError(f"the JWKS has several private keys ({names}); choose one with kid")
    return _from_jwk(chosen[0])


def _signs(jwk: Tree) -> bool:
    curve = jwk.get("kty") == "RSA" or (jwk.get("kty") == "EC" and jwk.get("crv") == "P-384")
    meant = jwk.get("use", "sig") == "sig" and "sign" in jwk.get("key_ops", ["sign"])
    return bool(curve and meant and jwk.get("d"))


def _from_jwk(jwk: Tree) -> Key:
    algorithms = signer().algorithms
    reader = algorithms.RSAAlgorithm if jwk["kty"] == "RSA" else algorithms.ECAlgorithm
    try:
        private = reader.from_jwk(jwk)
    except Exception:  # PyJWT lets errors of all kinds through
        raise ConfigError(f"the key {jwk.get('kid')!r} of the JWKS is broken") from None
    own = jwk.get("kid")
    return Key(private, _algorithm(private), own if isinstance(own, str) else None)


def _algorithm(private: Any) -> str:
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    if isinstance(private, rsa.RSAPrivateKey) and private.key_size >= _LEAST_RSA:
        return "RS384"
    if isinstance(private, ec.EllipticCurvePrivateKey) and isinstance(private.curve, ec.SECP384R1):
        return "ES384"
    size = getattr(private, "key_size", "")
    kind = type(private).__name__.removesuffix("PrivateKey").lstrip("_")
    raise ConfigError(f"a key of the kind {kind} {size} can't sign for SMART; {_WANTED}")
