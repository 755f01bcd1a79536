"""Every way we know of forging an access token, by name: what stands behind `Authorization`, made for a key, a moment and a scope."""

import base64
import hashlib
import hmac
import json
from datetime import datetime
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from common.access.issuing import AUDIENCE, ISSUER, new_key, public_keys

DAY = 86_400
GONE: Any = object()


def encoded(value: Any) -> str:
    """A value, or bytes, as a part of a token."""
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class Forger:
    """Knows all that is public, and in `right` the key too: what differs from a right token is only what each forgery says."""

    def __init__(self, pem: str, now: datetime, scope: str) -> None:
        self.key = serialization.load_pem_private_key(pem.encode(), None)
        assert isinstance(self.key, Ed25519PrivateKey)
        self.jwk = json.loads(public_keys(pem))["keys"][0]
        self.now = int(now.timestamp())
        self.header = {"alg": "EdDSA", "typ": "at+jwt", "kid": self.jwk["kid"]}
        reach = {"locations": ["*"], "organisations": ["*"], "partner": None}
        self.claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": "x", "iat": self.now, "exp": self.now + 3600, "scope": scope, **reach}

    def right(self, header: dict[str, Any] | None = None, **claims: Any) -> str:
        """Signed with the issuer's own key: only the claims or the header can be wrong."""
        return self.by(self.key, header, **claims)

    def by(self, key: Ed25519PrivateKey, header: dict[str, Any] | None = None, **claims: Any) -> str:
        """Signed with a key."""
        signed = f"{encoded(present({**self.header, **(header or {})}))}.{encoded(present({**self.claims, **claims}))}"
        return f"{signed}.{encoded(key.sign(signed.encode()))}"

    def raw(self, header: bytes, payload: bytes) -> str:
        """Rightly signed, whatever it is."""
        signed = f"{encoded(header)}.{encoded(payload)}"
        return f"{signed}.{encoded(self.key.sign(signed.encode()))}"

    def unsigned(self, algorithm: Any, signature: str = "") -> str:
        """With an algorithm that signs nothing."""
        return f"{encoded({**self.header, 'alg': algorithm})}.{encoded(self.claims)}.{signature}"

    def hashed(self, secret: bytes, algorithm: str = "HS256") -> str:
        """Signed with something public, taken for a shared secret."""
        signed = f"{encoded({**self.header, 'alg': algorithm})}.{encoded(self.claims)}"
        name = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}[algorithm]
        return f"{signed}.{encoded(hmac.digest(secret, signed.encode(), name))}"


def present(values: dict[str, Any]) -> dict[str, Any]:
    """Without what a forgery leaves out."""
    return {name: value for name, value in values.items() if value is not GONE}


def forgeries(pem: str, now: datetime, scope: str) -> dict[str, list[str]]:
    """The headers of every forgery, by what is wrong with it."""
    forger = Forger(pem, now, scope)
    tokens = (
        _algorithms(forger) | _keys(forger) | _signatures(forger) | _forms(forger) | _headers(forger) | _claims(forger) | _times(forger)
    )
    return {name: [f"Bearer {token}"] for name, token in tokens.items()} | _schemes(forger.right())


def _schemes(token: str) -> dict[str, list[str]]:
    return {
        "no header": [],
        "an empty header": [""],
        "no token": ["Bearer"],
        "an empty token": ["Bearer "],
        "no scheme": [token],
        "another scheme": [f"Basic {token}"],
        "a scheme of RFC 9449": [f"DPoP {token}"],
        "a colon after the scheme": [f"Bearer: {token}"],
        "two tokens": [f"Bearer {token} {token}"],
        "two headers": [f"Bearer {token}", f"Bearer {token}"],
        "a token in quotes": [f'Bearer "{token}"'],
        "the scheme twice": [f"Bearer Bearer {token}"],
    }


def _algorithms(forger: Forger) -> dict[str, str]:
    public = forger.key.public_key()  # type: ignore[union-attr]
    raw = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return {
        **{f"alg {word!r}": forger.unsigned(word) for word in ("none", "None", "NONE", "nOnE", "", None, 0, ["EdDSA"])},
        "alg none with a signature": forger.unsigned("none", "c2lnbmF0dXJl"),
        "alg EdDSA without signature": forger.unsigned("EdDSA"),
        "HS256 with the public key": forger.hashed(raw),
        "HS256 with the public key as PEM": forger.hashed(pem),
        "HS256 with the public key as JWK": forger.hashed(json.dumps(forger.jwk).encode()),
        "HS256 with its x": forger.hashed(forger.jwk["x"].encode()),
        "HS256 with nothing": forger.hashed(b""),
        "HS384 with the public key": forger.hashed(pem, "HS384"),
        "HS512 with the public key": forger.hashed(pem, "HS512"),
    }


