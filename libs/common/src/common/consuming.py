"""Takes batches from Kafka apart into lanes, lets each lane run in order and all lanes at once, and commits what is settled."""

import asyncio
from collections import Counter as Tally
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Generic, TypeVar

from aiokafka import TopicPartition
from aiokafka.abc import ConsumerRebalanceListener
from faststream.kafka import KafkaMessage

from common.breaker import Breaker, Stopped
from common.clock import Clock
from common.cloudevents import Record, parse
from common.committing import Committing
from common.connection import Connection
from common.errors import Unavailable
from common.events.base import Event
from common.failpoints import failpoint
from common.gathering import Gathering
from common.metrics import Metrics
from common.parking import Parking
from common.runner import Runner
from common.settling import Settling
from common.subscribing import On
from common.telemetry import Tracing

P = TypeVar("P")
LONGEST_PAUSE = 60.0  # seconds
TOO_MANY = "Too many lanes were parked within a minute."


class Consuming(ConsumerRebalanceListener, Generic[P]):  # type: ignore[misc]
    """The way of a batch: parse or quarantine, lanes, handlers, commit. A batch that cannot be settled is read again later."""

    def __init__(
        self,
        runner: Runner[P],
        subscribes: Iterable[On[P]],
        parking: Parking,
        breaker: Breaker,
        clock: Clock,
        metrics: Metrics,
        tracing: Tracing,
        log: Any,
        group: str,
        prefix: str,
        patience: float,
        room: Callable[[], Any],
        gathering: Gathering | None = None,
        note: Any = None,
    ) -> None:
        subscribes = tuple(subscribes)
        self._settling = Settling(runner, subscribes, parking, clock, metrics, tracing, group)
        self._parking, self._breaker, self._metrics, self._log = parking, breaker, metrics, log
        self._first = frozenset(on.message.topic for on in subscribes if on.first and issubclass(on.message, Event))
        self._group, self._prefix, self._patience, self._room = group, prefix, patience, room
        self._committing, self._gathering = Committing(self.consumer, group, log, note), gathering
        self.connection = Connection()
        self.subscriber: Any = None
        self.assigned = asyncio.Event()
        self.settled_at: float | None = None
        """When there was last progress, or nothing to do, in the time of the loop; None before the first assignment."""
        self.in_hand: Sequence[Record] = ()
        """The batch that the client has handed over and that is not settled yet."""
        self._busy, self._lanes_known = asyncio.Lock(), asyncio.Event()
        self._lanes_known.set()
        self._hurry = self._stopping = False
        self._pauses = 0
        self._resuming: asyncio.Task[None] | None = None

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:  # noqa: ARG002 - the batch may hold any
        """Let the batch under way finish before others read on from its offsets."""
        self._hurry = True
        self._lanes_known.clear()
        async with self._busy:
            self._hurry = self._stopping
            await self._committing.give_away()

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:  # noqa: ARG002 - lanes are asked for all at once
        """Learn what is parked before the first record is read."""
        while not self._stopping:  # the client waits for this, also when it is to end
            try:
                await self._parking.refresh()
            except Unavailable:
                await asyncio.sleep(1)
            else:
                self.settled_at = self.settled_at or _now()
                self._lanes_known.set()
                self.assigned.set()
                return

    async def take(self, message: KafkaMessage) -> None:
        """Settle one batch of FastStream's subscriber; FastStream swallows what is raised and reads on, so nothing may be."""
        self.in_hand = message.raw_message
        try:
            await self._take(message.raw_message)
        finally:
            self.in_hand = ()

    async def _take(self, batch: Sequence[Record]) -> None:
        await self._room()
        await self._lanes_known.wait()  # the client reads from new partitions while it still waits for `on_partitions_assigned`
        async with self._busy:
            records = self._held(batch)
            if not records:
                return
            began = _now()
            try:
                if self._gathering is not None:
                    self._gathering.batch_came(self.consumer(), began)
                tally = await self._settle(records)
            except Exception as error:  # noqa: BLE001 - neither a bug here may let the next batch commit past this one
                self._hold(records, error)
                return
            failpoint("consuming.before-commit")
            await self._committing.settled(records)
            failpoint("consuming.after-commit")
            self._settled(len(records), _now() - began, tally)

    def knows_its_lanes(self) -> bool:
        """Whether it has been learned since the last rebalance what is parked; else nothing may be settled, and is read again."""
        return self._lanes_known.is_set() and not self._stopping

    def consumer(self) -> Any:
        """The client's consumer, or None before it has started."""
        return None if self.subscriber is None else self.subscriber.consumer

    async def process(self, record: Record, under: str = "") -> None:
        """Carry out one record now, as a redrive does, in the trace of whoever asks; raises what its handler raises."""
        await self._settling.handle(parse(record, record.topic), under)

    async def stop(self) -> None:
        """Wait for the batch under way, and commit."""
        self._hurry = self._stopping = True
        self._lanes_known.set()
        if self._resuming is not None:
            self._resuming.cancel()
        async with self._busy:
            await self._committing.stop()

    def _held(self, records: Sequence[Record]) -> Sequence[Record]:
        """Those that are still ours to settle: while a batch waited for room, partitions may have gone to others."""
        consumer = self.consumer()
        held = frozenset() if consumer is None or not self.knows_its_lanes() else consumer.assignment()
        return [record for record in records if (record.topic, record.partition) in held]

    async def _settle(self, records: Sequence[Record]) -> "Tally[str]":
        first: dict[str, list[Record]] = {}
        lanes: dict[str, list[Record]] = {}
        for record in records:
            wave = first if self._topic(record) in self._first else lanes
            wave.setdefault(_lane(record), []).append(record)
        tally: Tally[str] = Tally()
        for wave in (first, lanes):
            outcomes = await asyncio.gather(*(self._lane(name, lane, tally) for name, lane in wave.items()), return_exceptions=True)
            for outcome in outcomes:
                if isinstance(outcome, BaseException):
                    raise outcome
        return tally

    async def _lane(self, name: str, records: list[Record], tally: "Tally[str]") -> None:
        for record in records:
            tally[await self._patiently(name, record)] += 1

    async def _patiently(self, name: str, record: Record) -> str:
        deadline, pause = _now() + self._patience, 0.1
        while True:
            if self._breaker.open:
                raise Stopped(TOO_MANY)
            try:
                return await self._settling.settle(name, record, self._topic(record))
            except Unavailable:
                if self._hurry or _now() + pause > deadline:
                    raise
                await asyncio.sleep(pause)
                pause = min(5.0, pause * 2)

    def _hold(self, records: Sequence[Record], error: Exception) -> None:
        """Read these records again after a pause that grows; nothing is committed, nothing parked."""
        starts: dict[TopicPartition, int] = {}
        for record in records:
            starts.setdefault(TopicPartition(record.topic, record.partition), record.offset)
        consumer = self.consumer()
        held = [place for place in starts if place in consumer.assignment()]
        for place in held:
            consumer.seek(place, starts[place])
        consumer.pause(*consumer.assignment())
        self._pauses = min(self._pauses + 1, 10)
        self.settled_at = _now()  # it gets on, although what it needs is away
        self._metrics.paused.set(1)
        seconds = min(LONGEST_PAUSE, 0.5 * 2**self._pauses)
        reason = str(error) if isinstance(error, Unavailable) else "bug"
        self._log.error("paused", group=self._group, error=error, reason=reason, seconds=seconds)
        if self._resuming is not None:
            self._resuming.cancel()
        if not self._stopping:
            self._resuming = asyncio.create_task(self._resume(seconds))

    async def _resume(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        while self._breaker.open:  # noqa: ASYNC110 - opened and closed in many places, looked at once a second
            await asyncio.sleep(1)
        consumer = self.consumer()
        if consumer is not None:
            consumer.resume(*consumer.paused())  # whether that helps is known when a batch has been settled

    def _settled(self, count: int, seconds: float, tally: "Tally[str]") -> None:
        self._pauses = 0
        self._metrics.paused.set(0)
        self.settled_at = _now()
        self._metrics.batch.observe(seconds)
        self._log.debug("batch settled", records=count, seconds=round(seconds, 4), **tally)

    def _topic(self, record: Record) -> str:
        return record.topic.removeprefix(self._prefix)


def _now() -> float:
    return asyncio.get_running_loop().time()


def _lane(record: Record) -> str:
    if record.key is None:
        return f"{record.topic}/{record.partition}/{record.offset}"
    return record.key.decode(errors="backslashreplace")
