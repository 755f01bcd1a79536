"""From what is heard to a letter that is claimed, handed over and settled."""

from common.errors import Unavailable
from common.events.case import CaseClosed, CaseCreated, CaseInformationRequested, CaseReferred
from common.events.party import PartyContactChanged, PartyContactErased
from common.events.visit import VisitCancelled, VisitConfirmed
from notifications.domain import (
    Closing,
    Contact,
    HandOver,
    Information,
    Lost,
    Message,
    Order,
    Outcome,
    PlannedVisit,
    RecordOutcome,
    Referral,
    RequestMessage,
    SendMessage,
    SettleUnknown,
    State,
    Submission,
    Template,
    VisitMessages,
    WithdrawMessage,
    message_id,
    visit_messages_id,
)
from notifications.domain.facts import Facts
from notifications.ports import Letter, NoWords, Ports, Sending


async def keep_contact(party: PartyContactChanged, ports: Ports) -> Contact | None:
    """The newest revision of a contact stands."""
    contact = await ports.contacts.get(party.party_id)
    if contact is None:
        return Contact.of(party)
    return contact.change(party) if party.revision > contact.revision and not contact.erased else None


async def erase_contact(party: PartyContactErased, ports: Ports) -> Contact | None:
    """Nothing is kept of how to reach a party, and nothing will be."""
    contact = await ports.contacts.get(party.party_id)
    if contact is None:
        return Contact.gone(party.party_id)
    return None if contact.erased else contact.erase()


async def confirm_receipt(case: CaseCreated, ports: Ports) -> Message | None:
    """Who hands in a request hears that it has come; of whom nobody knows an address, no letter is asked for."""
    if not case.reachable:
        return None
    return await _request(_order(case, Template.SUBMISSION_RECEIVED, Submission(case_type=case.case_type)), ports)


async def ask_for_information(case: CaseInformationRequested, ports: Ports) -> Message | None:
    """Who has to bring more hears what, and until when; another request is another message."""
    facts = Information(document_types=case.document_types, due_date=case.due_date, asked_at=case.occurred_at)
    return await _request(_order(case, Template.INFORMATION_NEEDED, facts, case.due_date, *sorted(case.document_types)), ports)


async def tell_of_referral(case: CaseReferred, ports: Ports) -> Message | None:
    """Who is referred hears where to."""
    facts = Referral(target_organisation=case.target_organisation, target_product=case.target_product, warm_transfer=case.warm_transfer)
    return await _request(_order(case, Template.CASE_REFERRED, facts, case.target_organisation, case.target_product), ports)


async def tell_of_closing(case: CaseClosed, ports: Ports) -> Message | None:
    """Who waits for a result and can be reached hears it; a referral has been told with its address already."""
    if case.result == "referred" or not case.reachable:
        return None
    return await _request(_order(case, Template.CASE_CLOSED, Closing(result=case.result, closed_at=case.occurred_at)), ports)


async def note_visit(visit: VisitConfirmed, ports: Ports) -> VisitMessages | None:
    """A visit that is newer than what we know is told, and told again shortly before; a reminder whose hour is past is left out."""
    known = await _visit(visit, ports)
    remind_at = ports.policy.reminder_at(visit.day, visit.timezone)
    return known.confirm(visit, remind_at if remind_at > ports.clock.now() else None)


async def note_cancellation(visit: VisitCancelled, ports: Ports) -> VisitMessages | None:
    """A visit that people were told of is called off; one that nobody knew of is no news."""
    if not visit.planned:
        return None
    return (await _visit(visit, ports)).cancel(visit)


async def request_message(step: RequestMessage, ports: Ports) -> Message | None:
    """Word of a visit becomes a message."""
    return await _request(step.order, ports)


async def withdraw_message(step: WithdrawMessage, ports: Ports) -> Message | None:
    """A message that waits still is not wanted any more."""
    message = await ports.messages.get(step.message_id)
    if message is None or message.state is not State.REQUESTED:
        return None
    return message.suppress(step.reason_code, ports.clock.now())


async def send_message(step: SendMessage, ports: Ports) -> Message | None:
    """A message whose time has come is claimed, put off or dropped."""
    message = await ports.messages.get(step.message_id)
    if message is None or message.state is not State.REQUESTED:
        return None
    return await _claim(message, ports)


