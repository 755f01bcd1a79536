"""Locations with their desks, and the day list of a desk."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query

from common.access.guard import GuardedRoute, Known, allowed
from common.errors import NotFound
from common.terms import Of, Within
from scheduling.api.reach import Reach
from scheduling.api.views import AppointmentView, DeskDayView, DeskView, LocationView
from scheduling.domain.catalogue import Desk, Location, in_force
from scheduling.domain.localtime import local_day
from scheduling.domain.plan import agenda_id
from scheduling.openings import Openings
from scheduling.ports import Ports
from scheduling.region import Region


def desk_routes(ports: Ports, region: Region, reach: Reach, route: type[GuardedRoute]) -> APIRouter:
    """Routes over locations and desks."""
    router, openings = APIRouter(tags=["desks"], route_class=route), Openings(region)
    read = [allowed("desks:read")]

    @router.get("/locations", summary="Locations and desks as they are today", dependencies=read)
    async def locations() -> list[LocationView]:
        today = local_day(ports.clock.now(), region.policies.zone)
        rows = (region.location(id_, today) for id_ in region.location_ids)
        return [_location(row, region, today) for row in rows if row is not None]

    @router.get("/desks/{desk_id}/day", summary="Everything that a desk has on a day, in the order of its times", dependencies=read)
    async def day_list(
        caller: Known, desk_id: Annotated[str, Of("desks")], date: Annotated[date, Query(), Within("looked_at")]
    ) -> DeskDayView:
        desk = in_force([row for row in region.desks if row.id == desk_id], date)
        if desk is None or not (caller.at(desk.location) and reach.works_at(caller, desk.id)):
            raise NotFound("There is no such desk on this day.")
        visits = await ports.visits.on_day(desk.location, date)
        agenda = await ports.agendas.get(agenda_id(desk.location, date))
        closed = openings.closed_by(desk.location, desk.id, date) or (agenda.closed_by(desk.id) if agenda is not None else None)
        appointments = [AppointmentView.of(visit, one) for visit in visits for one in visit.appointments if one.desk == desk_id]
        return DeskDayView(
            desk_id=desk_id,
            location_id=desk.location,
            date=date,
            timezone=region.policies.timezone,
            hours=[f"{opens:%H:%M}-{closes:%H:%M}" for opens, closes in desk.windows(date)],
            closed=closed,
            appointments=sorted(appointments, key=lambda one: (one.starts_at, one.appointment_id)),
        )

    return router


def _location(row: Location, region: Region, today: date) -> LocationView:
    return LocationView(
        location_id=row.id,
        name=row.name,
        address=row.address,
        timezone=region.policies.timezone,
        municipalities=row.municipalities,
        desks=[_desk(desk) for desk in region.desks if desk.location == row.id and desk.holds_on(today)],
    )


def _desk(desk: Desk) -> DeskView:
    return DeskView(
        desk_id=desk.id,
        organisation=desk.organisation,
        products=desk.products,
        languages=desk.languages,
        hours={str(weekday): windows for weekday, windows in desk.hours.items()},
    )
