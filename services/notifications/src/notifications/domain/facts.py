"""What a message is about: codes and moments only, never a name, an address or a word."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from common.events.base import Code
from common.events.visit import VisitItem


class _Facts(BaseModel, frozen=True):
    """Facts of one kind."""


class Submission(_Facts):
    """A request has come in."""

    kind: Literal["submission"] = "submission"
    case_type: Code


class Information(_Facts):
    """Documents are missing."""

    kind: Literal["information"] = "information"
    document_types: tuple[Code, ...]
    due_date: date
    asked_at: datetime


class Referral(_Facts):
    """Somebody else is to help."""

    kind: Literal["referral"] = "referral"
    target_organisation: Code
    target_product: Code
    warm_transfer: bool


class Closing(_Facts):
    """A case has ended."""

    kind: Literal["closing"] = "closing"
    result: Literal["completed", "rejected", "withdrawn", "referred", "answered"]
    closed_at: datetime


class PlannedVisit(_Facts):
    """A visit as it is planned; `withdrawn` are appointments of an earlier plan that are in people's calendars still."""

    kind: Literal["planned_visit"] = "planned_visit"
    visit_id: UUID
    revision: int
    location_id: Code
    day: date
    timezone: str
    items: tuple[VisitItem, ...]
    withdrawn: tuple[VisitItem, ...] = ()

    def starts_at(self) -> datetime | None:
        """When the first appointment begins."""
        return min((item.starts_at for item in self.items), default=None)


class CancelledVisit(_Facts):
    """A visit that people were told of and that will not take place."""

    kind: Literal["cancelled_visit"] = "cancelled_visit"
    visit_id: UUID
    revision: int
    location_id: Code | None
    day: date | None
    timezone: str
    items: tuple[VisitItem, ...]
    by: Literal["client", "desk", "system"]
    replanned: bool

    def ends_at(self) -> datetime | None:
        """When the last appointment would have ended."""
        return max((item.ends_at for item in self.items), default=None)


class Lost(_Facts):
    """What a letter was about was lost with the store; it comes back when the event that asked for it is read again."""

    kind: Literal["lost"] = "lost"


Facts = Annotated[Submission | Information | Referral | Closing | PlannedVisit | CancelledVisit | Lost, Field(discriminator="kind")]
