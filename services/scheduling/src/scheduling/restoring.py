"""Brings visits and agendas that are older than the log up to date, from what scheduling has told of them.

Whoever was confirmed keeps desk and time, and nobody else is given them; a visit that was only proposed or deferred is planned anew.
Closures and extra hours ordered at run time are in no event: those since the backup are lost.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from common.clock import Clock
from common.cloudevents import Received
from common.events.appointment import (
    AppointmentCancelled,
    AppointmentCheckedIn,
    AppointmentCompleted,
    AppointmentNoShow,
    AppointmentStarted,
)
from common.events.base import Event
from common.events.case import CaseScreened
from common.events.visit import VisitCancelled, VisitConfirmed, VisitDeferred, VisitItem, VisitProposed
from common.restoring import rewrite
from common.store.port import Store
from scheduling.domain.agenda import Agenda
from scheduling.domain.appointment import Appointment, Change, State
from scheduling.domain.plan import agenda_id
from scheduling.domain.steps import RetryVisit
from scheduling.domain.visit import Stage, Visit

Word = VisitProposed | VisitConfirmed | VisitDeferred | VisitCancelled
PLANS = (VisitProposed, VisitDeferred, VisitConfirmed, VisitCancelled)
"""What is told of a visit; of one revision, the later in this row is the newer."""
STATES: dict[type[Event], State] = {
    AppointmentCheckedIn: State.CHECKED_IN,
    AppointmentStarted: State.STARTED,
    AppointmentCompleted: State.COMPLETED,
    AppointmentNoShow: State.NO_SHOW,
    AppointmentCancelled: State.CANCELLED,
}
ORDER = list(STATES.values())
HEARD: tuple[type[Event], ...] = (CaseScreened, *PLANS, *STATES)


@dataclass
class Told:
    """What was told of one visit."""

    newest: Word | None = None
    changes: dict[UUID, Change] = field(default_factory=dict)

    def hear(self, word: Word) -> None:
        """Keep the newest word."""
        if self.newest is None or _rank(word) >= _rank(self.newest):
            self.newest = word

    def happened(self, appointment: UUID, state: State, at: datetime) -> None:
        """Keep the furthest state of an appointment, and when each was reached."""
        known = self.changes.setdefault(appointment, {"state": state})
        if ORDER.index(state) > ORDER.index(known["state"]):
            known["state"] = state
        match state:
            case State.CHECKED_IN:
                known["checked_in_at"] = at
            case State.STARTED:
                known["started_at"] = at
            case _:
                known["ended_at"] = at


class RestoringVisits:
    """Hears everything that was told of visits, and the screenings that they were planned for."""

    def __init__(self) -> None:
        self.topics: Sequence[str] = [event.topic for event in HEARD]
        self._told: dict[UUID, Told] = {}
        self._screened: dict[UUID, CaseScreened] = {}
        self._agendas: dict[UUID, Agenda] = {}

    def hear(self, received: Received) -> None:
        """Take note of one event."""
        match received.event:
            case CaseScreened() as screened:
                self._screened[screened.case_id] = screened
            case VisitProposed() | VisitConfirmed() | VisitDeferred() | VisitCancelled() as word:
                self._of(word.visit_id).hear(word)
            case (
                AppointmentCheckedIn()
                | AppointmentStarted()
                | AppointmentCompleted()
                | AppointmentNoShow()
                | AppointmentCancelled() as event
            ):
                self._of(event.visit_id).happened(event.appointment_id, STATES[type(event)], event.occurred_at)

    async def restore(self, store: Store, clock: Clock) -> list[str]:
        """Bring visits and agendas up to date."""
        now, restored, planned, lost = clock.now(), 0, 0, 0
        for id_, told in self._told.items():
            visit = await self._restored(store, id_, told, now)
            lost += visit is None
            if visit is None or visit == await store.get(Visit, id_):
                continue
            restored, planned = restored + 1, planned + (visit.stage is Stage.DEFERRED)
            await self._hold(store, visit)
            await rewrite(store, visit)
        for agenda in self._agendas.values():
            await rewrite(store, agenda)
        return [
            f"{restored} of {len(self._told)} visits were restored to what was told of them last; {planned} of these are planned anew.",
            f"{lost} visits cannot be restored: the log does not hold the screening of their cases.",
            "Closures and extra hours that were ordered since the store was backed up are lost: order them again.",
        ]

    async def _restored(self, store: Store, id_: UUID, told: Told, now: datetime) -> Visit | None:
        """The visit by the newest of store and log; None where neither holds what it was for."""
        visit, word = await store.get(Visit, id_), told.newest
        if visit is None:
            screened = None if word is None else self._screened.get(word.case_id)
            if screened is None:
                return None
            visit = Visit.for_case(screened)
        if word is not None and (word.revision, PLANS.index(type(word))) > (visit.revision, -1 if visit.stage is Stage.PROPOSED else 9):
            _follow(visit, word, now)
        changes = {one.id: told.changes[one.id] for one in visit.appointments if one.id in told.changes}
        return visit.change(changes) if visit.appointments and visit.stage is not Stage.PROPOSED else _plan_anew(visit, now)

    async def _hold(self, store: Store, visit: Visit) -> None:
        """In the agendas a visit has what it holds, and nothing besides."""
        for agenda in await self._where_it_is_held(store, visit):
            agenda.taken.pop(visit.id, None)
        held = tuple(visit.slot(one) for one in visit.appointments if one.state is not State.CANCELLED)
        if held and visit.location is not None and visit.day is not None:
            agenda = await self._agenda(store, agenda_id(visit.location, visit.day)) or Agenda.of(visit.location, visit.day)
            agenda.taken[visit.id] = (visit.revision, held)
            self._agendas[agenda.id] = agenda

    async def _where_it_is_held(self, store: Store, visit: Visit) -> list[Agenda]:
        before = await store.get(Visit, visit.id)
        ids = {agenda_id(one.location, one.day) for one in (before, visit) if one is not None and one.location and one.day}
        return [agenda for id_ in sorted(ids) if (agenda := await self._agenda(store, id_)) is not None]

    async def _agenda(self, store: Store, id_: UUID) -> Agenda | None:
        agenda = self._agendas.get(id_) or await store.get(Agenda, id_)
        if agenda is not None:
            self._agendas[id_] = agenda
        return agenda

    def _of(self, visit: UUID) -> Told:
        return self._told.setdefault(visit, Told())


def _rank(word: Word) -> tuple[int, int]:
    return word.revision, PLANS.index(type(word))


def _follow(visit: Visit, word: Word, now: datetime) -> None:
    """Take over the newest word on a visit's plan."""
    visit.revision = word.revision
    if isinstance(word, VisitDeferred) or word.location_id is None or word.day is None:
        visit.appointments, visit.stage = (), Stage.PROPOSED
    else:
        state = State.CANCELLED if isinstance(word, VisitCancelled) else State.BOOKED
        visit.location, visit.day, visit.timezone = word.location_id, word.day, word.timezone
        visit.appointments = tuple(_appointments(visit, word.items, state, now))
        visit.stage = Stage.CONFIRMED if isinstance(word, VisitConfirmed) else Stage.PROPOSED
    if isinstance(word, VisitCancelled):
        visit.stage = Stage.CANCELLED
        visit.forget(RetryVisit)


def _appointments(visit: Visit, items: Iterable[VisitItem], state: State, now: datetime) -> Iterable[Appointment]:
    for item in items:
        formalities = tuple(one.formality_id for one in visit.wanted if one.product in item.products and {*one.persons} <= {*item.persons})
        yield Appointment(
            id=item.appointment_id,
            desk=item.desk_id,
            products=item.products,
            formalities=formalities,
            persons=item.persons,
            starts_at=item.starts_at,
            ends_at=item.ends_at,
            state=state,
            ended_at=now if state is State.CANCELLED else None,
        )


def _plan_anew(visit: Visit, now: datetime) -> Visit:
    """A plan that nobody was told of is given up, and a visit that waits tries at once."""
    if visit.stage in {Stage.PROPOSED, Stage.REQUESTED, Stage.DEFERRED}:
        visit.stage, visit.deferred_for = Stage.DEFERRED, "recovered"
        visit.location, visit.day, visit.appointments = None, None, ()
        visit.at(now, RetryVisit(visit_id=visit.id))
    return visit
