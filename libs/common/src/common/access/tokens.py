"""Access tokens (JWT, RFC 9068): from a text that anybody may have written to a caller with scopes and limits."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Annotated, Any

import jwt
from pydantic import BaseModel, ConfigDict, Field

from common.access.keys import Keys, PublicKey
from common.access.scopes import EVERY
from common.clock import Clock
from common.errors import Unavailable
from common.events.base import Code

LEEWAY = 30.0  # seconds that the issuer's clock and ours may differ
MOST_BYTES = 8 * 1024
TYPE = "at+jwt"
Moment = Annotated[int | float, Field(ge=0, lt=1e11, allow_inf_nan=False)]


class Unknown(Exception):
    """A token that says nothing to be believed; the reason is for the log, never for the caller."""


class _Header(BaseModel):
    """`crit` names what must be understood, and nothing that it could name is understood here (RFC 7515, 4.1.11)."""

    model_config = ConfigDict(strict=True, hide_input_in_errors=True)

    typ: str
    kid: Annotated[str, Field(min_length=1, max_length=128)]
    crit: None = None


class _Claims(BaseModel):
    model_config = ConfigDict(strict=True, hide_input_in_errors=True)

    sub: Annotated[str, Field(min_length=1, max_length=256)]
    exp: Moment
    iat: Moment
    nbf: Moment = 0
    scope: Annotated[str, Field(max_length=4096)] = ""
    partner: Code | None = None
    locations: Annotated[list[str], Field(max_length=100)] = []
    organisations: Annotated[list[str], Field(max_length=100)] = []


@dataclass(frozen=True)
class Caller:
    """Who asks, what it may do, and how far that reaches."""

    subject: str
    scopes: frozenset[str]
    partner: str | None = None
    locations: frozenset[str] = frozenset()
    organisations: frozenset[str] = frozenset()

    def at(self, location: str | None) -> bool:
        """Whether a location is within reach; something that is nowhere yet is so only for who reaches everywhere."""
        return EVERY in self.locations or location in self.locations

    def of(self, organisations: Collection[str]) -> bool:
        """Whether one of these organisations is within reach; something that is nobody's is so only for who reaches all."""
        return EVERY in self.organisations or not self.organisations.isdisjoint(organisations)

    @property
    def of_all(self) -> bool:
        """Whether all organisations are within reach."""
        return EVERY in self.organisations


class Tokens:
    """Reads tokens of one issuer for one audience."""

    def __init__(self, keys: Keys, issuer: str, audiences: Collection[str], clock: Clock) -> None:
        self._keys, self._issuer, self._audiences, self._clock = keys, issuer, list(audiences), clock

    async def caller(self, token: str) -> Caller:
        """Who bears the token; raises `Unknown`."""
        try:
            key = await self._key(_Header.model_validate(_unverified_header(token)))
            claims = self._claims(token, key)
        except (Unknown, Unavailable):
            raise
        except Exception as error:  # noqa: BLE001 - whatever a stranger's text sets off, the stranger stays unknown
            raise Unknown(type(error).__name__) from None
        self._check_time(claims)
        return Caller(
            claims.sub, frozenset(claims.scope.split()), claims.partner, frozenset(claims.locations), frozenset(claims.organisations)
        )

    async def _key(self, header: _Header) -> PublicKey:
        """The key that a token names."""
        key = await self._keys.find(header.kid)
        if key is None:
            raise Unknown("key")
        if header.typ.lower().removeprefix("application/") != TYPE:
            raise Unknown("type")
        return key

    def _claims(self, token: str, key: PublicKey) -> _Claims:
        """What the token says, rightly signed by the one algorithm that the key is for: the token has no say in that."""
        unverified_times: Any = {"verify_exp": False, "verify_nbf": False, "verify_iat": False, "require": ["iss", "aud"]}
        claims = jwt.decode(
            token, key.key, algorithms=[key.algorithm], audience=self._audiences, issuer=self._issuer, options=unverified_times
        )
        return _Claims.model_validate(claims)

    def _check_time(self, claims: _Claims) -> None:
        """By our own clock port, which on one machine may be shifted."""
        now = self._clock.now().timestamp()
        if now >= claims.exp + LEEWAY:
            raise Unknown("expired")
        if max(claims.nbf, claims.iat) > now + LEEWAY:
            raise Unknown("not yet")


def _unverified_header(token: str) -> dict[str, Any]:
    """What the token says of itself: enough to find the key, never a reason to believe it."""
    if len(token) > MOST_BYTES:
        raise Unknown("too long")
    return jwt.get_unverified_header(token)
