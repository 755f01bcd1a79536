"""The log as Kafka keeps it: every record of some topics from offset 0 to the ends at the time of asking, without a group."""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from common.cloudevents import Record
from common.kafka_security import KafkaSecurity, KafkaSettings
from common.waiting import let_go

Place = tuple[str, int]  # topic, partition


class LogError(Exception):
    """The log cannot tell the whole story; the sentence says why."""


class Log:
    """Some topics, up to the offsets that were their ends when it was opened."""

    def __init__(self, consumer: Any, ends: dict[TopicPartition, int], prefix: str) -> None:
        self._consumer, self._left, self._prefix = consumer, {place: end for place, end in ends.items() if end}, prefix
        self.ends: dict[Place, int] = {(place.topic.removeprefix(prefix), place.partition): end for place, end in ends.items()}

    async def records(self) -> AsyncIterator[Record]:
        """Every record, those of a partition in order."""
        while self._left:
            for place, batch in (await self._consumer.getmany(timeout_ms=1000, max_records=5000)).items():
                for record in batch:
                    if record.offset < self._left.get(place, 0):
                        yield record
            await self._forget_what_is_read()

    async def go_on(self) -> None:
        """Let `records` give what has been written since."""
        places = [TopicPartition(self._prefix + topic, partition) for topic, partition in self.ends]
        ends = await self._consumer.end_offsets(places)
        self._left = {place: end for place, end in ends.items() if await self._consumer.position(place) < end}
        self._consumer.resume(*self._left)

    async def _forget_what_is_read(self) -> None:
        read = [place for place, end in self._left.items() if await self._consumer.position(place) >= end]
        for place in read:
            del self._left[place]
        if read:
            self._consumer.pause(*read)


@asynccontextmanager
async def open_log(kafka: KafkaSettings, topics: Iterable[str], *, whole: bool = True) -> AsyncIterator[Log]:
    """The log of topics from its very beginning; raises `LogError` where a topic is gone or, if it has to be `whole`, the beginning."""
    places = await _places(kafka, [kafka.topic_prefix + topic for topic in topics])
    consumer = AIOKafkaConsumer(**reached(kafka), group_id=None, enable_auto_commit=False, auto_offset_reset="earliest")
    await consumer.start()
    try:
        consumer.assign(places)
        begins = await consumer.beginning_offsets(places)
        if whole and (gone := sorted({place.topic for place, offset in begins.items() if offset})):
            raise LogError(f"The log does not begin at 0 any more: {', '.join(gone)}. Nothing can be compared with the whole of it.")
        ends = await consumer.end_offsets(places)
        yield Log(consumer, ends, kafka.topic_prefix)
    finally:
        await let_go(consumer.stop())


async def _places(kafka: KafkaSettings, topics: list[str]) -> list[TopicPartition]:
    async with administration(kafka) as admin:
        found = await admin.describe_topics(topics)
    if missing := sorted(topic["topic"] for topic in found if topic["error_code"] or not topic["partitions"]):
        raise LogError(f"Kafka does not know {', '.join(missing)}.")
    return [TopicPartition(topic["topic"], partition["partition"]) for topic in found for partition in topic["partitions"]]


async def members_of(kafka: KafkaSettings, group: str) -> int:
    """How many replicas read as a group at the moment."""
    async with administration(kafka) as admin:
        answers = await admin.describe_consumer_groups([group])
        return sum(len(found[5]) for answer in answers for found in answer.groups)


async def committed_beyond(kafka: KafkaSettings, group: str, ends: dict[Place, int]) -> bool:
    """Whether a group has read further than these offsets."""
    async with administration(kafka) as admin:
        offsets = await admin.list_consumer_group_offsets(group)
        return any(
            found.offset > ends.get((place.topic.removeprefix(kafka.topic_prefix), place.partition), found.offset)
            for place, found in offsets.items()
        )


async def set_group_offsets(kafka: KafkaSettings, group: str, offsets: Mapping[Place, int]) -> None:
    """Let a group without members go on at these offsets (topics without the prefix)."""
    consumer = AIOKafkaConsumer(**reached(kafka), group_id=group, enable_auto_commit=False)
    places = {TopicPartition(kafka.topic_prefix + topic, partition): offset for (topic, partition), offset in offsets.items()}
    try:
        await consumer.start()
        consumer.assign(list(places))
        if places:
            await consumer.commit(places)
    finally:
        await let_go(consumer.stop())


async def end_offsets(bootstrap: str, security: KafkaSecurity, places: list[TopicPartition]) -> dict[TopicPartition, int]:
    """The offset after the last record of each partition."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, group_id=None, enable_auto_commit=False, **security.of_client())
    try:
        await consumer.start()
        return dict(await consumer.end_offsets(places))
    finally:
        await let_go(consumer.stop())


@asynccontextmanager
async def administration(kafka: KafkaSettings) -> AsyncIterator[AIOKafkaAdminClient]:
    """A client for questions about topics and groups."""
    admin = AIOKafkaAdminClient(**reached(kafka))
    try:
        await admin.start()
        yield admin
    finally:
        await let_go(admin.close())


def reached(kafka: KafkaSettings) -> dict[str, Any]:
    """How a client of aiokafka reaches Kafka."""
    return {"bootstrap_servers": kafka.kafka_bootstrap_servers, **kafka.kafka_security.of_client()}
