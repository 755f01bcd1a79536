"""Local days as what they are: 23, 24 or 25 hours from one midnight to the next, counted in minutes that really pass."""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo


@lru_cache(4096)
def midnight(day: date, zone: ZoneInfo) -> datetime:
    """When a local day begins, in UTC."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def local_day(moment: datetime, zone: ZoneInfo) -> date:
    """The day that it is on the wall at a moment."""
    return moment.astimezone(zone).date()


def minute_of(moment: datetime, day: date, zone: ZoneInfo) -> int:
    """Whole minutes passed since the local day began; negative before it."""
    return int((moment - midnight(day, zone)) // timedelta(minutes=1))


def minute_on_the_wall(day: date, wall: time, zone: ZoneInfo) -> int:
    """How many minutes have really passed when the clock on the wall shows a time; an hour that comes twice counts the first time."""
    return minute_of(datetime.combine(day, wall, zone).astimezone(UTC), day, zone)
