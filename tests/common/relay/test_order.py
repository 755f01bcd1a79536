"""The relay tells everything, per aggregate in order, however long Kafka is away."""

import asyncio

import pytest
from chassis import Finish, Thing, deferred, new, referred, until
from worlds.relay import World

from common import relay as relay_module
from common import relay_room as room_module


async def test_events_leave_in_order_across_topics_and_the_outbox_is_empty_afterwards(world: World) -> None:
    id_ = new()
    async with world.running() as process:
        await process.change(id_, referred(id_), referred(id_), deferred(id_), referred(id_))
        await process.change(id_, deferred(id_))
        await world.quiet()

    assert world.publisher.told() == [
        ("case.referred", 1),
        ("case.referred", 2),
        ("visit.deferred", 1),
        ("case.referred", 3),
        ("visit.deferred", 2),
    ]
    assert {record.key for record in world.publisher.records} == {str(id_).encode()}


async def test_the_next_entry_waits_for_the_acknowledgement_and_other_aggregates_do_not(world: World) -> None:
    ids = [new() for _ in range(5)]
    world.publisher.gate.clear()
    async with world.running() as process:
        for id_ in ids:
            await process.change(id_, referred(id_), Finish(id=id_), deferred(id_))
        await until(lambda: world.publisher.under_way == 5)
        assert process.ports.log == []
        assert (await world.thing(ids[0])).seen == []

        world.publisher.gate.set()
        await world.quiet()

    assert world.publisher.most_under_way == 5
    for id_ in ids:
        mine = [record.topic for record in world.publisher.records if record.key == str(id_).encode()]
        assert mine == ["case.referred", "visit.deferred"]
        assert (await world.thing(id_)).seen == ["finish"]


async def test_while_kafka_is_away_everything_is_tried_again_in_order(world: World) -> None:
    id_ = new()
    world.publisher.away = 12
    async with world.running() as process:
        await process.change(id_, referred(id_), deferred(id_))
        await process.change(id_, referred(id_))
        await world.quiet()

    assert world.publisher.told() == [("case.referred", 1), ("visit.deferred", 1), ("case.referred", 2)]


async def test_an_outage_of_many_hours_does_not_overflow_the_pause(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_module, "LONGEST_PAUSE", 0.0)
    id_ = new()
    world.publisher.away = 1100
    async with world.running() as process:
        await process.change(id_, referred(id_))
        await world.quiet()

    assert world.publisher.told() == [("case.referred", 1)]


async def test_stopping_leaves_nothing_half_done(world: World) -> None:
    id_ = new()
    world.publisher.gate.clear()
    async with world.running() as process:
        await process.change(id_, referred(id_), Finish(id=id_), deferred(id_))
        await until(lambda: world.publisher.under_way)
    assert process.relay.idle()
    assert not process.relay._tasks
    await process.change(id_, referred(id_))
    assert process.relay.idle()

    world.publisher.gate.set()
    async with world.running():
        await world.quiet()

    assert world.publisher.told() == [("case.referred", 1), ("visit.deferred", 1), ("case.referred", 2)]
    assert (await world.thing(id_)).seen == ["finish"]


async def test_while_too_much_is_under_way_others_wait_for_room(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room_module, "MOST", 4)
    monkeypatch.setattr(room_module, "ENOUGH_AGAIN", 2)
    world.publisher.gate.clear()
    async with world.running() as process:
        for _ in range(12):
            id_ = new()
            await process.change(id_, referred(id_))
        assert process.relay.full()
        waiting = asyncio.create_task(process.relay.room())
        await asyncio.sleep(0.02)
        assert not waiting.done()

        world.publisher.gate.set()
        await waiting
        await world.quiet()

    assert process.relay._last._last.keys() == {("things", thing.id) for thing in await world.store.find(Thing, {})}


async def test_the_relay_remembers_a_bounded_number_of_aggregates(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room_module, "REMEMBERED", 5)
    ids = [new() for _ in range(20)]
    async with world.running() as process:
        for _ in range(2):
            for id_ in ids:
                await process.change(id_, referred(id_))
            await world.quiet()
        assert len(process.relay._last._last) == 5

    assert len(world.publisher.records) == 40
