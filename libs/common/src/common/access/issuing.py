"""Signs access tokens where there is no token service, on one machine or to try out: `python -m common.access.issuing KEY --role ops`."""

import argparse
import hashlib
import json
import sys
from base64 import urlsafe_b64encode
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from common.access.scopes import EVERY, ROLES
from common.access.tokens import TYPE
from common.clock import SystemClock

ISSUER = "https://issuer.loket.localhost"
"""The name of whoever signs with a key of its own."""
AUDIENCE = "loket"
LONGEST = 24 * 31  # hours


@dataclass(frozen=True)
class Grant:
    """Who gets a token, in which role, and how far that reaches."""

    role: str
    subject: str = ""
    partner: str | None = None
    locations: tuple[str, ...] = ()
    organisations: tuple[str, ...] = ()
    audience: str = AUDIENCE

    def only_for(self, service: str | None) -> "Grant":
        """The same, good at one service only; at all for None."""
        return self if service is None else replace(self, audience=f"{AUDIENCE}:{service}")

    def claims(self) -> dict[str, Any]:
        """What the token says of it."""
        if self.role not in ROLES:
            raise ValueError(f"There is no role {self.role}: one of {', '.join(ROLES)}.")
        if (self.role == "partner") != (self.partner is not None):
            raise ValueError("The role partner, and no other, goes with the name of a partner.")
        if self.role == "desk" and not self.locations:
            raise ValueError("A desk stands somewhere: name its location.")
        within = {"locations": self.locations or (EVERY,), "organisations": self.organisations or (EVERY,)}
        reach: dict[str, Any] = {"partner": self.partner} if self.partner else within
        return {"sub": self.subject or self.partner or self.role, "aud": self.audience, "scope": " ".join(ROLES[self.role]), **reach}


class Issuer:
    """Signs with one Ed25519 key."""

    def __init__(self, pem: str, name: str = ISSUER) -> None:
        key = serialization.load_pem_private_key(pem.encode(), None)
        assert isinstance(key, Ed25519PrivateKey)
        self._key, self._name, self._kid = key, name, _public(key)["kid"]

    def token(self, grant: Grant, now: datetime, hours: float) -> str:
        """A token that is good from now on for so long."""
        return self.sign(grant.claims(), now, hours)

    def sign(self, claims: dict[str, Any], now: datetime, hours: float) -> str:
        """Claims about somebody, with who says so and how long it is good; what the claims say themselves stands."""
        times = {"iat": int(now.timestamp()), "exp": int((now + timedelta(hours=hours)).timestamp())}
        claims = {"iss": self._name, "jti": str(uuid4()), **times, **claims}
        return jwt.encode(claims, self._key, algorithm="EdDSA", headers={"typ": TYPE, "kid": self._kid})


def new_key() -> str:
    """A private key as PEM."""
    key = Ed25519PrivateKey.generate()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()


def public_keys(*pems: str) -> str:
    """The set of public keys that services are given, for private ones."""
    keys = [serialization.load_pem_private_key(pem.encode(), None) for pem in pems]
    return json.dumps({"keys": [_public(key) for key in keys if isinstance(key, Ed25519PrivateKey)]})


def _public(key: Ed25519PrivateKey) -> dict[str, str]:
    """As JWK (RFC 8037); its id is its thumbprint (RFC 7638)."""
    raw = key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    members = {"crv": "Ed25519", "kty": "OKP", "x": _base64url(raw)}
    thumbprint = hashlib.sha256(json.dumps(members, sort_keys=True, separators=(",", ":")).encode()).digest()
    return {**members, "alg": "EdDSA", "use": "sig", "kid": _base64url(thumbprint)}


def _base64url(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def main() -> None:
    """Print a token."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("key", type=Path, help="file with the private key")
    asked.add_argument("--role", choices=ROLES, required=True)
    asked.add_argument("--partner")
    asked.add_argument("--location", action="append", default=[])
    asked.add_argument("--organisation", action="append", default=[])
    asked.add_argument("--hours", type=float, default=8)
    given = asked.parse_args()
    grant = Grant(given.role, partner=given.partner, locations=tuple(given.location), organisations=tuple(given.organisation))
    sys.stdout.write(Issuer(given.key.read_text()).token(grant, SystemClock().now(), min(given.hours, LONGEST)) + "\n")


if __name__ == "__main__":
    main()
