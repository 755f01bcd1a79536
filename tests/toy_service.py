"""A service small enough to crash at every step: hears of a case, goes on by a step, does something once, and says so."""

import asyncio
import importlib
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from aiokafka import AIOKafkaConsumer, TopicPartition
from chassis import NOW, Send, Sent, Thing, deferred, referred
from fastapi import APIRouter
from worlds.logbooks import GROWN, register

from common import failpoints
from common.aggregate import How
from common.blueprint import Blueprint, Context
from common.broker import create_topics
from common.clock import Clock
from common.cloudevents import Outgoing, outgoing
from common.events.base import Step
from common.events.case import CaseReferred
from common.events.lane import SchedulingParked
from common.events.visit import VisitDeferred
from common.publisher import Publisher
from common.service import Service
from common.settings import LogbookSettings
from common.store.port import Collection, Entry
from common.subscribing import On, on, once
from common.testing.issuer import issuer_settings
from common.topics import Topic

PARTITIONS = 5  # odd, so that round robin would part two topics differently
TOPICS = [Topic(event.topic, PARTITIONS, {}) for event in (CaseReferred, VisitDeferred, SchedulingParked)]


class Prepare(Step):
    id: UUID


class GiveUp(Step):
    id: UUID


@dataclass(frozen=True)
class Ports:
    """What the handlers reach: the store, the outer world's ledger, and a brake for the tests."""

    things: Collection[Thing]
    clock: Clock
    ledger: Path
    slow: float = 0.0
    heard: list[UUID] = field(default_factory=list)


async def hear(event: CaseReferred, ports: Ports) -> Thing:
    ports.heard.append(event.case_id)
    await asyncio.sleep(ports.slow)
    thing = await ports.things.get(event.case_id) or Thing(id=event.case_id)
    thing.n += 1
    return thing.then(Prepare(id=thing.id)) if thing.n == 1 else thing


async def prepare(step: Prepare, ports: Ports) -> Thing:
    thing = await found(step.id, ports)
    thing.seen.append("prepared")
    return thing.once(Send(id=thing.id)).at(ports.clock.now() + timedelta(seconds=2), GiveUp(id=thing.id))


async def send(step: Send, ports: Ports) -> Sent:
    with ports.ledger.open("a") as ledger:
        ledger.write(f"{step.id}\n")
    return Sent(id=step.id, outcome="sent")


async def settle(step: Sent, ports: Ports) -> Thing | None:
    thing = await found(step.id, ports)
    if thing.colour:
        return None
    thing.colour = step.outcome
    return thing.forget(GiveUp).tell(deferred(thing.id))


async def give_up(step: GiveUp, ports: Ports) -> Thing | None:
    return await settle(Sent(id=step.id, outcome="unknown"), ports)


async def found(id_: UUID, ports: Ports) -> Thing:
    thing = await ports.things.get(id_)
    assert thing is not None
    return thing


def blueprint(bootstrap: str, prefix: str, folder: Path, slow: float = 0.0, **settings: Any) -> Blueprint[Ports]:
    """The toy under the name of scheduling."""
    subscribes: tuple[On[Ports], ...] = (on(CaseReferred, hear, Prepare, processing=GROWN),)
    steps: tuple[On[Ports], ...] = (on(Prepare, prepare, Send, GiveUp), on(Sent, settle, VisitDeferred), on(GiveUp, give_up, VisitDeferred))

    def ports(context: Context) -> Ports:
        return Ports(Collection(context.store, Thing), context.clock, folder / "ledger", slow)

    chosen: dict[str, Any] = {"log_level": "error", "trace_ratio": 0, "patience_seconds": 1} | settings
    return Blueprint(
        name="scheduling",
        title="A toy",
        settings=LogbookSettings(
            environment="test",
            **issuer_settings(),
            kafka_bootstrap_servers=bootstrap,
            topic_prefix=prefix,
            sqlite_path=folder / "store.sqlite",
            **chosen,
        ),
        aggregates=(Thing,),
        subscribes=subscribes,
        publishes=(VisitDeferred,),
        ports=ports,
        routes=lambda context, ports: APIRouter(),
        steps=steps,
        acts=(once(Send, send, Sent),),
        register=register(),
    )


@asynccontextmanager
async def running(made: Blueprint[Ports]) -> AsyncIterator[Service[Ports]]:
    """The toy in this process, once it has its partitions."""
    service = Service(made)
    async with service.running():
        await service.consuming.assigned.wait()
        yield service


def incoming(case: UUID, sequence: int = 1) -> Outgoing:
    """A record of a case as intake would produce it."""
    data = referred(case).model_dump_json(by_alias=True).encode()
    entry = Entry(sequence, How.TELL, uuid4(), "case.referred", str(case), sequence, sequence, NOW, data, "", None, None)
    return outgoing(entry, case, b"urn:test:intake")


async def produce(bootstrap: str, prefix: str, records: list[Outgoing]) -> None:
    """Hand records to Kafka, in order."""
    publisher = Publisher(bootstrap, "test", prefix)
    try:
        await publisher.send(records)
    finally:
        await publisher.close()


async def make_topics(bootstrap: str, prefix: str) -> None:
    """The topics of the toy, with few partitions."""
    await create_topics(bootstrap, TOPICS, prefix)


async def log_of(bootstrap: str, topic: str) -> list[Any]:
    """Every record of a topic, partition by partition."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest", enable_auto_commit=False)
    await consumer.start()
    try:
        await consumer._client._wait_on_metadata(topic)

        places = [TopicPartition(topic, partition) for partition in sorted(consumer.partitions_for_topic(topic) or ())]
        consumer.assign(places)
        ends = await consumer.end_offsets(places)
        records: list[Any] = []
        while any([await consumer.position(place) < ends[place] for place in places]):
            batch = await consumer.getmany(timeout_ms=200)
            records += [record for part in batch.values() for record in part]
        return records
    finally:
        await consumer.stop()


def told_once(records: list[Any]) -> list[tuple[str, int]]:
    """Subject and sequence, repetitions dropped as consumers do; a gap would show."""
    seen: dict[str, int] = {}
    for record in records:
        headers = {name: value.decode() for name, value in record.headers}
        subject, sequence = headers["ce_subject"], int(headers["ce_sequence"])
        assert sequence <= seen.get(subject, 0) + 1, "told before its predecessor"
        seen[subject] = max(sequence, seen.get(subject, 0))
    return sorted(seen.items())


async def main(arguments: dict[str, Any], ready: Connection) -> None:
    made = blueprint(arguments["bootstrap"], arguments["prefix"], Path(arguments["folder"]), arguments.get("slow", 0.0))
    end = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, end.set)
    async with running(made):
        ready.send("ready")
        await end.wait()


def live(arguments: dict[str, Any], point: str | None, ready: Connection) -> None:
    """What a process of its own does: it runs until SIGTERM, or dies on the way at an armed failpoint."""
    if point is not None:
        os.environ[failpoints.ARMED] = point
        importlib.reload(failpoints)  # it reads the environment once, and was imported before this process began
    asyncio.run(main(arguments, ready))
    os._exit(0)
