"""Facts, and figures made of them: what is kept of every event, and what is told when a figure changes."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import cache
from typing import ClassVar, Literal, NamedTuple, Self
from uuid import UUID

from pydantic import BaseModel

from common.aggregate import Aggregate
from common.cloudevents import event_type
from common.envelope import Envelope
from common.events.base import CaseEvent, Event, Message, Step
from common.events.indicator import IndicatorUpdated
from common.ids import derived

LEFT_OUT = frozenset({"record"})  # the bytes of a parked record: they stay with the service that parked it
ACTORS = ("recorded_by", "booked_by", "by", "partner_id")  # fields that say who acted, the closest to the deed first
WATCH = derived("watch", "reporting")


class Fact(Aggregate):
    """One event as it was told, with its place in the log; written once and never changed."""

    collection: ClassVar[str] = "facts"
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("case_id",), ("recorded_at",))

    topic: str
    event_type: str
    subject: UUID
    case_id: UUID | None
    publisher: str
    occurred_at: datetime
    recorded_at: datetime
    partition: int
    offset: int
    sequence: int
    causation: UUID | None
    trace: str
    actor: str | None
    data: str
    """The event's data as JSON text: parsed by the figures, not here, so that a fact costs one string."""

    @classmethod
    def of(cls, event: Event, envelope: Envelope, now: datetime) -> Self:
        """What is kept of an event; its id is the event's, so that a repeated event is a duplicate key."""
        kept = _kept_of(type(event))
        return cls(
            id=envelope.id,
            correlation=envelope.correlation,
            topic=event.topic,
            event_type=kept.event_type,
            subject=envelope.subject,
            case_id=event.case_id if isinstance(event, CaseEvent) else None,
            publisher=event.publisher,
            occurred_at=event.occurred_at,
            recorded_at=now,
            partition=envelope.partition,
            offset=envelope.offset,
            sequence=envelope.sequence,
            causation=envelope.causation,
            trace=envelope.traceparent[3:35],
            actor=getattr(event, kept.actor) if kept.actor else None,
            data=event.__pydantic_serializer__.to_json(event, by_alias=True, exclude=kept.left_out).decode(),
        )


class Period(NamedTuple):
    """Local days, from the first up to but not including the last."""

    first: date
    end: date

    @classmethod
    def running(cls, kind: Literal["month", "year"], today: date) -> Self:
        """The calendar month or year that a day lies in."""
        if kind == "year":
            return cls(today.replace(month=1, day=1), today.replace(year=today.year + 1, month=1, day=1))
        first = today.replace(day=1)
        return cls(first, (first + timedelta(days=32)).replace(day=1))


class Detail(BaseModel, frozen=True):
    """A number that stands beside a figure; decimals are text, so that no digit is lost."""

    value: str | None
    numerator: int | None = None
    denominator: int | None = None


class Figure(Detail, frozen=True):
    """A value with the number of things it was made of; `value` is None where nothing can be said."""

    group: str | None = None
    n: int
    details: dict[str, Detail] = {}


class Running(BaseModel, frozen=True):
    """The figure of a period that is not over, by the definition of a version."""

    definition_version: str
    unit: str
    period: Period
    figure: Figure


class WatchFigures(Message):
    """Tell what changes in the figures from now on; asked at each start."""


class LookAtFacts(Step):
    """See whether facts have come since the last look."""


class RefreshIndicator(Step):
    """Compute an indicator of the running period again."""

    key: str


class Watch(Aggregate):
    """Looks at the facts every few seconds and has the figures refreshed when there are new ones; no fact pays for it."""

    collection: ClassVar[str] = "watches"

    facts: int = 0
    day: date | None = None

    def look(self, facts: int, day: date, indicators: Sequence[str], again_at: datetime) -> Self:
        """Refresh every indicator if there are other facts or another day than at the last look; look again in any case."""
        if facts and (facts, day) != (self.facts, self.day):
            self.facts, self.day = facts, day
            for key in indicators:
                self.then(RefreshIndicator(key=key))
        return self.at(again_at, LookAtFacts())


class Indicator(Aggregate):
    """What was last told of an indicator."""

    collection: ClassVar[str] = "indicators"

    key: str
    last: Running | None = None

    def refresh(self, running: Running, now: datetime) -> Self | None:
        """Tell the figure if it differs from what was last told."""
        if self.last == running:
            return None
        self.last = running
        return self.tell(
            IndicatorUpdated(
                occurred_at=now,
                indicator=self.key,
                definition_version=running.definition_version,
                period_from=running.period.first,
                period_to=running.period.end,
                value=running.figure.value,
                unit=running.unit,
                n=running.figure.n,
            )
        )


def indicator_id(key: str) -> UUID:
    """The id of what was told of an indicator."""
    return derived("indicator", key)


class _Kept(NamedTuple):
    event_type: str
    actor: str | None
    left_out: set[str] | None


@cache
def _kept_of(event: type[Event]) -> _Kept:
    """What all facts of one kind of event have in common; found once, since every event of the platform comes by."""
    actor = next((field for field in ACTORS if field in event.model_fields), None)
    return _Kept(event_type(event), actor, set(LEFT_OUT) if not LEFT_OUT.isdisjoint(event.model_fields) else None)
