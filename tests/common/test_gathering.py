"""Records are handed over at once when they come alone, and together while they come closely."""

from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from chassis import new

from common.broker import create_topics
from common.gathering import AT_ONCE, BUSY, GATHERED, Gathering
from common.publisher import Publisher
from common.topics import Topic


def asked(consumer: Any) -> tuple[int, int]:
    return consumer._fetcher._fetch_min_bytes, consumer._fetcher._fetch_max_wait_ms


def test_what_comes_alone_is_handed_over_at_once_and_what_follows_closely_is_gathered() -> None:
    gathering, consumer = Gathering(), SimpleNamespace(_fetcher=SimpleNamespace())
    seen = []
    for moment in (0.0, BUSY / 2, BUSY, BUSY * 2.5, BUSY * 3):
        gathering.batch_came(consumer, moment)
        seen.append(asked(consumer))

    assert seen == [AT_ONCE, GATHERED, GATHERED, AT_ONCE, GATHERED]


@pytest.mark.kafka
async def test_the_client_asks_as_it_was_told_last(kafka_bootstrap: str) -> None:
    """Made to wait for a megabyte or a minute, it would not have this record before the test is given up."""
    topic = f"gathering-{new()}"
    await create_topics(kafka_bootstrap, [Topic(topic, 1, {})])
    consumer = AIOKafkaConsumer(
        bootstrap_servers=kafka_bootstrap, fetch_min_bytes=2**20, fetch_max_wait_ms=60_000, request_timeout_ms=90_000
    )
    await consumer.start()
    publisher = Publisher(kafka_bootstrap, "test")
    try:
        Gathering().batch_came(consumer, 0.0)
        await publisher.send([SimpleNamespace(topic=topic, key=b"k", value=b"{}", headers=[])])  # type: ignore[list-item]
        consumer.assign([TopicPartition(topic, 0)])
        await consumer.seek_to_beginning()
        found = await consumer.getmany(timeout_ms=20_000)
    finally:
        await publisher.close()
        await consumer.stop()

    assert sum(map(len, found.values())) == 1
