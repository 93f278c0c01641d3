"""SMART Backend Services: keys are read, assertions signed, and a server that knows the public half takes them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import Any

import jwt
import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from certificates import Private, ec_key, pem, rsa_key
from fhir_adapter.auth import claims, read_key
from fhir_adapter.errors import ConfigError
from token_server import BASE, CLIENT, NOW, smart

pytest_plugins = ["auth_fixtures"]


@pytest.mark.parametrize(("make", "algorithm"), [(rsa_key, "RS384"), (ec_key, "ES384")])
def test_an_assertion_is_signed_and_taken(login, issuer, make, algorithm):
    """RSA and P-384; the server checks signature, aud, jti and lifetime."""
    key = make()
    http = login(smart(issuer, key, jti=iter(["one", "two"]).__next__), scope="system/*.cruds")
    http.get("ResearchStudy")
    issuer.good.clear()
    http.get("ResearchStudy")

    first, second = (each["client_assertion"] for each in issuer.asked)
    header = jwt.get_unverified_header(first)
    assert header == {"alg": algorithm, "kid": "loader-1", "typ": "JWT"}
    start = int(NOW)
    assert claims(first) == {
        "iss": CLIENT,
        "sub": CLIENT,
        "aud": f"{BASE}/token",
        "jti": "one",
        "iat": start,
        "exp": start + 240,
    }
    assert claims(second)["jti"] == "two"
    assert issuer.asked[0]["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    assert "client_secret" not in issuer.asked[0]


def test_the_audience_of_an_assertion_may_be_set(login, issuer):
    issuer.aud = "https://issuer.example"
    assert login(smart(issuer, ec_key(), aud="https://issuer.example")).get("ResearchStudy").ok


def test_an_encrypted_key_opens_with_its_password():
    word = "open sesame"
    text = pem(ec_key(), word)
    assert read_key(text, password=word).algorithm == "ES384"
    for password, words in [(None, "is encrypted; give key_password"), ("wrong", "key_password doesn't open it")]:
        with pytest.raises(ConfigError, match=words):
            read_key(text, password=password)


def jwk(key: Private, **more: Any) -> dict[str, Any]:
    algorithm = (
        jwt.algorithms.RSAAlgorithm if not isinstance(key, ec.EllipticCurvePrivateKey) else jwt.algorithms.ECAlgorithm
    )
    return {**json.loads(algorithm.to_jwk(key)), **more}


def test_a_key_set_gives_the_private_key_of_the_name():
    """Public halves and keys for encryption are no choice."""
    one, two = ec_key(), rsa_key()
    public = {k: v for k, v in jwk(one, kid="a", key_ops=["verify"]).items() if k != "d"}
    other = jwk(two, kid="c", use="enc")
    keys = [public, other, jwk(one, kid="a", key_ops=["sign"]), jwk(two, kid="b")]

    chosen = read_key(orjson.dumps({"keys": keys}).decode(), kid="b")
    assert (chosen.algorithm, chosen.kid) == ("RS384", "b")
    assert read_key(orjson.dumps(keys[2]).decode()).kid == "a"
    with pytest.raises(ConfigError, match=r"several private keys \('a', 'b'\); choose one with kid"):
        read_key(orjson.dumps({"keys": keys}).decode())
    with pytest.raises(ConfigError, match=r"no private RSA or P-384 key with kid 'z' .*\(private there: 'a', 'b'\)"):
        read_key(orjson.dumps({"keys": keys}).decode(), kid="z")


def _public() -> str:
    return ec_key().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def _edwards() -> str:
    return pem(ed25519.Ed25519PrivateKey.generate())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (_public, "public key or certificate; give the private key"),
        (lambda: "hello", "neither PEM nor JSON"),
        (lambda: "-----BEGIN PRIVATE KEY-----\nQUJD\n-----END PRIVATE KEY-----", "cannot be read: it is broken"),
        (lambda: "{", "is no JSON"),
        (lambda: '{"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}', "no private RSA or P-384 key"),
        (
            lambda: '{"keys": [{"kty": "RSA", "kid": "q", "d": "!", "n": "AQ", "e": "AQAB"}]}',
            "'q' of the JWKS is broken",
        ),
        (lambda: pem(ec_key(ec.SECP256R1())), "RS384.*P-384"),
        (_edwards, "can't sign for SMART"),
    ],
)
def test_a_key_that_cannot_sign_is_explained_without_being_shown(make, words):
    text = make()
    with pytest.raises(ConfigError, match=words) as raised:
        read_key(text)

    assert not any(line in str(raised.value) for line in text.splitlines()[1:-1])


def test_without_the_extra_it_says_what_to_install():
    """In a process of its own, where PyJWT can't be imported; secrets work there all the same."""
    code = (
        "import sys; sys.modules['jwt'] = None\n"
        "from fhir_adapter.auth import read_key, OAuth, Secret\n"
        "OAuth(Secret(client_id='a', secret='b'), base='https://x.example')\n"
        "read_key('x')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert re.search(
        r"ConfigError: signing needs PyJWT and cryptography; pip install 'fhir-adapter\[smart\]'", done.stderr
    )
