"""Closing a desk or a location on some days, opening it again, and opening a desk outside its usual hours."""

from datetime import date, time, timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from common.access.guard import GuardedRoute, Known, allowed
from common.blueprint import Context
from common.errors import NotFound, Rejected
from common.events.base import Code
from common.http import Body
from scheduling.api.reach import Reach
from scheduling.api.views import ClosureView
from scheduling.domain.agenda import EVERY_DESK
from scheduling.domain.commands import AddHours, CloseDesk, LiftClosure
from scheduling.domain.localtime import local_day, minute_on_the_wall
from scheduling.ports import Ports
from scheduling.region import Region

MOST_DAYS = 62
Day = Annotated[date, Field(strict=False)]
From = Annotated[date, Query(alias="from")]
To = Annotated[date, Query(alias="to")]
Wall = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", examples=["13:00"])]


class ClosureBody(Body):
    """What is closed, from a date up to and including another; without a desk the whole location."""

    location_id: Code
    desk_id: Code | None = None
    date: Day
    until: Day | None = None
    reason_code: Code


class ExtraHoursBody(Body):
    """When a desk is open in addition, in local time."""

    desk_id: Code
    date: Day
    opens: Wall
    closes: Wall


class Closing:
    """What changes when desks are open."""

    def __init__(self, context: Context, ports: Ports, region: Region, reach: Reach) -> None:
        self._context, self._ports, self._region, self._reach = context, ports, region, reach

    async def closures(self, caller: Known, location: Annotated[Code, Query()], first: From, last: To) -> list[ClosureView]:
        """Those of the region pack come on top."""
        if not caller.at(location):
            raise NotFound("There is no such location.")
        agendas = await self._ports.agendas.between(location, first, last + timedelta(days=1))
        return [
            ClosureView(location_id=location, desk_id=None if desk == EVERY_DESK else desk, date=agenda.day, reason_code=reason)
            for agenda in agendas
            for desk, reason in agenda.closed.items()
            if desk == EVERY_DESK or self._reach.works_at(caller, desk)
        ]

    async def close(self, caller: Known, body: ClosureBody) -> list[ClosureView]:
        """Visits that it breaks are cancelled by the system and planned anew."""
        self._reach.place(caller, body.location_id, body.desk_id)
        days = _days(body, self._ports, self._region)
        for day in days:
            await self._context.ask(CloseDesk(location=body.location_id, day=day, desk=body.desk_id, reason_code=body.reason_code))
        return [ClosureView(location_id=body.location_id, desk_id=body.desk_id, date=day, reason_code=body.reason_code) for day in days]

    async def lift(self, caller: Known, location_id: Code, date: date, desk: Annotated[Code | None, Query()] = None) -> None:
        """Whoever waits may have the day."""
        self._reach.place(caller, location_id, desk)
        if await self._context.ask(LiftClosure(location=location_id, day=date, desk=desk)) is None:
            raise NotFound("There is no such closure on this day.")

    async def extra_hours(self, caller: Known, body: ExtraHoursBody) -> None:
        """Whoever waits may have them."""
        location, zone = self._region.location_of(body.desk_id), self._region.policies.zone
        if location is None:
            raise NotFound("There is no such desk.")
        self._reach.place(caller, location, body.desk_id)
        start, end = (minute_on_the_wall(body.date, time.fromisoformat(wall), zone) for wall in (body.opens, body.closes))
        if end <= start:
            raise Rejected("The desk closes before it opens.")
        await self._context.ask(AddHours(location=location, day=body.date, desk=body.desk_id, start=start, end=end))


def closure_routes(context: Context, ports: Ports, region: Region, reach: Reach) -> APIRouter:
    """Close, open again, open in addition."""
    router, closing = APIRouter(tags=["closures"], route_class=GuardedRoute), Closing(context, ports, region, reach)
    read, write = [allowed("closures:read")], [allowed("closures:write")]
    router.get("/closures", summary="Closures that were ordered at run time", dependencies=read)(closing.closures)
    router.post("/closures", status_code=201, summary="Close a desk or a location", dependencies=write)(closing.close)
    router.delete("/closures/{location_id}/{date}", status_code=204, summary="Open again what was closed at run time", dependencies=write)(
        closing.lift
    )
    router.post("/extra-hours", status_code=204, summary="Open a desk outside its usual hours", dependencies=write)(closing.extra_hours)
    return router


def _days(body: ClosureBody, ports: Ports, region: Region) -> list[date]:
    last = body.until or body.date
    if body.location_id not in region.location_ids:
        raise NotFound("There is no such location.")
    if body.desk_id is not None and region.location_of(body.desk_id) != body.location_id:
        raise NotFound("There is no such desk at this location.")
    if body.date < local_day(ports.clock.now(), region.policies.zone):
        raise Rejected("The closure begins in the past.")
    if not body.date <= last < body.date + timedelta(days=MOST_DAYS):
        raise Rejected(f"The closure ends before it begins, or lasts longer than {MOST_DAYS} days.")
    return [body.date + timedelta(days=n) for n in range((last - body.date).days + 1)]
