"""The two ways in for partners: a token that names the partner, or a signature; a request with a token is judged by that alone."""

from fastapi import Security
from fastapi.params import Security as Guarding
from fastapi.security import APIKeyHeader
from starlette.exceptions import HTTPException
from starlette.requests import Request

from common.access.guard import BEARER, REALM, Allowed

SIGNATURE = APIKeyHeader(
    name="webhook-signature",
    scheme_name="signature",
    auto_error=False,
    description="Standard Webhooks: HMAC-SHA256 over `{webhook-id}.{webhook-timestamp}.{body}`.",
)


class Partnered:
    """Documents both ways and judges neither: the route does, in the order of the gateway."""

    def __init__(self, scope: str) -> None:
        self._guard = Allowed(scope)
        self.scope = scope

    async def __call__(self, _bearer: object = Security(BEARER), _signature: object = Security(SIGNATURE)) -> None:
        """Nothing to do here."""

    async def bearer(self, request: Request) -> str | None:
        """The partner that the request's token names; None where there is no token, so that the signature has to tell."""
        if "authorization" not in request.headers:
            return None
        caller = await self._guard(request)
        if caller.partner is None:
            raise HTTPException(403, "The token names no partner.", {"WWW-Authenticate": f'{REALM}, error="insufficient_scope"'})
        return caller.partner


def partners(door: Partnered) -> Guarding:
    """For the `dependencies` of a route."""
    guard: Guarding = Security(door, scopes=[door.scope])
    return guard
