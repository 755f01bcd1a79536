"""Carries out one entry of an outbox: an event to Kafka, a step through the runner, an act at most once."""

import asyncio
from collections import deque
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Generic, Protocol, TypeVar
from uuid import UUID

from opentelemetry.trace import SpanKind

from common.aggregate import How, Mark
from common.cloudevents import Outgoing, outgoing
from common.errors import Unavailable
from common.events.base import Step
from common.failpoints import failpoint
from common.gates import Gates
from common.metrics import Metrics
from common.runner import Origin, Runner, step_mark
from common.store.port import Entry, Store
from common.subscribing import On, Once
from common.telemetry import Tracing

P = TypeVar("P")
Key = tuple[str, UUID]  # collection, id
AFTER_ALL = datetime(9999, 1, 1, tzinfo=UTC)


class Publishing(Protocol):
    """Hands records to Kafka."""

    written: dict[tuple[str, int], int]
    """The offset after the last acknowledged record, by topic (without the prefix) and partition."""

    async def send(self, records: list[Outgoing]) -> None: ...

    async def send_again(self, since: datetime) -> int:
        """Send what was acknowledged since a moment once more, before anything new; the number of records."""


class Carrying(Generic[P]):
    """Knows how each kind of entry is carried out, and nothing of order."""

    def __init__(
        self,
        runner: Runner[P],
        store: Store,
        publisher: Publishing,
        steps: Iterable[On[P]],
        acts: Iterable[Once[P]],
        source: bytes,
        metrics: Metrics,
        tracing: Tracing,
    ) -> None:
        self.runner = runner
        self.steps = {on.message.__name__: on for on in steps}
        self._acts = {act.message.__name__: act for act in acts}
        self.gates = Gates()
        self._store, self._publisher, self._source, self._tracing = store, publisher, source, tracing
        self._told, self._outcomes = cache(metrics.told.labels), cache(metrics.steps.labels)

    async def carry_out(self, key: Key, entries: Sequence[Entry]) -> None:
        """Several events of one topic, or one step; raises `Unavailable` where patience helps."""
        first = entries[0]
        if first.how is How.TELL:
            await self._tell(key, entries)
        else:
            outcome = await (self._act if first.how is How.ONCE else self._step)(key, first)
            self._outcomes(first.type, outcome).inc()

    async def _tell(self, key: Key, entries: Sequence[Entry]) -> None:
        records = [outgoing(entry, key[1], self._source) for entry in entries]
        failpoint("relay.before-send")
        await self._publisher.send(records)
        failpoint("relay.after-ack")
        self._told(entries[0].type).inc(len(entries))

    async def _step(self, key: Key, entry: Entry) -> str:
        on = self.steps[entry.type]
        with self._tracing.span(entry.type, entry.trace, attributes={"loket.step": entry.type}) as trace:
            origin = Origin(step_mark(*key, entry.position), trace, entry.correlation, entry.causation, entry.submitter)
            failpoint("relay.before-step")
            await self.runner.run(on, on.message.model_validate_json(entry.data), origin)
        failpoint("relay.after-step")
        return "done"

    async def _act(self, key: Key, entry: Entry) -> str:
        once = self._acts[entry.type]
        message = once.message.model_validate_json(entry.data)
        async with self.gates.through(once.gate(self.runner.ports)) as held:
            failpoint("relay.before-take")
            if not await self._store.take(*key, entry.position):
                return "taken"  # by another relay or an earlier try: whatever came of it, it does not run again
            return await self._taken(once, message, held, key, entry)

    async def _taken(self, once: Once[P], message: Step, held: object, key: Key, entry: Entry) -> str:
        """What is held is given back only when the outcome is recorded: so many, and no more, are unknown after a crash."""
        failpoint("relay.before-act")
        with self._tracing.span(entry.type, entry.trace, SpanKind.CLIENT, {"loket.step": entry.type}) as trace:
            try:
                outcome = await once.act(message, self.runner.ports, held)
            except Unavailable:
                return "unknown"  # nobody can say what came of it; the step that waits beside it settles that
            failpoint("relay.after-act")
            # A mark of its own: another relay may have gone on meanwhile, and its later steps must not make this one stale.
            origin = Origin(Mark(f"{key[0]}/{key[1]}/{entry.position}", 1), trace, entry.correlation, entry.causation, entry.submitter)
            await self._record(self.steps[type(outcome).__name__], outcome, origin)
        return str(getattr(outcome, "outcome", "done"))

    async def _record(self, on: On[P], outcome: object, origin: Origin) -> None:
        while True:
            try:
                await self.runner.run(on, outcome, origin)  # type: ignore[arg-type]
            except Unavailable:
                await asyncio.sleep(0.5)
            else:
                return


def together_with_first(entries: deque[Entry]) -> list[Entry]:
    """The first entry and those after it that may go with it: events of one topic under one key, none jumped."""
    first = entries[0]
    together = [first]
    for entry in entries if first.how is How.TELL else ():
        if entry.position == together[-1].position + 1 and (entry.how, entry.type, entry.key) == (first.how, first.type, first.key):
            together.append(entry)
        elif entry is not first:
            break
    return together


def oldest_by_submitter(queues: Iterable[deque[Entry]]) -> dict[str, datetime]:
    """When the oldest of some entries was written, for each submitter."""
    found: dict[str, datetime] = {}
    for entries in queues:
        if entries and entries[0].time < found.get(entries[0].submitter, AFTER_ALL):
            found[entries[0].submitter] = entries[0].time
    return found
