"""Too many parked lanes within a minute stop the consumer."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

import pytest
from chassis import NOW, later, new, record_of, until
from worlds.consuming import World, place, run_of

from common.aggregate import Aggregate
from common.breaker import Breaker, Stopped
from common.errors import Unavailable
from common.store.port import Entry
from common.testing.memory import MemoryStore
from common.testing.stage import StoppedClock


@pytest.mark.usefixtures("quick")
async def test_too_many_parked_lanes_stop_the_consumer_at_once_and_a_reset_lets_it_go_on() -> None:
    world = World(breaker=3)
    bad = [record_of(new(), offset=offset, target="refuse") for offset in range(20)]

    await world.take(*bad)

    assert world.breaker.open
    assert world.parking.waiting() == 4
    assert world.consumer.commits == []
    await asyncio.sleep(0.05)
    assert world.consumer.resumed == []
    await world.take(record_of(new(), offset=30))
    assert world.outcomes().get("handled") is None

    world.breaker.reset()
    world.mended.add("refuse")
    await until(lambda: world.consumer.resumed)
    await world.take(*bad)
    assert world.consumer.commits == [{place(0): 20}]
    for lane in await world.parking.list(100, 0):
        await world.parking.redrive(lane.id, world.consuming.process)
    assert [await world.seen(UUID(record.key.decode())) for record in bad if record.key] == [["refuse"]] * 20


async def test_the_breaker_counts_only_the_last_minute() -> None:
    clock = StoppedClock(NOW)
    breaker = Breaker(2, clock)
    for _ in range(6):
        breaker.count()
        clock.forward(later(seconds=31) - NOW)
    assert not breaker.open

    for _ in range(2):
        breaker.count()
    assert breaker.open
    with pytest.raises(Stopped):
        breaker.count()


async def test_a_lane_that_could_not_be_parked_is_not_counted() -> None:
    class Away(MemoryStore):
        away = True

        async def save(self, aggregate: Aggregate, entries: Sequence[Entry], records: Sequence[Aggregate] = ()) -> bool:
            if self.away:
                raise Unavailable("The store is away.")
            return await super().save(aggregate, entries, records)

    store = Away()
    world = World(store, breaker=2)
    batch = run_of(new(), "refuse")
    for _ in range(5):
        await world.take(*batch)
    assert not world.breaker.open

    store.away = False
    await world.take(*batch)
    assert world.parking.waiting() == 1
