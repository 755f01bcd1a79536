"""The planner's memory of agendas: advice that is usually right, so that visits seldom race; the agenda's compare-and-set is what protects."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import NamedTuple, Protocol
from uuid import UUID

from common.store.port import Range, Value
from scheduling.domain.agenda import Agenda, Held
from scheduling.domain.localtime import local_day, midnight, minute_of, moment_of
from scheduling.domain.plan import NoPlan, Plan, PlannedAppointment, Slot, Wish
from scheduling.errands import DeskWork, DeskWorks, Shape, shape_of
from scheduling.openings import Openings
from scheduling.planner import Errand, shortest_stay, starts
from scheduling.region import Region

Day = tuple[str, date]
"""A location and a local day."""


class Agendas(Protocol):
    """Where agendas are found."""

    async def find(self, where: Mapping[str, Value | Range], *, limit: int = 1000) -> list[Agenda]: ...


class Seen(NamedTuple):
    """An agenda as it was last read."""

    version: int
    taken: dict[UUID, Held]
    closed: frozenset[str]
    extra: tuple[Slot, ...]


class Proposal(NamedTuple):
    """What has been chosen here and not yet been seen in an agenda."""

    day: Day
    revision: int
    slots: tuple[Slot, ...]
    since: datetime


@dataclass
class FreeDay:
    """What is free at one location on one day, as bits per desk; answers are kept until something changes."""

    free: dict[str, int]
    known: dict[tuple[tuple[str, ...], int], int] = field(default_factory=dict)

    def starts(self, work: DeskWork) -> int:
        """Where a desk that does this is free for all of its length."""
        key = (work.desks, work.length)
        found = self.known.get(key)
        if found is None:
            found = 0
            for desk in work.desks:
                found |= starts(self.free[desk], work.length)
            self.known[key] = found
        return found

    def desk_at(self, work: DeskWork, begin: int) -> str:
        """The most suitable desk that is free then."""
        wanted = ((1 << work.length) - 1) << begin
        return next(desk for desk in work.desks if self.free[desk] & wanted == wanted)

    def take(self, desk: str, bits: int) -> None:
        """Let nobody else be sent there."""
        if desk in self.free:
            self.free[desk] &= ~bits
            self.known.clear()
