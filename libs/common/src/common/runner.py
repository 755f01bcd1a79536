"""One message, one handler, one aggregate, one write."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any, Generic, NamedTuple, TypeVar
from uuid import UUID

from common.aggregate import Aggregate, Follow, Mark
from common.clock import Clock
from common.cloudevents import DATA_LIMIT
from common.epoch import Epoch
from common.errors import Contended, Unavailable
from common.events.base import Event, Message, Step
from common.failpoints import failpoint
from common.ids import derived
from common.processing.logbook import Logbook
from common.store.port import AlreadyApplied, Entry, Store, handling
from common.subscribing import On

P = TypeVar("P")
ATTEMPTS = 5
UNTOLD_MOST = 200  # entries in an aggregate's outbox before it refuses the next command


class Origin(NamedTuple):
    """Where a message came from: its place among those of its source, and what it belongs to."""

    mark: Mark | None = None
    trace: str = ""
    correlation: UUID | None = None
    causation: UUID | None = None
    submitter: str = ""


class Undeclared(Exception):
    """A handler made something follow that its line in `app.py` does not name."""


class Oversized(Exception):
    """A handler made something follow that is larger than events may be."""


@dataclass
class _Queue:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    waiting: int = 0


async def jittered(attempt: int, random: Random = Random()) -> None:  # noqa: B008, S311 - one shared source is meant, and no secret
    """Pause a little before another attempt: up to 1, 2, 4, 8 … ms."""
    await asyncio.sleep(random.uniform(0, 0.001 * 2**attempt))


class Runner(Generic[P]):
    """Runs handlers for Kafka, HTTP and the relay alike."""

    def __init__(
        self,
        ports: P,
        store: Store,
        clock: Clock,
        wake: Callable[[Aggregate, Sequence[Entry]], None],
        pause: Callable[[int], Awaitable[None]] = jittered,
        untold: Callable[[Aggregate], int] = lambda _aggregate: 0,
        logbook: Logbook | None = None,
        epoch: Epoch | None = None,
    ) -> None:
        self.ports = ports
        self._epoch = epoch or Epoch()
        self._untold, self._logbook = untold, logbook
        self._store, self._clock, self._wake, self._pause = store, clock, wake, pause
        self._queues: dict[Hashable, _Queue] = {}

    async def run(self, on: On[P], message: Message, origin: Origin) -> Aggregate | None:
        """Let the handler decide until its decision could be saved; a repeated message changes nothing.

        Returns the aggregate as saved. Raises what the handler raises, and `Contended` when it was changed under each attempt.
        """
        if on.alone is None:
            return await self._carry_out(on, message, origin)
        async with self._in_turn(on.alone(message)):
            return await self._carry_out(on, message, origin)

    async def _carry_out(self, on: On[P], message: Message, origin: Origin) -> Aggregate | None:
        for attempt in range(ATTEMPTS):
            began = self._clock.now()
            try:
                aggregate = await self._decide(on, message, origin)
            except AlreadyApplied as repeated:
                return repeated.aggregate
            if aggregate is None or (origin.mark is not None and aggregate.has_applied(origin.mark)):
                return aggregate
            self._refuse_overfull(aggregate, origin)
            if await self._save(aggregate, origin, on.leads_to, self._records(on, aggregate, message, origin, began)):
                return aggregate
            if (stored := await self._applied_before(aggregate, origin)) is not None:
                return stored
            await self._pause(attempt)
        raise Contended(f"{on.message.__name__} met a changed aggregate {ATTEMPTS} times.")

    def _records(self, on: On[P], aggregate: Aggregate, message: Message, origin: Origin, began: datetime) -> Sequence[Aggregate]:
        """That personal data is processed, where it is."""
        if on.processing is None or self._logbook is None:
            return ()
        return self._logbook.records(on.processing, aggregate, message, origin.mark, origin.trace, began)

    async def fire(self, kind: type[Aggregate], id_: UUID, steps: dict[str, On[P]]) -> None:
        """Turn the waiting steps of an aggregate whose time has come into steps to run."""
        for attempt in range(ATTEMPTS):
            aggregate = await self._store.get(kind, id_)
            due = [] if aggregate is None else aggregate.due_at(self._clock.now())
            if aggregate is None or not due:
                return
            for name, waiting in due:
                del aggregate.waiting[name]
                aggregate.then(steps[name].message.model_validate(waiting.step))  # type: ignore[arg-type]
            first = due[0][1]
            if await self._save(aggregate, Origin(None, first.trace, aggregate.correlation, first.causation, aggregate.submitter), None):
                return
            await self._pause(attempt)

    async def _applied_before(self, aggregate: Aggregate, origin: Origin) -> Aggregate | None:
        """A handler that creates without looking meets what an earlier delivery of its message has created."""
        if origin.mark is None:
            return None
        stored = await self._store.get(type(aggregate), aggregate.id)
        return stored if stored is not None and stored.has_applied(origin.mark) else None

    async def _decide(self, on: On[P], message: Message, origin: Origin) -> Aggregate | None:
        token = handling.set(origin.mark)
        try:
            return await on.handler(message, self.ports)
        finally:
            handling.reset(token)

    def _refuse_overfull(self, aggregate: Aggregate, origin: Origin) -> None:
        """Commands wait for the relay to catch up; what comes from Kafka or from an outbox must go on, or nothing would."""
        if origin.mark is None and self._untold(aggregate) >= UNTOLD_MOST:
            raise Unavailable(f"{UNTOLD_MOST} things that follow from earlier changes have not been carried out yet.")

    async def _save(
        self, aggregate: Aggregate, origin: Origin, declared: "Iterable[type[Event | Step]] | None", records: Sequence[Aggregate] = ()
    ) -> bool:
        follows, armed = aggregate.follows(), aggregate.armed()
        if declared is not None and (follows or armed):
            _refuse_undeclared({type(follow.what) for follow in follows} | set(armed), declared)
        for kind in armed:
            waiting = aggregate.waiting[kind.__name__]
            waiting.trace, waiting.causation = origin.trace, origin.causation
        if origin.mark is not None:
            aggregate.apply(origin.mark)
        if aggregate.correlation is None:
            aggregate.correlation = origin.correlation or aggregate.id
        aggregate.submitter = aggregate.submitter or origin.submitter
        aggregate.version += 1
        entries = [self._entry(aggregate, follow, origin) for follow in follows]
        failpoint("runner.before-save")
        if not await self._store.save(aggregate, entries, records):
            return False
        failpoint("runner.after-save")
        self._wake(aggregate, entries)
        return True

    def _entry(self, aggregate: Aggregate, follow: Follow, origin: Origin) -> Entry:
        position = aggregate.next_sequence("outbox")
        what = follow.what
        if isinstance(what, Event):
            type_, key, sequence = what.topic, what.key, aggregate.next_sequence(what.topic, self._epoch.base)
        else:
            type_, key, sequence = type(what).__name__, str(aggregate.id), position
        return Entry(
            position=position,
            how=follow.how,
            id=derived(aggregate.collection, aggregate.id, type_, sequence),
            type=type_,
            key=key,
            sequence=sequence,
            version=aggregate.version,
            time=self._clock.now(),
            data=_data(what),
            trace=origin.trace,
            correlation=aggregate.correlation,
            causation=origin.causation,
            submitter=aggregate.submitter,
        )

    @asynccontextmanager
    async def _in_turn(self, key: Hashable) -> AsyncIterator[None]:
        queue = self._queues.setdefault(key, _Queue())
        queue.waiting += 1
        try:
            async with queue.lock:
                yield
        finally:
            queue.waiting -= 1
            if queue.waiting == 0:
                self._queues.pop(key, None)


def step_mark(collection: str, id_: UUID, position: int) -> Mark:
    """The mark of a step among those of the aggregate that left it."""
    return Mark(f"{collection}/{id_}", position)


def _data(what: Event | Step) -> bytes:
    data = what.__pydantic_serializer__.to_json(what, by_alias=True)
    if len(data) > DATA_LIMIT:
        raise Oversized(f"{type(what).__name__} takes {len(data)} bytes; nobody would read more than {DATA_LIMIT}.")
    return data


def _refuse_undeclared(followed: set[type[Any]], declared: Iterable[type[Any]]) -> None:
    undeclared = followed - set(declared)
    if undeclared:
        names = ", ".join(sorted(kind.__name__ for kind in undeclared))
        raise Undeclared(f"{names} follows, but the line of this handler in app.py does not name it.")
