"""What somebody is to get: which message, about what, and how long that is worth reading."""

from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel

from common.events.base import Language
from common.ids import derived
from notifications.domain.facts import CancelledVisit, Facts, Information, PlannedVisit
from notifications.domain.policy import Policy


class Template(StrEnum):
    """The messages that people get."""

    SUBMISSION_RECEIVED = "submission_received"
    INFORMATION_NEEDED = "information_needed"
    VISIT_CONFIRMED = "visit_confirmed"
    VISIT_REMINDER = "visit_reminder"
    VISIT_CANCELLED = "visit_cancelled"
    CASE_REFERRED = "case_referred"
    CASE_CLOSED = "case_closed"


class Order(BaseModel, frozen=True):
    """A message that somebody is to get."""

    id: UUID
    case_id: UUID
    party_id: UUID
    template: Template
    language: Language
    facts: Facts
    not_before: datetime | None = None


def message_id(template: Template, *cause: object) -> UUID:
    """The id of the message that something causes: always the same, so that asking twice makes one; the provider's idempotency key too."""
    return derived("message", template.value, *cause)


def expiry(order: Order, not_before: datetime, policy: Policy) -> datetime:
    """When a message stops being worth reading."""
    limit = not_before + policy.lasts(order.template, not_before.date())
    last = _last_use(order.facts)
    return limit if last is None else min(limit, last)


def _last_use(facts: Facts) -> datetime | None:
    """After this a message is worth nothing: the visit has begun or would be over, the day for bringing documents is past."""
    match facts:
        case PlannedVisit():
            return facts.starts_at()
        case CancelledVisit():
            return facts.ends_at()
        case Information():
            return datetime.combine(facts.due_date + timedelta(days=1), time(), UTC)
        case _:
            return None
