"""Chooses the day and the desks of a visit: the earliest day that settles everything, then the shortest stay, then the earliest start."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import chain, islice
from uuid import UUID

from scheduling.domain.agenda import Agenda
from scheduling.domain.localtime import local_day, midnight, minute_of
from scheduling.domain.plan import FittingDay, NoPlan, Plan, PlannedAppointment, Slot, Wish
from scheduling.errands import DeskWork, DeskWorks, Shape, shape_of
from scheduling.memory import Memory, Proposal
from scheduling.openings import Openings
from scheduling.planner import Errand, shortest_stay
from scheduling.region import Region

A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Search:
    """A wish with everything that the search for a day needs to know."""

    wish: Wish
    shape: Shape
    earliest: datetime
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class _Fit:
    """Where the errands of a visit fit on one day at one location; starts in grid steps."""

    location: str
    day: date
    works: tuple[DeskWork, ...]
    begins: tuple[int, ...]

    def better_than(self, other: "_Fit | None") -> bool:
        """Whether the stay is shorter, or as short and earlier."""
        return other is None or (self.stay(), self.begins[0]) < (other.stay(), other.begins[0])

    def stay(self) -> int:
        """From the first start to the last end."""
        return self.begins[-1] + self.works[-1].length - self.begins[0]


class Diary:
    """What the handlers ask for a plan; what it has proposed it proposes to nobody else."""

    def __init__(self, region: Region, memory: Memory, openings: Openings) -> None:
        self._region, self._memory, self._openings = region, memory, openings
        self._works = DeskWorks(region)
        self._zone, self._grid = region.policies.zone, region.policies.slot_grid_minutes
        self._full: dict[tuple[str, Shape, str], tuple[int, date, date]] = {}
        self._third: dict[tuple[str, Shape, str], tuple[datetime | None, date, date | None]] = {}

    async def choose(self, wish: Wish, now: datetime) -> Plan | NoPlan:
        """The best plan in the booking window, kept for this visit until its claim is seen."""
        await self._refresh(wish, now)
        self._memory.forget(wish.visit_id)
        search = self._search(wish, now)
        if search.first > search.last:
            ahead = A_DAY * self._region.policy_at(now).booking_window_days
            return NoPlan("outside_booking_window", midnight(search.first - ahead, self._zone))
        fit = self._first(search)
        return self._no_plan(search, now) if fit is None else self._keep(search, fit, now, self._third_day(search, fit))

    async def choose_on(self, wish: Wish, location: str, day: date, now: datetime) -> Plan | None:
        """A plan on one day at one location, where room has come."""
        self._memory.forget_unclaimed((location, day), now)
        search = self._search(wish, now)
        if not search.first <= day <= search.last or location not in self._works.locations(wish.municipality, day):
            return None
        fit = self._fit(search, location, day)
        return None if fit is None else self._keep(search, fit, now)

    async def fitting_days(self, wish: Wish, now: datetime, limit: int) -> list[FittingDay]:
        """The next days with room, so many at most; nothing is kept, and what the visit holds itself counts as taken."""
        await self._refresh(wish, now)
        search = self._search(wish, now)
        first = self._first(search) if search.first <= search.last else None
        if first is None:
            return []
        later = (self._best_on(search, first.day + A_DAY * n) for n in range(1, (search.last - first.day).days + 1))
        return [self._fitting_day(fit) for fit in islice(chain([first], filter(None, later)), limit)]

    async def look_again(self, location: str, day: date) -> None:
        """Read a day that is known to have changed."""
        await self._memory.look_again(location, day)

    def saw(self, agenda: Agenda) -> None:
        """Learn from an agenda that has just been read."""
        self._memory.saw(agenda)

    def decided(self, visit_id: UUID, revision: int, version: int) -> None:
        """The claim of a visit is decided with this version of its agenda."""
        self._memory.decided(visit_id, revision, version)

    def forget(self, visit_id: UUID) -> None:
        """A visit does not want any more what was chosen for it."""
        self._memory.forget(visit_id)

    def notice(self, location: str, day: date, now: datetime) -> int:
        """The working days of a location from now to a day; closed days do not count."""
        days = self._openings.working_days(location, local_day(now, self._zone), day)
        return sum(not self._memory.is_closed(location, one) for one in days)

    async def _refresh(self, wish: Wish, now: datetime) -> None:
        today = local_day(now, self._zone)
        last = today + A_DAY * self._region.policy(today).booking_window_days
        await self._memory.refresh(now, today, last, self._works.ever(wish.municipality))

    def _search(self, wish: Wish, now: datetime) -> _Search:
        today = local_day(now, self._zone)
        policy = self._region.policy(today)
        earliest = max(wish.not_before, now + timedelta(minutes=policy.minimum_notice_minutes))
        return _Search(
            wish, shape_of(wish.formalities), earliest, local_day(earliest, self._zone), today + A_DAY * policy.booking_window_days
        )

    def _days(self, search: _Search) -> Iterator[date]:
        """The days of a search, in order; days known to be full for households of this shape are left out."""
        key = (search.wish.municipality, search.shape, search.wish.language)
        yield search.first
        day = since = search.first + A_DAY  # the first day may be full only because it is late, so it is never remembered
        gains, full_from, full_until = self._full.get(key, (-1, day, day))
        while day <= search.last:
            if gains == self._memory.gains and full_from <= day < full_until:
                since, day = min(since, full_from), full_until
                continue
            self._full[key] = (self._memory.gains, since, day)
            yield day
            day += A_DAY
        self._full[key] = (self._memory.gains, since, day)

    def _first(self, search: _Search) -> _Fit | None:
        return next(filter(None, (self._best_on(search, day) for day in self._days(search))), None)

    def _third_day(self, search: _Search, fit: _Fit) -> date | None:
        """The third day, the chosen one being the first, that had room for households of this shape too.

        Only told, never planned by: one answer serves all until agendas are read again, since looking costs up to a third of a search.
        """
        as_of = self._memory.read_at(self._works.ever(search.wish.municipality))
        key = (search.wish.municipality, search.shape, search.wish.language)
        known = self._third.get(key)
        if known is None or known[:2] != (as_of, fit.day):
            days = (fit.day + A_DAY * n for n in range(1, (search.last - fit.day).days + 1))
            third = next(islice((day for day in days if self._best_on(search, day) is not None), 1, None), None)
            known = self._third[key] = (as_of, fit.day, third)
        return known[2]

    def _best_on(self, search: _Search, day: date) -> _Fit | None:
        best: _Fit | None = None
        for location in self._works.locations(search.wish.municipality, day):
            fit = self._fit(search, location, day)
            if fit is not None and fit.better_than(best):
                best = fit
        return best

    def _fit(self, search: _Search, location: str, day: date) -> _Fit | None:
        works = self._works.at(location, day, search.shape, search.wish.language)
        if works is None:
            return None
        free = self._memory.free(location, day)
        errands: list[Errand] = []
        for work in works:
            starts = free.starts(work)
            if not starts:
                return None
            errands.append(Errand(starts, work.length, work.gap))
        if day == search.first:
            errands[0] = errands[0]._replace(starts=errands[0].starts & (-1 << self._step_after(search.earliest, day)))
        begins = shortest_stay(errands)
        return None if begins is None else _Fit(location, day, works, begins)

    def _step_after(self, moment: datetime, day: date) -> int:
        return max(0, -(-minute_of(moment + timedelta(seconds=59), day, self._zone) // self._grid))

    def _keep(self, search: _Search, fit: _Fit, now: datetime, third_day: date | None = None) -> Plan:
        free, begin_of_day = self._memory.free(fit.location, fit.day), midnight(fit.day, self._zone)
        slots: list[Slot] = []
        appointments: list[PlannedAppointment] = []
        for work, begin in zip(fit.works, fit.begins, strict=True):
            start, end = begin * self._grid, (begin + work.length) * self._grid
            slots.append((free.desk_at(work, begin), start, end))
            appointments.append(
                PlannedAppointment(
                    desk=slots[-1][0],
                    products=work.products,
                    formalities=tuple(one.formality_id for one in search.wish.formalities if one.product in work.products),
                    persons=work.persons,
                    starts_at=begin_of_day + timedelta(minutes=start),
                    ends_at=begin_of_day + timedelta(minutes=end),
                )
            )
        self._memory.propose(search.wish.visit_id, Proposal((fit.location, fit.day), search.wish.revision, tuple(slots), now))
        return Plan(fit.location, fit.day, self._region.policies.timezone, tuple(appointments), tuple(slots), third_day)

    def _fitting_day(self, fit: _Fit) -> FittingDay:
        starts_at = midnight(fit.day, self._zone) + timedelta(minutes=fit.begins[0] * self._grid)
        return FittingDay(fit.location, fit.day, starts_at, starts_at + timedelta(minutes=fit.stay() * self._grid))

    def _no_plan(self, search: _Search, now: datetime) -> NoPlan:
        policy = self._region.policy(local_day(now, self._zone))
        places = self._works.locations(search.wish.municipality, search.first)
        done = any(self._works.at(place, search.first, search.shape, search.wish.language) for place in places)
        retry_at = now + timedelta(hours=policy.retry_hours)
        if not done:
            return NoPlan("no_desk_for_products", retry_at)
        return NoPlan("no_capacity_in_window", retry_at, min(retry_at, now + self._memory.believed_for))
