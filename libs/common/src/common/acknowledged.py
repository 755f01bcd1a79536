"""Events that Kafka has acknowledged and that stay in the outbox for a while, since its brokers may not have them on disk yet."""

from collections.abc import AsyncIterator
from datetime import datetime

from common.cloudevents import Outgoing, outgoing
from common.store.port import Store

PAGE = 200  # aggregates read at once


async def kept_records(store: Store, source: bytes, since: datetime) -> AsyncIterator[list[Outgoing]]:
    """What is kept of what was acknowledged since a moment, as records: the events of an aggregate in order; `source` as of `source_of`."""
    after = None
    while page := await store.acknowledged(since, after, PAGE):
        yield [outgoing(entry, kept.id, source) for kept in page for entry in kept.entries]
        after = page[-1].collection, page[-1].id
