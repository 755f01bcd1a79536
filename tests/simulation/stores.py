"""What a service reaches of its store: a durable store in memory behind a line that delays, breaks and loses answers."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from common.aggregate import Aggregate
from common.errors import Unavailable
from common.lanes import Lane, lane_id
from common.testing.memory import MemoryStore
from simulation.chance import Chance
from simulation.loop import Process, VirtualLoop

T = TypeVar("T")


class DurableStore(MemoryStore):
    """Survives every process of its service; `away` while the server is down."""

    checks_versions = True
    """The broken variant of compare-and-set; only the self-test sets it."""

    def __init__(self, saved: Callable[[str], None]) -> None:
        super().__init__()
        self.away = False
        self._saved = saved

    async def save(self, aggregate: Aggregate, entries: Any, records: Any = ()) -> bool:
        if not self.checks_versions:
            key = (aggregate.collection, aggregate.id)
            row = self._documents.get(key)
            if row is not None:
                self._documents[key] = (aggregate.version - 1, *row[1:])
        done = await super().save(aggregate, entries, records)
        if done:
            self._saved(aggregate.collection)
        return done

    def all(self, kind: type[Any]) -> list[Any]:
        """Every aggregate of a kind, for who looks at everything at the end."""
        return [kind.model_validate_json(row[1]) for (collection, _), row in self._documents.items() if collection == kind.collection]

    def lane(self, name: str) -> Lane | None:
        """The lane of that name, as it is now."""
        row = self._documents.get((Lane.collection, lane_id(name)))
        return None if row is None else Lane.model_validate_json(row[1])

    def due_until(self, moment: Any, leaving_out: str) -> list[tuple[str, Any]]:
        """Aggregates with a waiting step that is due, but for one kind."""
        return [key for key, row in self._documents.items() if row[2] is not None and row[2] <= moment and key[0] != leaving_out]


class Line:
    """The connection of one process to something outside: nothing passes for the dead, and now and then something goes wrong."""

    def __init__(self, process: Process, chance: Chance, kind: str) -> None:
        self.process, self.chance, self.name = process, chance, f"{process.name}/{kind}"
        self.over = False
        self._draw = chance.of(self.name)

    async def read(self, work: Callable[[], Awaitable[T]]) -> T:
        """An answer that may be a little old when it comes."""
        await self._way(self._draw.random() < 0.5)
        answer = await work()
        await asyncio.sleep(self._draw.uniform(0.0, 0.01))
        return answer

    async def write(self, work: Callable[[], Awaitable[T]]) -> T:
        """Done or not: who hears that it failed cannot know."""
        await self._way(slow_too=True)
        answer = await work()
        await self._way_back()
        return answer

    async def _way(self, slow_too: bool) -> None:
        slow = slow_too and self.chance.strikes(f"{self.name} slow", self.chance.weather.slow)
        await asyncio.sleep(self._draw.uniform(1.0, 25.0) if slow else self._draw.uniform(0.0005, 0.015))
        self.refuse_the_dead()
        if self.chance.strikes(f"{self.name} refused", self.chance.weather.refused):
            raise Unavailable("The connection was refused.")

    async def _way_back(self) -> None:
        slow = self.chance.strikes(f"{self.name} slow answer", self.chance.weather.slow)
        await asyncio.sleep(self._draw.uniform(1.0, 25.0) if slow else self._draw.uniform(0.0, 0.01))
        if self.chance.strikes(f"{self.name} answer lost", self.chance.weather.lost):
            raise Unavailable("The connection broke before the answer.")

    def arrive_later(self, seconds: float, work: Callable[[Any], None], what: Any) -> None:
        """What is on its way arrives, also when who has sent it is dead by then."""
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        loop.call_later(seconds, work, what, context=loop.outside.context)

    def refuse_the_dead(self) -> None:
        """Whatever is left of a process that has died does nothing any more."""
        if self.over or self.process.dead:
            raise asyncio.CancelledError


READS = frozenset({"get", "find", "count", "versions", "untold", "entries", "due", "acknowledged"})
WRITES = frozenset({"save", "delete", "told", "take", "forget_acknowledged"})


class SimulatedStore:
    """The store port of one process."""

    def __init__(self, durable: DurableStore, line: Line) -> None:
        self._durable, self._line = durable, line

    async def start(self) -> None:
        self._reach()

    async def close(self) -> None:
        """Nothing to let go."""

    async def probe(self) -> None:
        self._reach()

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        if name not in READS | WRITES:
            raise AttributeError(name)
        way, method = (self._line.read if name in READS else self._line.write), getattr(self._durable, name)

        async def asked(*args: Any, **more: Any) -> Any:
            async def work() -> Any:
                self._reach()
                return await method(*args, **more)

            return await way(work)

        setattr(self, name, asked)
        return asked

    def _reach(self) -> None:
        if self._durable.away:
            raise Unavailable("The store is away.")
