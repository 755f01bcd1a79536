"""Toys for the suites of the chassis: an aggregate of each sort, events that exist, records as Kafka's client hands them over."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID, uuid4

from common.aggregate import Aggregate
from common.cloudevents import Outgoing
from common.errors import Unavailable
from common.events.base import Message, Step
from common.events.case import CaseReferred
from common.events.visit import VisitDeferred
from common.ids import derived
from common.store.port import Collection
from common.topics import TOPICS

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
LONG = float(os.environ.get("LOKET_TEST_PATIENCE", "60"))  # seconds until a wait counts as failed; nothing is asserted about time

FEW_PARTITIONS = [topic._replace(partitions=3) for topic in TOPICS]
"""The platform's topics for a test: with all their partitions, making them takes a broker two seconds of its processor."""


class Thing(Aggregate):
    """Counts, and notes what happened to it."""

    collection: ClassVar[str] = "things"
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("colour", "size"), ("moment",), ("owner",))

    n: int = 0
    colour: str | None = None
    size: int | None = None
    moment: datetime | None = None
    owner: UUID | None = None
    seen: list[str] = []


class Other(Aggregate):
    """A second kind."""

    collection: ClassVar[str] = "others"

    seen: list[str] = []


KINDS = (Thing, Other)


class Make(Message):
    id: UUID


class Grow(Message):
    id: UUID
    by: int = 1


class Finish(Step):
    id: UUID
    word: str = "finish"


class Send(Step):
    id: UUID


class Sent(Step):
    id: UUID
    outcome: str


class Remind(Step):
    id: UUID


@dataclass(frozen=True)
class ToyPorts:
    """What toy handlers can reach."""

    things: Collection[Thing]
    log: list[str] = field(default_factory=list)


def referred(case: UUID, target: str = "x") -> CaseReferred:
    """An event of a case."""
    return CaseReferred(
        occurred_at=NOW, case_id=case, target_organisation=target, target_product="y", warm_transfer=False, language="en", party_id=case
    )


def deferred(case: UUID) -> VisitDeferred:
    """An event on another topic of the same case."""
    return VisitDeferred(
        occurred_at=NOW, case_id=case, visit_id=case, party_id=case, language="en", revision=1, reason_code="x", retry_at=NOW
    )


@dataclass(frozen=True)
class FakeRecord:
    """A record as Kafka's client hands it over."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]
    timestamp: int = 0


def record_of(
    case: UUID, sequence: int = 1, *, offset: int = 0, partition: int = 0, target: str = "x", **headers: bytes | None
) -> FakeRecord:
    """A `case.referred` of a case as Kafka would give it."""
    event = referred(case, target)
    given: dict[str, bytes | None] = {
        "ce_specversion": b"1.0",
        "ce_type": b"nl.arbeidsmarktdiensten.case-referred.v1",
        "ce_id": str(derived(case, sequence)).encode(),
        "ce_source": b"urn:test",
        "ce_subject": str(case).encode(),
        "ce_time": NOW.isoformat().encode(),
        "ce_sequence": b"%d" % sequence,
        "ce_aggregateversion": b"%d" % sequence,
    }
    given |= {name.replace("__", "-"): value for name, value in headers.items()}
    value = event.model_dump_json(by_alias=True).encode()
    return FakeRecord(event.topic, partition, offset, event.key.encode(), value, tuple(given.items()))


class FakePublisher:
    """Keeps what is acknowledged; can be away, and can be made to wait."""

    def __init__(self) -> None:
        self.records: list[Outgoing] = []
        self.written: dict[tuple[str, int], int] = {}
        self.away = 0
        self.under_way = 0
        self.most_under_way = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def send(self, records: list[Outgoing]) -> None:
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            await self.gate.wait()
            if self.away:
                self.away -= 1
                raise Unavailable("Kafka is away.")
            self.records += records
        finally:
            self.under_way -= 1

    async def send_again(self, since: datetime) -> int:
        return 0

    def told(self) -> list[tuple[str, int]]:
        """Topic and sequence of each, in order."""
        return [(record.topic, int(dict(record.headers)["ce_sequence"])) for record in self.records]


async def until(condition: Callable[[], object], seconds: float = LONG) -> None:
    """Wait until it holds; a test that waits too long fails, one that is quick is not slowed."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.005)


async def until_it(condition: Callable[[], Awaitable[object]], seconds: float = LONG) -> None:
    """The same for what must be asked."""
    async with asyncio.timeout(seconds):
        while not await condition():
            await asyncio.sleep(0.02)


class Log:
    """Keeps what is logged."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str, dict[str, Any]]] = []

    def __getattr__(self, level: str) -> Callable[..., None]:
        return lambda event, **keys: self.lines.append((level, event, keys))


def new() -> UUID:
    return uuid4()


def later(**by: float) -> datetime:
    return NOW + timedelta(**by)
