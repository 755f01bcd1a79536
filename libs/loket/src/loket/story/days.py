"""The calendar of the story: its days, and the shared clock that is moved along them."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Europe/Amsterdam")
SEEN = 0.12  # seconds until every service has looked at the clock again
SATURDAY = 5


@dataclass(frozen=True)
class Days:
    """The working days of the story."""

    working: list[date]

    @classmethod
    def after(cls, now: datetime, count: int) -> "Days":
        """So many weekdays, beginning with the first Monday after `now`."""
        today = now.astimezone(ZONE).date()
        monday = today + timedelta(days=7 - today.weekday())
        weekdays = (monday + timedelta(days=n) for n in range(count * 2))
        return cls([day for day in weekdays if day.weekday() < SATURDAY][:count])

    def number(self, day: date) -> int | None:
        """Which working day of the story a day is, counted from 0."""
        return self.working.index(day) if day in self.working else None


class Clock:
    """The clock of the platform; it only goes forward."""

    def __init__(self, shift: Callable[[], timedelta], forward: Callable[[timedelta], object]) -> None:
        self._shift, self._forward = shift, forward

    def now(self) -> datetime:
        """What time the services think it is."""
        return datetime.now(UTC) + self._shift()  # noqa: TID251 - the platform's own reckoning

    async def move_to(self, day: date, hour: int, minute: int = 0) -> None:
        """Let it be that local time, where it is not later already."""
        step = datetime.combine(day, time(hour, minute), ZONE).astimezone(UTC) - self.now()
        if step >= timedelta(seconds=1):
            self._forward(step + timedelta(seconds=1))
            await asyncio.sleep(SEEN)
