"""Routes for ops of every service over its parked lanes and its breaker."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query

from common.access.guard import GuardedRoute, allowed
from common.given_up import GiveUp
from common.http import View
from common.lanes import Kind, Lane, State
from common.telemetry import traceparent_of_request

if TYPE_CHECKING:
    from common.service import Service


class LaneView(View):
    """A lane that waits: its records by place, never their content."""

    lane_id: UUID
    name: str
    kind: Kind
    state: State
    parked_at: datetime
    error: str
    attempts: int
    trace: str
    reason: str
    waiting: int
    records: list[str]


def lane_routes(service: Service[Any]) -> APIRouter:
    """List, show, redrive and discard parked lanes; close the breaker."""
    router = APIRouter(prefix="/v1", tags=["lanes"], route_class=GuardedRoute)
    read, write = [allowed("lanes:read")], [allowed("lanes:write")]

    @router.get("/lanes", summary="Parked lanes, the oldest first", dependencies=read)
    async def lanes(limit: Annotated[int, Query(ge=1, le=1000)] = 100, page: Annotated[int, Query(ge=1, le=10_000)] = 1) -> list[LaneView]:
        return [_view(lane) for lane in await service.parking.list(limit, (page - 1) * limit)]

    @router.get("/lanes/{lane_id}", summary="One lane", dependencies=read)
    async def lane(lane_id: UUID) -> LaneView:
        return _view(await service.parking.show(lane_id))

    @router.post("/lanes/{lane_id}/redrive", summary="Carry out what waits, in order", dependencies=write)
    async def redrive(lane_id: UUID) -> LaneView:
        waiting = await service.parking.show(lane_id)
        with service.tracing.span("lane redrive", traceparent_of_request.get(), linked=waiting.trace) as trace:
            return _view(await service.parking.redrive(lane_id, partial(service.consuming.process, under=trace)))

    @router.post("/lanes/{lane_id}/discard", summary="Give up the first record for good; a step needs a reason", dependencies=write)
    async def discard(lane_id: UUID, reason: GiveUp | None = None) -> LaneView:
        return _view(await service.parking.discard(lane_id, reason))

    @router.post("/breaker/reset", summary="Let the consumer go on after too many parked lanes", status_code=204, dependencies=write)
    async def reset() -> None:
        await service.shared_breaker.reset()
        service.metrics.breaker.set(0)

    return router


def _view(lane: Lane) -> LaneView:
    places = [f"{record.topic}/{record.partition}@{record.offset}" for record in lane.records]
    return LaneView(
        lane_id=lane.id, name=lane.name, kind=lane.kind, state=lane.state, parked_at=lane.parked_at, error=lane.error,
        attempts=lane.attempts, trace=lane.trace, reason=lane.reason, waiting=len(places), records=places[:100],
    )  # fmt: skip
