"""The rows of the region pack: locations, desks, products, closures and the rules for planning, each with its dates."""

import re
from collections.abc import Sequence
from datetime import date, time
from typing import Annotated, Literal, TypeVar
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from common.events.base import Code, Language, MunicipalityCode

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def _is_window(text: str) -> str:
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d", text):
        raise ValueError("is to read like 09:00-12:30")
    if text[:5] >= text[6:]:
        raise ValueError("closes before it opens")
    return text


def _is_timezone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("is no time zone that is known here")
    return name


Window = Annotated[str, AfterValidator(_is_window)]
"""From opening to closing on one day, in local time: `09:00-12:30`."""


class Row(BaseModel):
    """A row of the region pack; what is not known here is a fault."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Codes(Row):
    """Lists of words that staff may hand in; what is not listed is refused."""

    cancellation_reasons: frozenset[Code] = frozenset()
    closure_reasons: frozenset[Code] = frozenset()
    recorders: frozenset[Code] = frozenset()


class DatedRow(Row):
    """A row that holds from a day up to and including another."""

    valid_from: date
    valid_to: date | None = None

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> "DatedRow":
        if self.valid_to is not None and self.valid_to < self.valid_from:
            raise ValueError("valid_to lies before valid_from")
        return self

    def holds_on(self, day: date) -> bool:
        """Whether the row is in force on a day."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


class NamedRow(DatedRow):
    """A dated row of something that has an id."""

    id: Code


class Location(NamedRow):
    """Where people come to a desk, and the municipalities whose residents may."""

    name: str
    address: str
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    municipalities: tuple[MunicipalityCode, ...]


class Desk(NamedRow):
    """A counter of one organisation; a desk without hours on a weekday is closed then."""

    location: Code
    organisation: Code
    products: tuple[Code, ...]
    languages: tuple[Language, ...]
    hours: dict[Weekday, tuple[Window, ...]]

    def windows(self, day: date) -> list[tuple[time, time]]:
        """When the desk is open on a day, in local time; closures come on top."""
        if not self.holds_on(day):
            return []
        return [(time.fromisoformat(text[:5]), time.fromisoformat(text[6:])) for text in self.hours.get(WEEKDAYS[day.weekday()], ())]  # type: ignore[call-overload]


class Product(NamedRow):
    """What a desk does, how long it takes, and its place in the order of a visit."""

    organisation: Code
    rank: int = Field(ge=1, le=100)
    first_person_minutes: int = Field(ge=1, le=480)
    extra_person_minutes: int = Field(ge=0, le=480)
    buffer_minutes: int = Field(ge=0, le=240)

    def minutes(self, persons: int) -> int:
        """How long it takes for so many persons of one household."""
        return self.first_person_minutes + self.extra_person_minutes * max(0, persons - 1)


class Closure(Row):
    """Days, both included, on which a country, a location or a desk is closed."""

    country: str | None = None
    location: Code | None = None
    desk: Code | None = None
    first: date = Field(alias="from")
    last: date = Field(alias="to")
    reason: Code

    @model_validator(mode="after")
    def _closes_one_thing(self) -> "Closure":
        if sum(scope is not None for scope in (self.country, self.location, self.desk)) != 1:
            raise ValueError("closes exactly one of country, location and desk")
        if self.last < self.first:
            raise ValueError("ends before it begins")
        return self

    def closes(self, location: Location, desk: str | None, day: date) -> bool:
        """Whether a desk (None: the whole location) is closed on a day by this."""
        if not self.first <= day <= self.last:
            return False
        return self.country == location.country or self.location == location.id or (desk is not None and self.desk == desk)


class Policy(DatedRow):
    """The rules for planning that hold from a day."""

    version: Code
    booking_window_days: int = Field(ge=1, le=365)
    minimum_notice_minutes: int = Field(ge=0, le=30 * 24 * 60)
    late_cancel_working_days: int = Field(ge=0, le=30)
    no_show_policy: Code
    retry_hours: int = Field(ge=1, le=24 * 30)
    outcomes: dict[Code, bool]
    """What a desk may record, and whether it settles the formality."""


class Policies(Row):
    """The time zone of the region, the grid on which appointments start, and the rules by date."""

    timezone: Annotated[str, AfterValidator(_is_timezone)]
    slot_grid_minutes: Literal[5, 10, 15, 20, 30]
    policies: tuple[Policy, ...] = Field(min_length=1)

    @property
    def zone(self) -> ZoneInfo:
        """The time zone in which the hours are written."""
        return ZoneInfo(self.timezone)


R = TypeVar("R", bound=DatedRow)


def in_force(rows: Sequence[R], day: date) -> R | None:
    """The row that began last among those that hold on a day."""
    return max((row for row in rows if row.holds_on(day)), key=lambda row: row.valid_from, default=None)
