"""What the region pack says to reporting: its calendar, norms, whom the indicators are about, and figures published elsewhere."""

from datetime import date
from pathlib import Path
from typing import Self, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from pydantic import BaseModel, Field, ValidationError, field_validator

from common.yaml_text import read_yaml

R = TypeVar("R", bound=BaseModel)


class RegionError(Exception):
    """A file of the region pack cannot be used; the sentence names the file and the row."""


class Row(BaseModel, frozen=True, extra="forbid"):
    """A row of the region pack."""


class Holiday(Row):
    """A day on which desks are closed by law or custom."""

    day: date
    name: str


class Calendar(Row):
    """The region's clock and its days off."""

    timezone: str
    holidays: tuple[Holiday, ...]

    @field_validator("timezone")
    @classmethod
    def _known(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except ZoneInfoNotFoundError:
            raise ValueError("no such time zone") from None
        return name


class Norm(Row):
    """How many days something may take, from a day on."""

    norm: str
    days: int = Field(ge=0)
    unit: str
    start_event: str
    valid_from: date
    source: str


class Member(Row):
    """A value that puts an event into the population of an indicator, from a day on."""

    indicator: str
    field: str
    value: str
    valid_from: date
    valid_to: date | None = None
    source: str


class Reference(Row):
    """A figure or promise published elsewhere, to stand beside ours; as text, since units and scales differ."""

    indicator: str
    period: str
    value: str
    counts: str
    source: str


class Region(BaseModel, frozen=True):
    """Everything that reporting reads of a region pack."""

    calendar: Calendar
    norms: tuple[Norm, ...]
    members: tuple[Member, ...]
    references: tuple[Reference, ...]

    @classmethod
    def read(cls, folder: Path) -> Self:
        """The files of a folder; raises `RegionError`."""
        return cls(
            calendar=_rows(folder / "calendar.yaml", Calendar)[0],
            norms=_rows(folder / "norms.yaml", Norm),
            members=_rows(folder / "populations.yaml", Member),
            references=_rows(folder / "references.yaml", Reference),
        )

    @property
    def timezone(self) -> ZoneInfo:
        """Where the region's days begin."""
        return ZoneInfo(self.calendar.timezone)


def _rows(path: Path, kind: type[R]) -> tuple[R, ...]:
    try:
        found = read_yaml(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise RegionError(f"{path} cannot be read: {type(error).__name__}.") from error
    return tuple(_row(path, number, row, kind) for number, row in enumerate(found if isinstance(found, list) else [found], 1))


def _row(path: Path, number: int, row: object, kind: type[R]) -> R:
    try:
        return kind.model_validate(row)
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}" for fault in error.errors(include_input=False))
        raise RegionError(f"{path}, row {number}: {faults}.") from None
