"""A relay and nothing else: `telling.py fill|drain|straight <entries>` or `telling.py stream|sends <per second> <seconds>`.

`fill` leaves an outbox as a crash does, `drain` tells it; `straight` and `sends` are the same events without store and relay.
"""

import asyncio
import gc
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from time import monotonic, process_time
from typing import Any
from uuid import UUID, uuid4

import orjson
import uvloop

sys.path.insert(0, str(Path(__file__).parents[1]))

from tax import SOURCE, contact_entry

from common.cloudevents import Outgoing, outgoing
from common.publisher import Publisher
from common.service import Service
from common.store.port import Entry
from notifications.app import build
from notifications.domain import Contact
from notifications.settings import Settings

TOGETHER, TICK = 500, 0.01  # entries at once; seconds between two bursts of a stream
Said = dict[str, float]


class Noting(Publisher):
    """Notes when Kafka had which key."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.acknowledged: dict[bytes, float] = {}

    async def send(self, records: list[Outgoing]) -> None:
        await super().send(records)
        self.acknowledged |= dict.fromkeys((record.key for record in records), monotonic())


def relay_alone() -> tuple[Service[Any], Noting]:
    """A service that hears nothing and has nothing to do but to tell."""
    settings = Settings()
    publisher = Noting(settings.kafka_bootstrap_servers, "bench", settings.topic_prefix)
    blueprint = replace(build(settings), subscribes=(), steps=(), acts=(), commands=(), register=None)
    return Service(blueprint, publisher=publisher), publisher


def contact(party: UUID) -> tuple[Contact, Entry]:
    """A new contact and what it leaves to tell."""
    found = Contact(id=party, name="A. Example", email="a@bench.example", language="en", revision=1, version=1)
    return found, contact_entry(party)


async def warm(publisher: Noting) -> None:
    """Let the producer connect and learn of its topic; the one record is counted by nobody here."""
    party = uuid4()
    await publisher.send([outgoing(contact_entry(party), party, SOURCE)])
    publisher.acknowledged.clear()


async def fill(entries: int) -> Said:
    """Entries of as many aggregates, saved and not told."""
    store = relay_alone()[0].store
    await store.start()
    for start in range(0, entries, TOGETHER):
        made = [contact(uuid4()) for _ in range(min(TOGETHER, entries - start))]
        assert all(await asyncio.gather(*(store.save(one, [entry]) for one, entry in made)))
    await store.close()
    return {}


async def drain(entries: int) -> Said:
    """What a start finds, until it is told and cleared."""
    service, publisher = relay_alone()
    began, spent = monotonic(), process_time()
    async with service.running():
        while len(publisher.acknowledged) < entries or not service.relay.idle():
            await asyncio.sleep(0.01)
        return _rate(entries, began, spent)


async def straight(entries: int) -> Said:
    """The same events, made into records and produced."""
    _, publisher = relay_alone()
    await warm(publisher)
    made = [(party, contact_entry(party)) for party in (uuid4() for _ in range(entries))]
    began, spent = monotonic(), process_time()
    for start in range(0, entries, TOGETHER):
        await publisher.send([outgoing(entry, party, SOURCE) for party, entry in made[start : start + TOGETHER]])
    said = _rate(entries, began, spent)
    await publisher.close()
    return said


async def stream(rate: int, seconds: int) -> Said:
    """Saved one by one at a steady rate, each told as soon as it is saved."""
    service, publisher = relay_alone()

    async def save(party: UUID, _meant: float) -> float:
        one, entry = contact(party)
        if not await service.store.save(one, [entry]):
            raise SystemExit("a new contact could not be saved")
        moment = monotonic()
        service.relay.wake(one, [entry])
        return moment

    async with service.running():
        await warm(publisher)
        said = await _steadily(rate, seconds, save, publisher)
        while not service.relay.idle():
            await asyncio.sleep(0.01)
        return said


async def sends(rate: int, seconds: int) -> Said:
    """The same without a store: how long Kafka takes by itself."""
    _, publisher = relay_alone()

    async def send(party: UUID, meant: float) -> float:
        await publisher.send([outgoing(contact_entry(party), party, SOURCE)])
        return meant

    await warm(publisher)
    said = await _steadily(rate, seconds, send, publisher)
    await publisher.close()
    return said


async def _steadily(rate: int, seconds: int, act: Callable[[UUID, float], Awaitable[float]], publisher: Noting) -> Said:
    began, spent, tasks = monotonic(), process_time(), dict[UUID, "asyncio.Task[float]"]()
    for tick in range(int(seconds / TICK)):
        await asyncio.sleep(began + tick * TICK - monotonic())
        tasks |= {party: asyncio.create_task(_one(act, party)) for party in (uuid4() for _ in range(int(rate * TICK)))}
    since = dict(zip(tasks, await asyncio.gather(*tasks.values()), strict=True))
    while len(publisher.acknowledged) < len(tasks):
        await asyncio.sleep(0.01)
    waited = sorted((publisher.acknowledged[str(party).encode()] - moment) * 1000 for party, moment in since.items())
    return _rate(len(tasks), began, spent) | {"p50": waited[len(waited) // 2], "p99": waited[len(waited) * 99 // 100]}


async def _one(act: Callable[[UUID, float], Awaitable[float]], party: UUID) -> float:
    return await act(party, monotonic())


def _rate(events: int, began: float, spent: float) -> Said:
    return {"rate": events / (monotonic() - began), "micros": (process_time() - spent) / events * 1e6}


if __name__ == "__main__":
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)
    WORKS: dict[str, Callable[..., Any]] = {"fill": fill, "drain": drain, "straight": straight, "stream": stream, "sends": sends}
    print(orjson.dumps(uvloop.run(WORKS[sys.argv[1]](*map(int, sys.argv[2:])))).decode())
