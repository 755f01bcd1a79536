"""When desks are open, as bits on the grid of a local day, and which days are working days."""

from datetime import date, timedelta

from scheduling.domain.localtime import minute_on_the_wall
from scheduling.region import Region


class Openings:
    """Opening hours less the closures of the region pack; a bit is one grid step, the lowest is the first after local midnight."""

    def __init__(self, region: Region) -> None:
        self._region = region
        self._grid, self._zone = region.policies.slot_grid_minutes, region.policies.zone
        self._known: dict[tuple[str, date], dict[str, int]] = {}

    def of(self, location: str, day: date) -> dict[str, int]:
        """The open bits of every desk of a location on a day."""
        known = self._known.get((location, day))
        if known is None:
            known = self._known[location, day] = {desk.id: 0 for desk in self._region.desks if desk.location == location}
            for desk in self._region.desks:
                if desk.location == location and self.closed_by(location, desk.id, day) is None:
                    for opens, closes in desk.windows(day):
                        known[desk.id] |= self.bits(minute_on_the_wall(day, opens, self._zone), minute_on_the_wall(day, closes, self._zone))
        return known

    def bits(self, start: int, end: int) -> int:
        """The grid steps that lie wholly between two minutes."""
        first, after = -(-start // self._grid), end // self._grid
        return ((1 << after) - 1) & ~((1 << first) - 1) if after > first else 0

    def touched(self, start: int, end: int) -> int:
        """The grid steps that two minutes have between them, also in part: what is taken on another grid is taken on this one."""
        first, after = start // self._grid, -(-end // self._grid)
        return ((1 << after) - 1) & ~((1 << first) - 1) if after > first else 0

    def closed_by(self, location: str, desk: str | None, day: date) -> str | None:
        """The reason for which the region pack closes a desk (None: the whole location) on a day."""
        row = self._region.location(location, day)
        if row is None:
            return "not_in_use"
        return next((closure.reason for closure in self._region.closures if closure.closes(row, desk, day)), None)

    def is_working_day(self, location: str, day: date) -> bool:
        """Whether any desk of a location opens on a day."""
        return any(self.of(location, day).values())

    def working_days(self, location: str, after: date, until: date) -> list[date]:
        """The working days after a day, up to and including another."""
        days = (after + timedelta(days=n) for n in range(1, (until - after).days + 1))
        return [day for day in days if self.is_working_day(location, day)]
