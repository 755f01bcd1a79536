"""A runner over a store in memory, and messages for it."""

from collections.abc import Sequence
from typing import Any

from chassis import NOW, Grow, Make, Thing, ToyPorts, new, referred

from common.aggregate import Aggregate, Mark
from common.clock import Clock
from common.epoch import Epoch
from common.events.case import CaseReferred
from common.runner import Origin, Runner
from common.store.port import Collection, Entry
from common.subscribing import On, on
from common.testing.memory import MemoryStore
from common.testing.stage import StoppedClock


class World:
    """A runner over a store in memory, with what it woke and how often it paused."""

    def __init__(self, store: MemoryStore | None = None, clock: Clock | None = None, epoch: Epoch | None = None) -> None:
        self.store, self.clock = store or MemoryStore(), clock or StoppedClock(NOW)
        self.ports = ToyPorts(Collection(self.store, Thing))
        self.woken: list[Entry] = []
        self.pauses: list[int] = []
        self.runner = Runner(self.ports, self.store, self.clock, self._wake, self._pause, epoch=epoch)

    def _wake(self, aggregate: Aggregate, entries: Sequence[Entry]) -> None:
        self.woken += entries

    async def _pause(self, attempt: int) -> None:
        self.pauses.append(attempt)

    async def thing(self, id_: Any) -> Thing:
        found = await self.store.get(Thing, id_)
        assert found is not None
        return found


async def make(message: Make, ports: ToyPorts) -> Thing:
    return Thing(id=message.id, n=1).tell(referred(message.id))


async def grow(message: Grow, ports: ToyPorts) -> Thing:
    thing = await ports.things.get(message.id) or Thing(id=message.id)
    thing.n += message.by
    return thing.tell(referred(message.id))


MAKE: On[ToyPorts] = on(Make, make, CaseReferred)
GROW: On[ToyPorts] = on(Grow, grow, CaseReferred)


def origin(sequence: int = 1, source: str = "case.created/1") -> Origin:
    return Origin(Mark(source, sequence), "00-trace", new(), new())
