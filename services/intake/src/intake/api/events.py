"""`POST /v1/events`: where partners hand in events."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import orjson
from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from common.aggregate import Aggregate
from common.blueprint import Context
from common.errors import Conflict
from intake.api.documented import EVENTS_OPENAPI, EVENTS_TEXT
from intake.api.partners import Partnered, partners
from intake.gateway.admission import Admitted, Gate
from intake.gateway.limits import read_body
from intake.gateway.refusal import Refused


class RawRoute(APIRoute):
    """A route that hands the request to its endpoint as it is: documented like any other, but nothing is parsed before."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The endpoint itself."""
        endpoint: Callable[[Request], Coroutine[Any, Any, Response]] = self.endpoint
        return endpoint


def event_routes(context: Context, gate: Gate, body_limit: int) -> APIRouter:
    """The one route of the partner gateway."""
    router, door = APIRouter(route_class=RawRoute, tags=["partners"]), Partnered("events:write")

    @router.post(
        "/v1/events",
        status_code=202,
        summary="Hand in events",
        description=EVENTS_TEXT,
        openapi_extra=EVENTS_OPENAPI,
        dependencies=[partners(door)],
    )
    async def take_events(request: Request) -> Response:
        try:
            _refuse_overload(context)
            bearer = await door.bearer(request)
            admitted = gate.admit(request.headers, await read_body(request, body_limit), bearer)
            outcomes = await asyncio.gather(*map(context.ask, admitted.commands), return_exceptions=True)
            return _receipt(admitted, outcomes)
        except Refused as refused:
            log_refusal(context, refused)
            return refused.answer()

    return router


def log_refusal(context: Context, refused: Refused) -> None:
    """One line, without content."""
    context.log.warning("refused", partner=refused.partner, status=refused.status, reason=refused.reason)


def _refuse_overload(context: Context) -> None:
    if (wait := context.overloaded()) is not None:
        raise Refused(
            503, "overloaded", "More has come in than can be passed on at the moment; please come back.", retry_after=wait.total_seconds()
        )


def _receipt(admitted: Admitted, outcomes: list[Aggregate | BaseException | None]) -> Response:
    """202 when everything is stored; of a batch, an event whose id is taken is named in its place."""
    for outcome in outcomes:
        if isinstance(outcome, BaseException) and not isinstance(outcome, Conflict):
            raise outcome
    if not admitted.batch:
        if isinstance(outcomes[0], Conflict):
            raise Refused(409, "other_bytes", str(outcomes[0]), partner=admitted.partner)
        address = _address(admitted.commands[0].id)
        return _accepted(_item(admitted.commands[0].id, None), {"Location": address})
    return _accepted([_item(command.id, outcome) for command, outcome in zip(admitted.commands, outcomes, strict=True)], {})


def _item(id_: object, outcome: object) -> dict[str, Any]:
    if isinstance(outcome, Conflict):
        return {"status": 409, "detail": str(outcome)}
    return {"status": 202, "id": str(id_), "statusAddress": _address(id_)}


def _address(id_: object) -> str:
    return f"/v1/submissions/{id_}"


def _accepted(body: object, headers: dict[str, str]) -> Response:
    return Response(orjson.dumps(body), 202, headers, "application/json")
