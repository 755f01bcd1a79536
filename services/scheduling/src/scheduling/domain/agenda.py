"""An agenda: what is taken, closed and opened in addition at one location on one day."""

from datetime import date
from typing import ClassVar, Self
from uuid import UUID

from pydantic import Field

from common.aggregate import Aggregate
from scheduling.domain.plan import Slot, agenda_id, overlaps
from scheduling.domain.steps import ChooseAgain, ClaimSlots, ConfirmVisit, OfferCapacity, ReleaseSlots, ReplanVisit

EVERY_DESK = "*"
Held = tuple[int, tuple[Slot, ...]]
"""The revision of a visit's plan, and the slots it has been given."""


class Agenda(Aggregate):
    """What many visits want at once; its compare-and-set is what keeps them apart."""

    collection: ClassVar[str] = "agendas"
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("location", "day"),)

    location: str
    day: date
    taken: dict[UUID, Held] = Field(default_factory=dict)
    closed: dict[str, str] = Field(default_factory=dict)
    """Desk (or `*` for all) to the reason, as ordered at run time; the region pack's closures come on top."""
    extra: tuple[Slot, ...] = ()

    @classmethod
    def of(cls, location: str, day: date) -> Self:
        """The empty agenda of a day; its id always follows from location and day."""
        return cls(id=agenda_id(location, day), location=location, day=day)

    def holds(self, visit_id: UUID, revision: int) -> bool:
        """Whether a visit has been given slots for this revision of its plan, or a later one."""
        return visit_id in self.taken and self.taken[visit_id][0] >= revision

    def closed_by(self, desk: str) -> str | None:
        """The reason for which a desk was closed at run time."""
        return self.closed.get(desk, self.closed.get(EVERY_DESK))

    def can_give(self, visit_id: UUID, slots: tuple[Slot, ...]) -> bool:
        """Whether a visit can have all these slots; what it holds by an earlier plan is its own."""
        if any(self.closed_by(desk) for desk, _, _ in slots):
            return False
        return not overlaps(slots, (slot for owner, (_, held) in self.taken.items() if owner != visit_id for slot in held))

    def claim(self, step: ClaimSlots) -> bool:
        """Give a visit all its slots or none, and tell it which; whether it got them."""
        given = self.holds(step.visit_id, step.revision)
        if not given and self.can_give(step.visit_id, step.slots):
            self.taken[step.visit_id] = (step.revision, step.slots)
            given = True
        if given:
            self.then(ConfirmVisit(visit_id=step.visit_id, revision=step.revision, agenda_id=self.id))
        else:
            self.then(ChooseAgain(visit_id=step.visit_id, revision=step.revision))
        return given

    def release(self, step: ReleaseSlots) -> Self | None:
        """Take back what a visit holds, unless a later plan of it has claimed since; others may have it."""
        revision, held = self.taken.get(step.visit_id, (step.revision + 1, ()))
        if revision > step.revision:
            return None
        kept = tuple(slot for slot in held if step.slots and slot not in step.slots)
        if kept == held:
            return None
        if kept:
            self.taken[step.visit_id] = (revision, kept)
        else:
            del self.taken[step.visit_id]
        return self._offer()

    def close(self, desk: str | None, reason: str) -> Self | None:
        """Refuse every further claim on a desk, and send those who hold it to look for another time."""
        if (desk or EVERY_DESK) in self.closed:
            return None
        self.closed[desk or EVERY_DESK] = reason
        for visit, (_, held) in self.taken.items():
            if desk is None or any(slot[0] == desk for slot in held):
                self.then(ReplanVisit(visit_id=visit, location=self.location, day=self.day, reason_code=reason))
        return self

    def reopen(self, desk: str | None) -> Self | None:
        """Take claims again, and let those who wait know."""
        if self.closed.pop(desk or EVERY_DESK, None) is None:
            return None
        return self._offer()

    def add_hours(self, desk: str, start: int, end: int) -> Self | None:
        """Open a desk in addition to its usual hours."""
        if (desk, start, end) in self.extra:
            return None
        self.extra = (*self.extra, (desk, start, end))
        return self._offer()

    def _offer(self) -> Self:
        return self.then(OfferCapacity(location=self.location, day=self.day))
