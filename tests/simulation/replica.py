"""One process of a service: the real service over simulated ports, which can be started, stopped, frozen and killed."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, TypeVar

from common.errors import Unavailable
from common.lanes import Kind, State
from common.service import Service
from common.telemetry import Tracing
from simulation.consumer import SimulatedConsumer
from simulation.loop import Process
from simulation.outside import PlainFigures, PlainWording, SimulatedMailer, SimulatedPublisher
from simulation.stores import Line, SimulatedStore

if TYPE_CHECKING:
    from simulation.world import World

T = TypeVar("T")


class NoAnswer(Exception):
    """Who asked cannot know what has become of it."""


class NoTraces(Tracing):
    """Every trace is the same, so that two runs have the same bytes."""

    def _root(self) -> str:
        return "00-00000000000000000000000000000001-0000000000000001-00"


class ProcessClock:
    """The time of the world, as far off as the clock of one machine is."""

    def __init__(self, world: "World", off: float) -> None:
        self._world, self._off = world, timedelta(seconds=off)

    def now(self) -> datetime:
        return self._world.now() + self._off


class SimulatedService(Service[Any]):
    """The product as it is, down to the subscriber; a simulated consumer hands the batches over."""

    def __init__(self, blueprint: Any, world: "World", process: Process, **ports: Any) -> None:
        self._world, self._process = world, process
        super().__init__(blueprint, **ports)
        settling = self.consuming._settling
        handle = settling.handle

        async def heard(received: Any, under: str = "") -> None:
            jumps = self._jumps(received)
            await handle(received, under)
            world.ledger.heard(blueprint.name, process.name, received.envelope, jumps=jumps)

        settling.handle = heard  # type: ignore[method-assign]

    def _jumps(self, received: Any) -> bool:
        """Whether an event is handled although its lane waits and it is not the first there.

        Who has lost its partitions without knowing cannot know of lanes parked since, and is not asked.
        """
        name, consumer = self.blueprint.name, self.consuming.consumer()
        lane = self._world.stores[name].lane(received.event.key)
        if lane is None or lane.state is not State.PARKED or lane.kind is Kind.QUARANTINE:
            return False
        if consumer is None or not consumer.is_member():
            return False
        envelope = received.envelope
        return lane.records[0].place != (envelope.topic, envelope.partition, envelope.offset)

    async def _consume(self) -> None:
        group = self._world.groups[self.blueprint.name]
        consumer = SimulatedConsumer(self._process, group, self._world.log, self._world.chance, self.consuming)
        self.consuming.subscriber = SimpleNamespace(consumer=consumer)
        self.broker = consumer
        consumer.begin(self.consuming.take)


class Replica:
    """The place of one process; who has died is started again."""

    def __init__(self, world: "World", blueprint: Any, number: int) -> None:
        self.world, self.blueprint, self.name = world, blueprint, f"{blueprint.name}-{number}"
        self._draw = world.chance.of(f"{self.name}/life")
        self.up = False
        self.process = Process(self.name)
        self.service: SimulatedService
        self._leaving = asyncio.Event()

    def boot(self) -> None:
        """Start a process with an empty memory."""
        self.process, self._leaving = Process(self.name), asyncio.Event()
        self.service = self._build()
        self.world.loop.spawn(self.process, self._live())

    def boot_later(self, least: float = 0.5, most: float = 20.0) -> None:
        """Start again after a while, as Kubernetes does."""
        self.up = False
        loop = self.world.loop
        loop.call_later(self._draw.uniform(least, most), self.boot, context=loop.outside.context)

    def leave(self) -> None:
        """Stop cleanly, as a rolling restart asks."""
        self._leaving.set()

    async def call(self, work: Callable[[SimulatedService], Awaitable[T]], patience: float = 10.0) -> T:
        """Ask this process over the network."""
        if not self.up:
            raise NoAnswer("The connection is refused.")
        task: asyncio.Task[T] = self.world.loop.spawn(self.process, _on(work, self.service))
        done, _ = await asyncio.wait({task}, timeout=patience)
        if not done or task.cancelled():
            raise NoAnswer("Nothing came back.")
        return task.result()

    async def _live(self) -> None:
        try:
            async with self.service.running():
                self.up = True
                self.world.history.note(self.name, "is up")
                await self._leaving.wait()
        except Unavailable:
            self.world.history.note(self.name, "could not start")
        if not self.process.dead:
            self.world.loop.kill(self.process)

    def _build(self) -> SimulatedService:
        world, name = self.world, self.blueprint.name
        line = Line(self.process, world.chance, "store")
        return SimulatedService(
            replace(self.blueprint, ports=self._ports, stops=None),
            world,
            self.process,
            store=SimulatedStore(world.stores[name], line),
            clock=ProcessClock(world, self._draw.uniform(-2.0, 2.0)),
            publisher=SimulatedPublisher(world.log, Line(self.process, world.chance, "kafka")),
            tracing=NoTraces(name, 0.0, None),
        )

    def _ports(self, context: Any) -> Any:
        ports = self.blueprint.ports(context)
        if self.blueprint.name == "notifications":
            mailer = SimulatedMailer(self.world.provider, Line(self.process, self.world.chance, "mail"))
            return replace(ports, mailer=mailer, wording=PlainWording(ports.wording) if self.world.plain else ports.wording)
        if self.blueprint.name == "reporting":
            return replace(ports, figures=PlainFigures(ports.facts, context.clock))
        return ports


async def _on(work: Callable[[SimulatedService], Awaitable[T]], service: SimulatedService) -> T:
    return await work(service)
