"""The planner's memory of agendas: advice, so that visits seldom race; an agenda's compare-and-set is what protects."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from scheduling.domain.agenda import EVERY_DESK, Agenda, Held
from scheduling.domain.plan import Slot, agenda_id
from scheduling.errands import DeskWork
from scheduling.openings import Openings
from scheduling.planner import starts

Day = tuple[str, date]
"""A location and a local day."""

NOWHERE: Day = ("", date.min)

Finder = Callable[[str, date, date], Awaitable[list[Agenda]]]
"""Reads the agendas of a location from a day up to but not including another."""

Versions = Callable[[str, date, date], Awaitable[dict[UUID, int]]]
"""Reads no more than the versions of the same."""

FEW = 8  # changed days are read one by one; more of them in one go
A_DAY = timedelta(days=1)


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
    decided: int | None = None
    """The version of the agenda with which its claim was decided: from there on the agenda says all."""


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

    def __init__(self, find: Finder, versions: Versions, openings: Openings, fresh_for: timedelta, believed_for: timedelta) -> None:
        self._find, self._versions, self._openings = find, versions, openings
        self._fresh_for, self.believed_for = fresh_for, believed_for
        self._seen: dict[Day, Seen] = {}
        self._proposals: dict[Day, dict[UUID, Proposal]] = {}
        self._proposed: dict[UUID, Day] = {}
        self._days: dict[Day, FreeDay] = {}
        self._read: dict[str, tuple[datetime, date, date]] = {}
        self._tidied: datetime | None = None
        self._reading = asyncio.Lock()
        self.gains = 0
        """How often room may have come; who remembers that there was none looks again when this has risen."""

    def read_at(self, locations: Sequence[str]) -> datetime | None:
        """When the last of some locations was read; None while none was."""
        return max((self._read[location][0] for location in locations if location in self._read), default=None)

    async def refresh(self, now: datetime, first: date, last: date, locations: Sequence[str]) -> None:
        """See what has changed at some locations from the first up to and including the last day, unless that was done a moment ago."""
        stale = [location for location in locations if not self._is_fresh(location, now, first, last)]
        if not stale:
            return
        async with self._reading:
            for location in stale:
                if not self._is_fresh(location, now, first, last):  # else somebody else has read meanwhile
                    await self._read_changed(location, first, last)
                    self._read[location] = (now, first, last)
            self._forget_the_past(now, first)

    async def _read_changed(self, location: str, first: date, last: date) -> None:
        """Only what is not known yet: an agenda of a busy day holds hundreds of slots, and most have not changed."""
        versions = await self._versions(location, first, last + A_DAY)
        days = [first + A_DAY * n for n in range((last - first).days + 1)]
        changed = [day for day in days if self._version((location, day)) < versions.get(agenda_id(location, day), 0)]
        if len(changed) > FEW:
            for agenda in await self._find(location, changed[0], changed[-1] + A_DAY):
                self.saw(agenda)
            return
        for day in changed:
            await self.look_again(location, day)

    def _version(self, day: Day) -> int:
        seen = self._seen.get(day)
        return 0 if seen is None else seen.version

    async def look_again(self, location: str, day: date) -> None:
        """Read one day, because it is known to have changed."""
        for agenda in await self._find(location, day, day + A_DAY):
            self.saw(agenda)

    def saw(self, agenda: Agenda) -> None:
        """Remember an agenda as it has just been read; an older reading changes nothing."""
        day = (agenda.location, agenda.day)
        before = self._seen.get(day)
        if before is not None and before.version >= agenda.version:
            return
        self._seen[day] = Seen(agenda.version, dict(agenda.taken), frozenset(agenda.closed), agenda.extra)
        for visit in [visit for visit, proposal in self._proposals.get(day, {}).items() if _is_over(visit, proposal, agenda)]:
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

    def decided(self, visit: UUID, revision: int, version: int) -> None:
        """An agenda of this version will say whether a visit has what was proposed; who gives it back later is not believed to hold it."""
        proposals = self._proposals.get(self._proposed.get(visit, NOWHERE), {})
        if visit in proposals and proposals[visit].revision == revision:
            proposals[visit] = proposals[visit]._replace(decided=version)

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

    def forget_unclaimed(self, day: Day, now: datetime) -> None:
        """Believe no longer what was proposed on a day long ago and not seen claimed."""
        for visit in [visit for visit, proposal in self._proposals.get(day, {}).items() if now - proposal.since > self.believed_for]:
            self.forget(visit)

    def _is_fresh(self, location: str, now: datetime, first: date, last: date) -> bool:
        if location not in self._read:
            return False
        read, since, until = self._read[location]
        return now - read < self._fresh_for and since <= first and last <= until

    def _forget_the_past(self, now: datetime, first: date) -> None:
        if self._tidied is not None and now - self._tidied < self._fresh_for:
            return
        self._tidied = now
        for day in [day for day in (*self._seen, *self._days) if day[1] < first]:
            self._seen.pop(day, None)
            self._days.pop(day, None)
        for proposed in [*self._proposals]:
            self.forget_unclaimed(proposed, now)
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


def _is_over(visit: UUID, proposal: Proposal, agenda: Agenda) -> bool:
    return agenda.holds(visit, proposal.revision) or (proposal.decided is not None and agenda.version >= proposal.decided)
