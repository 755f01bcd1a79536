"""How far a case is: what has been heard of its visit and formalities, merged so that the order of hearing does not matter."""

from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from common.events.base import Code
from common.events.case import FormalityWanted, Status


class Formality(BaseModel):
    """A product for some persons of the household, with its own readiness and state."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    product: Code
    persons: tuple[int, ...]
    desk: bool = True
    registers: bool = False
    ready: bool = False
    awaiting_permit_of: tuple[int, ...] = ()
    """Persons on whose permit a decision is awaited once the desk is done."""
    completed_at: datetime | None = None
    outcome: Code | None = None

    def wanted(self) -> FormalityWanted:
        """As others hear of it."""
        return FormalityWanted(formality_id=self.id, product=self.product, persons=self.persons)


class VisitSeen(BaseModel):
    """What has been heard of the visit: appointments of its latest plan, begun ones, and those that are off for good.

    Each plan has appointments of its own (their ids are derived from its revision), so what is off never comes back.
    """

    revision: int = 0
    booked: set[UUID] = Field(default_factory=set)
    begun: set[UUID] = Field(default_factory=set)
    off: set[UUID] = Field(default_factory=set)

    def confirm(self, revision: int, appointments: set[UUID]) -> bool:
        """A plan stands unless a newer one, or its cancellation, has been heard of."""
        if revision <= self.revision:
            return False
        self.revision, self.booked = revision, appointments
        return True

    def cancel(self, revision: int, appointments: set[UUID]) -> None:
        """A plan is off; an older one takes nothing from a newer one."""
        self.off |= appointments
        if revision >= self.revision:
            self.revision, self.booked = revision, set()

    def begin(self, appointment: UUID) -> None:
        """Somebody is there."""
        self.begun.add(appointment)

    def lose(self, appointment: UUID) -> None:
        """Nobody came, or nobody is to come."""
        self.off.add(appointment)

    def standing(self) -> Status:
        """How far the visit has brought the case."""
        if self.begun - self.off:
            return "in_progress"
        return "planned" if self.booked - self.off else "accepted"


class PermitDecision(BaseModel):
    """What the immigration service has decided about a person."""

    model_config = ConfigDict(frozen=True)

    person: int
    applied_on: date
    decided_on: date
    granted: bool


def standing(formalities: tuple[Formality, ...], visit: VisitSeen, decisions: tuple[PermitDecision, ...]) -> Status:
    """The status that follows from everything heard so far."""
    wanted = [formality for formality in formalities if formality.desk]
    settled = [formality for formality in wanted if formality.completed_at is not None]
    if len(settled) < len(wanted):
        return "in_progress" if settled else visit.standing()
    verdicts = {decision.person: decision.granted for decision in decisions}
    awaited = {person for formality in wanted for person in formality.awaiting_permit_of}
    if awaited - set(verdicts):
        return "awaiting_decision"
    return "rejected" if awaited and not any(verdicts[person] for person in awaited) else "completed"
