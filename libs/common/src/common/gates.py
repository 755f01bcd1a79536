"""What must be held before an act is taken out of its outbox, such as a connection: never is more taken than can be carried out."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Any, Protocol, TypeVar

from common.errors import Unavailable

ACTS_END = 25.0  # seconds that acts under way get when the process is to stop
H = TypeVar("H")
H_co = TypeVar("H_co", covariant=True)


class Gate(Protocol[H_co]):
    """Lends what carries an act out; there is only so much of it."""

    def held(self) -> AbstractAsyncContextManager[H_co]:
        """Wait in turn, then hold it until the outcome is recorded; raises `Unavailable` when it cannot be had: nothing is taken."""

    def stands_still(self) -> bool:
        """Whether some wait, or would have to, and nobody has got through for a while."""


class OpenGate:
    """Before acts that need nothing."""

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """Lets everybody through."""
        yield

    def stands_still(self) -> bool:
        """Nobody ever waits here."""
        return False


class Gates:
    """Who waits before which gate and who is through; once closed, nobody gets through any more."""

    def __init__(self) -> None:
        self._waiting: dict[Gate[Any], set[asyncio.Task[Any]]] = {}
        self._through: set[asyncio.Task[Any]] = set()
        self._closed = False

    @asynccontextmanager
    async def through(self, gate: Gate[H]) -> AsyncIterator[H]:
        """Hold what the gate lends; raises `Unavailable` when it has nothing, or when nothing new is begun any more."""
        task = asyncio.current_task()
        assert task is not None
        async with AsyncExitStack() as stack:
            held = await self._wait(gate, task, stack)
            self._through.add(task)
            try:
                yield held
            finally:
                self._through.discard(task)

    def close(self) -> None:
        """Send away those who wait; what they wanted to do stays in the outbox."""
        self._closed = True
        for task in set().union(*self._waiting.values()):
            task.cancel()

    async def until_idle(self, patience: float = ACTS_END) -> None:
        """Give those who are through their time, in seconds."""
        if self._through:
            await asyncio.wait(self._through, timeout=patience)

    def standing(self) -> int:
        """How many wait before gates that stand still."""
        return sum(len(tasks) for gate, tasks in self._waiting.items() if gate.stands_still())

    async def _wait(self, gate: Gate[H], task: asyncio.Task[Any], stack: AsyncExitStack) -> H:
        self._refuse_when_closed()
        waiting = self._waiting.setdefault(gate, set())
        waiting.add(task)
        try:
            held = await stack.enter_async_context(gate.held())
        finally:
            waiting.discard(task)
        self._refuse_when_closed()
        return held

    def _refuse_when_closed(self) -> None:
        if self._closed:
            raise Unavailable("Nothing new is begun any more.")
