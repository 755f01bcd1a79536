"""What is noted on a case: documents shown, permits decided, numbers issued."""

from collections.abc import Iterable
from datetime import date, datetime

from common.errors import Conflict, Rejected
from common.events.base import Code
from common.events.case import BsnIssued, CaseInformationReceived, PermitDecided
from intake.domain.case import Case
from intake.domain.messages import GiveUpWaiting, HeldDocument, RecordBsnIssued, RecordPermitDecision, ScreenCase
from intake.domain.progress import PermitDecision
from intake.domain.region import Region


def record_documents(case: Case, documents: Iterable[HeldDocument], now: datetime) -> Case | None:
    """Note what has been shown; a case that waited for it is screened again."""
    if case.closed:
        raise Conflict("The case is closed.")
    shown = {(held.person, held.document_type) for held in documents}
    case.refuse_strangers(person for person, _ in shown)
    new = shown - {(person.number, document) for person in case.persons for document in person.documents}
    if not new:
        return None
    case.persons = tuple(
        person.model_copy(
            update={"documents": (*person.documents, *sorted(document for number, document in new if number == person.number))}
        )
        for person in case.persons
    )
    came = tuple(sorted({document for _, document in new} & {document for missing in case.missing() for document in missing.any_of}))
    if case.status == "information_requested" and came:
        case.tell(CaseInformationReceived(occurred_at=now, case_id=case.id, document_types=came))
        case.move("screening", now, "documents_received").forget(GiveUpWaiting).then(ScreenCase(case_id=case.id))
        case.information_due = None
    return case


def record_permit_decision(case: Case, decision: RecordPermitDecision, region: Region, now: datetime) -> Case | None:
    """Note a decision on a person's permit; it may be the last thing that the case waits for."""
    case.refuse_strangers([decision.person])
    taken = PermitDecision(person=decision.person, applied_on=decision.applied_on, decided_on=decision.decided_on, granted=decision.granted)
    if taken in case.decisions:
        return None
    if any(earlier.person == taken.person for earlier in case.decisions):
        raise Conflict("Another decision on this person's permit has been recorded.")
    if case.closed and case.result != "completed":
        raise Conflict("The case is closed.")
    if not taken.applied_on <= taken.decided_on <= region.local_day(now):
        raise Rejected("A decision comes on or after the day of the application, and not in the future.")
    case.decisions = (*case.decisions, taken)
    case.tell(PermitDecided(occurred_at=now, case_id=case.id, purpose=case.purpose, **taken.model_dump()))
    return case.go_on(region, now)


def record_bsn_issued(case: Case, issued: RecordBsnIssued, region: Region, now: datetime) -> Case | None:
    """Note that a number was issued; the post may bring it after the case has been completed."""
    case.refuse_strangers([issued.person])
    if case.bsn_issued.get(issued.person) == issued.issued_on:
        return None
    if issued.person in case.bsn_issued:
        raise Conflict("Another day has been recorded for this person.")
    if case.screened is None or case.screened.outcome != "accepted" or case.result not in {None, "completed"}:
        raise Conflict("No number is issued in this case.")
    if not region.local_day(case.received_at) <= issued.issued_on <= region.local_day(now):
        raise Rejected("A number is issued on or after the day the case was received, and not in the future.")
    case.bsn_issued[issued.person] = issued.issued_on
    start, start_event = _clock_start(case, issued, region)
    return case.tell(
        BsnIssued(
            occurred_at=now,
            case_id=case.id,
            person=issued.person,
            issued_on=issued.issued_on,
            clock_start=start,
            start_event=start_event,
            route=case.screened.route,
        )
    )


def _clock_start(case: Case, issued: RecordBsnIssued, region: Region) -> tuple[date, Code]:
    """When the clock of the norm started that held on the day of receipt: at the application, or at the registration."""
    received = region.local_day(case.received_at)
    norm = region.norm("bsn", received)
    registered = [
        region.local_day(formality.completed_at)
        for formality in case.formalities
        if formality.registers and formality.completed_at is not None and issued.person in formality.persons
    ]
    if norm is not None and norm.clock == "registration" and registered:
        return min(registered), "registration"
    return received, "application"
