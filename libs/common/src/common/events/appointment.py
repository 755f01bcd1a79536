"""Facts about appointments and the formalities they settle. Only scheduling tells them."""

from typing import ClassVar, Literal
from uuid import UUID

from pydantic import Field

from common.events.base import CaseEvent, Code, Count, Moment


class _Appointment(CaseEvent):
    publisher: ClassVar[str] = "scheduling"

    appointment_id: UUID
    visit_id: UUID
    location_id: Code
    desk_id: Code
    products: tuple[Code, ...]
    starts_at: Moment
    ends_at: Moment
    persons: tuple[Count, ...]


class AppointmentBooked(_Appointment):
    """A desk and a time are taken for some formalities and persons."""

    topic: ClassVar[str] = "appointment.booked"

    booked_by: Code
    requested_at: Moment


class AppointmentCheckedIn(_Appointment):
    """The persons are there."""

    topic: ClassVar[str] = "appointment.checked-in"

    documents_complete: bool


class AppointmentStarted(_Appointment):
    """The desk has called them and begun; waiting is counted from check-in or the agreed time, whichever is later."""

    topic: ClassVar[str] = "appointment.started"

    wait_seconds: int = Field(ge=0, le=100_000, examples=[180])


class AppointmentCompleted(_Appointment):
    """The desk has finished."""

    topic: ClassVar[str] = "appointment.completed"

    outcome: Code
    duration_seconds: int = Field(ge=0, le=100_000, examples=[900])
    follow_up_needed: bool


class AppointmentCancelled(_Appointment):
    """An appointment will not take place; late means within the policy's working days before it."""

    topic: ClassVar[str] = "appointment.cancelled"

    by: Literal["client", "desk", "system"]
    reason_code: Code
    notice_working_days: int = Field(ge=0, le=1000, examples=[3])
    late: bool


class AppointmentNoShow(_Appointment):
    """A person at the desk has recorded that nobody came; never told by the clock alone."""

    topic: ClassVar[str] = "appointment.no-show"

    recorded_by: Code
    policy_version: Code


class FormalityCompleted(CaseEvent):
    """A formality of a case is settled at a desk."""

    topic: ClassVar[str] = "formality.completed"
    publisher: ClassVar[str] = "scheduling"

    formality_id: UUID
    product: Code
    visit_id: UUID
    persons: tuple[Count, ...]
    completed_at: Moment
    outcome: Code
    same_day_as_plan: bool
