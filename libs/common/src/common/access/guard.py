"""The guard of a route: `dependencies=[allowed("cases:read")]` lets in who bears a token with that scope, before the body is read."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import Depends, Security
from fastapi.params import Security as Guarding
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from common.access.scopes import SCOPES
from common.access.tokens import Caller, Tokens, Unknown

REALM = 'Bearer realm="loket"'
BEARER = HTTPBearer(
    auto_error=False, scheme_name="bearer", bearerFormat="JWT", description="An access token (RFC 9068) with the scope that is named here."
)
_CALLER = "loket.caller"


class Allowed:
    """Lets in whoever bears a token with a scope; 401 and 403 say so after RFC 6750."""

    def __init__(self, scope: str) -> None:
        if scope not in SCOPES:
            raise ValueError(f"{scope} is not in the list of scopes.")
        self.scope = scope

    async def __call__(self, request: Request, _documented: object = Security(BEARER)) -> Caller:
        """The caller, known once per request."""
        caller: Caller | None = request.scope.get(_CALLER)
        if caller is None:
            caller = request.scope[_CALLER] = await _caller(request)
        if self.scope not in caller.scopes:
            raise HTTPException(
                403,
                f"This needs a token with the scope {self.scope}.",
                {"WWW-Authenticate": f'{REALM}, error="insufficient_scope", scope="{self.scope}"'},
            )
        return caller


def allowed(scope: str) -> Guarding:
    """For the `dependencies` of a route."""
    guard: Guarding = Security(Allowed(scope), scopes=[scope])
    return guard


class GuardedRoute(APIRoute):
    """Asks the guards of a route before anything of the body is read: FastAPI by itself would parse it first."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The usual one, behind the guards."""
        handle = super().get_route_handler()
        guards = [one.dependency for one in self.dependencies if isinstance(one.dependency, Allowed)]

        async def guarded(request: Request) -> Response:
            for guard in guards:
                await guard(request)
            return await handle(request)

        return guarded


async def _known(request: Request) -> Caller:
    caller: Caller = request.scope[_CALLER]
    return caller


Known = Annotated[Caller, Depends(_known)]
"""A parameter of a guarded route: who asks."""


async def _caller(request: Request) -> Caller:
    tokens: Tokens = request.app.state.tokens
    try:
        return await tokens.caller(_token(request.headers.getlist("authorization")))
    except Unknown as unknown:
        request.app.state.refused(str(unknown))
        raise HTTPException(
            401, "The token is not one that is taken here.", {"WWW-Authenticate": f'{REALM}, error="invalid_token"'}
        ) from None


def _token(given: list[str]) -> str:
    if not given:
        raise HTTPException(401, "This needs an access token as bearer.", {"WWW-Authenticate": REALM})
    scheme, _, token = given[0].partition(" ")
    if len(given) > 1 or scheme.lower() != "bearer":
        raise Unknown("authorization")
    return token
