"""What may be handed in: codes that stand in a list, days and numbers within bounds; the region pack says which, each row dated."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, ValidationInfo, model_validator
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

A_CENTURY = 36_525  # days


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(pattern=r"^[a-z_]{1,40}$")]
    why: Annotated[str, Field(min_length=1, description="Where the bounds come from; `assumed` where nobody has said.")]
    valid_from: date
    valid_to: date | None = None


class DayBound(_Row):
    """The first and the last day that a field may name, in days before and after the day on which it is handed in."""

    days_back: int = Field(ge=0, le=A_CENTURY)
    days_ahead: int = Field(ge=0, le=A_CENTURY)

    def on(self, day: date) -> "Span":
        """The bounds for what is handed in on a day."""
        return day - timedelta(days=self.days_back), day + timedelta(days=self.days_ahead)


class NumberBound(_Row):
    """The least and the most that a field may be, in the unit that its name says."""

    least: int = Field(ge=0, le=2**31)
    most: int = Field(ge=0, le=2**31)

    @model_validator(mode="after")
    def _leaves_room(self) -> "NumberBound":
        if self.most < self.least:
            raise ValueError("most is below least")
        return self

    def on(self, _day: date) -> "Span":
        """The bounds, whatever the day."""
        return self.least, self.most


Span = tuple[Any, Any]
"""The least and the most: two days, or two numbers."""


class Bounds(BaseModel):
    """A table of bounds (`bounds.yaml`)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    days: tuple[DayBound, ...] = ()
    numbers: tuple[NumberBound, ...] = ()

    def on(self, day: date) -> Mapping[str, Span]:
        """The bounds by name for what is handed in on a day; of rows that overlap the one that began last."""
        rows: list[DayBound | NumberBound] = [*self.days, *self.numbers]
        held = [row for row in rows if row.valid_from <= day and (row.valid_to is None or day <= row.valid_to)]
        return {row.name: row.on(day) for row in sorted(held, key=lambda row: row.valid_from)}

    def lacking(self, names: frozenset[str]) -> list[str]:
        """Names for which no row without end is there."""
        return sorted(names - {row.name for row in (*self.days, *self.numbers) if row.valid_to is None})


@dataclass(frozen=True)
class Terms:
    """The lists and bounds of one day; `where` says in which file of the region pack each list stands."""

    lists: Mapping[str, frozenset[str]]
    bounds: Mapping[str, Span]
    where: Mapping[str, str]


HELD: ContextVar[Terms | None] = ContextVar("terms", default=None)
"""The terms of the request that is being read; nothing that is read from a store or from Kafka is held to them."""


@contextmanager
def held_to(terms: Terms) -> Iterator[None]:
    """Hold what is read to these terms."""
    token = HELD.set(terms)
    try:
        yield
    finally:
        HELD.reset(token)


def _terms(info: ValidationInfo) -> Terms | None:
    return info.context if isinstance(info.context, Terms) else HELD.get()


@dataclass(frozen=True)
class Of:
    """Marks a code of the list of this name that is not held to it while it is read: events, and ids that get 404 where unknown."""

    name: str


@dataclass(frozen=True)
class Listed:
    """Marks a code that must stand in the list of this name when it is handed in."""

    name: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.with_info_after_validator_function(self._check, handler(source))

    def _check(self, code: str, info: ValidationInfo) -> str:
        terms = _terms(info)
        if terms is not None and code not in terms.lists[self.name]:
            words = {"name": self.name.replace("_", " "), "where": terms.where[self.name]}
            raise PydanticCustomError("unlisted", "is not in the list of {name} of this region ({where})", words)
        return code


@dataclass(frozen=True)
class Within:
    """Marks a day, a moment (by the day it names) or a number that must lie within the bounds of this name when it is handed in."""

    name: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.with_info_after_validator_function(self._check, handler(source))

    def _check(self, value: Any, info: ValidationInfo) -> Any:
        terms = _terms(info)
        if terms is None or value is None:
            return value
        least, most = terms.bounds[self.name]
        if not least <= (value.date() if isinstance(value, datetime) else value) <= most:
            raise PydanticCustomError("out_of_bounds", "must lie between {least} and {most}", {"least": str(least), "most": str(most)})
        return value
