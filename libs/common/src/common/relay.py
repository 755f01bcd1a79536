"""Sees to it that what follows from saved changes is carried out: per aggregate strictly in order, many aggregates at once."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, Protocol, TypeVar

from common.aggregate import Aggregate
from common.carrying import Carrying, Key, oldest_by_submitter, together_with_first
from common.clock import Clock
from common.errors import Unavailable
from common.failpoints import failpoint
from common.metrics import Metrics
from common.relay_room import Positions, Room
from common.store.port import Entry, Store

P = TypeVar("P")
LOOK_FOR_DUE = 0.1  # seconds between two looks for waiting steps whose time has come
LOOK_FOR_LEFT = 2.0  # seconds between two looks for entries that a crash has left
LOOK_FOR_OLD = 5.0  # seconds between two looks for acknowledged events that need not be kept any more
LEFT_AFTER = timedelta(seconds=5)  # younger entries are in the hands of who wrote them
LONGEST_PAUSE = 5.0  # seconds between two tries while Kafka or the store is away
ANY = datetime(9999, 1, 1, tzinfo=UTC)  # before which everything was written
AT_ONCE = 500


class Parking(Protocol):
    """Where an aggregate whose next step fails is stopped."""

    def is_parked(self, name: str) -> bool: ...

    def waiting(self) -> int: ...

    async def still_parked(self, name: str) -> bool: ...

    async def park_step(self, name: str, entry: Entry, error: Exception) -> None: ...


class Relay(Generic[P]):
    """Woken from memory right after a commit; finds by itself what a crash has left. Two of them only repeat, which marks make harmless.

    A relay that is woken asks the store first where it does not know what was before: entries are numbered, and none is ever jumped.
    """

    def __init__(
        self,
        carrying: Carrying[P],
        store: Store,
        parking: Parking,
        kinds: Iterable[type[Aggregate]],
        clock: Clock,
        metrics: Metrics,
        log: Any,
        keep: timedelta = timedelta(),
    ) -> None:
        self._carrying, self._store, self._parking, self._clock, self._log, self._keep = carrying, store, parking, clock, log, keep
        self._kinds = {kind.collection: kind for kind in kinds}
        self._entries: dict[Key, deque[Entry]] = {}
        self._metrics = metrics
        metrics.outbox.set_function(lambda: len(self._entries))
        self._last = Positions()
        self._ended: set[Key] = set()
        self._broken: set[Key] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._looking: list[asyncio.Task[None]] = []
        self._stopping = False
        self._resumed = asyncio.Event()
        self._room = Room()

    async def start(self) -> None:
        """Take up what an earlier process has left, then keep looking."""
        with suppress(Unavailable):
            if await self._take_up(ANY):
                self._resumed.set()  # there is more: look for it at once
        for look in (self._look_for_due, self._look_for_left, self._look_for_old):
            self._looking.append(asyncio.create_task(self._keep_looking(look)))

    async def stop(self, patience: float = 5.0) -> None:
        """Finish what can be finished within `patience` seconds, acts under way within more; the rest lies safely in the outbox."""
        self._stopping = True
        self._carrying.gates.close()
        for task in self._looking:
            task.cancel()
        await asyncio.gather(*self._looking, return_exceptions=True)
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=patience)
        await self._carrying.gates.until_idle()
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

    def full(self) -> bool:
        """Whether so much is under way that others wait for room."""
        return self._room.full()

    def oldest_by_submitter(self) -> dict[str, datetime]:
        """When the oldest entry under way was written, for each submitter."""
        return oldest_by_submitter(self._entries.values())

    def idle(self) -> bool:
        """Whether nothing is under way."""
        return not self._entries

    def untold(self, aggregate: Aggregate) -> int:
        """How much that follows from an aggregate's earlier changes waits to be carried out."""
        return len(self._entries.get((aggregate.collection, aggregate.id), ()))

    def resume(self) -> None:
        """Look at once: an aggregate that was parked may go on."""
        self._resumed.set()

    def _queue(self, key: Key, entries: Iterable[Entry]) -> None:
        if self._stopping:
            return
        waiting = self._entries.get(key)
        if waiting is not None:
            waiting.extend(entries)
            return
        self._entries[key] = deque(entries)
        self._measure()
        task = asyncio.create_task(self._carry_out(key))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _carry_out(self, key: Key) -> None:
        entries, name, attempt = self._entries[key], _name(key), 0
        try:
            while entries and not self._parking.is_parked(name):
                try:
                    await self._next(key, name, entries)
                    attempt = 0
                except Unavailable:
                    attempt = min(attempt + 1, 10)
                    await asyncio.sleep(min(LONGEST_PAUSE, 0.05 * 2**attempt))
                if not entries or self._parking.is_parked(name):
                    await self._clear(key)
        finally:
            del self._entries[key]
            self._ended.add(key)
            self._measure()

    def _measure(self) -> None:
        self._room.measure(len(self._entries), self._carrying.gates.standing())

    async def _next(self, key: Key, name: str, entries: deque[Entry]) -> None:
        """Carry out the first entry, with those after it for the same topic."""
        if entries[0].position != self._last.of(key) + 1:
            await self._find_those_before(key, entries)
        together = together_with_first(entries)
        try:
            await self._carrying.carry_out(key, together)
        except Unavailable:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, this aggregate waits for help and no other
            self._metrics.steps.labels(together[0].type, "parked").inc()
            await self._parking.park_step(name, together[0], error)
            return
        for _ in together:
            entries.popleft()
        self._last.remember(key, together[-1].position)

    async def _find_those_before(self, key: Key, entries: deque[Entry]) -> None:
        """Another process, or a save whose answer was lost, may have left entries that have to go first."""
        done = self._last.of(key)
        if entries[0].position <= done:
            done = 0  # the aggregate was deleted and made anew
        stored = [entry for entry in await self._store.entries(*key) if entry.position > done]
        newest = stored[-1].position if stored else 0
        complete = [*stored, *(entry for entry in entries if entry.position > newest)]
        entries.clear()
        entries.extend(complete)
        self._last.remember(key, entries[0].position - 1)

    async def _clear(self, key: Key) -> None:
        failpoint("relay.before-clear")
        with suppress(Unavailable):  # they stay, are found again, and are dropped by their marks
            await self._store.told(*key, self._last.of(key), self._clock.now() if self._keep else None)

    async def _keep_looking(self, look: Callable[[], Awaitable[None]]) -> None:
        while not self._stopping:
            try:
                await look()
            except Unavailable:
                await asyncio.sleep(LOOK_FOR_DUE)
            except Exception as error:  # noqa: BLE001 - a bug must not end the looking for good
                self._log.error("relay cannot look", error=error)
                await asyncio.sleep(LOOK_FOR_LEFT)

    async def _look_for_due(self) -> None:
        self._measure()  # a gate may have come to a standstill since
        due = await self._store.due(self._clock.now(), AT_ONCE + len(self._broken))
        await asyncio.gather(*(self._fire(key) for key in due if key not in self._broken))
        if len(due) < AT_ONCE:
            await asyncio.sleep(LOOK_FOR_DUE)

    async def _fire(self, key: Key) -> None:
        try:
            await self._carrying.runner.fire(self._kinds[key[0]], key[1], self._carrying.steps)
        except Unavailable:
            return  # it is due at the next look as well
        except Exception as error:  # noqa: BLE001 - a waiting step that this version cannot read holds up no other
            self._broken.add(key)
            self._log.error("waiting step cannot be read", aggregate=_name(key), error=error)

    async def _look_for_left(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_FOR_LEFT):  # `wait_for` of Python 3.11 may swallow the cancellation of `stop`
                await self._resumed.wait()
        before = ANY if self._resumed.is_set() else self._clock.now() - LEFT_AFTER
        self._resumed.clear()
        while await self._take_up(before):
            await self.room()

    async def _look_for_old(self) -> None:
        await asyncio.sleep(LOOK_FOR_OLD)
        await self._store.forget_acknowledged(self._clock.now() - self._keep)

    async def _take_up(self, before: datetime) -> bool:
        """Queue what has lain in outboxes since before a moment; whether there may be more."""
        self._ended = set()  # what ends while the store looks must not be taken up from its stale answer
        most = AT_ONCE + self._parking.waiting() + len(self._entries)
        left = await self._store.untold(before, most)
        taken = [await self._taken_up((collection, id_), entries) for collection, id_, entries in left]
        return len(left) == most and any(taken)

    async def _taken_up(self, key: Key, entries: Sequence[Entry]) -> bool:
        if self._parking.is_parked(_name(key)) and await self._parking.still_parked(_name(key)):
            return False
        if key in self._entries or key in self._ended:
            return False
        self._last.remember(key, entries[0].position - 1)
        self._queue(key, entries)
        return True


def _name(key: Key) -> str:
    return f"{key[0]}/{key[1]}"
