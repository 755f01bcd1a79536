"""What people at the desks ask for, over HTTP."""

from datetime import date
from typing import Literal
from uuid import UUID

from common.events.base import Code, Message


class OfAppointment(Message):
    """Something about one appointment of a visit."""

    visit_id: UUID
    appointment_id: UUID


class CheckIn(OfAppointment):
    """The persons are there."""

    documents_complete: bool


class CallToDesk(OfAppointment):
    """The desk asks the persons to come."""


class StartAppointment(OfAppointment):
    """The desk begins."""


class CompleteAppointment(OfAppointment):
    """The desk has finished."""

    outcome: Code
    follow_up_needed: bool


class CancelAppointment(OfAppointment):
    """One appointment of a visit will not take place."""

    by: Literal["client", "desk"]
    reason_code: Code


class RecordNoShow(OfAppointment):
    """Somebody at the desk records that nobody came."""

    recorded_by: Code


class CancelVisit(Message):
    """A whole visit will not take place; with `rebook` it gets another day, not before `not_before` where that is given."""

    visit_id: UUID
    by: Literal["client", "desk"]
    reason_code: Code
    rebook: bool
    not_before: date | None = None


class PlanVisit(Message):
    """A visit is to take place on a day that somebody has chosen with the household."""

    visit_id: UUID
    location: Code
    day: date


class OfDay(Message):
    """Something about one day at a location."""

    location: Code
    day: date


class CloseDesk(OfDay):
    """A desk, or without one the whole location, is closed on a day."""

    desk: Code | None
    reason_code: Code


class LiftClosure(OfDay):
    """A closure that was ordered at run time holds no longer."""

    desk: Code | None


class AddHours(OfDay):
    """A desk is open on a day outside its usual hours; minutes are counted from local midnight."""

    desk: Code
    start: int
    end: int
