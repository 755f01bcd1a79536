"""What a store promises: one aggregate is saved in one write, by compare-and-set, with everything that follows from the change."""

from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from datetime import UTC, date, datetime
from enum import Enum
from functools import cache
from typing import Generic, NamedTuple, Protocol, TypeVar
from uuid import UUID

from common.aggregate import Aggregate, How, Mark

A = TypeVar("A", bound=Aggregate)
Value = str | int | UUID | date | datetime | Enum | None

handling: ContextVar[Mark | None] = ContextVar("handling", default=None)
"""The mark of the message whose handler is running."""


class AlreadyApplied(Exception):
    """The aggregate just read bears the mark of the message being handled: the message is a repetition and all is done."""

    def __init__(self, aggregate: Aggregate) -> None:
        super().__init__(aggregate.id)
        self.aggregate = aggregate


class TornStore(Exception):
    """What the store had written cannot be read any more; no waiting helps."""


class Entry(NamedTuple):
    """One thing that follows from a change, as it lies in the outbox; names follow Debezium's outbox where they can."""

    position: int
    """Counts all entries of the aggregate: 1, 2, 3 …"""
    how: How
    id: UUID
    type: str
    """The topic of an event, the class name of a step."""
    key: str
    sequence: int
    """Counts the events of this aggregate on this topic; of a step, its position."""
    version: int
    """The version of the aggregate that the change made."""
    time: datetime
    data: bytes
    trace: str
    correlation: UUID | None
    causation: UUID | None
    submitter: str = ""


class Untold(NamedTuple):
    """An aggregate with entries that nobody has carried out yet, in order."""

    collection: str
    id: UUID
    entries: tuple[Entry, ...]


class Range(NamedTuple):
    """Values from `start` up to but not including `end`; None is open, and a range open on both sides asks for nothing."""

    start: Value = None
    end: Value = None


class Store(Protocol):
    """Keeps the aggregates of one service. Every method may raise `Unavailable`."""

    async def start(self) -> None:
        """Open, and create what is missing (tables, indexes)."""

    async def close(self) -> None:
        """Finish what has been asked for, then let go."""

    async def probe(self) -> None:
        """Write something small and read it back, or raise `Unavailable`."""

    async def get(self, kind: type[A], id_: UUID, /) -> A | None:
        """The aggregate as last saved; each caller gets a copy of its own."""

    async def save(self, aggregate: Aggregate, entries: Sequence[Entry], records: Sequence[Aggregate] = ()) -> bool:
        """Write state and entries at once, durably; False when the stored version is not `aggregate.version - 1` (0: not stored).

        `records` are new aggregates that are written with it, where they are not there already: never later than what they are about.
        """

    async def find(
        self,
        kind: type[A],
        where: Mapping[str, Value | Range],
        *,
        order: str | None = None,
        newest_first: bool = False,
        limit: int = 1000,
        skip: int = 0,
    ) -> list[A]:
        """Aggregates whose declared indexed fields match, in the order of a declared field."""

    async def count(self, kind: type[Aggregate], where: Mapping[str, Value | Range]) -> int:
        """How many aggregates match."""

    async def versions(self, kind: type[Aggregate], where: Mapping[str, Value | Range]) -> dict[UUID, int]:
        """The version of each that matches: to ask what has changed costs less than to read it all."""

    async def delete(self, kind: type[Aggregate], id_: UUID, /) -> None:
        """Remove an aggregate with all its entries; absent is fine."""

    async def untold(self, before: datetime, limit: int) -> list[Untold]:
        """Aggregates with entries written before a moment, the oldest first."""

    async def told(self, collection: str, id_: UUID, position: int, keep_since: datetime | None = None) -> None:
        """Clear the entries up to a position; the version stays.

        With `keep_since` (now) its events are kept as acknowledged instead, for the case that Kafka loses them again.
        """

    async def acknowledged(self, since: datetime, after: "tuple[str, UUID] | None", limit: int) -> list[Untold]:
        """Aggregates with events kept as acknowledged since a moment, in the order of collection and id, those after a given one."""

    async def forget_acknowledged(self, before: datetime) -> None:
        """Remove the events that were acknowledged before a moment."""

    async def take(self, collection: str, id_: UUID, position: int) -> bool:
        """Take one entry out; True for the one caller who did, so that it can be carried out at most once."""

    async def entries(self, collection: str, id_: UUID) -> tuple[Entry, ...]:
        """Every entry of one aggregate that nobody has carried out yet, in order."""

    async def due(self, now: datetime, limit: int) -> list[tuple[str, UUID]]:
        """Aggregates with a waiting step whose time has come."""


class Collection(Generic[A]):
    """One kind of aggregate in a store, as handlers see it."""

    def __init__(self, store: Store, kind: type[A]) -> None:
        self._store, self._kind = store, kind

    async def get(self, id_: UUID, /) -> A | None:
        """The aggregate with this id; ends the handler where its message has been applied before."""
        aggregate = await self._store.get(self._kind, id_)
        mark = handling.get()
        if aggregate is not None and mark is not None and aggregate.has_applied(mark):
            raise AlreadyApplied(aggregate)
        return aggregate

    async def find(
        self, where: Mapping[str, Value | Range], *, order: str | None = None, newest_first: bool = False, limit: int = 1000, skip: int = 0
    ) -> list[A]:
        """Aggregates whose declared indexed fields match."""
        return await self._store.find(self._kind, where, order=order, newest_first=newest_first, limit=limit, skip=skip)

    async def count(self, where: Mapping[str, Value | Range]) -> int:
        """How many aggregates match."""
        return await self._store.count(self._kind, where)

    async def versions(self, where: Mapping[str, Value | Range]) -> dict[UUID, int]:
        """The version of each that matches."""
        return await self._store.versions(self._kind, where)


def plain(value: Value) -> str | int | None:
    """A value as indexes hold it: moments in UTC to the microsecond, so that text sorts as time does."""
    match value:
        case datetime():
            return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case UUID():
            return str(value)
        case Enum():
            return str(value.value)
        case _:
            return value


@cache
def indexed_fields(kind: type[Aggregate]) -> tuple[str, ...]:
    """Every field that the indexes of a kind name, once."""
    return tuple(dict.fromkeys(field for index in kind.indexes for field in index))


def indexed_values(aggregate: Aggregate) -> dict[str, str | int | None]:
    """What the indexes hold of an aggregate."""
    return {field: plain(getattr(aggregate, field)) for field in indexed_fields(type(aggregate))}
