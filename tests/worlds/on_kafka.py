"""What the tests on a real Kafka look for: cases that came to their end, and what the log tells of them."""

import asyncio
from pathlib import Path
from uuid import UUID

from aiokafka import AIOKafkaConsumer, TopicPartition
from chassis import Thing, new, until_it
from toy_service import PARTITIONS, Ports, incoming, log_of, told_once

from common.publisher import Publisher
from common.relay import ANY
from common.service import Service


async def settled(service: Service[Ports], cases: list[UUID], n: int = 1) -> None:
    """Every case has come to its end, exactly once."""

    async def done() -> bool:
        finished = await service.store.count(Thing, {"colour": "sent"}) >= len(cases)
        return finished and service.relay.idle() and not await service.store.untold(ANY, 1)

    await until_it(done)
    things = [await service.store.get(Thing, case) for case in cases]
    assert all(thing and (thing.n, thing.seen, thing.colour) == (n, ["prepared"], "sent") for thing in things)


async def check_log(bootstrap: str, prefix: str, cases: list[UUID], folder: Path) -> None:
    assert told_once(await log_of(bootstrap, f"{prefix}visit.deferred")) == sorted((str(case), 1) for case in cases)
    assert sorted((folder / "ledger").read_text().split()) == sorted(map(str, cases))
    assert await log_of(bootstrap, f"{prefix}scheduling.parked") == []


async def committed(bootstrap: str, group: str, topic: str) -> dict[int, int]:
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, group_id=group, enable_auto_commit=False)
    await consumer.start()
    try:
        return {partition: await consumer.committed(TopicPartition(topic, partition)) or 0 for partition in range(PARTITIONS)}
    finally:
        await consumer.stop()


def share(service: Service[Ports]) -> dict[str, set[int]]:
    places: dict[str, set[int]] = {}
    for place in service.consuming.consumer().assignment():
        places.setdefault(place.topic, set()).add(place.partition)
    return places


async def trickle(bootstrap: str, prefix: str, cases: list[UUID], enough: asyncio.Event) -> None:
    """Case after case until it is enough, however long the members take."""
    publisher = Publisher(bootstrap, "test", prefix)
    while not enough.is_set():
        cases.append(new())
        await publisher.send([incoming(cases[-1])])
        await asyncio.sleep(0.005)
    await publisher.close()
