"""What each of the four does with an event, as plain functions over the services' own domain code: no outbox, no marks, no compare-and-set.

Both peers share it, so that they plan the same visits, write the same letters and tell the same events as Loket.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID, uuid4

from common.clock import SystemClock
from common.events.appointment import AppointmentBooked
from common.events.base import Event
from common.events.case import CaseCreated, CaseScreened, CaseStatusChanged
from common.events.notification import NotificationRequested, NotificationSent
from common.events.party import PartyContactChanged
from common.events.visit import VisitConfirmed, VisitProposed
from common.ids import derived
from common.metrics import Metrics
from notifications.channels.deliveries import Deliveries
from notifications.channels.pool import Limits
from notifications.channels.smtp import Server, SmtpMailer
from notifications.domain import Contact, Delivery, Message, Order, Outcome, RequestMessage, Submission, Template, VisitMessages, message_id
from notifications.domain.steps import RecordOutcome
from notifications.ports import Letter
from notifications.wording import Region as Words
from notifications.wording import RegionWording
from scheduling.diary import Diary
from scheduling.domain.agenda import Agenda
from scheduling.domain.plan import Plan
from scheduling.domain.steps import ConfirmVisit
from scheduling.domain.visit import Visit
from scheduling.memory import Memory
from scheduling.openings import Openings
from scheduling.region import Region

AN_HOUR = timedelta(hours=1)
SENDER = "no-reply@loket.example.org"
Row = tuple[str, str, str, bytes]
"""Table, id, moment, document."""

clock = SystemClock()


@dataclass
class Done:
    """What an event asks for: rows to write, events to tell, letters to hand over."""

    rows: list[Row] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    letters: list[tuple[Message, Letter]] = field(default_factory=list)

    def add(self, other: "Done") -> None:
        self.rows += other.rows
        self.events += other.events
        self.letters += other.letters


def _row(table: str, id_: object, document: bytes) -> Row:
    return table, str(id_), clock.now().isoformat(), document


class Role:
    """One of the four."""

    topics: tuple[type[Event], ...]

    async def take(self, event: Event) -> Done:
        raise NotImplementedError

    async def hand_over(self, letter: Letter) -> Delivery:
        raise NotImplementedError

    def sent(self, message: Message, letter: Letter) -> Done:
        raise NotImplementedError


class Intake(Role):
    topics = (VisitConfirmed,)

    async def take(self, event: Event) -> Done:
        assert isinstance(event, VisitConfirmed)
        changed = CaseStatusChanged(occurred_at=clock.now(), case_id=event.case_id, from_status="accepted", to_status="planned")
        return Done([_row("cases", event.case_id, changed.model_dump_json().encode())], [changed])


async def _nothing_taken(_location: str, _first: date, _after: date) -> list[Agenda]:
    return []


async def _no_versions(_location: str, _first: date, _after: date) -> dict[UUID, int]:
    return {}


class Scheduling(Role):
    """Reads nothing: what it has planned it remembers."""

    topics = (CaseScreened,)

    def __init__(self, region: Path) -> None:
        pack = Region.read(region / "scheduling")
        openings = Openings(pack)
        self._diary = Diary(pack, Memory(_nothing_taken, _no_versions, openings, AN_HOUR, AN_HOUR), openings)

    async def take(self, event: Event) -> Done:
        assert isinstance(event, CaseScreened)
        now, visit = clock.now(), Visit.for_case(event)
        plan = await self._diary.choose(visit.wish(), now)
        assert isinstance(plan, Plan)
        visit.propose(plan, now)
        rows = [_row("visits", visit.id, visit.model_dump_json().encode())]
        rows.append(_row("agendas", visit.id, repr(plan.slots).encode()))
        visit.confirm(ConfirmVisit(visit_id=visit.id, revision=visit.revision, agenda_id=visit.id), now)
        rows.append(_row("visits", visit.id, visit.model_dump_json().encode()))
        told = (VisitProposed, VisitConfirmed, AppointmentBooked)
        return Done(rows, [follow.what for follow in visit.follows() if isinstance(follow.what, told)])


class Notifications(Role):
    """Keeps contacts in memory as well."""

    topics = (PartyContactChanged, CaseCreated, VisitConfirmed)

    def __init__(self, region: Path) -> None:
        pack = Words(region / "notifications")
        self._policy, self._wording = pack.policy, RegionWording(pack, SENDER)
        self._mailer = SmtpMailer(
            Server("127.0.0.1", int(os.environ["SMTP_PORT"])), SENDER, clock, Deliveries(Metrics("bench"), None), Limits()
        )
        self._contacts: dict[UUID, Contact] = {}
        self._waiting: dict[UUID, list[Message]] = {}

    async def take(self, event: Event) -> Done:
        match event:
            case PartyContactChanged():
                return self._contact(Contact.of(event))
            case CaseCreated():
                return self._received(event)
            case VisitConfirmed():
                return self._confirmed(event)
        raise TypeError(event)

    async def hand_over(self, letter: Letter) -> Delivery:
        return await self._mailer.send(letter)

    def sent(self, message: Message, letter: Letter) -> Done:
        message.attempt += 1
        step = RecordOutcome(
            message_id=message.id,
            attempt=message.attempt,
            outcome=Outcome.SENT,
            locale=letter.locale,
            preferred_locale=letter.preferred_locale,
            template_version=letter.template_version,
        )
        message.record(step, self._policy, clock.now())
        return Done([_row("messages", message.id, message.model_dump_json().encode())], _told(message))

    def _contact(self, contact: Contact) -> Done:
        self._contacts[contact.id] = contact
        done = Done([_row("contacts", contact.id, contact.model_dump_json().encode())])
        done.letters = [(one, self._wording.write(one, contact)) for one in self._waiting.pop(contact.id, ())]
        return done

    def _received(self, case: CaseCreated) -> Done:
        template = Template.SUBMISSION_RECEIVED
        facts = Submission(case_type=case.case_type)
        id_ = message_id(template, case.case_id)
        order = Order(id=id_, case_id=case.case_id, party_id=case.party_id, template=template, language=case.language, facts=facts)
        return self._request(order)

    def _confirmed(self, event: VisitConfirmed) -> Done:
        visit = VisitMessages(id=derived("visit-messages", event.visit_id))
        visit.confirm(event, self._policy.reminder_at(event.day, event.timezone))
        done = Done([_row("visit_messages", visit.id, visit.model_dump_json().encode())])
        for follow in visit.follows():
            if isinstance(follow.what, RequestMessage):
                done.add(self._request(follow.what.order))
        return done

    def _request(self, order: Order) -> Done:
        message = Message.requested(order, self._wording.locale(order.template, order.language), self._policy, clock.now())
        done = Done([_row("messages", message.id, message.model_dump_json().encode())], _told(message))
        if order.not_before is None:
            contact = self._contacts.get(message.party_id)
            if contact is None:
                self._waiting.setdefault(message.party_id, []).append(message)
            else:
                done.letters.append((message, self._wording.write(message, contact)))
        return done


def _told(message: Message) -> list[Event]:
    return [follow.what for follow in message.follows() if isinstance(follow.what, NotificationRequested | NotificationSent)]


class Reporting(Role):
    def __init__(self, topics: Sequence[type[Event]]) -> None:
        self.topics = tuple(topics)

    async def take(self, event: Event) -> Done:
        document = b'{"topic":"%s","data":%s}' % (event.topic.encode(), event.model_dump_json(by_alias=True).encode())
        return Done([_row("facts", uuid4(), document)])


def role(name: str, recorded: Sequence[str]) -> Role:
    """The one of this name; `recorded` are the topics that reporting keeps."""
    from common.events.catalogue import EVENTS  # noqa: PLC0415

    region = Path(os.environ["REGION_PATH"])
    made: dict[str, Callable[[], Role]] = {
        "intake": Intake,
        "scheduling": lambda: Scheduling(region),
        "notifications": lambda: Notifications(region),
        "reporting": lambda: Reporting([EVENTS[topic] for topic in recorded]),
    }
    return made[name]()
