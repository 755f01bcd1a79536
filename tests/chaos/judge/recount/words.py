"""The words that indicators are written in: the region's lists, local days, working days, and how figures are rounded."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cache, cached_property
from pathlib import Path
from typing import Any, NamedTuple, Self
from zoneinfo import ZoneInfo

import yaml

from chaos.judge.logged import Told

LISTS = Path(__file__).parents[4] / "regions/south-limburg/reporting"
"""The region's published lists, for runs that bring no copy of theirs."""
NEVER = date(9999, 1, 1)
Events = dict[str, list[Told]]


@dataclass
class Row:
    """One thing that counts: the event that shows it, its local day, in which way it counts, and what figures may be split by."""

    event: str
    day: date
    role: str
    by: dict[str, object] = field(default_factory=dict)
    more: dict[str, Any] = field(default_factory=dict)


class Share(NamedTuple):
    """A part of a whole."""

    numerator: int
    denominator: int


@dataclass
class Figure:
    """What a definition makes of rows; numbers in `details` are text, counts or shares."""

    n: int
    value: str | Share | None
    details: dict[str, str | int | Share | None]


@dataclass
class Region:
    """The lists of a region."""

    zone: ZoneInfo
    holidays: frozenset[date]
    norms: list[dict[str, Any]]
    populations: list[dict[str, Any]]

    @classmethod
    @cache
    def read(cls, folder: Path) -> Self:
        """From the files in a folder."""
        calendar, norms, populations = (
            yaml.safe_load((folder / f"{name}.yaml").read_text()) for name in ("calendar", "norms", "populations")
        )
        return cls(ZoneInfo(calendar["timezone"]), frozenset(row["day"] for row in calendar["holidays"]), norms, populations)

    def day(self, moment: str) -> date:
        """The local day of a moment."""
        return datetime.fromisoformat(moment).astimezone(self.zone).date()

    def names(self, indicator: str, fieldname: str, value: object, day: date) -> bool:
        """Whether an indicator is about this value on a day."""
        return any(
            (row["indicator"], row["field"], row["value"]) == (indicator, fieldname, value)
            and row["valid_from"] <= day < (row.get("valid_to") or NEVER)
            for row in self.populations
        )

    def norm(self, norm: str, day: date) -> int | None:
        """Days that something may take which began on a day."""
        rows = [row for row in self.norms if row["norm"] == norm and row["valid_from"] <= day]
        return int(max(rows, key=lambda row: row["valid_from"])["days"]) if rows else None

    def working_days(self, since: date, until: date) -> int:
        """Working days after one day, up to and including another."""
        return self._numbers[until] - self._numbers[since]

    @cached_property
    def _numbers(self) -> dict[date, int]:
        numbers, number, day = {}, 0, date(2019, 1, 1)
        while day < date(2040, 1, 1):
            number += day.weekday() < 5 and day not in self.holidays
            numbers[day] = number
            day += timedelta(days=1)
        return numbers


class Cases:
    """What is known of each case from its creation."""

    def __init__(self, events: Events) -> None:
        self._said = {one.key: one.data for one in events["case.created"]}

    def of(self, case: str) -> dict[str, object]:
        """Municipality, organisation and type of a case, for splitting."""
        said = self._said.get(case, {})
        return {"municipality": said.get("municipalityCode"), "organisation": said.get("organisationId"), "case_type": said.get("caseType")}


def median(values: Sequence[int]) -> str | None:
    """With one decimal."""
    if not values:
        return None
    ordered, half = sorted(values), len(values) // 2
    middle = Decimal(ordered[half]) if len(values) % 2 else Decimal(ordered[half - 1] + ordered[half]) / 2
    return str(middle.quantize(Decimal("0.1")))


def nearest_rank(values: Sequence[int], tenths: int) -> int | None:
    """The smallest value that is not passed by so many tenths of all."""
    return sorted(values)[max(1, -(-tenths * len(values) // 10)) - 1] if values else None


def divided(share: Share, decimals: int) -> str | None:
    """Exact, rounded half to even."""
    if not share.denominator:
        return None
    return str((Decimal(share.numerator) / Decimal(share.denominator)).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_EVEN))
