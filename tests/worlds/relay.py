"""Processes of a service over a store they may share, with a publisher and an outer world that can fail."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis import KINDS, NOW, FakePublisher, Finish, Log, Make, Remind, Send, Sent, Thing, ToyPorts, deferred, until

from common.aggregate import Aggregate
from common.breaker import Breaker
from common.carrying import Carrying
from common.errors import Rejected
from common.events.case import CaseReferred
from common.events.visit import VisitDeferred
from common.lanes import Lane
from common.metrics import Metrics
from common.parking import Parking
from common.relay import Relay
from common.runner import Origin, Runner
from common.store.port import Collection, Entry
from common.subscribing import Once, on, once
from common.telemetry import Tracing
from common.testing.memory import MemoryStore
from common.testing.stage import StoppedClock


async def finish(message: Finish, ports: ToyPorts) -> Thing:
    thing = await ports.things.get(message.id)
    assert thing is not None
    ports.log.append(message.word)
    if message.word == "refuse":
        raise Rejected("not now")
    if message.word == "bug":
        raise KeyError("bug")
    thing.seen.append(message.word)
    return thing.tell(deferred(message.id)) if message.word == "tell" else thing


async def remind(message: Remind, ports: ToyPorts) -> Thing:
    return await finish(Finish(id=message.id, word="remind"), ports)


async def sent(message: Sent, ports: ToyPorts) -> Thing:
    return await finish(Finish(id=message.id, word=message.outcome), ports)


class Sender:
    """Something in the outer world that must not be done twice."""

    def __init__(self) -> None:
        self.sent: list[UUID] = []
        self.trouble: Exception | None = None

    async def __call__(self, message: Send, ports: ToyPorts) -> Sent:
        self.sent.append(message.id)
        await asyncio.sleep(0)
        if self.trouble:
            raise self.trouble
        return Sent(id=message.id, outcome="sent")


class Process:
    """What one process of a service holds in memory, over a store that others may share."""

    def __init__(self, store: MemoryStore, clock: StoppedClock, publisher: FakePublisher, sender: Sender) -> None:
        self.store, self.clock, self.log = store, clock, Log()
        self.ports = ToyPorts(Collection(store, Thing))
        self.runner: Runner[ToyPorts] = Runner(self.ports, store, clock, self._wake)
        self.metrics = metrics = Metrics("intake")
        self.parking = Parking("intake", store, clock, self._wake, Breaker(100, clock), metrics, self.log, self._resume)
        steps = (on(Finish, finish, VisitDeferred), on(Remind, remind, VisitDeferred), on(Sent, sent, VisitDeferred))
        acts: Iterable[Once[ToyPorts]] = (once(Send, sender, Sent),)
        carrying = Carrying(self.runner, store, publisher, steps, acts, b"urn:test", metrics, Tracing("intake", 0, None))
        self.relay = Relay(carrying, store, self.parking, (*KINDS, Lane), clock, metrics, self.log)

    def _wake(self, aggregate: Aggregate, entries: Sequence[Entry]) -> None:
        self.relay.wake(aggregate, entries)

    def _resume(self) -> None:
        self.relay.resume()

    async def change(self, id_: UUID, *follows: Any, at: datetime | None = None) -> None:
        """Let things follow from one change of an aggregate."""

        async def decide(message: Make, ports: ToyPorts) -> Thing:
            thing = await ports.things.get(id_) or Thing(id=id_)
            for what in follows:
                if isinstance(what, Send):
                    thing.once(what)
                elif isinstance(what, Remind):
                    thing.at(at or NOW, what)
                else:
                    (thing.then if isinstance(what, Finish) else thing.tell)(what)
            return thing

        line = on(Make, decide, CaseReferred, VisitDeferred, Finish, Send, Remind)
        await self.runner.run(line, Make(id=id_), Origin(trace="00-x"))


class World:
    def __init__(self, store: MemoryStore | None = None) -> None:
        self.store, self.clock, self.publisher, self.sender = store or MemoryStore(), StoppedClock(NOW), FakePublisher(), Sender()
        self.processes: list[Process] = []

    def process(self) -> Process:
        made = Process(self.store, self.clock, self.publisher, self.sender)
        self.processes.append(made)
        return made

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Process]:
        process = self.process()
        await process.relay.start()
        try:
            yield process
        finally:
            await process.relay.stop(0.1)

    async def quiet(self) -> None:
        await until(lambda: not any(self.store.outbox.values()) and all(process.relay.idle() for process in self.processes))

    async def thing(self, id_: UUID) -> Thing:
        found = await self.store.get(Thing, id_)
        assert found is not None
        return found


async def mend(world: World, id_: UUID) -> Any:
    """Let the step that failed succeed from now on."""
    entries = world.store.outbox["things", id_]
    entries[0] = entries[0]._replace(data=Finish(id=id_, word="mended").model_dump_json(by_alias=True).encode())

    async def never(record: Any) -> None:
        raise AssertionError("steps are the relay's")

    return never


async def await_never(record: Any) -> None:
    raise AssertionError("steps are the relay's")
