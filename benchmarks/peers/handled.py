"""The same handler over the same store, once behind our subscriber and runner and once in a bare loop: `handled.py <ours|raw> <events>`.

Prints the CPU seconds of this process from the first partition until everything is stored.
"""

import asyncio
import gc
import os
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from time import process_time
from typing import Any

import uvloop
from aiokafka import AIOKafkaConsumer

from common.events.party import PartyContactChanged
from common.service import Service
from common.subscribing import on
from common.topics import MESSAGE_LIMIT
from notifications.app import build
from notifications.domain import Contact
from notifications.handlers import keep_contact
from notifications.settings import Settings

PREFIX, BOOTSTRAP = os.environ["TOPIC_PREFIX"], os.environ["KAFKA_BOOTSTRAP_SERVERS"]
Loop = Callable[[Service[Any], int], Awaitable[float]]


async def ours(service: Service[Any], events: int) -> float:
    """As every service does it."""
    async with service.running():
        await service.consuming.assigned.wait()
        began = process_time()
        handled = service.metrics.events.labels(PartyContactChanged.topic, "handled")
        while next(iter(handled.collect())).samples[0].value < events:
            await asyncio.sleep(0.1)
        spent = process_time() - began
        if await service.store.count(Contact, {}) != events:
            raise SystemExit("not every contact is there")
        return spent


async def raw(service: Service[Any], events: int) -> float:
    """Batch, handler, save, commit: at least once and nothing else."""
    place = PREFIX + PartyContactChanged.topic
    options: dict[str, Any] = {"max_partition_fetch_bytes": MESSAGE_LIMIT * 4, "enable_auto_commit": False, "auto_offset_reset": "earliest"}
    consumer = AIOKafkaConsumer(place, bootstrap_servers=BOOTSTRAP, group_id=PREFIX + "raw", **options)
    await service.store.start()
    await consumer.start()
    began, saved = process_time(), 0
    while saved < events:
        batch = await consumer.getmany(timeout_ms=250, max_records=500)
        messages = [PartyContactChanged.model_validate_json(record.value) for records in batch.values() for record in records]
        contacts = await asyncio.gather(*(keep_contact(message, service.ports) for message in messages))
        for contact in contacts:
            contact.version += 1
        saved += sum(await asyncio.gather(*(service.store.save(contact, ()) for contact in contacts)))
        await consumer.commit()
    spent = process_time() - began
    await consumer.stop()
    await service.store.close()
    return spent


async def main(loop: Loop, events: int) -> None:
    """One measurement."""
    blueprint = replace(build(Settings()), subscribes=(on(PartyContactChanged, keep_contact),), steps=(), acts=(), commands=())
    service = Service(blueprint)
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)
    print(await loop(service, events))


if __name__ == "__main__":
    uvloop.run(main({"ours": ours, "raw": raw}[sys.argv[1]], int(sys.argv[2])))
