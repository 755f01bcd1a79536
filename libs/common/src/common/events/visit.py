"""Facts about visits. Only scheduling tells them."""

from datetime import date
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import Field

from common.events.base import CaseEvent, Code, Count, Language, Message, Moment


class VisitItem(Message):
    """One appointment of a visit: formalities at one desk for some persons, in UTC."""

    appointment_id: UUID
    products: tuple[Code, ...]
    desk_id: Code
    starts_at: Moment
    ends_at: Moment
    persons: tuple[Count, ...]


class _Visit(CaseEvent):
    """What every fact about a visit says; `revision` rises with each change of its plan."""

    publisher: ClassVar[str] = "scheduling"

    visit_id: UUID
    party_id: UUID
    language: Language
    revision: int = Field(ge=1, examples=[1])


class _PlannedVisit(_Visit):
    location_id: Code
    day: date
    timezone: str = Field(max_length=64, examples=["Europe/Amsterdam"])
    items: tuple[VisitItem, ...]


class VisitProposed(_PlannedVisit):
    """A day has been chosen; its slots are being claimed."""

    topic: ClassVar[str] = "visit.proposed"

    third_available_day: date | None = Field(
        default=None, description="The third day, `day` being the first, that had room for such a visit; nothing where there was none."
    )


class VisitConfirmed(_PlannedVisit):
    """Every formality of the case has its desk and time, on one day at one location."""

    topic: ClassVar[str] = "visit.confirmed"

    requested_at: Moment


class VisitDeferred(_Visit):
    """No day fits; the visit waits for capacity."""

    topic: ClassVar[str] = "visit.deferred"

    reason_code: Code
    retry_at: Moment


class VisitCancelled(_Visit):
    """A visit will not take place; `planned` tells whether people had been told a time."""

    topic: ClassVar[str] = "visit.cancelled"

    location_id: Code | None = None
    day: date | None = None
    timezone: str = Field(default="Europe/Amsterdam", max_length=64)
    items: tuple[VisitItem, ...] = ()
    planned: bool
    by: Literal["client", "desk", "system"]
    reason_code: Code
    late: bool
    replanned: bool
