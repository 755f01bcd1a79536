"""Rows that are in force from one day to another; what was right on a day stays findable for ever."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, model_validator

R = TypeVar("R", bound="Dated")


class Dated(BaseModel):
    """A row of the region pack; `valid_to` is the last day, absent while the row is in force."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    valid_from: date
    valid_to: date | None = None

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> "Dated":
        if self.valid_to is not None and self.valid_to < self.valid_from:
            raise ValueError("valid_to is before valid_from")
        return self

    def holds_on(self, day: date) -> bool:
        """Whether the row is in force on a day."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


def in_force(rows: Iterable[R], day: date) -> Iterator[R]:
    """The rows in force on a day, in their order."""
    return (row for row in rows if row.holds_on(day))
