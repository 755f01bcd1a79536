"""What events about visits and appointments have in common, as keyword arguments that the type checker knows."""

from datetime import date, datetime
from typing import TypedDict
from uuid import UUID

from common.events.base import Language
from common.events.visit import VisitItem


class VisitFacts(TypedDict):
    """What every event about a visit says."""

    occurred_at: datetime
    case_id: UUID
    visit_id: UUID
    party_id: UUID
    language: Language
    revision: int


class PlanFacts(TypedDict):
    """What events about its plan say."""

    location_id: str
    day: date
    timezone: str
    items: tuple[VisitItem, ...]


class AppointmentFacts(TypedDict):
    """What every event about an appointment says."""

    occurred_at: datetime
    case_id: UUID
    visit_id: UUID
    appointment_id: UUID
    location_id: str
    desk_id: str
    products: tuple[str, ...]
    starts_at: datetime
    ends_at: datetime
    persons: tuple[int, ...]
