"""Visits: read one, find those of a case, cancel one, and the appointments whose outcome is pending."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field

from common.access.guard import GuardedRoute, Known, allowed
from common.blueprint import Context
from common.errors import NotFound
from common.events.base import Code
from common.http import Body
from scheduling.api.attending import changed
from scheduling.api.reach import Reach
from scheduling.api.views import AppointmentView, VisitView
from scheduling.domain.appointment import State
from scheduling.domain.commands import CancelVisit
from scheduling.domain.plan import visit_id as visit_of
from scheduling.ports import Ports


class CancelVisitBody(Body):
    """Who cancels and why; with `rebook` the visit gets another day, by itself after the cancelled one."""

    by: Literal["client", "desk"]
    reason_code: Code
    rebook: bool = False
    not_before: Annotated[date | None, Field(strict=False)] = None


def visit_routes(context: Context, ports: Ports, reach: Reach) -> APIRouter:
    """Routes over visits."""
    router = APIRouter(tags=["visits"], route_class=GuardedRoute)
    read, write = [allowed("visits:read")], [allowed("visits:write")]

    @router.get("/visits", summary="The visit of a case, where it has one", dependencies=read)
    async def of_case(caller: Known, case: Annotated[UUID, Query()]) -> list[VisitView]:
        found = await ports.visits.get(visit_of(case))
        return [VisitView.of(found)] if found is not None and reach.sees(caller, found) else []

    @router.get("/visits/{visit_id}", summary="One visit", dependencies=read)
    async def one(caller: Known, visit_id: UUID) -> VisitView:
        return VisitView.of(await reach.visit(caller, visit_id))

    @router.post("/visits/{visit_id}/cancel", summary="The whole visit will not take place, or not then", dependencies=write)
    async def cancel(caller: Known, visit_id: UUID, body: CancelVisitBody) -> VisitView:
        await reach.visit(caller, visit_id)
        command = CancelVisit(visit_id=visit_id, by=body.by, reason_code=body.reason_code, rebook=body.rebook, not_before=body.not_before)
        return VisitView.of(await changed(context, ports, command, visit_id))

    _pending_route(router, ports, reach)
    return router


def _pending_route(router: APIRouter, ports: Ports, reach: Reach) -> None:
    @router.get(
        "/appointments/outcome-pending",
        summary="Appointments that have ended without anybody having checked in, the oldest first",
        dependencies=[allowed("visits:read")],
    )
    async def outcome_pending(
        caller: Known,
        location: Annotated[Code, Query()],
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
        page: Annotated[int, Query(ge=1, le=1000)] = 1,
    ) -> list[AppointmentView]:
        if not caller.at(location):
            raise NotFound("There is no such location.")
        now = ports.clock.now()
        visits = await ports.visits.unattended(location, now, limit, (page - 1) * limit)
        return [
            AppointmentView.of(visit, one)
            for visit in visits
            for one in visit.appointments
            if one.state is State.BOOKED and one.ends_at <= now and reach.works_at(caller, one.desk)
        ]
