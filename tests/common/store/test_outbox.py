"""What an aggregate carries: saved with it, cleared, taken out, due."""

import asyncio

from chassis import NOW, Other, Remind, Thing, later, new
from worlds.stored import entry, saved, untold

from common.aggregate import How
from common.store.port import Store


async def test_entries_are_saved_with_the_state_and_come_back_whole(store: Store) -> None:
    entries = (entry(1), entry(2, how=How.THEN)._replace(correlation=None, causation=new()))
    thing = await saved(store, Thing(id=new()), *entries)

    [found] = await store.untold(later(days=1), 10)

    assert (found.collection, found.id, found.entries) == ("things", thing.id, entries)
    assert await store.entries("things", thing.id) == entries


async def test_telling_clears_up_to_a_position_and_keeps_the_version(store: Store) -> None:
    thing = await saved(store, Thing(id=new()), entry(1), entry(2), entry(3))

    await store.told("things", thing.id, 2)

    assert await untold(store) == [(thing.id, [3])]
    assert await store.get(Thing, thing.id) == thing
    await saved(store, thing)


async def test_telling_twice_or_of_what_is_not_there_is_fine(store: Store) -> None:
    thing = await saved(store, Thing(id=new()), entry(1))

    for id_ in (thing.id, thing.id, new()):
        await store.told("things", id_, 1)

    assert await untold(store) == []
    await saved(store, thing, entry(2))
    assert await untold(store) == [(thing.id, [2])]


async def test_two_tellings_of_one_aggregate_in_one_round_clear_up_to_the_later(store: Store) -> None:
    thing = await saved(store, Thing(id=new()), *(entry(position) for position in range(1, 6)))

    await asyncio.gather(store.told("things", thing.id, 4), store.told("things", thing.id, 2))

    assert await untold(store) == [(thing.id, [5])]


async def test_a_save_does_not_bring_cleared_entries_back(store: Store) -> None:
    thing = await saved(store, Thing(id=new()), entry(1), entry(2))
    read = await store.get(Thing, thing.id)
    assert read is not None

    await store.told("things", thing.id, 2)
    await saved(store, read, entry(3))

    assert await untold(store) == [(thing.id, [3])]


async def test_one_entry_is_taken_out_by_one_alone(store: Store) -> None:
    thing = await saved(store, Thing(id=new()), entry(1), entry(2), entry(3))

    takers = await asyncio.gather(*(store.take("things", thing.id, 2) for _ in range(8)))

    assert takers.count(True) == 1
    assert await untold(store) == [(thing.id, [1, 3])]
    assert not await store.take("things", thing.id, 2)
    assert not await store.take("things", new(), 1)


async def test_untold_gives_the_oldest_first_and_only_those_old_enough(store: Store) -> None:
    ages = {
        hours: (await saved(store, Thing(id=new()), entry(1, later(hours=hours)), entry(2, later(hours=9)))).id for hours in (3, 1, 2, 5)
    }
    other = Other(id=new(), version=1)
    assert await store.save(other, [entry(1, later(hours=0))])

    found = await untold(store, later(hours=5))

    assert found == [(other.id, [1]), *((ages[hours], [1, 2]) for hours in (1, 2, 3))]
    assert await untold(store, later(hours=5), limit=2) == found[:2]


async def test_the_entries_of_one_aggregate_are_given_in_order(store: Store) -> None:
    thing = await saved(store, Thing(id=new()), entry(1), entry(2))
    await saved(store, Thing(id=new()), entry(1))
    await saved(store, thing, entry(3))
    await store.told("things", thing.id, 1)

    assert [one.position for one in await store.entries("things", thing.id)] == [2, 3]
    assert await store.entries("things", new()) == ()


async def test_a_waiting_step_is_due_when_its_time_has_come_and_no_sooner(store: Store) -> None:
    soon, late, never = (Thing(id=new()) for _ in range(3))
    soon.at(later(hours=1), Remind(id=soon.id)).at(later(hours=9), Remind(id=soon.id)).at(later(hours=1), Remind(id=soon.id))
    late.at(later(hours=2), Remind(id=late.id))
    for thing in (soon, late, never):
        await saved(store, thing)

    assert await store.due(later(minutes=59), 10) == []
    assert await store.due(later(hours=1), 10) == [("things", soon.id)]
    assert {id_ for _, id_ in await store.due(later(hours=3), 10)} == {soon.id, late.id}
    assert len(await store.due(later(hours=3), 1)) == 1

    await saved(store, soon.forget(Remind))
    assert await store.due(later(hours=1), 10) == []


async def test_what_kafka_acknowledged_can_be_kept_and_read_in_pages(store: Store) -> None:
    entries = (entry(1), entry(2, how=How.THEN), entry(3), entry(4))
    things = [await saved(store, Thing(id=new()), *entries) for _ in range(3)]
    for thing in things:
        await store.told("things", thing.id, 3, NOW)

    first = await store.acknowledged(NOW, None, 2)
    rest = await store.acknowledged(NOW, (first[-1].collection, first[-1].id), 2)

    assert (len(first), len(rest)) == (2, 1)
    assert {untold.id: untold.entries for untold in (*first, *rest)} == {thing.id: (entries[0], entries[2]) for thing in things}
    assert [positions for _, positions in await untold(store)] == [[4]] * 3
    assert [one.position for one in await store.entries("things", things[0].id)] == [4]


async def test_acknowledged_events_are_forgotten_by_their_age(store: Store) -> None:
    old, young = await saved(store, Thing(id=new()), entry(1)), await saved(store, Thing(id=new()), entry(1), entry(2))
    await store.told("things", old.id, 1, NOW)
    await store.told("things", young.id, 1, NOW)
    await store.told("things", young.id, 2, later(seconds=9))

    assert [one.id for one in await store.acknowledged(later(seconds=1), None, 9)] == [young.id]

    await store.forget_acknowledged(later(seconds=5))

    kept = await store.acknowledged(NOW, None, 9)
    assert [(one.id, [kept.position for kept in one.entries]) for one in kept] == [(young.id, [2])]
    await saved(store, old, entry(2))
    assert await untold(store) == [(old.id, [2])]


async def test_nothing_is_kept_where_nobody_asks_for_it(store: Store) -> None:
    thing = await saved(store, Thing(id=new()), entry(1))

    await store.told("things", thing.id, 1)

    assert await store.acknowledged(NOW, None, 9) == []
