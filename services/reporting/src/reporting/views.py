"""What reporting answers: timelines, indicators, figures and the events behind them."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from common.http import View
from reporting.domain import Detail, Fact, Figure
from reporting.figures import Counted
from reporting.titles import title_of


class Who(View):
    """The service that told an event, and who acted where the event says so."""

    service: str
    actor: str | None


class Happening(View):
    """One event of a case, with its place in the log."""

    what: str
    who: Who
    occurred_at: datetime
    recorded_at: datetime
    event_id: UUID
    event_type: str
    subject: UUID
    sequence: int
    topic: str
    partition: int
    offset: int
    correlation: UUID | None
    causation: UUID | None
    trace: str
    data: dict[str, object]


class Timeline(View):
    """Everything that happened to a case; moments are in UTC, `timezone` is the region's."""

    case_id: UUID
    timezone: str
    items: list[Happening]


class PublishedReference(View):
    """A figure published elsewhere; it may count other things."""

    period: str
    value: str
    counts: str
    source: str


class IndicatorView(View):
    """What an indicator means."""

    key: str
    title: str
    unit: str
    definition_version: str
    valid_from: date
    definition: str
    population: str
    clock: str
    source: str
    events: list[str]
    running_period: Literal["month", "year"]
    rounding: str
    by: list[str]
    details: dict[str, str]
    published_references: list[PublishedReference]
    figure: str
    """Where its figure is."""


class IndicatorList(View):
    """Every indicator in its present version."""

    items: list[IndicatorView]


class PeriodView(View):
    """Local days, from the first up to but not including the last."""

    first: date
    end: date
    timezone: str


class NumberView(View):
    """A number beside the value; decimals are text, so that no digit is lost."""

    value: str | None
    numerator: int | None
    denominator: int | None


class FigureView(NumberView):
    """A value, the number of events behind it, and the address that lists them."""

    group: str | None
    n: int
    details: dict[str, NumberView]
    events: str


class Completeness(View):
    """Whether the figure can still change: the period must be over, and nothing may wait in the log."""

    complete: bool
    period_over: bool
    records_behind: int | None
    """Records of the log that this service has not taken in; null while that is not known, as when Kafka does not answer."""
    set_aside: int
    """Parked or quarantined lanes of this service: events that wait for somebody and are in no figure yet."""


class FigureAnswer(View):
    """An indicator's figure over a period, whole and in groups."""

    indicator: IndicatorView
    period: PeriodView
    by: str | None
    total: FigureView
    groups: list[FigureView]
    completeness: Completeness


class CountedEvent(View):
    """An event that a figure counts, and the events that show in which way it counts."""

    event_id: UUID
    what: str
    role: str
    group: str
    day: date
    topic: str
    partition: int
    offset: int
    case_id: UUID | None
    subject: UUID
    occurred_at: datetime
    evidence: list[UUID]


class CountedEvents(View):
    """One page of the events behind a figure, by day and id."""

    key: str
    definition_version: str
    period: PeriodView
    by: str | None
    group: str | None
    total: int
    page: int
    page_size: int
    items: list[CountedEvent]
    next: str | None


def happening(fact: Fact, data: dict[str, object]) -> Happening:
    """A fact as people read it."""
    return Happening(
        what=title_of(fact.topic),
        who=Who(service=fact.publisher, actor=fact.actor),
        event_id=fact.id,
        data=data,
        **{name: getattr(fact, name) for name in Happening.model_fields if name in Fact.model_fields and name != "data"},
    )


def number_view(detail: Detail) -> NumberView:
    """A number beside the value."""
    return NumberView(value=detail.value, numerator=detail.numerator, denominator=detail.denominator)


def figure_view(figure: Figure, events: str) -> FigureView:
    """A figure with the address of its events."""
    return FigureView(
        group=figure.group,
        n=figure.n,
        value=figure.value,
        numerator=figure.numerator,
        denominator=figure.denominator,
        details={name: number_view(detail) for name, detail in figure.details.items()},
        events=events,
    )


def counted_event(counted: Counted) -> CountedEvent:
    """An event behind a figure."""
    return CountedEvent(what=title_of(counted.topic), evidence=list(counted.evidence), **counted.model_dump(exclude={"evidence"}))
