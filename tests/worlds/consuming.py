"""A consumer without Kafka: batches are handed to it, and a toy handler does what the event's target says."""

import asyncio
from collections.abc import Iterable, Sequence
from types import SimpleNamespace
from uuid import UUID

from aiokafka import TopicPartition
from chassis import NOW, FakeRecord, Log, Thing, ToyPorts, record_of

from common.aggregate import Aggregate
from common.breaker import Breaker
from common.consuming import Consuming
from common.errors import Rejected, Unavailable
from common.events.case import CaseReferred
from common.lanes import Lane, lane_id
from common.metrics import Metrics
from common.parking import Parking
from common.runner import Runner
from common.store.port import Collection, Entry
from common.subscribing import on
from common.telemetry import Tracing
from common.testing.memory import MemoryStore
from common.testing.stage import StoppedClock

PREFIX = "pre."


class FakeConsumer:
    """The client's consumer as far as we use it; `assignment` may change under us."""

    def __init__(self, places: Iterable[TopicPartition]) -> None:
        self.held = frozenset(places)
        self.commits: list[dict[TopicPartition, int]] = []
        self.seeks: list[tuple[TopicPartition, int]] = []
        self.pauses: list[set[TopicPartition]] = []
        self.resumed: list[set[TopicPartition]] = []
        self.trouble: Exception | None = None

    def assignment(self) -> frozenset[TopicPartition]:
        return self.held

    def seek(self, place: TopicPartition, offset: int) -> None:
        assert place in self.held
        self.seeks.append((place, offset))

    def pause(self, *places: TopicPartition) -> None:
        self.pauses.append(set(places))

    def paused(self) -> set[TopicPartition]:
        return self.pauses[-1] if self.pauses and not self.resumed[len(self.pauses) - 1 :] else set()

    def resume(self, *places: TopicPartition) -> None:
        self.resumed.append(set(places))

    async def commit(self, offsets: dict[TopicPartition, int]) -> None:
        if self.trouble:
            raise self.trouble
        self.commits.append(offsets)


class World:
    """A consumer without Kafka; the toy handler notes what it hears and does what the event's target says."""

    def __init__(self, store: MemoryStore | None = None, breaker: int = 100, patience: float = 0.0) -> None:
        self.store, self.clock, self.log = store or MemoryStore(), StoppedClock(NOW), Log()
        self.ports = ToyPorts(Collection(self.store, Thing))
        self.mended: set[str] = set()
        self.gate = asyncio.Event()
        self.gate.set()
        self.inside: set[UUID] = set()
        self.most_inside = self.tries = 0
        self.runner: Runner[ToyPorts] = Runner(self.ports, self.store, self.clock, self._wake)
        self.breaker, self.metrics = Breaker(breaker, self.clock), Metrics("intake")
        self.parking = Parking("intake", self.store, self.clock, self._wake, self.breaker, self.metrics, self.log)
        self.room = asyncio.Event()
        self.room.set()
        self.consuming = self.consumer_of(patience)
        self.consumer = FakeConsumer(
            TopicPartition(PREFIX + topic, partition) for topic in ("case.referred", "visit.deferred") for partition in range(3)
        )
        self.consuming.subscriber = SimpleNamespace(consumer=self.consumer)

    def consumer_of(self, patience: float) -> Consuming[ToyPorts]:
        return Consuming(
            self.runner,
            [on(CaseReferred, self.hear)],
            self.parking,
            self.breaker,
            self.clock,
            self.metrics,
            Tracing("intake", 0, None),
            self.log,
            "group",
            PREFIX,
            patience,
            self.room.wait,
        )

    def _wake(self, aggregate: Aggregate, entries: Sequence[Entry]) -> None: ...

    async def hear(self, event: CaseReferred, ports: ToyPorts) -> Thing | None:
        self.inside.add(event.case_id)
        self.most_inside = max(self.most_inside, len(self.inside))
        try:
            await self.gate.wait()
            await asyncio.sleep(0)  # as any store and provider would: others may come between
            return await self._decide(event, ports)
        finally:
            self.inside.discard(event.case_id)

    async def _decide(self, event: CaseReferred, ports: ToyPorts) -> Thing | None:
        self.tries += 1
        word = event.target_organisation
        thing = await ports.things.get(event.case_id) or Thing(id=event.case_id)
        if word.startswith("refuse") and word not in self.mended:
            raise Rejected(word)
        if word.startswith("bug") and word not in self.mended:
            raise _Odd(word)
        if word == "away" and word not in self.mended:
            raise Unavailable("The provider is away.")
        thing.seen.append(word)
        return thing

    async def take(self, *records: FakeRecord) -> None:
        prefixed = [FakeRecord(PREFIX + one.topic, one.partition, one.offset, one.key, one.value, one.headers) for one in records]
        await self.consuming.take(SimpleNamespace(raw_message=tuple(prefixed)))  # type: ignore[arg-type]

    async def seen(self, case: UUID) -> list[str]:
        thing = await self.store.get(Thing, case)
        return [] if thing is None else thing.seen

    async def lane(self, case: UUID) -> Lane:
        return await self.parking.show(lane_id(str(case)))

    def outcomes(self) -> dict[str, int]:
        samples = next(iter(self.metrics.events.collect())).samples
        return {one.labels["outcome"]: int(one.value) for one in samples if one.name.endswith("_total")}


class _Odd(Exception):  # its name begins with an underscore, as some drivers' do
    pass


def place(partition: int, topic: str = "case.referred") -> TopicPartition:
    return TopicPartition(PREFIX + topic, partition)


def run_of(case: UUID, *words: str, offset: int = 0, first: int = 1) -> list[FakeRecord]:
    return [record_of(case, first + n, offset=offset + n, target=word) for n, word in enumerate(words)]
