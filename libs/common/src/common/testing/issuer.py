"""The issuer that tests get tokens from: one key for each process, its public half in a file as on one machine."""

import atexit
import os
import shutil
import tempfile
from collections.abc import Generator
from functools import cache
from pathlib import Path
from typing import Any

import httpx

from common.access.issuing import AUDIENCE, ISSUER, Issuer, new_key, public_keys
from common.access.scopes import EVERY, ROLES
from common.clock import Clock

PSEUDONYM_KEY = "of tests, and no secret to anybody"


@cache
def signing_key() -> str:
    """The private key of this process."""
    return new_key()


@cache
def issuer_settings() -> dict[str, Any]:
    """What a service must be told: so that it takes the tokens of this process, and how it makes pseudonyms."""
    folder = Path(tempfile.mkdtemp(prefix="loket-issuer-"))
    atexit.register(_remove, folder, os.getpid())
    (folder / "jwks.json").write_text(public_keys(signing_key()), encoding="utf-8")
    return {"oidc_issuer": ISSUER, "oidc_jwks": str(folder / "jwks.json"), "pseudonym_key": PSEUDONYM_KEY}


def _remove(folder: Path, maker: int) -> None:
    """By whoever made it: a process that was forked off leaves it alone."""
    if os.getpid() == maker:
        shutil.rmtree(folder, ignore_errors=True)


class Badge(httpx.Auth):
    """Bears a token of some roles, good by the clock of the test; a request that brings a header of its own keeps it."""

    def __init__(self, clock: Clock, *roles: str, **limits: Any) -> None:
        self._clock, self._roles, self._limits = clock, roles, limits

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """The request with its token."""
        request.headers.setdefault("authorization", f"Bearer {self.token()}")
        yield request

    def token(self) -> str:
        """A token as of now."""
        scope = " ".join(scope for role in self._roles for scope in ROLES[role])
        claims = {"sub": self._roles[0], "aud": AUDIENCE, "scope": scope, "locations": [EVERY], "organisations": [EVERY], **self._limits}
        return Issuer(signing_key()).sign(claims, self._clock.now(), 1)
