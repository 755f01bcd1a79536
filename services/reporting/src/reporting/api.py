"""Reporting's routes: what happened to a case, the indicators, their figures, and the events behind a figure."""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Annotated, NamedTuple
from urllib.parse import urlencode
from uuid import UUID

import orjson
from fastapi import APIRouter, Query

from common.access.guard import GuardedRoute, Known, allowed
from common.errors import NotFound, Rejected
from reporting.definitions import Definition
from reporting.domain import Period
from reporting.figures import Figures
from reporting.store import Facts
from reporting.views import (
    Completeness,
    CountedEvents,
    FigureAnswer,
    IndicatorList,
    IndicatorView,
    PeriodView,
    PublishedReference,
    Timeline,
    counted_event,
    figure_view,
    happening,
)

From = Annotated[
    date | None, Query(alias="from", description="First local day that counts; without it the running month or year of the indicator.")
]
To = Annotated[date | None, Query(alias="to", description="First local day that does not count any more.")]
By = Annotated[str | None, Query(max_length=40, description="What to split by: one of the indicator's `by`.")]
Group = Annotated[str | None, Query(max_length=100, description="Only the events of this group; needs `by`.")]
Page = Annotated[int, Query(ge=1, le=1_000_000)]
PageSize = Annotated[int, Query(alias="pageSize", ge=1, le=1000)]


class Backlog(NamedTuple):
    """What is not in the facts yet."""

    behind: int | None
    """Records of the log not taken in; None where that is not known."""
    set_aside: int
    """Lanes parked or in quarantine."""


def routes(facts: Facts, figures: Figures, backlog: Callable[[], Awaitable[Backlog]]) -> APIRouter:
    """Everything that reporting answers; `backlog` gives what is not in the facts yet."""
    router = APIRouter(prefix="/v1", tags=["reporting"], route_class=GuardedRoute)
    answers, read = _Answers(figures, backlog), [allowed("indicators:read")]

    @router.get(
        "/cases/{case_id}/timeline",
        summary="What happened to a case, who did it and where it lies in the log",
        dependencies=[allowed("timelines:read")],
    )
    async def timeline(caller: Known, case_id: UUID) -> Timeline:
        found = await facts.of_case(case_id) if caller.of_all else []  # a fact knows its case, but not whose it is
        if not found:
            raise NotFound("Nothing is known of this case.")
        return Timeline(
            case_id=case_id, timezone=figures.region.calendar.timezone, items=[happening(fact, orjson.loads(fact.data)) for fact in found]
        )

    @router.get("/indicators", summary="Every indicator and what it means", dependencies=read)
    async def indicators() -> IndicatorList:
        return IndicatorList(items=[answers.indicator(definition) for definition in figures.catalogue.current(figures.today())])

    @router.get("/indicators/{key}", summary="An indicator's figure over a period, whole and in groups", dependencies=read)
    async def indicator(key: str, first: From = None, end: To = None, by: By = None) -> FigureAnswer:
        return await answers.figure(key, first, end, by)

    @router.get("/indicators/{key}/events", summary="The very events that a figure counts", dependencies=read)
    async def events(
        key: str, *, first: From = None, end: To = None, by: By = None, group: Group = None, page: Page = 1, page_size: PageSize = 100
    ) -> CountedEvents:
        return await answers.events(key, _Split(first, end, by, group), page, page_size)

    return router


class _Split(NamedTuple):
    """Part of a figure."""

    first: date | None
    end: date | None
    by: str | None
    group: str | None


class _Answers:
    """Figures in the words of the API."""

    def __init__(self, figures: Figures, backlog: Callable[[], Awaitable[Backlog]]) -> None:
        self._figures, self._backlog = figures, backlog
        self._zone = figures.region.calendar.timezone

    def indicator(self, definition: Definition) -> IndicatorView:
        references = [reference for reference in self._figures.region.references if reference.indicator == definition.key]
        return IndicatorView(
            definition_version=definition.version,
            running_period=definition.runs,
            rounding=f"half to even, {definition.decimals} decimals",
            events=list(definition.events),
            by=list(definition.groups),
            published_references=[PublishedReference(**reference.model_dump(exclude={"indicator"})) for reference in references],
            figure=f"/v1/indicators/{definition.key}",
            **definition.model_dump(
                include={"key", "title", "unit", "valid_from", "definition", "population", "clock", "source", "details"}
            ),
        )

    async def figure(self, key: str, first: date | None, end: date | None, by: str | None) -> FigureAnswer:
        definition, period = self._asked(key, first, end)
        total, groups = await self._figures.answer(definition, period, by)
        return FigureAnswer(
            indicator=self.indicator(definition),
            period=self._period(period),
            by=by,
            total=figure_view(total, _events(definition, period)),
            groups=[figure_view(group, _events(definition, period, by=by, group=group.group)) for group in groups],
            completeness=await self._completeness(period),
        )

    async def events(self, key: str, asked: _Split, page: int, page_size: int) -> CountedEvents:
        definition, period = self._asked(key, asked.first, asked.end)
        by, group = asked.by, asked.group
        if group is not None and by is None:
            raise Rejected("`group` needs `by`: a group is one of those that a figure is split into.")
        total, items = await self._figures.events(definition, period, by, group, limit=page_size, skip=(page - 1) * page_size)
        more = page * page_size < total
        return CountedEvents(
            key=definition.key,
            definition_version=definition.version,
            period=self._period(period),
            by=by,
            group=group,
            total=total,
            page=page,
            page_size=page_size,
            items=[counted_event(item) for item in items],
            next=_events(definition, period, by=by, group=group, page=page + 1, pageSize=page_size) if more else None,
        )

    def _asked(self, key: str, first: date | None, end: date | None) -> tuple[Definition, Period]:
        if first is None or end is None:
            if first is not end:
                raise Rejected("`from` and `to` go together; without both it is the running period.")
            definition = self._figures.definition(key, self._figures.today())
            return definition, Period.running(definition.runs, self._figures.today())
        if first >= end:
            raise Rejected("`from` is the first day that counts and must lie before `to`, the first that does not.")
        return self._figures.definition(key, first), Period(first, end)

    def _period(self, period: Period) -> PeriodView:
        return PeriodView(first=period.first, end=period.end, timezone=self._zone)

    async def _completeness(self, period: Period) -> Completeness:
        over, (behind, aside) = period.end <= self._figures.today(), await self._backlog()
        return Completeness(complete=over and behind == 0 and aside == 0, period_over=over, records_behind=behind, set_aside=aside)


def _events(definition: Definition, period: Period, **more: str | int | None) -> str:
    asked = {
        "from": period.first.isoformat(),
        "to": period.end.isoformat(),
        **{name: value for name, value in more.items() if value is not None},
    }
    return f"/v1/indicators/{definition.key}/events?{urlencode(asked)}"
