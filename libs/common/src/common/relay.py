"""Carries out what follows from saved changes: events to Kafka, steps through the runner; per aggregate strictly in order."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Generic, Protocol, TypeVar
from uuid import UUID

from opentelemetry.trace import SpanKind

from common.aggregate import Aggregate, How
from common.clock import Clock
from common.cloudevents import Outgoing, outgoing
from common.errors import Unavailable
from common.failpoints import failpoint
from common.metrics import Metrics
from common.runner import Origin, Runner, step_mark
from common.store.port import Entry, Store
from common.subscribing import On, Once
from common.telemetry import Tracing

P = TypeVar("P")
Key = tuple[str, UUID]  # collection, id
LOOK_FOR_DUE = 0.1  # seconds between two looks for waiting steps whose time has come
LOOK_FOR_LEFT = 2.0  # seconds between two looks for entries that a crash has left
LEFT_AFTER = timedelta(seconds=5)  # younger entries are in the hands of who wrote them
AT_ONCE = 500


class Publishing(Protocol):
    """Hands records to Kafka."""

    async def send(self, records: list[Outgoing]) -> None: ...


class Parking(Protocol):
    """Where an aggregate whose next step fails is stopped."""

    def is_parked(self, name: str) -> bool: ...

    async def park_step(self, name: str, entry: Entry, error: Exception) -> None: ...


class Relay(Generic[P]):
    """Woken from memory right after a commit; finds by itself what a crash has left. Two of them only repeat, which marks make harmless."""

    def __init__(
        self,
        runner: Runner[P],
        store: Store,
        publisher: Publishing,
        parking: Parking,
        steps: Iterable[On[P]],
        acts: Iterable[Once[P]],
        kinds: Iterable[type[Aggregate]],
        clock: Clock,
        source: bytes,
        metrics: Metrics,
        tracing: Tracing,
    ) -> None:
        self._runner, self._store, self._publisher, self._parking = runner, store, publisher, parking
        self._steps = {on.message.__name__: on for on in steps}
        self._acts = {act.message.__name__: act for act in acts}
        self._kinds = {kind.collection: kind for kind in kinds}
        self._clock, self._source, self._metrics, self._tracing = clock, source, metrics, tracing
        self._entries: dict[Key, deque[Entry]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._looking: list[asyncio.Task[None]] = []
        self._stopping = False
        self._room = asyncio.Event()
        self._room.set()

    async def start(self) -> None:
        """Take up what an earlier process has left, then keep looking."""
        with suppress(Unavailable):
            await self._take_up(timedelta())
        self._looking = [asyncio.create_task(self._look_for_due()), asyncio.create_task(self._look_for_left())]

    async def stop(self, patience: float = 5.0) -> None:
        """Finish what can be finished within `patience` seconds; the rest lies safely in the outbox."""
        self._stopping = True
        for task in self._looking:
            task.cancel()
        await asyncio.gather(*self._looking, return_exceptions=True)
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=patience)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def wake(self, aggregate: Aggregate, entries: Sequence[Entry]) -> None:
        """Carry out the entries that have just been saved."""
        if entries:
            self._queue((aggregate.collection, aggregate.id), entries)

    async def room(self) -> None:
        """Wait until not too much is under way."""
        await self._room.wait()

    def oldest(self) -> datetime | None:
        """When the oldest entry under way was written."""
        return min((entries[0].time for entries in self._entries.values() if entries), default=None)

    def idle(self) -> bool:
        """Whether nothing is under way."""
        return not self._entries

    def resume(self, name: str) -> None:
        """Go on with an aggregate that was parked; the next look finds its entries."""

    def _queue(self, key: Key, entries: Iterable[Entry]) -> None:
        if self._stopping:
            return
        waiting = self._entries.get(key)
        if waiting is not None:
            waiting.extend(entries)
            return
        self._entries[key] = deque(entries)
        self._metrics.outbox.set(len(self._entries))
        if len(self._entries) > AT_ONCE * 10:
            self._room.clear()
        task = asyncio.create_task(self._carry_out(key))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _carry_out(self, key: Key) -> None:
        entries, attempt = self._entries[key], 0
        last = 0
        try:
            while entries and not self._parking.is_parked(_name(key)):
                try:
                    last = await self._next(key, entries)
                    attempt = 0
                except Unavailable:
                    attempt += 1
                    await asyncio.sleep(min(5.0, 0.05 * 2**attempt))
                if not entries and last:
                    await self._clear(key, last)
        finally:
            del self._entries[key]
            self._metrics.outbox.set(len(self._entries))
            if len(self._entries) < AT_ONCE * 5:
                self._room.set()

    async def _clear(self, key: Key, position: int) -> None:
        failpoint("relay.before-clear")
        with suppress(Unavailable):  # it stays, is found again, and is dropped by its mark
            await self._store.told(*key, position)

    async def _next(self, key: Key, entries: deque[Entry]) -> int:
        """Carry out the first entry, with those after it for the same topic; give the last position done."""
        first = entries[0]
        if first.how is How.TELL:
            together = _together(entries)
            failpoint("relay.before-send")
            await self._publisher.send([outgoing(entry, key[1], self._source) for entry in together])
            failpoint("relay.after-ack")
            self._metrics.told.labels(first.type).inc(len(together))
            for _ in together:
                entries.popleft()
            return together[-1].position
        try:
            await (self._act if first.how is How.ONCE else self._step)(key, first)
        except Unavailable:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, this aggregate waits for help and no other
            self._metrics.steps.labels(first.type, "parked").inc()
            await self._parking.park_step(_name(key), first, error)
            return 0
        self._metrics.steps.labels(first.type, "done").inc()
        entries.popleft()
        return first.position

    async def _step(self, key: Key, entry: Entry) -> None:
        on = self._steps[entry.type]
        with self._tracing.span(entry.type, entry.trace, attributes={"loket.step": entry.type}) as trace:
            origin = Origin(step_mark(*key, entry.position), trace, entry.correlation, entry.causation)
            failpoint("relay.before-step")
            await self._runner.run(on, on.message.model_validate_json(entry.data), origin)
        failpoint("relay.after-step")

    async def _act(self, key: Key, entry: Entry) -> None:
        once = self._acts[entry.type]
        await self._store.told(*key, entry.position)  # taken out before it runs: at most once
        failpoint("relay.before-act")
        with self._tracing.span(entry.type, entry.trace, SpanKind.CLIENT, {"loket.step": entry.type}) as trace:
            outcome = await once.act(once.message.model_validate_json(entry.data), self._runner.ports)
            failpoint("relay.after-act")
            origin = Origin(step_mark(*key, entry.position), trace, entry.correlation, entry.causation)
            await self._record(self._steps[type(outcome).__name__], outcome, origin)

    async def _record(self, on: On[P], outcome: object, origin: Origin) -> None:
        while True:
            try:
                await self._runner.run(on, outcome, origin)  # type: ignore[arg-type]
            except Unavailable:
                await asyncio.sleep(0.5)
            else:
                return

    async def _look_for_due(self) -> None:
        while True:
            with suppress(Unavailable):
                due = await self._store.due(self._clock.now(), AT_ONCE)
                await asyncio.gather(*(self._runner.fire(self._kinds[collection], id_, self._steps) for collection, id_ in due))
                if len(due) == AT_ONCE:
                    continue
            await asyncio.sleep(LOOK_FOR_DUE)

    async def _look_for_left(self) -> None:
        while True:
            await asyncio.sleep(LOOK_FOR_LEFT)
            with suppress(Unavailable):
                await self._take_up(LEFT_AFTER)

    async def _take_up(self, age: timedelta) -> None:
        left = await self._store.untold(self._clock.now() - age, AT_ONCE)
        for collection, id_, entries in left:
            key = (collection, id_)
            if key not in self._entries and not self._parking.is_parked(_name(key)):
                self._queue(key, entries)


def _together(entries: deque[Entry]) -> list[Entry]:
    together = []
    for entry in entries:
        if entry.how is not How.TELL or (entry.type, entry.key) != (entries[0].type, entries[0].key):
            break
        together.append(entry)
    return together


def _name(key: Key) -> str:
    return f"{key[0]}/{key[1]}"


