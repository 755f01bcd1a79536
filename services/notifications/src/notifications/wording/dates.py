"""Moments as people write them, in the place's time zone and the reader's language."""

from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time, get_timezone_name


@lru_cache(maxsize=4096)
def written_day(day: date, locale: str) -> str:
    """The day of the week and the date, in full: Dienstag, 24. November 2026."""
    return str(format_date(day, "full", locale=locale))


@lru_cache(maxsize=4096)
def written_time(moment: datetime, timezone: str, locale: str) -> str:
    """The time on the clock of a place: 09:00."""
    return str(format_time(moment.astimezone(ZoneInfo(timezone)), "HH:mm", locale=locale))


@lru_cache(maxsize=4096)
def named_zone(moment: datetime, timezone: str, locale: str) -> str:
    """The zone that holds at a place at a moment: Central European Standard Time."""
    return str(get_timezone_name(moment.astimezone(ZoneInfo(timezone)), width="long", locale=locale))
