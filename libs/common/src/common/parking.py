"""Parks lanes, queues what comes behind, and lets them go on in order."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from common.aggregate import Aggregate
from common.breaker import Breaker
from common.clock import Clock
from common.cloudevents import Record
from common.errors import NotFound, Rejected, Unavailable
from common.events.base import Message
from common.lanes import Fail, Kind, Lane, LanePorts, Park, ParkedRecord, Queue, Resume, Settle, State, keep, lane_handlers, lane_id, restore
from common.metrics import Metrics
from common.runner import Origin, Runner
from common.store.port import Collection, Entry, Store

Process = Callable[[Record], Awaitable[None]]


class Parking:
    """The parked lanes of a service; names in memory spare a look at the store for each message."""

    def __init__(self, service: str, store: Store, clock: Clock, wake: Any, breaker: Breaker, metrics: Metrics, log: Any) -> None:
        self._ports = LanePorts(Collection(store, Lane), clock, service)
        self._runner = Runner(self._ports, store, clock, wake)
        self._handlers = {on.message: on for on in lane_handlers(service)}
        self._breaker, self._metrics, self._log = breaker, metrics, log
        self._parked: set[str] = set()

    async def refresh(self) -> None:
        """Learn which lanes are parked; called before a partition newly assigned is read."""
        lanes = await self._ports.lanes.find({"state": State.PARKED}, limit=100_000)
        self._parked = {lane.name for lane in lanes if lane.kind is not Kind.QUARANTINE}
        self._metrics.parked.set(len(lanes))

    def is_parked(self, name: str) -> bool:
        """Whether a lane waits."""
        return name in self._parked

    async def park(self, name: str, record: Any, topic: str, error: BaseException, trace: str) -> None:
        """Stop a lane at a record from Kafka."""
        await self._stop(Park(name=name, kind=Kind.MESSAGES, record=keep(record, topic), error=type(error).__name__, trace=trace))
        self._parked.add(name)

    async def park_step(self, name: str, entry: Entry, error: Exception) -> None:
        """Stop an aggregate at a step; its entries stay in its outbox."""
        record = ParkedRecord(topic=entry.type, partition=-1, offset=entry.position)
        await self._stop(Park(name=name, kind=Kind.STEPS, record=record, error=type(error).__name__, trace=entry.trace))
        self._parked.add(name)

    async def quarantine(self, record: Any, topic: str, error: Exception) -> None:
        """Keep a record that is no event; nothing waits behind it."""
        name = f"quarantine/{topic}/{record.partition}/{record.offset}"
        await self._ask(Park(name=name, kind=Kind.QUARANTINE, record=keep(record, topic), error=type(error).__name__))
        self._log.warning("quarantined", topic=topic, partition=record.partition, offset=record.offset, reason=str(error))

    async def queue(self, name: str, record: Any, topic: str) -> bool:
        """Let a record wait behind the others of its lane; False when the lane has been opened meanwhile."""
        lane = await self._ports.lanes.get(lane_id(name))
        if lane is None or lane.state is not State.PARKED:
            self._parked.discard(name)
            return False
        await self._ask(Queue(name=name, record=keep(record, topic)))
        return True

    async def list(self, limit: int, skip: int) -> list[Lane]:
        """The parked lanes, the oldest first."""
        return await self._ports.lanes.find({"state": State.PARKED}, order="parked_at", limit=limit, skip=skip)

    async def show(self, id_: UUID) -> Lane:
        """One lane."""
        lane = await self._ports.lanes.get(id_)
        if lane is None:
            raise NotFound("No such lane.")
        return lane

    async def redrive(self, id_: UUID, process: Process) -> Lane:
        """Carry out what waits in a lane, in order; stops at the first that fails again."""
        lane = await self._still_parked(id_)
        while lane.kind is not Kind.STEPS and lane.state is State.PARKED and lane.records:
            try:
                await process(restore(lane.records[0]))
            except Unavailable:
                raise
            except Exception as error:  # noqa: BLE001 - it waits on, with the new reason
                await self._ask(Fail(lane_id=id_, error=type(error).__name__))
                raise Rejected(f"It failed again ({type(error).__name__}); the lane waits on.") from error
            lane = await self._change(Settle(lane_id=id_))
        if lane.kind is Kind.STEPS:
            lane = await self._change(Resume(lane_id=id_))
        self._open(lane)
        return lane

    async def discard(self, id_: UUID) -> Lane:
        """Give up the first record of a lane for good; what waits behind it stays."""
        lane = await self._still_parked(id_)
        if lane.kind is Kind.STEPS:
            raise Rejected("A step of an aggregate cannot be given up; mend what it needs, then redrive.")
        lane = await self._change(Settle(lane_id=id_, discard=True))
        if lane.state is not State.PARKED:
            self._open(lane)
        return lane

    async def _stop(self, message: Park) -> None:
        await self._ask(message)
        self._breaker.count()
        self._metrics.breaker.set(self._breaker.open)
        self._metrics.parked.inc()
        self._log.error("lane parked", lane=message.name, topic=message.record.topic, offset=message.record.offset, error=message.error, trace=message.trace)

    async def _still_parked(self, id_: UUID) -> Lane:
        lane = await self.show(id_)
        if lane.state is not State.PARKED:
            raise Rejected("This lane does not wait any more.")
        return lane

    async def _ask(self, message: Message) -> Aggregate | None:
        return await self._runner.run(self._handlers[type(message)], message, Origin())

    async def _change(self, message: Message) -> Lane:
        lane = await self._ask(message)
        assert isinstance(lane, Lane)
        return lane

    def _open(self, lane: Lane) -> None:
        self._parked.discard(lane.name)
        self._metrics.parked.dec()
        self._log.info("lane resumed", lane=lane.name)
