"""Processing records go with the change that they are about: never later, and once."""

import asyncio
from datetime import timedelta

import pytest
from chassis import NOW, Thing, later, new
from worlds.logbooks import logbook, record, records
from worlds.stored import saved

from common.store.mongo import MongoStore
from common.store.port import Store
from common.testing.memory import MemoryStore
from common.testing.stage import StoppedClock


async def test_a_record_is_there_with_its_change_and_is_found_as_it_was_written(store: Store) -> None:
    thing, written = Thing(id=new(), version=1), record()

    assert await store.save(thing, [], [written])

    assert await records(store) == [written]
    assert await store.get(Thing, thing.id) == thing


async def test_what_is_recorded_again_stays_as_it_was(store: Store) -> None:
    thing, written = Thing(id=new(), version=1), record()
    await store.save(thing, [], [written])
    thing.version = 2

    assert await store.save(thing, [], [record(written.id, later(hours=1), name="Another")])

    assert await records(store) == [written]


async def test_many_who_save_at_once_each_leave_their_record(store: Store) -> None:
    written = [record() for _ in range(50)]

    outcomes = await asyncio.gather(*(store.save(Thing(id=new(), version=1), [], [one]) for one in written))

    assert outcomes == [True] * 50
    assert {one.id for one in await records(store)} == {one.id for one in written}


async def test_a_change_that_is_refused_leaves_a_record_only_where_a_store_writes_one_document_at_a_time(store: Store) -> None:
    thing = await saved(store, Thing(id=new()))

    assert not await store.save(Thing(id=thing.id, version=3), [], [record()])

    assert len(await records(store)) == isinstance(store, MongoStore)


async def test_nothing_changes_whose_record_cannot_be_written(store: Store) -> None:
    if isinstance(store, MemoryStore):
        pytest.skip("memory holds anything")
    thing, unwritable = Thing(id=new(), version=1), Thing(id=new(), version=1, size=2**70)

    with pytest.raises(OverflowError):
        await store.save(thing, [], [unwritable])

    assert await store.get(Thing, thing.id) is None


async def test_pages_follow_each_other_in_the_order_of_time_and_leave_nothing_out(store: Store) -> None:
    book = logbook(store, StoppedClock(NOW))
    for hours in (3, 1, 2, 2, 2):
        await store.save(record(at=later(hours=hours)), [])

    first = await book.page(None, None, None, 2)
    second = await book.page(first[-1].place, None, None, 2)
    third = await book.page(second[-1].place, None, None, 2)

    assert [one.ended for one in first + second + third] == sorted(one.ended for one in await records(store))
    assert len({one.id for one in first + second + third}) == 5
    assert len(await book.page(None, later(hours=2), later(hours=3), 10)) == 3
    assert await book.page(third[-1].place, None, None, 2) == []


async def test_what_has_been_kept_long_enough_is_forgotten_and_nothing_else(store: Store) -> None:
    clock = StoppedClock(NOW)
    old, young = record(), record(at=later(hours=1))
    for one in (old, young):
        await store.save(one, [])
    clock.forward(timedelta(days=10, minutes=1))

    await logbook(store, clock).forget()

    assert await records(store) == [young]
