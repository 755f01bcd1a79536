"""An appointment of a visit: what happens at one desk, from being held to its outcome."""

from datetime import datetime
from enum import StrEnum
from typing import TypedDict
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from common.events.visit import VisitItem
from common.ids import derived
from scheduling.domain.plan import PlannedAppointment


class State(StrEnum):
    """Where an appointment is on its way."""

    HELD = "held"
    BOOKED = "booked"
    CHECKED_IN = "checked_in"
    CALLED = "called"
    STARTED = "started"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    NO_SHOW = "no_show"


ENDED = frozenset({State.COMPLETED, State.CANCELLED, State.NO_SHOW})
UNTOUCHED = frozenset({State.HELD, State.BOOKED})


class Change(TypedDict, total=False):
    """What may change of an appointment."""

    state: State
    checked_in_at: datetime
    called_at: datetime
    started_at: datetime
    ended_at: datetime


class Appointment(BaseModel):
    """Formalities of one organisation, for some persons, at one desk; frozen, each change makes another."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    desk: str
    products: tuple[str, ...]
    formalities: tuple[UUID, ...]
    persons: tuple[int, ...]
    starts_at: datetime
    ends_at: datetime
    state: State = State.HELD
    checked_in_at: datetime | None = None
    called_at: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None

    @classmethod
    def planned(cls, visit_id: UUID, revision: int, number: int, plan: PlannedAppointment) -> "Appointment":
        """An appointment of a plan; another revision of the plan has other appointments."""
        return cls(
            id=derived("appointment", visit_id, revision, number),
            desk=plan.desk,
            products=plan.products,
            formalities=plan.formalities,
            persons=plan.persons,
            starts_at=plan.starts_at,
            ends_at=plan.ends_at,
        )

    def item(self) -> VisitItem:
        """As the others are told."""
        return VisitItem(
            appointment_id=self.id,
            products=self.products,
            desk_id=self.desk,
            starts_at=self.starts_at,
            ends_at=self.ends_at,
            persons=self.persons,
        )

    def waited_seconds(self, now: datetime) -> int:
        """From check-in or the agreed time, whichever is later, until called; nobody is told more than the contract allows."""
        since = max(self.starts_at, self.checked_in_at or self.starts_at)
        return _seconds(since, self.called_at or now)

    def lasted_seconds(self, now: datetime) -> int:
        """From its start at the desk until now."""
        return _seconds(self.started_at or now, now)


def _seconds(since: datetime, until: datetime) -> int:
    return min(100_000, max(0, int((until - since).total_seconds())))
