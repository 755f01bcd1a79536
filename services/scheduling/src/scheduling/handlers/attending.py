"""What happens at the desk on the day of a visit; whatever has been done already is not done again."""

from common.errors import NotFound, Rejected
from scheduling.domain import attendance
from scheduling.domain.appointment import Appointment, State
from scheduling.domain.attendance import may_become
from scheduling.domain.commands import CallToDesk, CheckIn, CompleteAppointment, OfAppointment, RecordNoShow, StartAppointment
from scheduling.domain.visit import Visit
from scheduling.ports import Ports


async def check_in(command: CheckIn, ports: Ports) -> Visit | None:
    """The persons are there."""
    visit, appointment = await _known(command, ports)
    if not may_become(appointment, State.CHECKED_IN):
        return None
    return attendance.check_in(visit, appointment, ports.clock.now(), documents_complete=command.documents_complete)


async def call_to_desk(command: CallToDesk, ports: Ports) -> Visit | None:
    """The desk asks them to come."""
    visit, appointment = await _known(command, ports)
    return attendance.call(visit, appointment, ports.clock.now()) if may_become(appointment, State.CALLED) else None


async def start_appointment(command: StartAppointment, ports: Ports) -> Visit | None:
    """The desk begins."""
    visit, appointment = await _known(command, ports)
    return attendance.start(visit, appointment, ports.clock.now()) if may_become(appointment, State.STARTED) else None


async def complete_appointment(command: CompleteAppointment, ports: Ports) -> Visit | None:
    """The desk has finished, with an outcome that the region knows."""
    visit, appointment = await _known(command, ports)
    now = ports.clock.now()
    outcomes = ports.rules.policy_at(now).outcomes
    if command.outcome not in outcomes:
        raise Rejected(f"The outcome is none of {', '.join(outcomes)}.")
    if not may_become(appointment, State.COMPLETED):
        return None
    settles = outcomes[command.outcome]
    return attendance.complete(visit, appointment, now, command.outcome, settles=settles, follow_up_needed=command.follow_up_needed)


async def record_no_show(command: RecordNoShow, ports: Ports) -> Visit | None:
    """Somebody at the desk says that nobody came."""
    visit, appointment = await _known(command, ports)
    if not may_become(appointment, State.NO_SHOW):
        return None
    now = ports.clock.now()
    return attendance.record_no_show(visit, appointment, now, command.recorded_by, ports.rules.policy_at(now).no_show_policy)


async def _known(command: OfAppointment, ports: Ports) -> tuple[Visit, Appointment]:
    visit = await ports.visits.get(command.visit_id)
    if visit is None:
        raise NotFound("There is no such visit.")
    return visit, visit.find(command.appointment_id)
