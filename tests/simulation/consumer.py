"""Kafka's client as a service holds it: polls, seeks, pauses, commits, and calls the listener as aiokafka does."""

import asyncio
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

from aiokafka import TopicPartition
from aiokafka.errors import IllegalStateError, KafkaError

from simulation.chance import Chance
from simulation.group import HEARTBEAT, Group
from simulation.log import LogRecord, SimulatedLog
from simulation.loop import Process

AT_MOST = 40  # records of one batch


class SimulatedConsumer:
    """As with aiokafka, records of a new assignment may be handed over while the listener still hears of it."""

    start_at_end = False
    """The broken variant of `auto_offset_reset`; only the self-test sets it."""

    def __init__(self, process: Process, group: Group, log: SimulatedLog, chance: Chance, listener: Any) -> None:
        self.name, self._process, self._group, self._log, self._chance, self._listener = process.name, process, group, log, chance, listener
        self._draw = chance.of(f"{process.name}/consumer")
        self._held: frozenset[TopicPartition] = frozenset()
        self._positions: dict[TopicPartition, int] = {}
        self._paused: set[TopicPartition] = set()
        self._generation = 0
        self._reassigning = True
        self._something, self._rejoin = asyncio.Event(), asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._topics = frozenset(group.topics)
        self._fetcher = SimpleNamespace()  # how long Kafka gathers is chance here

    def begin(self, take: Callable[[Any], Awaitable[None]]) -> None:
        """Join the group, beat, and hand over what comes."""
        self._log.listen(self, self._hear)
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(work) for work in (self._coordinate(), self._beat(), self._poll(take))]

    async def stop(self) -> None:
        """End cleanly, as the broker's `stop` does."""
        self._log.forget(self)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if not self._process.dead:
            self._group.leave(self)

    def rejoin(self) -> None:
        self._rejoin.set()

    def assignment(self) -> frozenset[TopicPartition]:
        return self._held

    def is_member(self) -> bool:
        """Whether the group still takes this process for the owner of what it holds."""
        return self._generation == self._group.generation and not self._reassigning

    def seek(self, place: TopicPartition, offset: int) -> None:
        self._ours(place)
        self._positions[place] = offset

    def pause(self, *places: TopicPartition) -> None:
        for place in places:
            self._ours(place)
        self._paused.update(places)

    def paused(self) -> frozenset[TopicPartition]:
        return frozenset(self._paused)

    def resume(self, *places: TopicPartition) -> None:
        self._paused.difference_update(places)
        self._something.set()

    def highwater(self, place: TopicPartition) -> int | None:
        return self._log.end(*place) if place in self._held else None

    async def commit(self, offsets: dict[TopicPartition, int]) -> None:
        await asyncio.sleep(self._draw.uniform(0.001, 0.02))
        if self._chance.strikes(f"{self.name}/commit refused", self._chance.weather.refused):
            raise KafkaError("The request has timed out.")
        self._group.commit(self, self._generation, offsets)
        await asyncio.sleep(0)
        if self._chance.strikes(f"{self.name}/commit answer lost", self._chance.weather.lost):
            raise KafkaError("The request has timed out.")

    @property
    def _subscription(self) -> Any:
        """As far as the watch over the lag looks into aiokafka's own."""
        state = lambda place: SimpleNamespace(has_valid_position=place in self._positions, position=self._positions.get(place))  # noqa: E731
        return SimpleNamespace(subscription=SimpleNamespace(assignment=SimpleNamespace(state_value=state)))

    def _ours(self, place: TopicPartition) -> None:
        if place not in self._held:
            raise IllegalStateError(f"{place} is not assigned.")

    def _hear(self, topic: str) -> None:
        if topic in self._topics:
            self._something.set()

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT)
            if not self._reassigning and not self._group.beat(self):
                self._rejoin.set()

    async def _coordinate(self) -> None:
        while True:
            self._reassigning = True
            await self._listener.on_partitions_revoked(self._held)
            await asyncio.sleep(self._draw.uniform(0.001, 0.05))
            try:
                self._generation, self._held = await self._group.join(self)
            finally:
                self._group.forget(self)
            self._positions, self._paused = {}, set()
            self._rejoin.clear()
            refreshing = asyncio.create_task(self._learn_positions(self._held))
            self._reassigning = False
            await self._listener.on_partitions_assigned(self._held)
            await refreshing
            await self._rejoin.wait()

    async def _learn_positions(self, held: frozenset[TopicPartition]) -> None:
        await asyncio.sleep(self._draw.uniform(0.001, 0.05))
        for place in sorted(held):
            start = self._log.end(*place) if self.start_at_end else 0
            self._positions.setdefault(place, self._group.committed.get(place, start))
        self._something.set()

    async def _poll(self, take: Callable[[Any], Awaitable[None]]) -> None:
        while True:
            self._something.clear()
            records = () if self._reassigning else self._fetched()
            if not records:
                await self._something.wait()
                await asyncio.sleep(self._draw.uniform(0.001, 0.02))
                continue
            if self._draw.random() < 0.2:
                await asyncio.sleep(self._draw.uniform(0.0, 0.5))
            await take(SimpleNamespace(raw_message=records))

    def _fetched(self) -> tuple[LogRecord, ...]:
        """Some of what there is: partitions in any order, each in its own."""
        places = sorted(place for place in self._held if place not in self._paused and place in self._positions)
        places = [place for place in places if self._log.end(*place) > self._positions[place]]
        self._draw.shuffle(places)
        found: list[LogRecord] = []
        for place in places:
            records = self._log.read(*place, self._positions[place], self._draw.randint(1, AT_MOST - len(found)))
            self._positions[place] += len(records)
            found += records
            if len(found) >= AT_MOST or self._draw.random() < 0.2:
                break
        return tuple(found)
