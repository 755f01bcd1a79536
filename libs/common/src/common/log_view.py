"""What Kafka knows of a service: how far its group has read, where its own topics end, and the last event of each partition."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import TopicAuthorizationFailedError

from common.kafka_security import KafkaSettings
from common.log import administration, reached
from common.waiting import let_go

Place = tuple[str, int]  # topic without the deployment's prefix, partition


class LastEvent(NamedTuple):
    """The newest event of a partition."""

    topic: str
    subject: UUID
    sequence: int


class LogState(NamedTuple):
    """What the log knows of a service at one moment."""

    committed: dict[Place, int]
    """The offset up to which its group has read, by partition."""
    ends: dict[Place, int]
    """The offset after the last record, of its own topics."""
    last: Sequence[LastEvent]


class LogView(Protocol):
    """Looks at the log; raises `KafkaError` or `OSError` while Kafka is away."""

    async def look(self) -> LogState: ...


class KafkaLogView:
    """Asks Kafka without joining a group: one request for the group's offsets, one record of each partition that has any."""

    def __init__(self, kafka: KafkaSettings, group: str, own_topics: Iterable[str], log: Any) -> None:
        self._kafka, self._group, self._topics, self._log = kafka, group, [kafka.topic_prefix + topic for topic in own_topics], log

    async def look(self) -> LogState:
        """The state of the log as it is now."""
        committed = await self._committed()
        consumer = AIOKafkaConsumer(**reached(self._kafka), group_id=None, enable_auto_commit=False)
        try:
            await consumer.start()
            places = await self._places(consumer)
            ends = await consumer.end_offsets(places)
            begins = await consumer.beginning_offsets(places)
            last = await self._last(consumer, {place: end for place, end in ends.items() if end > begins[place]})
        finally:
            await let_go(consumer.stop())
        return LogState(committed, {self._place(place): end for place, end in ends.items()}, last)

    async def _committed(self) -> dict[Place, int]:
        async with administration(self._kafka) as admin:
            offsets = await admin.list_consumer_group_offsets(self._group)
        return {self._place(place): found.offset for place, found in offsets.items() if found.offset > 0}

    async def _places(self, consumer: Any) -> list[TopicPartition]:
        places: list[TopicPartition] = []
        for topic in self._topics:
            found = await consumer._client._wait_on_metadata(topic)  # noqa: SLF001 - the only call that waits for one topic
            places += [TopicPartition(topic, partition) for partition in sorted(found)]
        return places

    async def _last(self, consumer: Any, ends: dict[TopicPartition, int]) -> list[LastEvent]:
        found: list[LastEvent] = []
        waiting = dict(ends)
        consumer.assign(list(ends))
        for place, end in ends.items():
            consumer.seek(place, end - 1)
        try:
            while waiting:
                for place, records in (await consumer.getmany(*waiting, timeout_ms=1000)).items():
                    waiting.pop(place, None)
                    found += [event for record in records[-1:] if (event := _event(self._place(place)[0], record)) is not None]
        except TopicAuthorizationFailedError as error:
            self._log.warning("own events cannot be read, only offsets are compared", error=error)
        return found

    def _place(self, place: TopicPartition) -> Place:
        return place.topic.removeprefix(self._kafka.topic_prefix), place.partition


def _event(topic: str, record: Any) -> LastEvent | None:
    headers = dict(record.headers)
    try:
        return LastEvent(topic, UUID(headers["ce_subject"].decode()), int(headers["ce_sequence"]))
    except (KeyError, ValueError, AttributeError):
        return None  # no event of ours: whoever reads it puts it into quarantine