def _keys(forger: Forger) -> dict[str, str]:
    other, other_pem = Ed25519PrivateKey.generate(), new_key()
    foreign = json.loads(public_keys(other_pem))["keys"][0]
    of_other = serialization.load_pem_private_key(other_pem.encode(), None)
    assert isinstance(of_other, Ed25519PrivateKey)
    rsa_key, curve = rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP256R1())
    kid = {"typ": "at+jwt", "kid": forger.jwk["kid"]}
    return {
        "another key under the right kid": forger.by(other),
        "another key under its own kid": forger.by(of_other, {"kid": foreign["kid"]}),
        "another key that comes along (jwk)": forger.by(of_other, {"jwk": foreign, "kid": foreign["kid"]}),
        "another key that comes along under the right kid": forger.by(of_other, {"jwk": foreign}),
        "another key behind an address (jku)": forger.by(of_other, {"jku": "https://evil.example/jwks", "kid": foreign["kid"]}),
        "another key behind an address (x5u)": forger.by(of_other, {"x5u": "https://evil.example/x5", "kid": foreign["kid"]}),
        "a certificate that comes along (x5c)": forger.by(of_other, {"x5c": ["MIIB"]}),
        "RS256 under the right kid": jwt.encode(forger.claims, rsa_key, "RS256", kid),
        "PS256 under the right kid": jwt.encode(forger.claims, rsa_key, "PS256", kid),
        "ES256 under the right kid": jwt.encode(forger.claims, curve, "ES256", kid),
        "the right key, said to be ES256": forger.right({"alg": "ES256"}),
        "the right key, said to be Ed25519": forger.right({"alg": "Ed25519"}),
        "the right key, said to be eddsa": forger.right({"alg": "eddsa"}),
    }


def _signatures(forger: Forger) -> dict[str, str]:
    head, payload, signature = forger.right().split(".")
    other = encoded({**forger.claims, "sub": "other"})
    raw = bytearray(base64.urlsafe_b64decode(signature + "=="))
    raw[0] ^= 1
    return {
        "one bit of the signature": f"{head}.{payload}.{encoded(bytes(raw))}",
        "half of the signature": f"{head}.{payload}.{signature[:40]}",
        "more than the signature": f"{head}.{payload}.{signature}AAAA",
        "zeros for a signature": f"{head}.{payload}.{encoded(bytes(64))}",
        "another payload": f"{head}.{other}.{signature}",
        "another header": f"{encoded({**forger.header, 'x': 1})}.{payload}.{signature}",
        "a signature of another token": f"{head}.{payload}.{forger.right(sub='other').split('.')[2]}",
    }


def _forms(forger: Forger) -> dict[str, str]:
    head, payload, signature = forger.right().split(".")
    header, claims = json.dumps(forger.header).encode(), json.dumps(forger.claims).encode()
    deep = b'{"x":' + b"[" * 3000 + b"]" * 3000 + b"}"
    return {
        "one part": head,
        "two parts": f"{head}.{payload}",
        "four parts": f"{head}.{payload}.{signature}.{signature}",
        "five parts, as if encrypted": f"{head}.{payload}.{signature}.{payload}.{signature}",
        "dots": "..",
        "no base64": f"{head}.%%%%.{signature}",
        "more than 8 KiB": forger.right(x="x" * 8192),
        "a header deeper than any parser": forger.raw(deep, claims),
        "a payload deeper than any parser": forger.raw(header, deep),
        "a header that is a list": forger.raw(b"[]", claims),
        "a header that is no JSON": forger.raw(b"{", claims),
        "a header that is not UTF-8": forger.raw(b"\xff\xfe", claims),
        "a payload that is a list": forger.raw(header, b"[]"),
        "a payload that is no JSON": forger.raw(header, b"{"),
        "a payload that is not UTF-8": forger.raw(header, b"\xff\xfe"),
        "no payload": forger.raw(header, b""),
        "a payload of nothing": forger.raw(header, b"{}"),
    }


def _headers(forger: Forger) -> dict[str, str]:
    kids = [GONE, None, "", 7, "../../jwks.json", "' or 1=1 --", "x" * 200, forger.jwk["kid"] + " "]
    return {
        **{f"kid {number}": forger.right({"kid": kid}) for number, kid in enumerate(kids)},
        "no alg": forger.right({"alg": GONE}),
        "no typ": forger.right({"typ": GONE}),
        "typ of any JWT": forger.right({"typ": "JWT"}),
        "typ of a logout token": forger.right({"typ": "logout+jwt"}),
        "typ that is no text": forger.right({"typ": 1}),
        "crit of something unknown": forger.right({"crit": ["exp"]}),
        "crit of something that changes nothing": forger.right({"crit": ["b64"], "b64": True}),
        "crit and b64": forger.right({"crit": ["b64"], "b64": False}),
    }


def _claims(forger: Forger) -> dict[str, str]:
    wrong: dict[str, list[Any]] = {
        "iss": [GONE, None, "", "https://evil.example", ISSUER + "/", ISSUER.upper(), [ISSUER]],
        "aud": [GONE, None, "", "another", AUDIENCE + "2", AUDIENCE.upper(), [], ["another"], f"{AUDIENCE}:nowhere", {AUDIENCE: 1}],
        "sub": [GONE, None, "", 7, "x" * 300],
        "scope": [["lanes:read"], 7, None],
        "locations": ["*", {"x": "y"}, 7],
        "organisations": ["*", [7], None],
    }
    return {f"{name} {number}": forger.right(**{name: value}) for name, values in wrong.items() for number, value in enumerate(values)}


def _times(forger: Forger) -> dict[str, str]:
    now = forger.now
    wrong: dict[str, list[Any]] = {
        "exp": [GONE, None, now - 31, now - DAY, 0, -1, str(now + 60), 1e300, float("inf"), float("nan"), True, [now + 60]],
        "nbf": [now + 31, now + DAY, "0", float("inf"), None],
        "iat": [GONE, None, now + 31, now + DAY, str(now)],
    }
    return {f"{name} {number}": forger.right(**{name: value}) for name, values in wrong.items() for number, value in enumerate(values)}
