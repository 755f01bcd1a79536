"""Given, when, then for a service's handlers: messages go in, events come out, no Kafka and no time passes by itself."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar
from uuid import UUID, uuid4

from common.aggregate import Aggregate, How, Mark
from common.errors import Rejected
from common.events.base import Event, Message, Step
from common.events.catalogue import EVENTS
from common.runner import Origin, Runner, step_mark
from common.store.port import Entry
from common.subscribing import On, Once
from common.testing.memory import MemoryStore

P = TypeVar("P")


class StoppedClock:
    """Stands still until it is moved."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def forward(self, by: timedelta) -> None:
        """Move on."""
        self._now += by


class Stage(Generic[P]):
    """A service without Kafka and HTTP: `hear` events, `ask` commands, `wait` for time; `told` is what it said.

    Steps run at once, in order; each is run twice, so that every scene proves that a repetition changes nothing.
    """

    def __init__(
        self,
        ports: P,
        store: MemoryStore,
        clock: StoppedClock,
        subscribes: Iterable[On[P]],
        steps: Iterable[On[P]],
        acts: Iterable[Once[P]] = (),
    ) -> None:
        self.store, self.clock = store, clock
        self.told: list[Event] = []
        self.refused: list[Rejected] = []
        self._subscribes = {on.message: on for on in subscribes}
        self._steps = {on.message.__name__: on for on in steps}
        self._acts = {act.message.__name__: act for act in acts}
        self._heard: dict[str, int] = {}
        self.runner = Runner(ports, store, clock, lambda _aggregate, _entries: None, _at_once)

    async def hear(self, *events: Event) -> None:
        """Deliver events from Kafka, each twice, and let everything that follows happen."""
        for event in events:
            on, source = self._subscribes[type(event)], f"{event.topic}/{event.key}"
            self._heard[source] = sequence = self._heard.get(source, 0) + 1
            origin = Origin(Mark(source, sequence), correlation=uuid4(), causation=uuid4())
            await self.runner.run(on, event, origin)
            await self.runner.run(on, event, origin)
            await self.settle()

    async def ask(self, on: On[P], command: Message) -> Aggregate | None:
        """Give a command as HTTP does, and let everything that follows happen."""
        answer = await self.runner.run(on, command, Origin(correlation=uuid4()))
        await self.settle()
        return answer

    async def wait(self, by: timedelta) -> None:
        """Let time pass and run what waited for it."""
        self.clock.forward(by)
        while due := await self.store.due(self.clock.now(), 1000):
            for collection, id_ in due:
                await self.runner.fire(_kind(collection), id_, self._steps)
            await self.settle()

    async def settle(self) -> None:
        """Carry out every entry of every outbox, in order."""
        while waiting := [(key, entries[0]) for key, entries in self.store.outbox.items() if entries]:
            for (collection, id_), entry in waiting:
                await self._carry_out(collection, id_, entry)
                await self.store.told(collection, id_, entry.position)

    def heard_of(self, kind: type[Any]) -> list[Any]:
        """What was told of one kind, in order."""
        return [event for event in self.told if isinstance(event, kind)]

    async def _carry_out(self, collection: str, id_: UUID, entry: Entry) -> None:
        origin = Origin(step_mark(collection, id_, entry.position), entry.trace, entry.correlation, entry.causation)
        if entry.how is How.TELL:
            self.told.append(EVENTS[entry.type].model_validate_json(entry.data))
        elif entry.how is How.ONCE:
            once = self._acts[entry.type]
            async with once.gate(self.runner.ports).held() as held:
                outcome: Step = await once.act(once.message.model_validate_json(entry.data), self.runner.ports, held)
            await self.runner.run(self._steps[type(outcome).__name__], outcome, origin)
        else:
            on = self._steps[entry.type]
            for _ in range(2):
                await self._run(on, on.message.model_validate_json(entry.data), origin)

    async def _run(self, on: On[P], message: Message, origin: Origin) -> None:
        try:
            await self.runner.run(on, message, origin)
        except Rejected as refusal:
            self.refused.append(refusal)


def _kind(collection: str) -> type[Aggregate]:
    return next(kind for kind in Aggregate.__subclasses__() if getattr(kind, "collection", None) == collection)


async def _at_once(_attempt: int) -> None:
    return None
