"""Facts made anew from the records of a log, by the handler that the live service runs."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from typing import NamedTuple

from common.cloudevents import Malformed, Received, Record
from common.envelope import receiving
from common.runner import Origin, Runner
from common.store.port import Store
from reporting.app import SUBSCRIBES
from reporting.ports import Ports

TOGETHER = 500  # records that share one write of the store; as many are made into facts while it writes
HEAD_START = 0.001  # seconds in which the store takes a batch to write, so that the next does not join it and wait as well
Ends = dict[tuple[str, int], int]
"""Topic and partition to the first offset that was not read."""


class Replayed(NamedTuple):
    """What came of a replay; `quarantined` counts records that are no event we know, which the live service does not take either."""

    records: int
    quarantined: int


async def replay(records: AsyncIterator[Record], parse: Callable[[Record], Received], store: Store, ports: Ports) -> Replayed:
    """Record every event of a log; repeated ones leave no second fact."""
    runner, handlers = Runner(ports, store, ports.clock, lambda _aggregate, _entries: None), {on.message: on for on in SUBSCRIBES}

    async def record_one(record: Record) -> bool:
        try:
            received = parse(record)
        except Malformed:
            return False
        envelope = received.envelope
        receiving.set(envelope)  # of this task alone
        await runner.run(
            handlers[type(received.event)], received.event, Origin(envelope.mark, envelope.traceparent, envelope.correlation, envelope.id)
        )
        return True

    taken = Counter[bool]()
    writing: asyncio.Future[list[bool]] = asyncio.gather()  # nothing yet
    async for batch in _batches(records):
        before, writing = writing, asyncio.gather(*map(record_one, batch))
        await asyncio.sleep(HEAD_START)
        taken.update(await before)
    taken.update(await writing)
    return Replayed(taken.total(), taken[False])


async def _batches(records: AsyncIterator[Record]) -> AsyncIterator[list[Record]]:
    batch: list[Record] = []
    async for record in records:
        batch.append(record)
        if len(batch) == TOGETHER:
            yield batch
            batch = []
    if batch:
        yield batch
