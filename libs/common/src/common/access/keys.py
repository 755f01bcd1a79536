"""The issuer's public keys (JWK Set, RFC 7517), from a file or over https, looked at again when they are old or lack the one asked for."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

import httpx
import jwt

from common.errors import Unavailable

AGAIN = 60.0  # seconds at least between two looks because a token names a key that is not there: strangers can name any
RETRY = 5.0  # seconds after a look that failed
KEPT = 86_400.0  # seconds that keys are believed while the issuer cannot be had
MOST_BYTES = 256 * 1024
LEAST_RSA_BITS = 2048
ALGORITHMS = {("OKP", "Ed25519"): ("EdDSA",), ("EC", "P-256"): ("ES256",), ("RSA", None): ("RS256", "PS256")}
"""By type of key and curve: what may be signed with it, the first where the key does not say. No token has a say in this."""

Load = Callable[[], Awaitable[bytes]]


@dataclass(frozen=True)
class PublicKey:
    """A key, and the one algorithm that it is for."""

    algorithm: str
    key: Any


class Keys:
    """Every key that the issuer lists now; while old and new one are both listed, both are good."""

    def __init__(self, load: Load, fresh: float, log: Any, time: Callable[[], float] = monotonic) -> None:
        self._load, self._fresh, self._log, self._time = load, fresh, log, time
        self._keys: Mapping[str, PublicKey] = {}
        self._read_at = self._looked_at = float("-inf")
        self._due = float("-inf")
        self._looking = asyncio.Lock()

    async def find(self, kid: str) -> PublicKey | None:
        """The key of this id; `Unavailable` while none have ever been read, or not for a day."""
        if self._wants_a_look(kid):
            await self._look(kid)
        if self._time() - self._read_at > KEPT:
            raise Unavailable("The keys of the issuer of tokens cannot be had.")
        return self._keys.get(kid)

    def _wants_a_look(self, kid: str) -> bool:
        now = self._time()
        return now >= self._due or (kid not in self._keys and now - self._looked_at >= min(AGAIN, self._fresh))

    async def _look(self, kid: str) -> None:
        """One look at a time; who finds its key meanwhile does not wait for it."""
        if self._looking.locked() and kid in self._keys:
            return
        async with self._looking:
            if not self._wants_a_look(kid):
                return
            self._looked_at = self._time()
            try:
                self._keys = read_keys(await self._load())
            except (OSError, ValueError, httpx.HTTPError) as error:
                self._due = self._time() + RETRY
                self._log.warning("issuer's keys not read", error=error)
            else:
                self._read_at = self._time()
                self._due = self._read_at + self._fresh


def keys_at(place: str, log: Any, time: Callable[[], float] = monotonic) -> Keys:
    """The keys at an https address, or in a file."""
    if place.startswith("https://"):
        return Keys(lambda: fetch(place), 600, log, time)
    return Keys(lambda: asyncio.to_thread(Path(place).read_bytes), 10, log, time)


async def fetch(address: str, transport: httpx.AsyncBaseTransport | None = None) -> bytes:
    """No redirects: they could lead to an address that nobody has chosen."""
    async with httpx.AsyncClient(timeout=5, transport=transport) as client, client.stream("GET", address) as answer:
        if answer.status_code != httpx.codes.OK:
            raise ValueError("The issuer does not answer with its keys.")
        document = b""
        async for chunk in answer.aiter_bytes():
            document += chunk
            if len(document) > MOST_BYTES:
                raise ValueError("The issuer answers with more than a set of keys.")
        return document


def read_keys(document: bytes) -> dict[str, PublicKey]:
    """The keys of a set that are for signatures and strong enough, by their id."""
    try:
        rows = json.loads(document)["keys"]
        found = {row["kid"]: _read_key(row) for row in rows if _is_for_signatures(row)}
    except (KeyError, TypeError, RecursionError, jwt.PyJWTError) as error:
        raise ValueError("This is no set of public keys.") from error
    return {kid: key for kid, key in found.items() if key is not None}


def _is_for_signatures(row: Mapping[str, Any]) -> bool:
    if "d" in row:
        raise ValueError("A private key has no place in a set of public keys.")
    return isinstance(row.get("kid"), str) and row.get("use", "sig") == "sig" and "verify" in row.get("key_ops", ["verify"])


def _read_key(row: Mapping[str, Any]) -> PublicKey | None:
    allowed = ALGORITHMS.get((row["kty"], row.get("crv")), ())
    algorithm = row.get("alg", next(iter(allowed), None))
    if algorithm not in allowed:
        return None
    key = jwt.PyJWK(dict(row), algorithm=algorithm).key
    return None if row["kty"] == "RSA" and key.key_size < LEAST_RSA_BITS else PublicKey(algorithm, key)
