"""Who sends: Standard Webhooks signatures over the raw bytes, several live secrets per partner, five minutes each way."""

import hashlib
import hmac
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from secrets import token_bytes
from time import monotonic
from typing import Protocol

from common.clock import Clock
from intake.gateway.refusal import Refused

LOOK_AGAIN = 10.0  # seconds between two looks at the secrets, so that they can be rotated without a restart
NOBODY = token_bytes(32)  # signs for whoever is unknown, so that it takes as long
SIGNATURES_TRIED = 8
ID_MAX = 128


class Keys(Protocol):
    """The live secrets of partners."""

    def of(self, partner: str) -> tuple[bytes, ...]:
        """The secrets with which this partner may sign now; none for whoever is unknown."""


class KeyFiles:
    """A folder with a file per partner, as Kubernetes mounts it; one secret per line (`whsec_` and base64, as Standard Webhooks has it)."""

    def __init__(
        self,
        folder: Path,
        partners: Iterable[str],
        time: Callable[[], float] = monotonic,
        unreadable: Callable[[str], None] = lambda _partner: None,
    ) -> None:
        self._folder, self._partners, self._time = folder, tuple(partners), time
        self._unreadable, self._named = unreadable, frozenset[str]()
        self._looked = float("-inf")
        self._keys: dict[str, tuple[bytes, ...]] = {}

    def of(self, partner: str) -> tuple[bytes, ...]:
        """The secrets of a partner, as the files have them."""
        now = self._time()
        if now - self._looked > LOOK_AGAIN:
            self._looked = now
            self._look()
        return self._keys.get(partner, ())

    def _look(self) -> None:
        """Read every file; a partner whose file cannot be used has no secret until it is mended, and is named once."""
        keys, wrong = {}, set()
        for name in self._partners:
            try:
                keys[name] = _read(self._folder / name)
            except (OSError, ValueError):
                wrong.add(name)
        self._keys = keys
        for name in sorted(wrong - self._named):
            self._unreadable(name)
        self._named = frozenset(wrong)


def _read(file: Path) -> tuple[bytes, ...]:
    try:
        lines = file.read_text().split()
    except FileNotFoundError:
        return ()
    keys = tuple(b64decode(line.removeprefix("whsec_") + "==") for line in lines)
    if any(len(key) < 24 for key in keys):  # noqa: PLR2004 - Standard Webhooks: 24 to 64 bytes
        raise ValueError(f"A secret of partner {file.name} has fewer than 24 bytes.")
    return keys


def sign(key: bytes, id_: str, timestamp: str, body: bytes) -> bytes:
    """The signature that Standard Webhooks gives, in base64."""
    return b64encode(hmac.digest(key, f"{id_}.{timestamp}.".encode() + body, hashlib.sha256))


class Authentication:
    """Knows a request's sender by its signature; one answer for every way of being wrong."""

    def __init__(self, keys: Keys, clock: Clock, window: timedelta) -> None:
        self._keys, self._clock, self._window = keys, clock, window.total_seconds()

    def expect(self, partner: str, headers: Mapping[str, str]) -> None:
        """Refuse what no body makes right; a stranger hears so sooner than a partner, and who is one is public."""
        id_, given = headers.get("webhook-id", ""), headers.get("webhook-signature", "")
        if not (self._keys.of(partner) and _is_id(id_) and any(one.startswith("v1,") for one in given.split(" ")[:SIGNATURES_TRIED])):
            raise _wrong()
        if not self._fresh(headers.get("webhook-timestamp", "")):
            raise self._stale()

    def check(self, partner: str, headers: Mapping[str, str], body: bytes) -> str:
        """The signed id of a request that is genuine and fresh."""
        id_, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
        keys = self._keys.of(partner)
        genuine = _genuine(keys or (NOBODY,), id_, timestamp, body, headers.get("webhook-signature", "")) and bool(keys)
        if not (genuine and _is_id(id_)):
            raise _wrong()
        if not self._fresh(timestamp):
            raise self._stale()
        return id_

    def _stale(self) -> Refused:
        return Refused(401, "stale", f"The signature is not of the last or next {self._window:.0f} seconds.")

    def _fresh(self, timestamp: str) -> bool:
        if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= 12):  # noqa: PLR2004 - whole seconds, far beyond our days
            return False
        return abs(self._clock.now().timestamp() - int(timestamp)) <= self._window


def _is_id(text: str) -> bool:
    return bool(text) and len(text) <= ID_MAX and text.isascii()


def _wrong() -> Refused:
    return Refused(401, "signature", "The signature is missing or not right.")


def _genuine(keys: Iterable[bytes], id_: str, timestamp: str, body: bytes, given: str) -> bool:
    """Whether any given signature is that of any live secret; every pair is compared in constant time."""
    offered = [signature[3:].encode() for signature in given.split(" ")[:SIGNATURES_TRIED] if signature.startswith("v1,")]
    expected = [sign(key, id_, timestamp, body) for key in keys]
    found = False
    for signature in offered:
        for right in expected:
            found |= hmac.compare_digest(signature, right)
    return found
