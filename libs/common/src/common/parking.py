"""Parks lanes, queues what comes behind, and lets them go on in order."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from common.aggregate import Aggregate
from common.breaker import Breaker
from common.clock import Clock
from common.cloudevents import Record
from common.epoch import Epoch
from common.errors import NotFound, Rejected, Unavailable
from common.events.base import Message
from common.kept import ParkedRecord, keep, restore
from common.lanes import (
    Fail,
    Kind,
    Lane,
    LanePorts,
    Park,
    Queue,
    Resume,
    Settle,
    State,
    lane_handlers,
    lane_id,
)
from common.metrics import Metrics
from common.runner import Origin, Runner
from common.store.port import Collection, Entry, Store

Process = Callable[[Record], Awaitable[None]]
QUARANTINE = "quarantine/"  # begins the names of records that are no events


class Parking:
    """The parked lanes of a service; names in memory spare a look at the store for each message."""

    def __init__(
        self,
        service: str,
        store: Store,
        clock: Clock,
        wake: Any,
        breaker: Breaker,
        metrics: Metrics,
        log: Any,
        resumed: Callable[[], None] = lambda: None,
        epoch: Epoch | None = None,
    ) -> None:
        self._ports = LanePorts(Collection(store, Lane), clock, service)
        self._runner = Runner(self._ports, store, clock, wake, epoch=epoch)
        self._handlers = {on.message: on for on in lane_handlers(service)}
        self._breaker, self._metrics, self._log, self._resumed = breaker, metrics, log, resumed
        self._parked: set[str] = set()
        self._changes = 0

    async def refresh(self) -> None:
        """Learn which lanes are parked; called before a partition newly assigned is read."""
        while True:
            seen = self._changes
            lanes = await self._ports.lanes.find({"state": State.PARKED}, limit=100_000)
            if seen == self._changes:  # else the answer may be older than what has been parked or opened meanwhile
                break
        self._parked = {lane.name for lane in lanes}
        self._metrics.parked.set(len(self._parked))

    def is_parked(self, name: str) -> bool:
        """Whether a lane waits that holds others up: what is in quarantine does not, though events about it bear its name."""
        return name in self._parked and not name.startswith(QUARANTINE)

    def waiting(self) -> int:
        """How many lanes wait."""
        return len(self._parked)

    async def still_parked(self, name: str) -> bool:
        """Whether a lane waits, asked of the store: another replica may have opened it."""
        lane = await self._ports.lanes.get(lane_id(name))
        if lane is not None and lane.state is State.PARKED:
            return True
        self._change_known(name, parked=False)
        return False

    async def park(self, name: str, record: Any, topic: str, error: BaseException, trace: str) -> None:
        """Stop a lane at a record from Kafka."""
        await self._stop(Park(name=name, kind=Kind.MESSAGES, record=keep(record, topic), error=type(error).__name__, trace=trace), error)

    async def park_step(self, name: str, entry: Entry, error: Exception) -> None:
        """Stop an aggregate at a step; its entries stay in its outbox."""
        record = ParkedRecord(topic=entry.type, partition=-1, offset=entry.position)
        await self._stop(Park(name=name, kind=Kind.STEPS, record=record, error=type(error).__name__, trace=entry.trace), error)

    async def quarantine(self, record: Any, topic: str, error: Exception) -> None:
        """Keep a record that is no event; nothing waits behind it."""
        name = f"{QUARANTINE}{topic}/{record.partition}/{record.offset}"
        await self._ask(Park(name=name, kind=Kind.QUARANTINE, record=keep(record, topic), error=type(error).__name__))
        self._change_known(name, parked=True)
        self._log.warning("quarantined", topic=topic, partition=record.partition, offset=record.offset, reason=str(error))

    async def queue(self, name: str, record: Any, topic: str) -> bool:
        """Let a record wait behind the others of its lane; False when the lane has been opened meanwhile."""
        while await self.still_parked(name):
            lane = await self._ask(Queue(name=name, record=keep(record, topic)))
            if lane is not None:
                return True
        return False

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
            except Exception as error:
                await self._ask(Fail(lane_id=id_, error=type(error).__name__))
                raise Rejected(f"It failed again ({type(error).__name__}); the lane waits on.") from error
            lane = await self._change(Settle(lane_id=id_, place=lane.records[0].place))
        if lane.kind is Kind.STEPS:
            lane = await self._change(Resume(lane_id=id_))
        self._open(lane)
        return lane

    async def discard(self, id_: UUID) -> Lane:
        """Give up the first record of a lane for good; what waits behind it stays."""
        lane = await self._still_parked(id_)
        if lane.kind is Kind.STEPS:
            raise Rejected("A step of an aggregate cannot be given up; mend what it needs, then redrive.")
        lane = await self._change(Settle(lane_id=id_, place=lane.records[0].place, discard=True))
        if lane.state is not State.PARKED:
            self._open(lane)
        return lane

    async def _stop(self, message: Park, error: BaseException) -> None:
        self._breaker.count()
        try:
            await self._ask(message)
        except BaseException:
            self._breaker.take_back()
            if message.kind is Kind.MESSAGES:  # perhaps only the answer was lost: whoever comes behind asks the store
                self._change_known(message.name, parked=True)
            raise
        self._change_known(message.name, parked=True)
        self._metrics.breaker.set(self._breaker.open)
        self._log.error(
            "lane parked",
            lane=message.name,
            topic=message.record.topic,
            offset=message.record.offset,
            error=error,
            trace=message.trace,
        )

    async def _still_parked(self, id_: UUID) -> Lane:
        lane = await self.show(id_)
        if lane.state is not State.PARKED:
            raise Rejected("This lane does not wait any more.")
        return lane

    async def _ask(self, message: Message) -> Aggregate | None:
        return await self._runner.run(self._handlers[type(message)], message, Origin())

    async def _change(self, message: Settle | Resume) -> Lane:
        lane = await self._ask(message)
        return lane if isinstance(lane, Lane) else await self.show(message.lane_id)

    def _change_known(self, name: str, *, parked: bool) -> None:
        self._changes += 1
        (self._parked.add if parked else self._parked.discard)(name)
        self._metrics.parked.set(len(self._parked))

    def _open(self, lane: Lane) -> None:
        self._change_known(lane.name, parked=False)
        self._log.info("lane resumed", lane=lane.name)
        self._resumed()
