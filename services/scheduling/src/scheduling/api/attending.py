"""What a desk does with an appointment on its day."""

from typing import Literal
from uuid import UUID

from fastapi import APIRouter

from common.access.guard import GuardedRoute, Known, allowed
from common.access.tokens import Caller
from common.blueprint import Context
from common.errors import NotFound
from common.events.base import Code, Message
from common.http import Body
from scheduling.api.reach import Reach
from scheduling.api.views import AppointmentView
from scheduling.domain.commands import (
    CallToDesk,
    CancelAppointment,
    CheckIn,
    CompleteAppointment,
    OfAppointment,
    RecordNoShow,
    StartAppointment,
)
from scheduling.domain.visit import Visit
from scheduling.ports import Ports


class CheckInBody(Body):
    """Whether the household has all its documents."""

    documents_complete: bool


class CompleteBody(Body):
    """What came of it, by the region's list of outcomes."""

    outcome: Code
    follow_up_needed: bool = False


class CancelBody(Body):
    """Who cancels, and why."""

    by: Literal["client", "desk"]
    reason_code: Code


class NoShowBody(Body):
    """The person at the desk, as a code."""

    recorded_by: Code


class Attending:
    """Check in, call, start, complete, cancel, no-show; doing it twice does it once."""

    def __init__(self, context: Context, ports: Ports, reach: Reach) -> None:
        self._context, self._ports, self._reach = context, ports, reach

    async def check_in(self, caller: Known, visit_id: UUID, appointment_id: UUID, body: CheckInBody) -> AppointmentView:
        """Only on the day itself, or afterwards where it was forgotten."""
        return await self._ask(
            caller, CheckIn(visit_id=visit_id, appointment_id=appointment_id, documents_complete=body.documents_complete)
        )

    async def call(self, caller: Known, visit_id: UUID, appointment_id: UUID) -> AppointmentView:
        """Ends the waiting that is counted."""
        return await self._ask(caller, CallToDesk(visit_id=visit_id, appointment_id=appointment_id))

    async def start(self, caller: Known, visit_id: UUID, appointment_id: UUID) -> AppointmentView:
        """After check-in, called or not."""
        return await self._ask(caller, StartAppointment(visit_id=visit_id, appointment_id=appointment_id))

    async def complete(self, caller: Known, visit_id: UUID, appointment_id: UUID, body: CompleteBody) -> AppointmentView:
        """The region's list of outcomes says which of them settle the formalities."""
        outcome, follow_up = body.outcome, body.follow_up_needed
        return await self._ask(
            caller, CompleteAppointment(visit_id=visit_id, appointment_id=appointment_id, outcome=outcome, follow_up_needed=follow_up)
        )

    async def cancel(self, caller: Known, visit_id: UUID, appointment_id: UUID, body: CancelBody) -> AppointmentView:
        """The other appointments of the visit stay."""
        return await self._ask(
            caller, CancelAppointment(visit_id=visit_id, appointment_id=appointment_id, by=body.by, reason_code=body.reason_code)
        )

    async def no_show(self, caller: Known, visit_id: UUID, appointment_id: UUID, body: NoShowBody) -> AppointmentView:
        """Only once the time is over without a check-in: never by the clock alone."""
        return await self._ask(caller, RecordNoShow(visit_id=visit_id, appointment_id=appointment_id, recorded_by=body.recorded_by))

    async def _ask(self, caller: Caller, command: OfAppointment) -> AppointmentView:
        await self._reach.appointment(caller, command.visit_id, command.appointment_id)
        visit = await changed(self._context, self._ports, command, command.visit_id)
        return AppointmentView.of(visit, visit.find(command.appointment_id))


def attending_routes(context: Context, ports: Ports, reach: Reach) -> APIRouter:
    """What a desk does with one appointment."""
    router = APIRouter(prefix="/visits/{visit_id}/appointments/{appointment_id}", tags=["appointments"], route_class=GuardedRoute)
    attending, write = Attending(context, ports, reach), [allowed("visits:write")]
    router.post("/check-in", summary="The persons are there", dependencies=write)(attending.check_in)
    router.post("/call", summary="The desk asks them to come", dependencies=write)(attending.call)
    router.post("/start", summary="The desk begins", dependencies=write)(attending.start)
    router.post("/complete", summary="The desk has finished", dependencies=write)(attending.complete)
    router.post("/cancel", summary="This one appointment will not take place", dependencies=write)(attending.cancel)
    router.post("/no-show", summary="Nobody came", dependencies=write)(attending.no_show)
    return router


async def changed(context: Context, ports: Ports, command: Message, visit_id: UUID) -> Visit:
    """The visit after a command; where that changed nothing, as it is."""
    visit = await context.ask(command) or await ports.visits.get(visit_id)
    if not isinstance(visit, Visit):
        raise NotFound("There is no such visit.")
    return visit
