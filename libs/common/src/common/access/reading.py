"""Routes whose requests are held to the terms of the day while they are read: by then, and no longer."""

from collections.abc import Callable, Coroutine
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from common.access.guard import GuardedRoute
from common.terms import HELD, Terms, held_to


def route_under(terms: Callable[[], Terms]) -> type[GuardedRoute]:
    """The class of guarded routes whose path, query and body are held to terms."""

    class TermedRoute(GuardedRoute):
        def __init__(self, path: str, endpoint: Callable[..., Any], **more: Any) -> None:
            super().__init__(path, _freed(endpoint), **more)

        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            handle = super().get_route_handler()

            async def held(request: Request) -> Response:
                with held_to(terms()):
                    return await handle(request)

            return held

    return TermedRoute


def _freed(endpoint: Callable[..., Any]) -> Callable[..., Any]:
    """What a route does with what it has read is held to nothing: a stored code may have left its list since."""
    if not iscoroutinefunction(endpoint):
        raise TypeError("A route is a coroutine function.")

    @wraps(endpoint)
    async def freed(*given: Any, **named: Any) -> Any:
        HELD.set(None)
        return await endpoint(*given, **named)

    return freed
