"""A visit: all desks that one case needs, on one day at one location, from the wish to the last outcome."""

from collections.abc import Iterable
from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar, Literal, Self
from uuid import UUID

from common.aggregate import Aggregate
from common.events.appointment import AppointmentBooked, AppointmentCancelled
from common.events.case import CaseClosed, CaseScreened, FormalityWanted
from common.events.visit import VisitCancelled, VisitConfirmed, VisitDeferred, VisitProposed
from scheduling.domain.appointment import ENDED, UNTOUCHED, Appointment, State
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


WAITING_FOR_A_DAY = frozenset({Stage.REQUESTED, Stage.PROPOSED, Stage.DEFERRED})


class Cancellation(BaseModel):
    """Why a visit or an appointment will not take place, and how many working days before."""
