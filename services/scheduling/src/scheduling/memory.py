"""The planner's memory of agendas: advice, so that visits seldom race; an agenda's compare-and-set is what protects."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from scheduling.domain.agenda import EVERY_DESK, Agenda, Held
from scheduling.domain.plan import Slot
from scheduling.errands import DeskWork
from scheduling.openings import Openings
from scheduling.planner import starts

Day = tuple[str, date]
"""A location and a local day."""

Finder = Callable[[str, date, date], Awaitable[list[Agenda]]]
"""Reads the agendas of a location from a day up to but not including another."""


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
    """What is free at one location on one day, as bits per desk; answers are kept until something is taken."""

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
        """Send nobody else there."""
        if desk in self.free:
            self.free[desk] &= ~bits
            self.known.clear()


class Memory:
    """One per process; everything but reading is done at once, so that two handlers never choose the same slot."""

    def __init__(self, find: Finder, openings: Openings, locations: Iterable[str], fresh_for: timedelta, believed_for: timedelta) -> None:
        self._find, self._openings, self._locations = find, openings, tuple(locations)
        self._fresh_for, self._believed_for = fresh_for, believed_for
        self._seen: dict[Day, Seen] = {}
        self._proposals: dict[Day, dict[UUID, Proposal]] = {}
        self._proposed: dict[UUID, Day] = {}
        self._days: dict[Day, FreeDay] = {}
        self._read: tuple[datetime, date, date] | None = None
        self._reading = asyncio.Lock()
        self.gains = 0
        """How often room may have come; who remembers that there was none looks again when this has risen."""

    @property
    def read_at(self) -> datetime | None:
        """When all agendas were last read."""
        return self._read and self._read[0]

    async def refresh(self, now: datetime, first: date, last: date) -> None:
        """Read every agenda from the first up to and including the last day, unless that was done a moment ago."""
        if self._is_fresh(now, first, last):
            return
        async with self._reading:
            if self._is_fresh(now, first, last):
                return  # somebody else has read meanwhile
            found = [await self._find(location, first, last + timedelta(days=1)) for location in self._locations]
            self._read = (now, first, last)
            self._forget_the_past(now, first)
            for agendas in found:
                for agenda in agendas:
                    self.saw(agenda)

    async def look_again(self, location: str, day: date) -> None:
        """Read one day, because it is known to have changed."""
        for agenda in await self._find(location, day, day + timedelta(days=1)):
            self.saw(agenda)

    def saw(self, agenda: Agenda) -> None:
        """Remember an agenda as it has just been read; an older reading changes nothing."""
        day = (agenda.location, agenda.day)
        before = self._seen.get(day)
        if before is not None and before.version >= agenda.version:
            return
        self._seen[day] = Seen(agenda.version, dict(agenda.taken), frozenset(agenda.closed), agenda.extra)
        for visit in [visit for visit, proposal in self._proposals.get(day, {}).items() if agenda.holds(visit, proposal.revision)]:
            del self._proposals[day][visit], self._proposed[visit]
        self._changed(day)

    def free(self, location: str, day: date) -> FreeDay:
        """What is free, as far as is known here."""
        free = self._days.get((location, day))
        if free is None:
            free = self._days[location, day] = self._work_out(location, day)
        return free

    def propose(self, visit: UUID, proposal: Proposal) -> None:
        """Send nobody else to what a visit is about to claim."""
        self.forget(visit)
        self._proposals.setdefault(proposal.day, {})[visit] = proposal
        self._proposed[visit] = proposal.day
        free = self.free(*proposal.day)
        for desk, start, end in proposal.slots:
            free.take(desk, self._openings.touched(start, end))

    def forget(self, visit: UUID) -> None:
        """A visit does not claim what was chosen for it."""
        day = self._proposed.pop(visit, None)
        if day is not None:
            del self._proposals[day][visit]
            self._changed(day)

    def is_closed(self, location: str, day: date) -> bool:
        """Whether a whole location was closed at run time."""
        seen = self._seen.get((location, day))
        return seen is not None and EVERY_DESK in seen.closed

    def _is_fresh(self, now: datetime, first: date, last: date) -> bool:
        if self._read is None:
            return False
        read, since, until = self._read
        return now - read < self._fresh_for and since <= first and last <= until

    def _forget_the_past(self, now: datetime, first: date) -> None:
        for day in [day for day in (*self._seen, *self._days) if day[1] < first]:
            self._seen.pop(day, None)
            self._days.pop(day, None)
        proposals = [one for proposals in self._proposals.values() for one in proposals.items()]
        for visit in [visit for visit, proposal in proposals if now - proposal.since > self._believed_for]:
            self.forget(visit)
        self._proposals = {day: proposals for day, proposals in self._proposals.items() if proposals}

    def _changed(self, day: Day) -> None:
        self._days.pop(day, None)
        self.gains += 1

    def _work_out(self, location: str, day: date) -> FreeDay:
        free = dict(self._openings.of(location, day))
        seen = self._seen.get((location, day))
        if seen is not None:
            for desk, start, end in seen.extra:
                free[desk] = free.get(desk, 0) | self._openings.bits(start, end)
            for desk in free if EVERY_DESK in seen.closed else seen.closed:
                free[desk] = 0
        result = FreeDay(free)
        held = () if seen is None else (slot for _, slots in seen.taken.values() for slot in slots)
        proposed = (slot for proposal in self._proposals.get((location, day), {}).values() for slot in proposal.slots)
        for desk, start, end in (*held, *proposed):
            result.take(desk, self._openings.touched(start, end))
        return result
