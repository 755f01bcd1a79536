"""The one place that makes FastStream's broker and subscriber, with every default that loses, leaks or slows set otherwise."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any, NamedTuple

from aiokafka import AIOKafkaConsumer
from aiokafka.abc import ConsumerRebalanceListener
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.errors import TopicAlreadyExistsError, for_code
from faststream import AckPolicy
from faststream.kafka import KafkaBroker, KafkaMessage
from faststream.kafka.message import FAKE_CONSUMER

from common.gathering import AT_ONCE, Fetching
from common.kafka_security import PLAINTEXT, KafkaSecurity
from common.settings import ServiceSettings
from common.topics import MESSAGE_LIMIT, Topic
from common.waiting import let_go

HEARTBEAT_MS = 100  # what lies on the partitions of a member that leaves waits until the others have heard of it, by their next heartbeat
METADATA_MS = 5_000
"""How old the client's word may be of which broker leads a partition. Where it looks up a first offset, it never asks anew by itself when
a broker says that it leads no more, and reads nothing of that broker until its word is too old: after five minutes, if nobody says less."""
DRAIN = 25.0  # seconds that a batch under way may take at a stop
NO_HURRY = Fetching(65_536, 100)


class Batch(NamedTuple):
    """How many records come at once at most, and whether few may come sooner: each answer costs both sides as much as fifty records."""

    most: int
    hurries: bool = True


def make_broker(settings: ServiceSettings, client_id: str) -> KafkaBroker:
    """A broker that makes no topics, logs nothing by itself and resolves no parameters per message."""
    return KafkaBroker(
        settings.kafka_bootstrap_servers.split(","),
        client_id=client_id,
        metadata_max_age_ms=METADATA_MS,
        security=settings.kafka_security.of_broker(),
        logger=None,
        apply_types=False,
        allow_auto_create_topics=False,
        consumer_only=True,  # what it would produce with is left open when Kafka is not there at the start; the publisher produces
        graceful_timeout=DRAIN,
    )


def subscribe(
    broker: KafkaBroker,
    topics: Iterable[str],
    group: str,
    consume: Callable[[KafkaMessage], Awaitable[None]],
    listener: ConsumerRebalanceListener,
    batch: Batch,
) -> Any:
    """One batch subscriber over all topics of a service, whose offsets are committed by `consume` alone."""
    fetching = AT_ONCE if batch.hurries else NO_HURRY
    subscriber = broker.subscriber(
        *topics,
        group_id=group,
        batch=True,
        max_records=batch.most,
        batch_timeout_ms=10,
        auto_offset_reset="earliest",
        ack_policy=AckPolicy.MANUAL,
        parser=_unread,
        decoder=_as_it_is,
        listener=listener,
        partition_assignment_strategy=(RangePartitionAssignor,),
        session_timeout_ms=15_000,
        heartbeat_interval_ms=HEARTBEAT_MS,
        rebalance_timeout_ms=60_000,
        max_poll_interval_ms=120_000,
        max_partition_fetch_bytes=MESSAGE_LIMIT * 4,
        fetch_min_bytes=fetching.min_bytes,
        fetch_max_wait_ms=fetching.max_wait_ms,
    )
    subscriber(consume)
    return subscriber


async def _unread(records: Any) -> KafkaMessage:
    """Leave the bytes alone: FastStream's own parser raises at a header that is not UTF-8, and the record is skipped for ever."""
    return KafkaMessage(body=b"", headers={}, raw_message=records, message_id="", correlation_id="", consumer=FAKE_CONSUMER)


async def _as_it_is(message: KafkaMessage) -> KafkaMessage:
    return message


async def create_topics(
    bootstrap_servers: str, topics: Iterable[Topic], prefix: str = "", replication_factor: int = 1, security: KafkaSecurity = PLAINTEXT
) -> None:
    """Make the topics that are missing; returns when the cluster knows them all."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers, **security.of_client())
    await admin.start()
    try:
        wanted = {prefix + topic.name: topic for topic in topics}
        present = set(await admin.list_topics())
        new = [
            NewTopic(name, topic.partitions, replication_factor, topic_configs=topic.config)
            for name, topic in wanted.items()
            if name not in present
        ]
        if new:
            _refuse_failures(await admin.create_topics(new))
        await _known(bootstrap_servers, list(wanted), security)
    finally:
        await let_go(admin.close())


def _refuse_failures(response: Any) -> None:
    for name, code, *_ in response.topic_errors:
        error = for_code(code)
        if code and error is not TopicAlreadyExistsError:
            raise error(f"Topic {name} cannot be made.")


async def _known(bootstrap_servers: str, names: list[str], security: KafkaSecurity) -> None:
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap_servers, **security.of_client())
    await consumer.start()
    try:
        for name in names:
            await consumer._client._wait_on_metadata(name)  # noqa: SLF001 - the only call that waits for one topic
    finally:
        await let_go(consumer.stop())
