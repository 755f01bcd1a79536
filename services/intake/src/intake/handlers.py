"""What intake does about what it is asked and what it hears; each handler returns the one thing it changed."""

import asyncio
from uuid import UUID

from common.errors import Conflict, NotFound
from common.events.appointment import AppointmentCancelled, AppointmentCheckedIn, AppointmentNoShow, AppointmentStarted, FormalityCompleted
from common.events.visit import VisitCancelled, VisitConfirmed
from common.given_up import StepGivenUp
from intake.domain.case import Case
from intake.domain.contact import Contact
from intake.domain.messages import (
    GiveUpWaiting,
    RecordBsnIssued,
    RecordDocuments,
    RecordPermitDecision,
    RecordQuestion,
    RegisterContact,
    ScreenCase,
    SubmitCase,
    WithdrawCase,
)
from intake.domain.opening import open_case, open_question
from intake.domain.records import record_bsn_issued, record_documents, record_permit_decision
from intake.domain.screening import screen
from intake.domain.triage import take_screening
from intake.ports import Ports


async def submit_case(command: SubmitCase, ports: Ports) -> Case | None:
    """A submission becomes a case, once."""
    if await _handed_in_before(command.id, command.fingerprint, ports):
        return None
    return open_case(command, ports.region.catalogue.version, ports.clock.now())


async def record_question(command: RecordQuestion, ports: Ports) -> Case | None:
    """A question becomes a case that its screening closes at once."""
    if await _handed_in_before(command.id, command.fingerprint, ports):
        return None
    return open_question(command, ports.region.catalogue.version, ports.clock.now())


async def register_contact(command: RegisterContact, ports: Ports) -> Contact | None:
    """A contact is told once."""
    if await _handed_in_before(command.id, command.fingerprint, ports):
        return None
    return Contact.registered(command, ports.clock.now())


async def screen_case(step: ScreenCase, ports: Ports) -> Case | None:
    """The rules of the day say which way a case goes."""
    case = await ports.cases.get(step.case_id)
    if case is None or case.status not in {"received", "screening"}:
        return None
    now = ports.clock.now()
    return take_screening(case, screen(case.asked(), ports.region, ports.region.local_day(now)), ports.region, now)


async def give_up_waiting(step: GiveUpWaiting, ports: Ports) -> Case | None:
    """A case whose documents have not come in time is rejected."""
    case = await ports.cases.get(step.case_id)
    if case is None or case.status != "information_requested":
        return None
    return case.close("rejected", "rejected", ("information_not_received",), ports.region, ports.clock.now())


async def note_visit_confirmed(event: VisitConfirmed, ports: Ports) -> Case | None:
    """A case whose visit has its day is planned."""
    case = await _open_case(event.case_id, ports)
    if case is None or not case.visit.confirm(event.revision, {item.appointment_id for item in event.items}):
        return None
    return case.go_on(ports.region, ports.clock.now())


async def note_visit_cancelled(event: VisitCancelled, ports: Ports) -> Case | None:
    """A case whose visit is off waits for another."""
    case = await _open_case(event.case_id, ports)
    if case is None:
        return None
    case.visit.cancel(event.revision, {item.appointment_id for item in event.items})
    case.go_on(ports.region, ports.clock.now(), event.reason_code)
    return case.heed("step_given_up") if event.reason_code == "step_given_up" else case


async def note_given_up(given_up: StepGivenUp, ports: Ports) -> Case | None:
    """A case whose next step will never run waits for a case worker."""
    case = await _open_case(given_up.id, ports) if given_up.collection == Case.collection else None
    return None if case is None else case.heed("step_given_up")


async def note_arrival(event: AppointmentCheckedIn | AppointmentStarted, ports: Ports) -> Case | None:
    """A household that is at the desk has its case in progress."""
    case = await _open_case(event.case_id, ports)
    if case is None or event.appointment_id in case.visit.begun:
        return None
    case.visit.begin(event.appointment_id)
    return case.go_on(ports.region, ports.clock.now())


async def note_appointment_off(event: AppointmentNoShow | AppointmentCancelled, ports: Ports) -> Case | None:
    """An appointment to which nobody came, or is to come, settles nothing; with the last of them the case waits for another visit."""
    case = await _open_case(event.case_id, ports)
    if case is None or event.appointment_id in case.visit.off:
        return None
    case.visit.lose(event.appointment_id)
    return case.go_on(ports.region, ports.clock.now(), "no_show" if isinstance(event, AppointmentNoShow) else event.reason_code)


async def settle_formality(event: FormalityCompleted, ports: Ports) -> Case | None:
    """A case is completed with its last formality, unless a decision is still awaited."""
    case = await _open_case(event.case_id, ports)
    if case is None or not case.settle(event.formality_id, event.completed_at, event.outcome):
        return None
    return case.go_on(ports.region, ports.clock.now())


async def note_documents(command: RecordDocuments, ports: Ports) -> Case | None:
    """Documents shown are noted; a case that waited for them goes on."""
    return record_documents(await _case(command.case_id, ports), command.documents, ports.clock.now())


async def note_permit_decision(command: RecordPermitDecision, ports: Ports) -> Case | None:
    """A permit decision is noted and told."""
    return record_permit_decision(await _case(command.case_id, ports), command, ports.region, ports.clock.now())


async def note_bsn_issued(command: RecordBsnIssued, ports: Ports) -> Case | None:
    """That a number was issued is noted and told."""
    return record_bsn_issued(await _case(command.case_id, ports), command, ports.region, ports.clock.now())


async def withdraw_case(command: WithdrawCase, ports: Ports) -> Case | None:
    """The client does not want it any more."""
    case = await _case(command.case_id, ports)
    if case.status == "withdrawn":
        return None
    if case.closed:
        raise Conflict(f"The case is {case.status}; it cannot be withdrawn.")
    return case.close("withdrawn", "withdrawn", (command.reason_code,), ports.region, ports.clock.now())


async def _case(case_id: UUID, ports: Ports) -> Case:
    case = await ports.cases.get(case_id)
    if case is None:
        raise NotFound("There is no such case.")
    return case


async def _open_case(case_id: UUID, ports: Ports) -> Case | None:
    """The case, unless it has ended: what comes after the end changes nothing."""
    case = await ports.cases.get(case_id)
    return None if case is None or case.closed else case


async def _handed_in_before(id_: UUID, fingerprint: str, ports: Ports) -> bool:
    """Whether the very same bytes have been taken; other bytes under the same id are refused."""
    case, contact = await asyncio.gather(ports.cases.get(id_), ports.contacts.get(id_))
    earlier = case or contact
    if earlier is not None and earlier.fingerprint != fingerprint:
        raise Conflict("Another event with the same source and id has been taken.")
    return earlier is not None
