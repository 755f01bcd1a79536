"""Visits that will not take place, or not then: cancelled by people, by a closed case or by a closed desk."""

from datetime import timedelta

from common.errors import Conflict, NotFound
from common.events.case import CaseClosed
from common.given_up import StepGivenUp
from scheduling.domain.appointment import UNTOUCHED, State
from scheduling.domain.attendance import may_become
from scheduling.domain.commands import CancelAppointment, CancelVisit
from scheduling.domain.plan import visit_id
from scheduling.domain.steps import ReplanVisit
from scheduling.domain.visit import NOT_BEGUN, By, Cancellation, Stage, Visit
from scheduling.handlers.planning import plan, plan_anew
from scheduling.ports import Ports

A_DAY = timedelta(days=1)
NEEDS_NO_MARK = frozenset({"completed", "answered"})


async def withdraw_visit(case: CaseClosed, ports: Ports) -> Visit | None:
    """A case that ends without its visit cancels it, also where its screening is heard only later."""
    if case.result in NEEDS_NO_MARK:
        return None
    visit = await ports.visits.get(visit_id(case.case_id))
    if visit is None:
        return Visit.never(case)
    if visit.stage not in NOT_BEGUN:
        return None
    return _cancel(visit, _why(visit, "system", f"case_{case.result}", ports), ports)


async def cancel_visit(command: CancelVisit, ports: Ports) -> Visit | None:
    """Somebody cancels a whole visit, for good or for another day."""
    visit = await _known(command, ports)
    if visit.stage is Stage.CANCELLED:
        return None
    if visit.stage not in NOT_BEGUN:
        raise Conflict(f"A visit that is {visit.stage.value} cannot be cancelled; cancel the appointments that have not begun.")
    day, why = visit.day, _why(visit, command.by, command.reason_code, ports)
    if not command.rebook:
        return _cancel(visit, why, ports)
    visit.cancel(why, ports.clock.now(), replanned=True)
    if (not_before := command.not_before or (day and day + A_DAY)) is not None:
        visit.not_before = max(visit.not_before, ports.rules.begin_of(not_before))
    return await plan(visit, ports)


async def cancel_appointment(command: CancelAppointment, ports: Ports) -> Visit | None:
    """Somebody cancels one appointment; the rest of the visit stays."""
    visit = await _known(command, ports)
    appointment = visit.find(command.appointment_id)
    if not may_become(appointment, State.CANCELLED):
        return None
    return visit.cancel_appointment(appointment, _why(visit, command.by, command.reason_code, ports), ports.clock.now())


async def replan_visit(step: ReplanVisit, ports: Ports) -> Visit | None:
    """A desk that a visit counted on is closed: people get another time; who has come already is helped by hand."""
    visit = await ports.visits.get(step.visit_id)
    if visit is None or (visit.location, visit.day) != (step.location, step.day):
        return None
    if visit.stage not in NOT_BEGUN or any(one.state not in UNTOUCHED for one in visit.appointments):
        return None
    await ports.diary.look_again(step.location, step.day)
    return await plan_anew(visit, step.reason_code, ports)


async def note_given_up(given_up: StepGivenUp, ports: Ports) -> Visit | None:
    """A visit whose next step will never run is off; its case comes to the case worker."""
    visit = await ports.visits.get(given_up.id) if given_up.collection == Visit.collection else None
    if visit is None or visit.stage not in NOT_BEGUN:
        return None
    return _cancel(visit, _why(visit, "system", "step_given_up", ports), ports)


def _cancel(visit: Visit, why: Cancellation, ports: Ports) -> Visit:
    ports.diary.forget(visit.id)
    return visit.cancel(why, ports.clock.now())


def _why(visit: Visit, by: By, reason: str, ports: Ports) -> Cancellation:
    if visit.location is None or visit.day is None:
        return Cancellation(by, reason)
    now = ports.clock.now()
    notice = ports.diary.notice(visit.location, visit.day, now)
    late = by == "client" and notice < ports.rules.policy_at(now).late_cancel_working_days
    return Cancellation(by, reason, notice, late)


async def _known(command: CancelVisit | CancelAppointment, ports: Ports) -> Visit:
    visit = await ports.visits.get(command.visit_id)
    if visit is None:
        raise NotFound("There is no such visit.")
    return visit
