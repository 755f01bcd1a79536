"""What a service makes of its own events when its store has lost them."""

from collections.abc import Sequence
from typing import Protocol

from common.aggregate import Aggregate
from common.clock import Clock
from common.cloudevents import Received
from common.errors import Contended
from common.store.port import Store


class Restoring(Protocol):
    """Hears the log from its beginning, then brings the store up to date."""

    topics: Sequence[str]
    """What it wants to hear; an aggregate's events come in order per topic."""

    def hear(self, received: Received) -> None:
        """Take note of one event."""

    async def restore(self, store: Store, clock: Clock) -> list[str]:
        """Bring the store up to date; sentences on what was restored and what is lost. May be called again after a crash."""


async def rewrite(store: Store, aggregate: Aggregate) -> None:
    """Save an aggregate as it was restored; nothing follows from that."""
    aggregate.version += 1
    if not await store.save(aggregate, ()):
        raise Contended("Somebody else works on the store; stop every replica first.")
