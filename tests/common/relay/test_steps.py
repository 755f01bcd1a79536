"""Steps and acts: once, in order, and parked alone when they fail."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import pytest
from chassis import NOW, Finish, Send, Thing, deferred, later, new, referred, until
from worlds.relay import World, await_never, mend

from common.aggregate import Aggregate, How, Mark
from common.errors import Contended, Rejected, Unavailable
from common.lanes import State, lane_id
from common.store.port import Entry, Untold
from common.testing.memory import MemoryStore


@pytest.mark.parametrize(("word", "error"), [("refuse", "Rejected"), ("bug", "KeyError")])
async def test_a_step_that_fails_parks_its_aggregate_alone_and_resuming_goes_on_in_order(world: World, word: str, error: str) -> None:
    bad, good = new(), new()
    async with world.running() as process:
        await process.change(bad, referred(bad), Finish(id=bad, word=word), deferred(bad))
        await process.change(bad, referred(bad))
        await process.change(good, Finish(id=good), deferred(good))
        await until(lambda: process.parking.waiting() and process.relay.idle() and len(world.publisher.records) == 3)

        lane = await process.parking.show(lane_id(f"things/{bad}"))
        assert (lane.state, lane.error, lane.records[0].topic) == (State.PARKED, error, "Finish")
        mine = [record.topic for record in world.publisher.records if record.key == str(bad).encode()]
        assert mine == ["case.referred"]
        assert [entry.position for entry in world.store.outbox["things", bad]] == [2, 3, 4]

        await world.store.delete(Thing, new())
        mended = await mend(world, bad)
        lane = await process.parking.redrive(lane.id, mended)
        assert lane.state is State.RESUMED
        await world.quiet()

    mine = [record.topic for record in world.publisher.records if record.key == str(bad).encode()]
    assert mine == ["case.referred", "visit.deferred", "case.referred"]


async def test_a_step_that_fails_again_parks_again(world: World) -> None:
    id_ = new()
    async with world.running() as process:
        await process.change(id_, Finish(id=id_, word="refuse"), deferred(id_))
        await until(process.parking.waiting)

        await process.parking.redrive(lane_id(f"things/{id_}"), await_never)
        await until(lambda: process.ports.log.count("refuse") == 2 and process.parking.waiting())

    assert world.publisher.told() == [("intake.parked", 1), ("intake.parked", 2)]


async def test_an_aggregate_that_another_replica_has_resumed_goes_on_here(world: World) -> None:
    id_, replica = new(), world.process()
    async with world.running() as process:
        await process.change(id_, Finish(id=id_, word="refuse"), deferred(id_))
        await until(process.parking.waiting)
        await mend(world, id_)
        replica.relay._stopping = True
        await replica.parking.redrive(lane_id(f"things/{id_}"), await_never)

        world.clock.forward(later(seconds=6) - NOW)
        await world.quiet()

    assert (await world.thing(id_)).seen == ["mended"]
    assert process.parking.waiting() == 0


async def test_an_act_is_done_once_and_its_outcome_recorded(world: World) -> None:
    id_ = new()
    async with world.running() as process:
        await process.change(id_, Send(id=id_), deferred(id_))
        await world.quiet()

    assert world.sender.sent == [id_]
    assert (await world.thing(id_)).seen == ["sent"]


@pytest.mark.parametrize("trouble", [Unavailable("gone"), Contended("busy"), Rejected("no"), KeyError("bug")])
async def test_an_act_that_raises_is_not_repeated(world: World, trouble: Exception) -> None:
    id_ = new()
    world.sender.trouble = trouble
    async with world.running() as process:
        await process.change(id_, Send(id=id_))
        await until(lambda: world.sender.sent and process.relay.idle())
        if process.parking.waiting():
            await process.parking.redrive(lane_id(f"things/{id_}"), await_never)
        world.clock.forward(later(seconds=6) - NOW)
        await world.quiet()
    async with world.running():
        await world.quiet()

    assert world.sender.sent == [id_]
    outcome = "unknown" if isinstance(trouble, Unavailable) else "parked"
    assert process.metrics.steps.labels("Send", outcome)._value.get() == 1


class Contended100(MemoryStore):
    """The aggregate is contended for a while once its entry has been taken out."""

    def __init__(self) -> None:
        super().__init__()
        self.refuse = 0

    async def take(self, collection: str, id_: UUID, position: int) -> bool:
        self.refuse = 7
        return await super().take(collection, id_, position)

    async def save(self, aggregate: Aggregate, entries: Sequence[Entry], records: Sequence[Aggregate] = ()) -> bool:
        if self.refuse:
            self.refuse -= 1
            return False
        return await super().save(aggregate, entries, records)


async def test_an_act_is_done_once_even_when_recording_its_outcome_is_contended() -> None:
    world, id_ = World(Contended100()), new()
    async with world.running() as process:
        await process.change(id_, Send(id=id_))
        await world.quiet()

    assert world.sender.sent == [id_]
    assert (await world.thing(id_)).seen == ["sent"]


class Stale(MemoryStore):
    """Answers what lay in the outboxes a moment ago."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.gate = asyncio.Event(), asyncio.Event()

    async def untold(self, before: datetime, limit: int) -> list[Untold]:
        answer = await super().untold(later(days=1), limit)
        if answer:
            self.asked.set()
            await self.gate.wait()
        return answer


async def test_what_was_carried_out_while_the_store_looked_is_not_carried_out_again() -> None:
    store = Stale()
    world, id_ = World(store), new()
    world.publisher.gate.clear()
    async with world.running() as process:
        await process.change(id_, referred(id_), Send(id=id_))
        await store.asked.wait()
        world.publisher.gate.set()
        await until(process.relay.idle)
        store.gate.set()
        await asyncio.sleep(0.05)
        await world.quiet()

    assert world.publisher.told() == [("case.referred", 1)]
    assert world.sender.sent == [id_]


async def test_a_step_is_applied_once_when_its_clearing_was_lost(world: World) -> None:
    id_ = new()
    async with world.running() as process:
        await process.change(id_, Finish(id=id_), Finish(id=id_, word="again"))
        await world.quiet()
        assert (await world.thing(id_)).has_applied(Mark(f"things/{id_}", 2))

        await process.relay._carrying.carry_out(("things", id_), [step_entry(id_)])

    assert (await world.thing(id_)).seen == ["finish", "again"]


def step_entry(id_: UUID) -> Entry:
    return Entry(1, How.THEN, new(), "Finish", "k", 1, 1, NOW, Finish(id=id_).model_dump_json().encode(), "", None, None)
