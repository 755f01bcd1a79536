"""The state of a breaker in the store: one breaker for all replicas of a service, and one reset."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime
from typing import ClassVar

from common.aggregate import Aggregate
from common.breaker import Breaker
from common.clock import Clock
from common.errors import Contended, Unavailable
from common.ids import derived
from common.metrics import Metrics
from common.store.port import Store

ATTEMPTS = 5
EVERY = 1.0  # seconds


class BreakerState(Aggregate):
    """Whether the consumers of a service have been stopped."""

    collection: ClassVar[str] = "breaker"

    open: bool = False
    changed_at: datetime


class SharedBreaker:
    """Holds the breaker of one replica to what all replicas have agreed on."""

    def __init__(self, service: str, breaker: Breaker, store: Store, clock: Clock) -> None:
        self._id, self._breaker, self._store, self._clock = derived("breaker", service), breaker, store, clock

    async def exchange(self) -> None:
        """Tell the others that this one has opened, or hear that another has, or that all were reset. Raises `Unavailable`."""
        state, opened = await self._store.get(BreakerState, self._id), self._breaker.opened_at
        if opened is not None and (state is None or state.changed_at < opened):
            await self._change(is_open=True, at=opened)
        elif state is not None and state.open:
            self._breaker.trip(state.changed_at)
        elif opened is not None:
            self._breaker.reset()

    async def exchange_for_ever(self, besides: Callable[[], Awaitable[None]], metrics: Metrics) -> None:
        """Once a second, with whatever else is to be learned from the store as often."""
        while True:
            with suppress(Unavailable):
                await self.exchange()
                await besides()
            metrics.breaker.set(self._breaker.open)
            await asyncio.sleep(EVERY)

    async def reset(self) -> None:
        """Let the consumers of all replicas go on. Raises `Unavailable`."""
        await self._change(is_open=False, at=self._clock.now())
        self._breaker.reset()

    async def _change(self, *, is_open: bool, at: datetime) -> None:
        for _ in range(ATTEMPTS):
            state = await self._store.get(BreakerState, self._id) or BreakerState(id=self._id, changed_at=at)
            state.open, state.changed_at = is_open, max(at, state.changed_at)
            state.version += 1
            if await self._store.save(state, ()):
                return
        raise Contended("Replicas change the breaker at the same time.")
