"""Figures and the very events they were made of, both from the one list that a definition gives."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from common.clock import Clock
from common.errors import NotFound, Rejected
from reporting.definitions import Catalogue, Definition
from reporting.domain import Detail, Figure, Period, Running
from reporting.region import Region
from reporting.warehouse import Answer, Query, Warehouse

UNKNOWN = "unknown"  # the group of what says nothing about itself
ALL = "all"
HEADLINE = frozenset({"grp", "n", "value", "numerator", "denominator"})

GROUPED = """
with counted as (
    select *, {group} as grp from {list} where day >= cast($first as date) and day < cast($end as date)
)
"""
LISTED = """,
listed as (
    select event_id, min(day) as day, min(role) as role, min(grp) as grp, list_sort(list_distinct(flatten(list(evidence)))) as evidence
    from counted
    where $group is null or grp = $group
    group by event_id
)
"""
FIGURE = "select * from ({figure}) order by grp"
COUNT = "select count(*) from listed"
PAGE = """
select
    f.id, f.topic, f.case_id, f.subject, strftime(f.occurred_at, '%Y-%m-%dT%H:%M:%S.%fZ') as occurred_at,
    l.day, l.role, l.grp, f."partition", f."offset", l.evidence
from listed l
join facts f on f.id = l.event_id
order by l.day, l.event_id
limit $limit offset $skip
"""


class Counted(BaseModel, frozen=True):
    """An event that a figure counts, where it lies in the log, and the events that show in which way it counts."""

    event_id: UUID
    topic: str
    case_id: UUID | None
    subject: UUID
    occurred_at: datetime
    day: date
    role: str
    group: str
    partition: int
    offset: int
    evidence: tuple[UUID, ...]


class Figures:
    """Answers for any indicator, period and split; each looks at the facts of this very moment."""

    def __init__(self, warehouse: Warehouse, catalogue: Catalogue, region: Region, clock: Clock) -> None:
        self._warehouse, self.catalogue, self.region, self._clock = warehouse, catalogue, region, clock

    @property
    def keys(self) -> Sequence[str]:
        """The indicators there are."""
        return self.catalogue.keys

    def today(self) -> date:
        """The day it is in the region."""
        return self._clock.now().astimezone(self.region.timezone).date()

    def definition(self, key: str, day: date) -> Definition:
        """The version of an indicator that holds on a day."""
        definition = self.catalogue.of(key, day)
        if definition is None:
            raise NotFound(f"There is no such indicator; there are {', '.join(self.keys)}.")
        return definition

    async def running(self, key: str, /) -> Running:
        """An indicator's figure of the month or year that today lies in."""
        today = self.today()
        definition = self.definition(key, today)
        period = Period.running(definition.runs, today)
        return Running(
            definition_version=definition.version, unit=definition.unit, period=period, figure=await self.total(definition, period)
        )

    async def answer(self, definition: Definition, period: Period, by: str | None) -> tuple[Figure, list[Figure]]:
        """The figure over everything that counts in a period, and that of each group in the order of their names, at one moment."""
        asked = [
            Query(_grouped(definition, split) + FIGURE.format(figure=definition.figure), _days(period))
            for split in dict.fromkeys((None, by))
        ]
        whole, *groups = await self._warehouse.ask(definition, asked)
        total = _figures(definition, whole, None) or [Figure(n=0, value="0" if definition.kind == "count" else None)]
        return total[0], _figures(definition, groups[0], by) if groups else []

    async def total(self, definition: Definition, period: Period) -> Figure:
        """The figure over everything that counts in a period."""
        return (await self.answer(definition, period, None))[0]

    async def split(self, definition: Definition, period: Period, by: str) -> list[Figure]:
        """The figure of each group that occurs."""
        return (await self.answer(definition, period, by))[1]

    async def events(
        self, definition: Definition, period: Period, by: str | None, group: str | None, *, limit: int, skip: int
    ) -> tuple[int, list[Counted]]:
        """How many events a figure counts, and one page of them by day and id."""
        values = {**_days(period), "group": group}
        listed = _grouped(definition, by) + LISTED
        paged = Query(listed + PAGE, {**values, "limit": limit, "skip": skip})
        number, page = await self._warehouse.ask(definition, [Query(listed + COUNT, values), paged])
        return int(number.rows[0][0]), [Counted.model_validate(dict(zip(Counted.model_fields, row, strict=True))) for row in page.rows]


def _grouped(definition: Definition, by: str | None) -> str:
    """The list of what counts; `by` comes from the caller, so only names that the definition gives may pass."""
    if by is not None and by not in definition.groups:
        raise Rejected(f"This indicator can be split by {', '.join(definition.groups)}; nothing else is allowed in `by`.")
    group = f"'{ALL}'" if by is None else f"coalesce(cast({by} as varchar), '{UNKNOWN}')"
    return GROUPED.format(list=definition.list_name, group=group)


def _days(period: Period) -> dict[str, object]:
    return {"first": period.first.isoformat(), "end": period.end.isoformat()}


def _figures(definition: Definition, answer: Answer, by: str | None) -> list[Figure]:
    return [_figure(definition, dict(zip(answer.columns, row, strict=True)), by) for row in answer.rows]


def _figure(definition: Definition, row: dict[str, Any], by: str | None) -> Figure:
    numerator, denominator = row.get("numerator"), row.get("denominator")
    value = _share(numerator, denominator, definition.decimals) if definition.kind == "share" else _text(row["value"])
    details = {name: _detail(found, definition.decimals) for name, found in row.items() if name not in HEADLINE}
    return Figure(group=row["grp"] if by else None, n=row["n"], value=value, numerator=numerator, denominator=denominator, details=details)


def _detail(found: Any, decimals: int) -> Detail:
    if isinstance(found, dict):
        numerator, denominator = found["numerator"], found["denominator"]
        return Detail(value=_share(numerator, denominator, decimals), numerator=numerator, denominator=denominator)
    return Detail(value=_text(found))


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _share(numerator: int | None, denominator: int | None, decimals: int) -> str | None:
    """An exact division, rounded half to even: the same digits on every machine."""
    if not denominator or numerator is None:
        return None
    return str((Decimal(numerator) / Decimal(denominator)).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_EVEN))
