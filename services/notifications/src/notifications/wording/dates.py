"""Moments and lists as people write them, in the place's time zone and the reader's language; what has been written is kept."""

from datetime import date, datetime
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time, get_timezone_name
from babel.lists import format_list


@lru_cache(maxsize=4096)
def written_day(day: date, locale: str) -> str:
    """The day of the week and the date, in full: Dienstag, 24. November 2026."""
    return str(format_date(day, "full", locale=locale))


@lru_cache(maxsize=4096)
def written_time(moment: datetime, timezone: str, locale: str) -> str:
    """The time on the clock of a place: 09:00."""
    return str(format_time(moment.astimezone(ZoneInfo(timezone)), "HH:mm", locale=locale))


def named_zone(moment: datetime, timezone: str, locale: str) -> str:
    """The zone that holds at a place at a moment: Central European Standard Time."""
    return _named_zone(timezone, locale, "daylight" if moment.astimezone(ZoneInfo(timezone)).dst() else "standard")


@lru_cache(maxsize=256)
def listed(names: tuple[str, ...], locale: str) -> str:
    """Names one after the other: passport, tenancy contract and photo."""
    return str(format_list(names, locale=locale))


@lru_cache(maxsize=256)
def _named_zone(timezone: str, locale: str, variant: Literal["daylight", "standard"]) -> str:
    return str(get_timezone_name(ZoneInfo(timezone), width="long", locale=locale, zone_variant=variant))
