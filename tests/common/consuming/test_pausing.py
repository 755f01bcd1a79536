"""What a batch does that cannot be settled: it waits, is read again, and leaves in good time when others take over."""

import asyncio
from typing import Any

import pytest
from chassis import new, record_of, until
from worlds.consuming import World, place, run_of

from common.errors import Unavailable
from common.testing.memory import MemoryStore


@pytest.mark.usefixtures("quick")
async def test_while_a_provider_is_away_nothing_is_parked_or_committed_and_the_batch_is_read_again(world: World) -> None:
    case, other = new(), new()
    batch = [*run_of(case, "1", "away", "3", offset=5), record_of(other, offset=2, partition=1, target="1")]

    await world.take(*batch)

    assert world.consumer.commits == []
    assert world.parking.waiting() == 0
    assert world.consumer.seeks == [(place(0), 5), (place(1), 2)]
    assert world.consumer.pauses == [set(world.consumer.held)]
    assert world.metrics.paused._value.get() == 1
    await until(lambda: world.consumer.resumed)
    assert world.metrics.paused._value.get() == 1  # nothing has been settled yet

    world.mended.add("away")
    await world.take(*batch)
    assert world.metrics.paused._value.get() == 0
    assert await world.seen(case) == ["1", "away", "3"]
    assert await world.seen(other) == ["1"]
    assert world.consumer.commits == [{place(0): 8, place(1): 3}]


async def test_patience_lasts_before_the_partitions_are_paused() -> None:
    world, case = World(patience=30), new()
    taking = asyncio.create_task(world.take(*run_of(case, "away")))
    await asyncio.sleep(0.05)
    world.mended.add("away")
    await taking

    assert world.consumer.pauses == []
    assert await world.seen(case) == ["away"]


async def test_a_rebalance_waits_for_the_batch_under_way_and_ends_its_patience() -> None:
    world, case = World(patience=1000), new()
    taking = asyncio.create_task(world.take(*run_of(case, "away")))
    await until(lambda: world.tries)

    await world.consuming.on_partitions_revoked([])

    assert taking.done()
    assert world.consumer.commits == []
    world.mended.add("away")
    await world.consuming.on_partitions_assigned([])
    await world.take(*run_of(case, "away"))
    assert world.consumer.commits == [{place(0): 1}]


async def test_a_rebalance_while_a_handler_runs_waits_for_its_commit(world: World) -> None:
    case = new()
    world.gate.clear()
    taking = asyncio.create_task(world.take(*run_of(case, "1")))
    await until(lambda: world.inside)
    revoking = asyncio.create_task(world.consuming.on_partitions_revoked([]))
    await asyncio.sleep(0.01)
    assert not revoking.done()

    world.gate.set()
    await revoking

    assert world.consumer.commits == [{place(0): 1}]
    await taking


@pytest.mark.usefixtures("quick")
async def test_a_bug_of_our_own_holds_the_batch_instead_of_committing_past_it(world: World) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("a bug in the chassis")

    world.parking.is_parked = broken  # type: ignore[method-assign, assignment]

    await world.take(record_of(new(), offset=3))

    assert world.consumer.commits == []
    assert world.consumer.seeks == [(place(0), 3)]
    await until(lambda: world.consumer.resumed)


@pytest.mark.usefixtures("quick")
async def test_an_outage_of_days_does_not_end_the_pausing(world: World) -> None:
    for _ in range(1100):
        world.consuming._hold([], Unavailable("away"))
    await until(lambda: world.consumer.resumed)

    assert len(world.consumer.pauses) == 1100
    assert len(world.consumer.resumed) == 1


async def test_stopping_ends_the_pausing_and_the_waiting_for_the_store() -> None:
    class Away(MemoryStore):
        async def find(self, *arguments: Any, **named: Any) -> Any:
            raise Unavailable("away")

    world = World(Away())
    assigning = asyncio.create_task(world.consuming.on_partitions_assigned([]))
    await world.take(*run_of(new(), "away"))

    await world.consuming.stop()

    await assigning
    assert not world.consuming.assigned.is_set()
    assert world.consuming._resuming is not None
    await asyncio.sleep(0)
    assert world.consuming._resuming.cancelled()
    await world.take(*run_of(new(), "away"))
    assert world.consuming._resuming.cancelled()
