"""What a visit wishes for, and the plan that fulfils it: desks and times of one day at one location."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from uuid import UUID

from common.events.case import FormalityWanted
from common.ids import derived

Slot = tuple[str, int, int]
"""A desk, and from which to which minute of the local day it is taken; short, for agendas hold many."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What has to be planned for one household; `revision` is that of the plan to come."""

    visit_id: UUID
    revision: int
    municipality: str
    language: str
    formalities: tuple[FormalityWanted, ...]
    not_before: datetime


@dataclass(frozen=True, slots=True)
class PlannedAppointment:
    """Products of one organisation, for some persons, at one desk."""

    desk: str
    products: tuple[str, ...]
    formalities: tuple[UUID, ...]
    persons: tuple[int, ...]
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Plan:
    """One day at one location that settles everything a visit wishes for."""

    location: str
    day: date
    timezone: str
    appointments: tuple[PlannedAppointment, ...]
    slots: tuple[Slot, ...]
    third_day: date | None = None
    """The third day, this one being the first, that had room for such a visit; None where there was none, or nobody looked."""


@dataclass(frozen=True, slots=True)
class NoPlan:
    """Why nothing fits, and when it is worth trying again."""

    reason: str
    retry_at: datetime
    look_again_at: datetime | None = None
    """When what others were about to claim or to give back meanwhile is decided: whoever begins to wait looks once more then."""


@dataclass(frozen=True, slots=True)
class FittingDay:
    """A day with room for everything, at the location where the stay is shortest, from the first appointment to the last."""

    location: str
    day: date
    starts_at: datetime
    ends_at: datetime


def overlaps(slots: Iterable[Slot], taken: Iterable[Slot]) -> bool:
    """Whether any of some slots wants a desk while it is taken."""
    wanted: dict[str, list[Slot]] = {}
    for slot in slots:
        wanted.setdefault(slot[0], []).append(slot)
    return any(start < until and since < end for desk, since, until in taken for _, start, end in wanted.get(desk, ()))


def visit_id(case_id: UUID) -> UUID:
    """The id of a case's visit: always the same, so that asking twice makes one."""
    return derived("visit", case_id)


@lru_cache(4096)
def agenda_id(location: str, day: date) -> UUID:
    """The id of a location's day."""
    return derived("agenda", location, day)
