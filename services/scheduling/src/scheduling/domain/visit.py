"""A visit: all desks that one case needs, on one day at one location, from the wish to the last outcome."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar, Literal, Self
from uuid import UUID
from zoneinfo import ZoneInfo

from common.aggregate import Aggregate
from common.errors import NotFound
from common.events.appointment import AppointmentBooked, AppointmentCancelled
from common.events.base import Language
from common.events.case import CaseClosed, CaseScreened, FormalityWanted
from common.events.visit import VisitCancelled, VisitConfirmed, VisitDeferred, VisitProposed
from scheduling.domain.appointment import ENDED, UNTOUCHED, Appointment, Change, State
from scheduling.domain.facts import AppointmentFacts, PlanFacts, VisitFacts
from scheduling.domain.localtime import minute_of
from scheduling.domain.plan import NoPlan, Plan, Slot, Wish, agenda_id, visit_id
from scheduling.domain.steps import ClaimSlots, ConfirmVisit, ReleaseSlots, RetryVisit

By = Literal["client", "desk", "system"]


class Stage(StrEnum):
    """Where a visit is on its way."""

    REQUESTED = "requested"
    PROPOSED = "proposed"
    DEFERRED = "deferred"
    CONFIRMED = "confirmed"
    UNDER_WAY = "under_way"
    COMPLETED = "completed"
    PARTLY_COMPLETED = "partly_completed"
    MISSED = "missed"
    CANCELLED = "cancelled"


NOT_BEGUN = frozenset({Stage.REQUESTED, Stage.PROPOSED, Stage.DEFERRED, Stage.CONFIRMED})


@dataclass(frozen=True, slots=True)
class Cancellation:
    """Who cancels, why, and how many working days before; only a client can be late."""

    by: By
    reason_code: str
    notice_working_days: int = 0
    late: bool = False


class Visit(Aggregate):
    """What a household has been promised; `revision` rises with each change of the plan and with its cancellation."""

    collection: ClassVar[str] = "visits"
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("location", "day"), ("stage", "requested_at"), ("location", "unattended_since"))

    case_id: UUID
    party_id: UUID
    language: Language
    municipality: str
    wanted: tuple[FormalityWanted, ...]
    requested_at: datetime
    not_before: datetime
    stage: Stage = Stage.REQUESTED
    revision: int = 0
    location: str | None = None
    day: date | None = None
    timezone: str = "UTC"
    appointments: tuple[Appointment, ...] = ()
    deferred_for: str | None = None
    unattended_since: datetime | None = None
    """When the first appointment ends, or ended, to which nobody has come."""

    @classmethod
    def for_case(cls, case: CaseScreened) -> Self:
        """The visit of a case that goes to a desk."""
        return cls(
            id=visit_id(case.case_id),
            case_id=case.case_id,
            party_id=case.party_id,
            language=case.language,
            municipality=case.municipality_code,
            wanted=case.formalities,
            requested_at=case.occurred_at,
            not_before=case.not_before,
        )

    @classmethod
    def never(cls, case: CaseClosed) -> Self:
        """The mark of a case that was closed before it was heard to need a desk: its visit is not planned any more."""
        return cls(
            id=visit_id(case.case_id),
            case_id=case.case_id,
            party_id=case.party_id,
            language=case.language,
            municipality="",
            wanted=(),
            requested_at=case.occurred_at,
            not_before=case.occurred_at,
            stage=Stage.CANCELLED,
        )

    def wish(self) -> Wish:
        """What the next plan has to fulfil."""
        return Wish(self.id, self.revision + 1, self.municipality, self.language, self.wanted, self.not_before)

    def slot(self, appointment: Appointment) -> Slot:
        """What the agenda holds for an appointment."""
        assert self.day is not None
        zone = ZoneInfo(self.timezone)
        return appointment.desk, minute_of(appointment.starts_at, self.day, zone), minute_of(appointment.ends_at, self.day, zone)

    def find(self, appointment_id: UUID) -> Appointment:
        """The appointment with this id."""
        for appointment in self.appointments:
            if appointment.id == appointment_id:
                return appointment
        raise NotFound("This visit has no such appointment.")

    def propose(self, plan: Plan, now: datetime) -> Self:
        """Write down the intention before anything is claimed."""
        self.revision += 1
        self.stage, self.deferred_for = Stage.PROPOSED, None
        self.location, self.day, self.timezone = plan.location, plan.day, plan.timezone
        self.appointments = tuple(Appointment.planned(self.id, self.revision, number, one) for number, one in enumerate(plan.appointments))
        self.forget(RetryVisit).tell(VisitProposed(**self.about(now), **self.plan(), third_available_day=plan.third_day))
        agenda = agenda_id(plan.location, plan.day)
        return self.then(
            ClaimSlots(visit_id=self.id, revision=self.revision, agenda_id=agenda, location=plan.location, day=plan.day, slots=plan.slots)
        )

    def defer(self, no_plan: NoPlan, now: datetime) -> Self:
        """Wait, for time or for capacity; people are told once, however often it is tried."""
        again = self.stage is Stage.DEFERRED and self.deferred_for == no_plan.reason
        # Room that comes between the search and this change is offered to those who wait already, hence a second look.
        self.at((None if again else no_plan.look_again_at) or no_plan.retry_at, RetryVisit(visit_id=self.id))
        if again:
            return self
        self.revision += 1
        self.stage, self.deferred_for = Stage.DEFERRED, no_plan.reason
        self.location, self.day, self.appointments = None, None, ()
        return self.tell(VisitDeferred(**self.about(now), reason_code=no_plan.reason, retry_at=no_plan.retry_at))

    def settle(self, outcome: Plan | NoPlan, now: datetime) -> Self:
        """Propose a plan, or wait where there is none."""
        return self.propose(outcome, now) if isinstance(outcome, Plan) else self.defer(outcome, now)

    def confirm(self, step: ConfirmVisit, now: datetime) -> Self | None:
        """Every slot is ours; a claim that nobody wants any more is given back."""
        if self.revision != step.revision or self.stage is not Stage.PROPOSED:
            stale = self.revision != step.revision or self.stage is Stage.CANCELLED
            return self.then(ReleaseSlots(visit_id=self.id, revision=step.revision, agenda_id=step.agenda_id)) if stale else None
        self.change({one.id: {"state": State.BOOKED} for one in self.appointments})
        self.tell(VisitConfirmed(**self.about(now), **self.plan(), requested_at=self.requested_at))
        for one in self.appointments:
            self.tell(AppointmentBooked(**self.facts_of(one, now), booked_by="planner", requested_at=self.requested_at))
        return self

    def cancel(self, why: Cancellation, now: datetime, *, replanned: bool = False) -> Self:
        """Give up the plan, tell everybody who has been told of it, and give back what is held or about to be."""
        freed = self._release(()) if self.appointments else None
        booked = [one for one in self.appointments if one.state is State.BOOKED]
        for one in booked:
            self.tell(self._cancelled(one, why, now))
        self.revision += 1
        self.tell(self._visit_cancelled(why, now, planned=bool(booked), replanned=replanned))
        if freed is not None:
            self.then(freed)
        self.change({one.id: {"state": State.CANCELLED, "ended_at": now} for one in self.appointments if one.state in UNTOUCHED})
        self.stage = Stage.CANCELLED
        return self.forget(RetryVisit)

    def cancel_appointment(self, appointment: Appointment, why: Cancellation, now: datetime) -> Self:
        """Give up one appointment; the others stay, and with the last of them the visit is cancelled."""
        self.tell(self._cancelled(appointment, why, now)).then(self._release((self.slot(appointment),)))
        self.change({appointment.id: {"state": State.CANCELLED, "ended_at": now}})
        if self.stage is Stage.CANCELLED:
            self.revision += 1
            self.tell(self._visit_cancelled(why, now, planned=True, replanned=False))
        return self

    def change(self, changes: Mapping[UUID, Change]) -> Self:
        """Change some appointments, and what follows from them for the visit."""
        self.appointments = tuple(one.model_copy(update=dict(changes.get(one.id, {}))) for one in self.appointments)
        self.stage = stage_of({one.state for one in self.appointments})
        self.unattended_since = min((one.ends_at for one in self.appointments if one.state is State.BOOKED), default=None)
        return self

    def about(self, now: datetime) -> VisitFacts:
        """What every event about this visit says."""
        return VisitFacts(
            occurred_at=now, case_id=self.case_id, visit_id=self.id, party_id=self.party_id, language=self.language, revision=self.revision
        )

    def plan(self) -> PlanFacts:
        """What events about its plan say."""
        assert self.location is not None
        assert self.day is not None
        return PlanFacts(
            location_id=self.location, day=self.day, timezone=self.timezone, items=tuple(one.item() for one in self.appointments)
        )

    def facts_of(self, one: Appointment, now: datetime) -> AppointmentFacts:
        """What every event about one of its appointments says."""
        assert self.location is not None
        return AppointmentFacts(
            occurred_at=now,
            case_id=self.case_id,
            visit_id=self.id,
            appointment_id=one.id,
            location_id=self.location,
            desk_id=one.desk,
            products=one.products,
            starts_at=one.starts_at,
            ends_at=one.ends_at,
            persons=one.persons,
        )

    def _release(self, slots: tuple[Slot, ...]) -> ReleaseSlots:
        assert self.location is not None
        assert self.day is not None
        return ReleaseSlots(visit_id=self.id, revision=self.revision, agenda_id=agenda_id(self.location, self.day), slots=slots)

    def _cancelled(self, one: Appointment, why: Cancellation, now: datetime) -> AppointmentCancelled:
        return AppointmentCancelled(
            **self.facts_of(one, now),
            by=why.by,
            reason_code=why.reason_code,
            notice_working_days=why.notice_working_days,
            late=why.late,
        )

    def _visit_cancelled(self, why: Cancellation, now: datetime, *, planned: bool, replanned: bool) -> VisitCancelled:
        about, by, code, late = self.about(now), why.by, why.reason_code, why.late
        if not planned:
            return VisitCancelled(**about, planned=False, by=by, reason_code=code, late=late, replanned=replanned)
        return VisitCancelled(**about, **self.plan(), planned=True, by=by, reason_code=code, late=late, replanned=replanned)


def stage_of(states: AbstractSet[State]) -> Stage:
    """Where a visit is, by the states of its appointments."""
    if not states <= ENDED:
        return Stage.CONFIRMED if states <= UNTOUCHED | {State.CANCELLED} else Stage.UNDER_WAY
    if State.COMPLETED in states:
        return Stage.COMPLETED if states == {State.COMPLETED} else Stage.PARTLY_COMPLETED
    return Stage.MISSED if State.NO_SHOW in states else Stage.CANCELLED
