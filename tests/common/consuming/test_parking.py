"""A case whose message fails waits alone, whoever else redrives, opens or restarts meanwhile."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from chassis import new, until
from worlds.consuming import World, place, run_of

from common.aggregate import Aggregate
from common.errors import NotFound, Rejected, Unavailable
from common.lanes import Kind, Lane, Settle, State, lane_id
from common.store.port import Entry
from common.testing.memory import MemoryStore


@pytest.mark.parametrize(("word", "error"), [("refuse", "Rejected"), ("bug", "_Odd")])
async def test_a_poison_message_parks_its_lane_alone(world: World, word: str, error: str) -> None:
    bad, good = new(), new()

    await world.take(*run_of(bad, "1", word, "3"), *run_of(good, "1", "2", offset=3))
    await world.take(*run_of(bad, "4", offset=5, first=4), *run_of(good, "3", offset=6, first=3))

    assert await world.seen(bad) == ["1"]
    assert await world.seen(good) == ["1", "2", "3"]
    lane = await world.lane(bad)
    assert (lane.state, lane.kind, lane.error) == (State.PARKED, Kind.MESSAGES, error)
    assert [record.offset for record in lane.records] == [1, 2, 5]
    await world.consuming.stop()
    assert world.consumer.commits == [{place(0): 5}, {place(0): 7}]
    assert world.outcomes() == {"handled": 4, "parked": 1, "queued": 2}
    told = [entry.type for entry in world.store.outbox["lanes", lane.id]]
    assert told == ["intake.parked"]


async def test_a_redrive_resumes_in_order_also_when_it_fails_again(world: World) -> None:
    case = new()
    await world.take(*run_of(case, "refuse", "2", "refuse2", "4"))
    id_ = lane_id(str(case))

    with pytest.raises(Rejected):
        await world.parking.redrive(id_, world.consuming.process)
    assert (await world.lane(case)).attempts == 2
    world.mended.add("refuse")
    with pytest.raises(Rejected):
        await world.parking.redrive(id_, world.consuming.process)
    assert await world.seen(case) == ["refuse", "2"]
    await world.take(*run_of(case, "5", offset=4, first=5))
    world.mended.add("refuse2")
    lane = await world.parking.redrive(id_, world.consuming.process)
    await world.take(*run_of(case, "6", offset=5, first=6))

    assert lane.state is State.RESUMED
    assert await world.seen(case) == ["refuse", "2", "refuse2", "4", "5", "6"]
    with pytest.raises(Rejected):
        await world.parking.redrive(id_, world.consuming.process)


async def test_two_who_redrive_at_once_lose_no_record(world: World) -> None:
    case = new()
    await world.take(*run_of(case, "refuse", "2", "3", "4"))
    world.mended.add("refuse")
    world.gate.clear()
    redriving = [asyncio.create_task(world.parking.redrive(lane_id(str(case)), world.consuming.process)) for _ in range(2)]
    await until(lambda: world.inside)
    world.gate.set()
    await asyncio.gather(*redriving, return_exceptions=True)

    assert await world.seen(case) == ["refuse", "2", "3", "4"]
    assert (await world.lane(case)).state is State.RESUMED


async def test_settling_a_record_that_somebody_else_has_settled_leaves_the_next_one(world: World) -> None:
    case = new()
    await world.take(*run_of(case, "refuse", "2", "3"))
    settle = Settle(lane_id=lane_id(str(case)), place=("case.referred", 0, 0))

    for _ in range(2):
        await world.parking._ask(settle)

    assert [record.offset for record in (await world.lane(case)).records] == [1, 2]


async def test_a_record_that_comes_while_its_lane_is_opened_elsewhere_is_handled_and_not_lost() -> None:
    class OpenedMeanwhile(MemoryStore):
        """Another replica opens the lane between our look and our write."""

        armed = False

        async def save(self, aggregate: Aggregate, entries: Sequence[Entry], records: Sequence[Aggregate] = ()) -> bool:
            if self.armed and isinstance(aggregate, Lane):
                self.armed = False
                lane = await self.get(Lane, aggregate.id)
                assert lane is not None
                lane.state, lane.records, lane.version = State.RESUMED, [], lane.version + 1
                await super().save(lane, [])
            return await super().save(aggregate, entries, records)

    store = OpenedMeanwhile()
    world, case = World(store), new()
    await world.take(*run_of(case, "refuse"))
    store.armed = True

    await world.take(*run_of(case, "2", offset=1, first=2))

    assert await world.seen(case) == ["2"]
    assert not world.parking.is_parked(str(case))


@pytest.mark.parametrize("arrives", [True, False])
async def test_a_lane_whose_parking_got_no_answer_lets_nobody_pass_unless_it_is_not_parked(arrives: bool) -> None:
    class Silent(MemoryStore):
        """Takes a lane, or does not, and breaks off before the answer."""

        armed = True

        async def save(self, aggregate: Aggregate, entries: Sequence[Entry], records: Sequence[Aggregate] = ()) -> bool:
            if not (self.armed and isinstance(aggregate, Lane)):
                return await super().save(aggregate, entries, records)
            self.armed = False
            if arrives:
                await super().save(aggregate, entries, records)
            raise Unavailable("The connection broke before the answer.")

    world, case = World(Silent()), new()
    await world.take(*run_of(case, "refuse"))

    await world.take(*run_of(case, "2", offset=1, first=2))

    assert await world.seen(case) == ([] if arrives else ["2"])
    assert world.parking.is_parked(str(case)) is arrives
    if arrives:
        assert [record.offset for record in (await world.lane(case)).records] == [0, 1]


async def test_discarding_gives_up_the_first_record_and_keeps_the_rest(world: World) -> None:
    case = new()
    await world.take(*run_of(case, "refuse", "2"))
    id_ = lane_id(str(case))

    lane = await world.parking.discard(id_)
    assert (lane.state, [record.offset for record in lane.records]) == (State.PARKED, [1])
    await world.parking.redrive(id_, world.consuming.process)

    assert await world.seen(case) == ["2"]
    other = new()
    await world.take(*run_of(other, "refuse", offset=9))
    assert (await world.parking.discard(lane_id(str(other)))).state is State.DISCARDED
    await world.take(*run_of(other, "2", offset=10, first=2))
    assert await world.seen(other) == ["2"]
    with pytest.raises(NotFound):
        await world.parking.discard(new())


async def test_a_lane_that_fails_after_it_was_resumed_is_parked_again(world: World) -> None:
    case = new()
    await world.take(*run_of(case, "refuse"))
    world.mended.add("refuse")
    await world.parking.redrive(lane_id(str(case)), world.consuming.process)

    await world.take(*run_of(case, "refuse2", offset=1, first=2))

    lane = await world.lane(case)
    assert (lane.state, [record.offset for record in lane.records]) == (State.PARKED, [1])


async def test_a_lane_that_was_parked_before_a_restart_is_known_after_it() -> None:
    before, case = World(), new()
    await before.take(*run_of(case, "refuse"))
    after = World(before.store)

    await after.consuming.on_partitions_assigned([])
    await after.take(*run_of(case, "2", offset=1, first=2))

    assert after.consuming.assigned.is_set()
    assert await after.seen(case) == []
    assert len((await after.lane(case)).records) == 2


async def test_a_record_that_comes_before_the_parked_lanes_are_known_waits_for_them() -> None:
    """aiokafka fetches from new partitions while its listener is still at work."""

    class Slow(MemoryStore):
        gate = asyncio.Event()

        async def find(self, *arguments: Any, **named: Any) -> Any:
            await self.gate.wait()
            return await super().find(*arguments, **named)

    store, case = Slow(), new()
    await World(store).take(*run_of(case, "refuse"))
    after = World(store)
    await after.consuming.on_partitions_revoked([])
    assigning = asyncio.create_task(after.consuming.on_partitions_assigned([]))
    taking = asyncio.create_task(after.take(*run_of(case, "2", offset=1, first=2)))
    await asyncio.sleep(0.01)
    store.gate.set()
    await asyncio.gather(assigning, taking)

    assert await after.seen(case) == []
    assert [record.offset for record in (await after.lane(case)).records] == [0, 1]


async def test_a_lane_parked_while_the_parked_lanes_are_read_is_not_forgotten() -> None:
    class Slow(MemoryStore):
        gate: asyncio.Event | None = None

        async def find(self, *arguments: Any, **named: Any) -> Any:
            answer = await super().find(*arguments, **named)
            if self.gate is not None:
                gate, self.gate = self.gate, None
                await gate.wait()
            return answer

    store = Slow()
    world, case = World(store), new()
    gate = store.gate = asyncio.Event()
    refreshing = asyncio.create_task(world.parking.refresh())
    await asyncio.sleep(0)
    await world.take(*run_of(case, "refuse"))
    gate.set()
    await refreshing

    assert world.parking.is_parked(str(case))
