"""The ceiling: aiokafka's `getmany`, one transaction and one produce per batch, and no guarantee whatever: `raw.py <service> <topics>`."""

import asyncio
import gc
import os
import sqlite3
import sys
from pathlib import Path

import uvloop
from aiokafka import AIOKafkaConsumer

sys.path.insert(0, str(Path(__file__).parents[1]))

from common.cloudevents import Outgoing
from common.events.base import Event
from common.events.catalogue import EVENTS
from common.publisher import Publisher
from common.topics import MESSAGE_LIMIT
from peers.tables import open_tables, say_ready, write
from peers.work import Done, Role, role

PREFIX, BOOTSTRAP = os.environ["TOPIC_PREFIX"], os.environ["KAFKA_BOOTSTRAP_SERVERS"]


def _record(event: Event) -> Outgoing:
    key = event.key.encode()
    return Outgoing(event.topic, key, event.__pydantic_serializer__.to_json(event, by_alias=True), [("content-type", b"application/json")])


async def _settle(role: Role, publisher: Publisher, db: sqlite3.Connection, done: Done) -> None:
    await asyncio.to_thread(write, db, done.rows)
    if done.events:
        await publisher.send([_record(event) for event in done.events])
    if done.letters:
        await asyncio.gather(*(role.hand_over(letter) for _, letter in done.letters))
        after = Done()
        for message, letter in done.letters:
            after.add(role.sent(message, letter))
        await _settle(role, publisher, db, after)


async def main(name: str, recorded: list[str]) -> None:
    """Until killed."""
    work, publisher, db = role(name, recorded), Publisher(BOOTSTRAP, name, PREFIX), open_tables()
    topics = [PREFIX + event.topic for event in work.topics]
    consumer = AIOKafkaConsumer(
        *topics,
        bootstrap_servers=BOOTSTRAP,
        group_id=f"{PREFIX}peer-{name}",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=MESSAGE_LIMIT * 4,
        session_timeout_ms=15_000,
    )
    await consumer.start()
    say_ready()
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)
    while True:
        batch = await consumer.getmany(timeout_ms=250, max_records=500)
        done = Done()
        for place, records in batch.items():
            kind = EVENTS[place.topic.removeprefix(PREFIX)]
            for record in records:
                done.add(await work.take(kind.model_validate_json(record.value)))
        if batch:
            await _settle(work, publisher, db, done)
            await consumer.commit()


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], sys.argv[2:]))
