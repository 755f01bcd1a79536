"""What a crash, a lost answer or another process has left is taken up, and nothing is jumped."""

import asyncio
from collections.abc import Sequence

import pytest
from chassis import NOW, Finish, Send, deferred, later, new, referred, until
from worlds.relay import World

from common import relay as relay_module
from common import relay_room as room_module
from common.aggregate import Aggregate
from common.errors import Unavailable
from common.store.port import Entry
from common.testing.memory import MemoryStore


async def test_what_a_crash_has_left_is_taken_up_at_the_next_start(world: World) -> None:
    id_, crashed = new(), world.process()
    crashed.relay._stopping = True
    await crashed.change(id_, referred(id_), Finish(id=id_), deferred(id_))

    async with world.running():
        await world.quiet()

    assert world.publisher.told() == [("case.referred", 1), ("visit.deferred", 1)]
    assert (await world.thing(id_)).seen == ["finish"]


async def test_what_another_process_has_left_is_taken_up_when_it_is_old_enough(world: World) -> None:
    id_, crashed = new(), world.process()
    crashed.relay._stopping = True
    async with world.running():
        await crashed.change(id_, referred(id_))
        await asyncio.sleep(0.05)
        assert world.publisher.records == []

        world.clock.forward(later(seconds=6) - NOW)
        await world.quiet()

    assert world.publisher.told() == [("case.referred", 1)]


async def test_many_leftovers_are_taken_up_at_a_start_without_a_pause_between_the_looks(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay_module, "AT_ONCE", 10)
    monkeypatch.setattr(relay_module, "LOOK_FOR_LEFT", 3600)
    crashed = world.process()
    crashed.relay._stopping = True
    for _ in range(95):
        id_ = new()
        await crashed.change(id_, referred(id_))

    async with world.running():
        await world.quiet()

    assert len(world.publisher.records) == 95


class Forgetful(MemoryStore):
    """Saves, and then loses the answer."""

    def __init__(self) -> None:
        super().__init__()
        self.lose = 0

    async def save(self, aggregate: Aggregate, entries: Sequence[Entry], records: Sequence[Aggregate] = ()) -> bool:
        done = await super().save(aggregate, entries, records)
        if self.lose:
            self.lose -= 1
            raise Unavailable("The answer got lost.")
        return done


async def test_an_entry_whose_save_seemed_to_fail_goes_before_those_saved_after_it() -> None:
    store = Forgetful()
    world, id_ = World(store), new()
    async with world.running() as process:
        await process.change(id_, referred(id_))
        await world.quiet()
        store.lose = 1
        with pytest.raises(Unavailable):
            await process.change(id_, referred(id_), Finish(id=id_))
        await process.change(id_, referred(id_))
        await world.quiet()

    assert world.publisher.told() == [("case.referred", 1), ("case.referred", 2), ("case.referred", 3)]
    assert (await world.thing(id_)).seen == ["finish"]


async def test_an_entry_that_got_lost_while_the_relay_was_at_work_is_not_jumped() -> None:
    store = Forgetful()
    world, id_ = World(store), new()
    world.publisher.gate.clear()
    async with world.running() as process:
        await process.change(id_, referred(id_))
        await until(lambda: world.publisher.under_way)
        await process.change(id_, referred(id_))
        store.lose = 1
        with pytest.raises(Unavailable):
            await process.change(id_, referred(id_))
        await process.change(id_, referred(id_))
        world.publisher.gate.set()
        await world.quiet()

    assert world.publisher.told() == [("case.referred", 1), ("case.referred", 2), ("case.referred", 3), ("case.referred", 4)]


async def test_an_entry_in_the_hands_of_another_process_is_told_before_the_one_after_it(world: World) -> None:
    id_, slow = new(), world.process()
    slow.relay._stopping = True
    await slow.change(id_, referred(id_))
    async with world.running() as process:
        await world.quiet()
        await slow.change(id_, referred(id_))

        await process.change(id_, referred(id_))
        await world.quiet()

    assert world.publisher.told() == [("case.referred", 1), ("case.referred", 2), ("case.referred", 3)]


async def test_two_relays_at_once_only_repeat_what_marks_drop(world: World) -> None:
    ids = [new() for _ in range(20)]
    crashed = world.process()
    crashed.relay._stopping = True
    for id_ in ids:
        await crashed.change(id_, referred(id_), Finish(id=id_), Send(id=id_), deferred(id_), Finish(id=id_, word="tell"))

    async with world.running(), world.running():
        await world.quiet()

    for id_ in ids:
        seen = (await world.thing(id_)).seen
        assert sorted(seen) == ["finish", "sent", "tell"]
        assert seen.index("finish") < seen.index("tell")
        told: dict[str, int] = {}
        for record in world.publisher.records:
            if record.key == str(id_).encode():
                sequence = int(dict(record.headers)["ce_sequence"])
                assert sequence <= told.get(record.topic, 0) + 1, "an event before its predecessor would be lost as stale"
                told[record.topic] = max(sequence, told.get(record.topic, 0))
        assert told == {"case.referred": 1, "visit.deferred": 2}
    assert sorted(world.sender.sent) == sorted(ids)


async def test_of_many_aggregates_the_one_not_used_for_longest_is_forgotten_first(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room_module, "REMEMBERED", 2)
    ids = [new() for _ in range(3)]
    async with world.running() as process:
        for id_ in (ids[0], ids[1], ids[0], ids[2]):
            await process.change(id_, referred(id_))
            await world.quiet()

        assert [id_ for _, id_ in process.relay._last._last] == [ids[0], ids[2]]
