"""What happens to a visit on its day: people come, are called, helped, or do not come."""

from datetime import datetime
from zoneinfo import ZoneInfo

from common.errors import Conflict
from common.events.appointment import AppointmentCheckedIn, AppointmentCompleted, AppointmentNoShow, AppointmentStarted, FormalityCompleted
from scheduling.domain.appointment import Appointment, State
from scheduling.domain.localtime import local_day, midnight
from scheduling.domain.visit import Visit

EARLIER = {
    State.CHECKED_IN: {State.BOOKED},
    State.CALLED: {State.CHECKED_IN},
    State.STARTED: {State.CHECKED_IN, State.CALLED},
    State.COMPLETED: {State.STARTED},
    State.NO_SHOW: {State.BOOKED},
    State.CANCELLED: {State.BOOKED},
}
"""From which states an appointment may come into another."""


def may_become(appointment: Appointment, state: State) -> bool:
    """Whether an appointment can go on to a state; False when it is there already, and a `Conflict` when there is no way."""
    if appointment.state is state:
        return False
    if appointment.state not in EARLIER[state]:
        raise Conflict(f"An appointment that is {appointment.state.value} cannot become {state.value}.")
    return True


def check_in(visit: Visit, appointment: Appointment, now: datetime, *, documents_complete: bool) -> Visit:
    """The persons are there; on the day itself, or later where somebody writes down what was forgotten."""
    assert visit.day is not None
    if now < midnight(visit.day, ZoneInfo(visit.timezone)):
        raise Conflict("This appointment is on a later day.")
    visit.tell(AppointmentCheckedIn(**visit.facts_of(appointment, now), documents_complete=documents_complete))
    return visit.change({appointment.id: {"state": State.CHECKED_IN, "checked_in_at": now}})


def call(visit: Visit, appointment: Appointment, now: datetime) -> Visit:
    """The desk asks them to come; the waiting ends."""
    return visit.change({appointment.id: {"state": State.CALLED, "called_at": now}})


def start(visit: Visit, appointment: Appointment, now: datetime) -> Visit:
    """The desk begins."""
    visit.tell(AppointmentStarted(**visit.facts_of(appointment, now), wait_seconds=appointment.waited_seconds(now)))
    return visit.change({appointment.id: {"state": State.STARTED, "started_at": now}})


def complete(visit: Visit, appointment: Appointment, now: datetime, outcome: str, *, settles: bool, follow_up_needed: bool) -> Visit:
    """The desk has finished; an outcome that settles completes each formality of the appointment."""
    lasted = appointment.lasted_seconds(now)
    visit.tell(
        AppointmentCompleted(
            **visit.facts_of(appointment, now), outcome=outcome, duration_seconds=lasted, follow_up_needed=follow_up_needed
        )
    )
    if settles:
        _complete_formalities(visit, appointment, now, outcome)
    return visit.change({appointment.id: {"state": State.COMPLETED, "ended_at": now}})


def record_no_show(visit: Visit, appointment: Appointment, now: datetime, recorded_by: str, policy_version: str) -> Visit:
    """Somebody at the desk says that nobody came; possible only once the time is over."""
    if now < appointment.ends_at:
        raise Conflict("The time of this appointment is not over: its outcome is not pending.")
    visit.tell(AppointmentNoShow(**visit.facts_of(appointment, now), recorded_by=recorded_by, policy_version=policy_version))
    return visit.change({appointment.id: {"state": State.NO_SHOW, "ended_at": now}})


def _complete_formalities(visit: Visit, appointment: Appointment, now: datetime, outcome: str) -> None:
    as_planned = local_day(now, ZoneInfo(visit.timezone)) == visit.day
    for formality in visit.wanted:
        if formality.formality_id in appointment.formalities:
            visit.tell(
                FormalityCompleted(
                    occurred_at=now,
                    case_id=visit.case_id,
                    formality_id=formality.formality_id,
                    product=formality.product,
                    visit_id=visit.id,
                    persons=formality.persons,
                    completed_at=now,
                    outcome=outcome,
                    same_day_as_plan=as_planned,
                )
            )
