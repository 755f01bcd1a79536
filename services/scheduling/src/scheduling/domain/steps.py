"""What visits and agendas leave for each other to do: each step changes one of them."""

from datetime import date
from uuid import UUID

from common.events.base import Code, Step
from scheduling.domain.plan import Slot


class OfAgenda(Step):
    """Something that an agenda is to do for a visit and a revision of its plan."""

    visit_id: UUID
    revision: int
    agenda_id: UUID


class ClaimSlots(OfAgenda):
    """Take the slots that a visit has chosen, all or none."""

    location: Code
    day: date
    slots: tuple[Slot, ...]


class ConfirmVisit(Step):
    """The agenda has given a visit all its slots."""

    visit_id: UUID
    revision: int
    agenda_id: UUID


class ChooseAgain(Step):
    """Somebody else was first: a visit needs another time."""

    visit_id: UUID
    revision: int


class ReleaseSlots(OfAgenda):
    """Give back what a visit holds up to a revision of its plan; without `slots`, all of it."""

    slots: tuple[Slot, ...] = ()


class RetryVisit(Step):
    """A visit that fitted nowhere tries again; it waits for its time."""

    visit_id: UUID


class OfferCapacity(Step):
    """A day has room again: who has waited longest and fits may have it."""

    location: Code
    day: date


class ReplanVisit(Step):
    """A desk that a visit holds is closed: the visit needs another time."""

    visit_id: UUID
    location: Code
    day: date
    reason_code: Code
