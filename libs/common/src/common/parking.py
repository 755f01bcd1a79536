"""Parks lanes, queues what comes behind, and lets them go on in order."""

from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from common.aggregate import Aggregate
from common.breaker import Breaker
from common.clock import Clock
from common.cloudevents import Malformed, Record
from common.envelope import Envelope
from common.epoch import Epoch
from common.errors import NotFound, Rejected, Unavailable
from common.events.base import Message
from common.given_up import GiveUp, StepGivenUp
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


async def nobody_minds(_given_up: StepGivenUp) -> None:
    """Of a service that has nothing to see to when a step is given up."""


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
        given_up: Callable[[StepGivenUp], Awaitable[object]] = nobody_minds,
    ) -> None:
        self._ports = LanePorts(Collection(store, Lane), clock, service)
        self._runner = Runner(self._ports, store, clock, wake, epoch=epoch)
        self._handlers = {on.message: on for on in lane_handlers(service)}
        self._breaker, self._metrics, self._log, self._resumed = breaker, metrics, log, resumed
        self._store, self._given_up = store, given_up
        self._parked: dict[str, str] = {}  # name to submitter
        self._by_submitter: Counter[str] = Counter()
        self._changes = 0

    async def refresh(self) -> None:
        """Learn which lanes are parked; called before a partition newly assigned is read."""
        while True:
            seen = self._changes
            lanes = await self._ports.lanes.find({"state": State.PARKED}, limit=100_000)
            if seen == self._changes:  # else the answer may be older than what has been parked or opened meanwhile
                break
        self._parked = {lane.name: lane.submitter for lane in lanes}
        self._by_submitter = Counter(self._parked.values())

    async def count(self) -> None:
        """Set the gauge to what waits in the store: other replicas park and open lanes as well. Raises `Unavailable`."""
        self._metrics.parked.set(await self._ports.lanes.count({"state": State.PARKED}))

    def parked_of(self, submitter: str) -> int:
        """How many lanes wait of what a submitter has sent, as far as this replica knows."""
        return self._by_submitter[submitter]

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

    async def park(self, name: str, record: Any, topic: str, error: BaseException, envelope: Envelope) -> None:
        """Stop a lane at a record from Kafka."""
        kept, trace, submitter = keep(record, topic), envelope.traceparent, envelope.submitter
        await self._stop(
            Park(name=name, kind=Kind.MESSAGES, record=kept, error=type(error).__name__, trace=trace, submitter=submitter), error
        )

    async def park_step(self, name: str, entry: Entry, error: Exception) -> None:
        """Stop an aggregate at a step; its entries stay in its outbox."""
        record = ParkedRecord(topic=entry.type, partition=-1, offset=entry.position)
        await self._stop(
            Park(name=name, kind=Kind.STEPS, record=record, error=type(error).__name__, trace=entry.trace, submitter=entry.submitter),
            error,
        )

    async def quarantine(self, record: Any, topic: str, error: Exception) -> None:
        """Keep a record that is no event; nothing waits behind it."""
        name = f"{QUARANTINE}{topic}/{record.partition}/{record.offset}"
        reason = str(error) if isinstance(error, Malformed) else ""
        await self._ask(Park(name=name, kind=Kind.QUARANTINE, record=keep(record, topic), error=type(error).__name__, reason=reason))
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

    async def discard(self, id_: UUID, reason: GiveUp | None = None) -> Lane:
        """Give up the first record of a lane for good; what waits behind it stays. A step needs a reason."""
        lane = await self._still_parked(id_)
        if lane.kind is Kind.STEPS:
            if reason is None:
                raise Rejected(f"A step is given up for a reason: one of {', '.join(GiveUp)}.")
            return await self._give_up(lane, reason)
        lane = await self._change(Settle(lane_id=id_, place=lane.records[0].place, discard=True))
        if lane.state is not State.PARKED:
            self._open(lane)
        return lane

    async def _give_up(self, lane: Lane, reason: GiveUp) -> Lane:
        """Let the service see to what the step was for, take the step out of its outbox, and let what comes after it go on."""
        collection, _, id_ = lane.name.partition("/")
        await self._given_up(StepGivenUp(collection=collection, id=UUID(id_), step=lane.records[0].topic, reason=reason))
        await self._store.take(collection, UUID(id_), lane.records[0].offset)
        ended = await self._change(Resume(lane_id=lane.id, discard=True, reason=reason))
        self._log.warning("step given up", lane=lane.name, reason=reason)
        self._open(ended)
        return ended

    async def _stop(self, message: Park, error: BaseException) -> None:
        self._breaker.count(message.submitter)
        try:
            await self._ask(message)
        except BaseException:
            self._breaker.take_back()
            if message.kind is Kind.MESSAGES:  # perhaps only the answer was lost: whoever comes behind asks the store
                self._change_known(message.name, parked=True, submitter=message.submitter)
            raise
        self._change_known(message.name, parked=True, submitter=message.submitter)
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

    def _change_known(self, name: str, *, parked: bool, submitter: str = "") -> None:
        self._changes += 1
        if name in self._parked:
            self._by_submitter[self._parked.pop(name)] -= 1
        if parked:
            self._parked[name] = submitter
            self._by_submitter[submitter] += 1
        self._metrics.parked.set(len(self._parked))

    def _open(self, lane: Lane) -> None:
        self._change_known(lane.name, parked=False)
        self._log.info("lane resumed", lane=lane.name)
        self._resumed()
