"""Where groups stand in the log of a platform, and how they are set back."""

import asyncio
from contextlib import asynccontextmanager
from importlib import import_module
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from grounds import Platform, Void, until

from common.topics import PARTITIONS

Offsets = dict[TopicPartition, int]


def heard_by(service: str) -> list[str]:
    """The topics that a service subscribes to."""
    return sorted({on.message.topic for on in import_module(f"{service}.app").SUBSCRIBES})


def ends(made: Platform, topics: list[str]) -> Offsets:
    """How many records each partition of these topics has."""

    async def ask() -> Offsets:
        async with _consumer(made) as consumer:
            return dict(await consumer.end_offsets(_places(made, topics)))

    return asyncio.run(ask())


def set_back(made: Platform, service: str) -> None:
    """Let the group of a service, which nobody is a member of now, begin at 0 everywhere."""

    async def commit() -> None:
        places = _places(made, heard_by(service))
        async with _consumer(made, made.prefix + service) as consumer:
            consumer.assign(places)
            await consumer.commit(dict.fromkeys(places, 0))

    asyncio.run(commit())
    if any(_committed(made, service).values()):
        raise Void(f"the offsets of {service} were not set back")


def await_read(made: Platform, wanted: dict[str, Offsets], patience: float) -> None:
    """Wait until the groups of services have committed what is in the log."""

    def all_read() -> bool:
        return all(_reached(_committed(made, service), log) for service, log in wanted.items())

    until(all_read, "the groups to have read everything", patience, 0.2)


def _reached(committed: Offsets, log: Offsets) -> bool:
    return all(committed.get(place, -1) >= end for place, end in log.items() if end)


def _committed(made: Platform, service: str) -> Offsets:
    async def ask() -> Offsets:
        admin = AIOKafkaAdminClient(bootstrap_servers=made.grounds.bootstrap)
        await admin.start()
        try:
            found = await admin.list_consumer_group_offsets(made.prefix + service)
        finally:
            await admin.close()
        return {place: one.offset for place, one in found.items()}

    return asyncio.run(ask())


@asynccontextmanager
async def _consumer(made: Platform, group: str | None = None) -> Any:
    consumer = AIOKafkaConsumer(bootstrap_servers=made.grounds.bootstrap, group_id=group, enable_auto_commit=False)
    await consumer.start()
    try:
        yield consumer
    finally:
        await consumer.stop()


def _places(made: Platform, topics: list[str]) -> list[TopicPartition]:
    return [TopicPartition(made.prefix + topic, number) for topic in topics for number in range(PARTITIONS)]
