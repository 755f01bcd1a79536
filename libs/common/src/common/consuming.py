"""Takes batches from Kafka apart into lanes, lets each lane run in order and all lanes at once, and commits what is settled."""

import asyncio
from collections import Counter as Tally
from collections.abc import Callable, Iterable, Sequence
from time import monotonic
from typing import Any, Generic, TypeVar

from aiokafka import TopicPartition
from aiokafka.abc import ConsumerRebalanceListener
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError
from faststream.kafka import KafkaMessage
from opentelemetry.trace import SpanKind

from common.breaker import Breaker
from common.clock import Clock
from common.cloudevents import Malformed, Received, Record, parse
from common.envelope import receiving
from common.errors import Unavailable
from common.events.base import Event
from common.failpoints import failpoint
from common.metrics import Metrics
from common.parking import Parking
from common.runner import Origin, Runner
from common.subscribing import On
from common.telemetry import Tracing

P = TypeVar("P")
LONGEST_PAUSE = 60.0  # seconds


class Stopped(Unavailable):
    """The breaker is open."""


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
    ) -> None:
        self._runner, self._parking, self._breaker, self._clock = runner, parking, breaker, clock
        self._handlers = {on.message: on for on in subscribes}
        self._first = frozenset(on.message.topic for on in subscribes if on.first and issubclass(on.message, Event))
        self._metrics, self._tracing, self._log = metrics, tracing, log
        self._group, self._prefix, self._patience, self._room = group, prefix, patience, room
        self.subscriber: Any = None
        self.assigned = asyncio.Event()
        self.settled_at = monotonic()
        self._busy = asyncio.Lock()
        self._hurry = False
        self._pauses = 0
        self._resuming: asyncio.Task[None] | None = None

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """Let the batch under way finish before others read on from its offsets."""
        self._hurry = True
        async with self._busy:
            self._hurry = False

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Learn what is parked before the first record is read."""
        while True:
            try:
                await self._parking.refresh()
            except Unavailable:
                await asyncio.sleep(1)
            else:
                break
        self.assigned.set()

    async def take(self, message: KafkaMessage) -> None:
        """Settle one batch of FastStream's subscriber."""
        records: Sequence[Record] = message.raw_message
        await self._room()
        async with self._busy:
            began = monotonic()
            try:
                tally = await self._settle(records)
            except Unavailable as error:
                self._hold(records, error)
                return
            except Exception as error:  # noqa: BLE001 - a bug here must not let the next batch commit past this one
                self._hold(records, error)
                return
            failpoint("consuming.before-commit")
            await self._commit(records)
            failpoint("consuming.after-commit")
            self._settled(len(records), monotonic() - began, tally)

    def consumer(self) -> Any:
        """The client's consumer, or None before it has started."""
        return None if self.subscriber is None else self.subscriber.consumer

    async def process(self, record: Record) -> None:
        """Carry out one record now, as a redrive does; raises what its handler raises."""
        await self._handle(parse(record, record.topic))

    async def stop(self) -> None:
        """Wait for the batch under way."""
        self._hurry = True
        if self._resuming is not None:
            self._resuming.cancel()
        async with self._busy:
            return

    async def _settle(self, records: Sequence[Record]) -> "Tally[str]":
        if self._breaker.open:
            raise Stopped("Too many lanes were parked within a minute.")
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
        deadline, pause = monotonic() + self._patience, 0.1
        while True:
            try:
                return await self._one(name, record)
            except Unavailable:
                if self._hurry or monotonic() + pause > deadline or self._breaker.open:
                    raise
                await asyncio.sleep(pause)
                pause = min(5.0, pause * 2)

    async def _one(self, name: str, record: Record) -> str:
        topic = self._topic(record)
        if self._parking.is_parked(name) and await self._parking.queue(name, record, topic):
            return self._count(topic, "queued")
        try:
            received = parse(record, topic)
        except Malformed as error:
            await self._parking.quarantine(record, topic, error)
            return self._count(topic, "quarantined")
        try:
            await self._handle(received)
        except Unavailable:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, this case waits for help and no other
            await self._parking.park(name, record, topic, error, received.envelope.traceparent)
            return self._count(topic, "parked")
        return self._count(topic, "handled")

    async def _handle(self, received: Received) -> None:
        event, envelope = received
        token = receiving.set(envelope)
        try:
            failpoint("consuming.before-handler")
            with self._tracing.span(f"{envelope.topic} process", envelope.traceparent, SpanKind.CONSUMER, self._attributes(envelope)) as trace:
                origin = Origin(envelope.mark, trace, envelope.correlation, envelope.id)
                await self._runner.run(self._handlers[type(event)], event, origin)
            failpoint("consuming.after-handler")
        finally:
            receiving.reset(token)
        age = (self._clock.now() - envelope.time).total_seconds()
        self._metrics.critical.labels(envelope.topic).observe(max(0.0, age))

    def _attributes(self, envelope: Any) -> dict[str, str | int]:
        if envelope.traceparent.endswith("-00"):
            return {}
        return {
            "messaging.system": "kafka",
            "messaging.operation.name": "process",
            "messaging.destination.name": envelope.topic,
            "messaging.consumer.group.name": self._group,
            "messaging.destination.partition.id": str(envelope.partition),
            "messaging.kafka.offset": envelope.offset,
        }

    async def _commit(self, records: Sequence[Record]) -> None:
        offsets = {TopicPartition(record.topic, record.partition): record.offset + 1 for record in records}
        consumer = self.consumer()
        held = consumer.assignment()
        try:
            await consumer.commit({place: offset for place, offset in offsets.items() if place in held})
        except (CommitFailedError, IllegalStateError, KafkaError) as error:
            # Others read these records again and find them applied; the next batch commits further on.
            self._log.warning("commit failed", group=self._group, error=error)

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
        self._pauses += 1
        self._metrics.paused.set(1)
        seconds = min(LONGEST_PAUSE, 0.5 * 2**self._pauses)
        self._log.error("paused", group=self._group, error=error, reason=str(error) if isinstance(error, Unavailable) else "bug", seconds=seconds)
        self._resuming = asyncio.create_task(self._resume(seconds))

    async def _resume(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        while self._breaker.open:
            await asyncio.sleep(1)
        consumer = self.consumer()
        consumer.resume(*consumer.paused())
        self._metrics.paused.set(0)

    def _settled(self, count: int, seconds: float, tally: "Tally[str]") -> None:
        self._pauses = 0
        self.settled_at = monotonic()
        self._metrics.batch.observe(seconds)
        self._log.debug("batch settled", records=count, seconds=round(seconds, 4), **tally)

    def _count(self, topic: str, outcome: str) -> str:
        self._metrics.events.labels(topic, outcome).inc()
        return outcome

    def _topic(self, record: Record) -> str:
        return record.topic.removeprefix(self._prefix)


def _lane(record: Record) -> str:
    if record.key is None:
        return f"{record.topic}/{record.partition}/{record.offset}"
    return record.key.decode(errors="backslashreplace")
