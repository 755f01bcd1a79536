"""What people have been told of one visit, so that word of an older plan never follows word of a newer one."""

from datetime import datetime
from typing import ClassVar, Self
from uuid import UUID

from common.aggregate import Aggregate
from common.events.base import Step
from common.events.visit import VisitCancelled, VisitConfirmed, VisitItem
from common.ids import derived
from notifications.domain.facts import CancelledVisit, PlannedVisit
from notifications.domain.order import Order, Template, message_id
from notifications.domain.steps import WithdrawMessage


class RequestMessage(Step):
    """Word of a visit is to go to its party."""

    order: Order


class VisitMessages(Aggregate):
    """The newest that is known of a visit; `entries` are the appointments that lie in people's calendars."""

    collection: ClassVar[str] = "visit_messages"

    revision: int = 0
    cancelled: bool = False
    entries: tuple[VisitItem, ...] = ()
    reminder_id: UUID | None = None

    def confirm(self, visit: VisitConfirmed, remind_at: datetime | None) -> Self | None:
        """Tell of a plan that is newer than all we know: a confirmation now, a reminder later."""
        if visit.revision <= self.revision:
            return None
        self._withdraw_reminder("visit_changed")
        kept = {item.appointment_id for item in visit.items}
        withdrawn = tuple(item for item in self.entries if item.appointment_id not in kept)
        self.revision, self.cancelled, self.entries = visit.revision, False, visit.items
        facts = PlannedVisit(withdrawn=withdrawn, **_plan(visit))
        self.then(RequestMessage(order=_order(visit, Template.VISIT_CONFIRMED, facts)))
        if remind_at is None:
            return self
        reminder = _order(visit, Template.VISIT_REMINDER, facts, remind_at)
        self.reminder_id = reminder.id
        return self.then(RequestMessage(order=reminder))

    def cancel(self, visit: VisitCancelled) -> Self | None:
        """Tell that the newest plan we know, or a newer one, is off; an older one is off already."""
        if visit.revision < self.revision or (visit.revision == self.revision and self.cancelled):
            return None
        self._withdraw_reminder("visit_cancelled")
        known = {item.appointment_id for item in visit.items}
        items = (*visit.items, *(item for item in self.entries if item.appointment_id not in known))
        self.revision, self.cancelled, self.entries = visit.revision, True, ()
        facts = CancelledVisit(by=visit.by, replanned=visit.replanned, **{**_plan(visit), "items": items})
        return self.then(RequestMessage(order=_order(visit, Template.VISIT_CANCELLED, facts)))

    def why_outdated(self, plan: PlannedVisit) -> str | None:
        """Why word of a plan must not go any more."""
        if self.cancelled:
            return "visit_cancelled"
        return "visit_changed" if plan.revision < self.revision else None

    def _withdraw_reminder(self, reason_code: str) -> None:
        if self.reminder_id is not None:
            self.then(WithdrawMessage(message_id=self.reminder_id, reason_code=reason_code))
            self.reminder_id = None


def visit_messages_id(visit_id: UUID) -> UUID:
    """The id of what people have been told of a visit."""
    return derived("visit-messages", visit_id)


def _plan(visit: VisitConfirmed | VisitCancelled) -> dict[str, object]:
    return {
        "visit_id": visit.visit_id,
        "revision": visit.revision,
        "location_id": visit.location_id,
        "day": visit.day,
        "timezone": visit.timezone,
        "items": visit.items,
    }


def _order(
    visit: VisitConfirmed | VisitCancelled, template: Template, facts: PlannedVisit | CancelledVisit, not_before: datetime | None = None
) -> Order:
    return Order(
        id=message_id(template, visit.visit_id, visit.revision),
        case_id=visit.case_id,
        party_id=visit.party_id,
        template=template,
        language=visit.language,
        facts=facts,
        not_before=not_before,
    )
