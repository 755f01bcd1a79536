"""A day that is chosen with the household: which days fit, and the visit planned on one of them."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field

from common.access.guard import GuardedRoute, Known, allowed
from common.blueprint import Context
from common.errors import Conflict, NotFound
from common.events.base import Code
from common.http import Body
from scheduling.api.attending import changed
from scheduling.api.reach import Reach
from scheduling.api.views import FittingDayView, VisitView
from scheduling.domain.commands import PlanVisit
from scheduling.domain.visit import NOT_BEGUN
from scheduling.ports import Ports
from scheduling.region import Region

MOST_FITTING_DAYS = 31


class PlanBody(Body):
    """Where and on which day."""

    location_id: Code
    day: Annotated[date, Field(strict=False)]


def planning_routes(context: Context, ports: Ports, region: Region, reach: Reach) -> APIRouter:
    """Search for days, and take one."""
    router, zone = APIRouter(tags=["visits"], route_class=GuardedRoute), region.policies.zone
    read, write = [allowed("visits:read")], [allowed("visits:write")]

    @router.get(
        "/visits/{visit_id}/fitting-days", summary="The next days on which this visit fits; what it holds is not free", dependencies=read
    )
    async def fitting_days(
        caller: Known, visit_id: UUID, limit: Annotated[int, Query(ge=1, le=MOST_FITTING_DAYS)] = 10
    ) -> list[FittingDayView]:
        visit = await reach.visit(caller, visit_id)
        if visit.stage not in NOT_BEGUN:
            raise Conflict(f"A visit that is {visit.stage.value} is not planned any more.")
        found = await ports.diary.fitting_days(visit.wish(), ports.clock.now(), limit)
        return [FittingDayView.of(one, zone) for one in found if caller.at(one.location)]

    @router.post(
        "/visits/{visit_id}/plan", summary="The visit is to take place on this day; all of it, or nothing changes", dependencies=write
    )
    async def plan(caller: Known, visit_id: UUID, body: PlanBody) -> VisitView:
        await reach.visit(caller, visit_id)
        if body.location_id not in region.location_ids or not caller.at(body.location_id):
            raise NotFound("There is no such location.")
        return VisitView.of(await changed(context, ports, PlanVisit(visit_id=visit_id, location=body.location_id, day=body.day), visit_id))

    return router
