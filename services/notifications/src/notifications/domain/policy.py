"""The rules of a region for when messages go: reminder hour, how long each is worth sending, how often to try."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field


class Dated(BaseModel):
    """A row of the region pack that holds from a day on, until a later row takes its place."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    valid_from: date


class ReminderRule(Dated):
    """How many days before a visit, and at which local hour, people are reminded."""

    days_before: int = Field(ge=0, le=30)
    hour: int = Field(ge=0, le=23)


class ExpiryRule(Dated):
    """For how many hours a message is worth sending once it may go."""

    template: str
    hours: int = Field(ge=1, le=24 * 90)


class Policy(BaseModel):
    """All rules of a region, with their dates."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    reminders: tuple[ReminderRule, ...] = Field(min_length=1)
    expiries: tuple[ExpiryRule, ...] = Field(min_length=1)
    retry_after_seconds: tuple[int, ...]
    contact_first_wait_ms: int = Field(ge=1)
    contact_longest_wait_ms: int = Field(ge=1)
    lease_seconds: int = Field(ge=1)
    provider_pause_seconds: int = Field(ge=1)
    provider_deduplicates: bool = False
    """Whether the provider drops a second letter with the same id; it is told by the settings, not by the region."""

    def reminder_at(self, day: date, timezone: str) -> datetime:
        """When people are reminded of a visit on a day, in UTC; the hour is that of the visit's place."""
        rule = in_force(self.reminders, day)
        local = datetime.combine(day - timedelta(days=rule.days_before), time(rule.hour), ZoneInfo(timezone))
        return local.astimezone(UTC)

    def lasts(self, template: str, day: date) -> timedelta:
        """How long a message is worth sending."""
        return timedelta(hours=in_force([rule for rule in self.expiries if rule.template == template], day).hours)

    def retry_after(self, attempt: int) -> timedelta | None:
        """How long to wait after an attempt of which we know that nothing was sent; None when it was the last."""
        return timedelta(seconds=self.retry_after_seconds[attempt - 1]) if attempt <= len(self.retry_after_seconds) else None

    def contact_wait(self, waits: int) -> timedelta:
        """How long to wait for a contact for the `waits`-th time: doubled each time, up to a limit."""
        doubled = self.contact_first_wait_ms * 2 ** min(waits, 30)
        return timedelta(milliseconds=min(doubled, self.contact_longest_wait_ms))

    @property
    def provider_pause(self) -> timedelta:
        """How long a message is left alone while the provider lets nobody in."""
        return timedelta(seconds=self.provider_pause_seconds)

    @property
    def lease(self) -> timedelta:
        """How long an attempt may take before nobody can say what came of it."""
        return timedelta(seconds=self.lease_seconds)


D = TypeVar("D", bound=Dated)


def in_force(rows: Sequence[D], day: date) -> D:
    """The row that holds on a day; before the first row's day the first one holds."""
    past = [row for row in rows if row.valid_from <= day]
    return max(past, key=lambda row: row.valid_from) if past else min(rows, key=lambda row: row.valid_from)