async def hand_over(step: HandOver, ports: Ports, sending: Sending) -> RecordOutcome:
    """Put a claimed message into words and give it to the provider; only here do words and addresses meet."""
    if sending.away:
        return _outcome(step, Outcome.PUT_OFF, sending.away)
    try:
        letter = await _letter(step, ports)
    except Unavailable:
        return _outcome(step, Outcome.RETRY_LATER, "not_available")  # nothing has been handed over yet
    except NoWords:
        return _outcome(step, Outcome.FAILED, "no_words")
    if isinstance(letter, RecordOutcome):
        return letter
    delivery = await sending.send(letter)
    return RecordOutcome(
        message_id=step.message_id,
        attempt=step.attempt,
        outcome=delivery.outcome,
        reason_code=delivery.reason_code,
        locale=letter.locale,
        preferred_locale=letter.preferred_locale,
        template_version=letter.template_version,
    )


async def record_outcome(step: RecordOutcome, ports: Ports) -> Message | None:
    """What came of an attempt is written down; only what is known not to be sent is tried again."""
    message = await ports.messages.get(step.message_id)
    if message is None or not message.awaits(step.attempt):
        return None
    return message.record(step, ports.policy, ports.clock.now())


async def settle_unknown(step: SettleUnknown, ports: Ports) -> Message | None:
    """An attempt that left no outcome in time stays unknown; it is not repeated.

    It waits behind the handing over in the message's outbox: where it comes to run, that has been taken, but perhaps only just now.
    """
    message = await ports.messages.get(step.message_id)
    if message is None or not message.is_claimed_for(step.attempt):
        return None
    if not step.taken:
        return message.wait_for_outcome(ports.policy, ports.clock.now())
    return message.lose_track("no_outcome", ports.policy, ports.clock.now())


async def _request(order: Order, ports: Ports) -> Message | None:
    known = await ports.messages.get(order.id)
    if known is not None:
        return known.recall(order.facts)
    now = ports.clock.now()
    message = Message.requested(order, ports.wording.locale(order.template, order.language), ports.policy, now)
    return await _claim(message, ports)


async def _claim(message: Message, ports: Ports) -> Message:
    now = ports.clock.now()
    if now < message.not_before:
        return message.send_at(message.not_before)
    contact = await ports.contacts.get(message.party_id)
    if contact is None:
        return message.await_contact(ports.policy, now)
    if reason := await why_not(message, contact, ports):
        return message.suppress(reason, now)
    if ports.mailer.stands_still():
        return message.hold_back(ports.policy, now)
    return message.claim(ports.policy, now)


async def why_not(message: Message, contact: Contact | None, ports: Ports) -> str | None:
    if contact is not None and contact.erased:
        return "contact_erased"
    if ports.clock.now() >= message.expires_at:
        return "expired"
    match message.facts:
        case PlannedVisit() as plan:
            visit = await ports.visits.get(visit_messages_id(plan.visit_id))
            return visit.why_outdated(plan) if visit else None
        case Lost():
            return "content_lost"
        case Information() as information:
            return await _why_not_asked(message, information, ports)
        case _:
            return None


async def _why_not_asked(message: Message, information: Information, ports: Ports) -> str | None:
    """Documents are not asked for any more once the case has ended, whichever of the two was heard first."""
    closing = await ports.messages.get(message_id(Template.CASE_CLOSED, message.case_id))
    ended = closing is not None and isinstance(closing.facts, Closing) and closing.facts.closed_at >= information.asked_at
    return "case_closed" if ended else None


async def _visit(visit: VisitConfirmed | VisitCancelled, ports: Ports) -> VisitMessages:
    id_ = visit_messages_id(visit.visit_id)
    return await ports.visits.get(id_) or VisitMessages(id=id_)


def _order(
    case: CaseCreated | CaseInformationRequested | CaseReferred | CaseClosed, template: Template, facts: Facts, *cause: object
) -> Order:
    id_ = message_id(template, case.case_id, *cause)
    return Order(id=id_, case_id=case.case_id, party_id=case.party_id, template=template, language=case.language, facts=facts)


async def _letter(step: HandOver, ports: Ports) -> Letter | RecordOutcome:
    message = await ports.messages.get(step.message_id)
    if message is None or not message.is_claimed_for(step.attempt):
        return _outcome(step, Outcome.UNKNOWN, "claim_lost")  # somebody else had it: whether it was sent is theirs to say
    contact = await ports.contacts.get(message.party_id)
    if contact is None:
        return _outcome(step, Outcome.RETRY_LATER, "no_contact")
    if reason := await why_not(message, contact, ports):
        return _outcome(step, Outcome.SUPPRESSED, reason)
    return ports.wording.write(message, contact)


def _outcome(step: HandOver, outcome: Outcome, reason_code: str) -> RecordOutcome:
    return RecordOutcome(message_id=step.message_id, attempt=step.attempt, outcome=outcome, reason_code=reason_code)
