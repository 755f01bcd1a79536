"""The contract of the store port: the fake and both adapters keep it alike."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from chassis import KINDS, NOW, Other, Remind, Thing, later, new

from common.aggregate import How
from common.store.mongo import MongoStore
from common.store.port import Entry, Range, Store
from common.store.sqlite import SqliteStore
from common.testing.memory import MemoryStore

STORES = ["memory", "sqlite", pytest.param("mongo", marks=pytest.mark.mongo)]


@pytest.fixture(params=STORES)
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    made: Store
    if request.param == "memory":
        made = MemoryStore()
    elif request.param == "sqlite":
        made = SqliteStore(tmp_path / "store.sqlite", KINDS)
    else:
        made = MongoStore(request.getfixturevalue("mongo_url"), f"t{uuid4().hex}", KINDS)
    await made.start()
    async with AsyncExitStack() as stack:
        stack.push_async_callback(made.close)
        yield made


def entry(position: int, time: datetime = NOW, how: How = How.TELL) -> Entry:
    return Entry(position, how, new(), "case.referred", "key", position, position, time, b'{"a":"\xc3\xa9"}', "00-a", new(), None)


async def saved(store: Store, thing: Thing, *entries: Entry) -> Thing:
    thing.version += 1
    assert await store.save(thing, entries)
    return thing


async def untold(store: Store, before: datetime = later(days=1), limit: int = 100) -> list[tuple[UUID, list[int]]]:
    return [(one.id, [entry.position for entry in one.entries]) for one in await store.untold(before, limit)]


async def test_what_was_never_saved_is_not_there(store: Store) -> None:
    assert await store.get(Thing, new()) is None


async def test_an_aggregate_comes_back_as_it_was_saved(store: Store) -> None:
    thing = Thing(id=new(), n=3, colour="röd \x00 .$", size=2**53 + 1, moment=NOW, owner=new(), seen=["a"])
    thing.applied["case.created/1"] = 7
    thing.told["case.created"] = 2

    await saved(store, thing)

    assert await store.get(Thing, thing.id) == thing


async def test_each_reader_gets_a_copy_of_its_own(store: Store) -> None:
    thing = await saved(store, Thing(id=new()))

    first, second = await asyncio.gather(store.get(Thing, thing.id), store.get(Thing, thing.id))
    assert first is not None
    assert second is not None
    first.seen.append("changed")

    assert second.seen == []
    assert await store.get(Thing, thing.id) == second


async def test_kinds_do_not_mix(store: Store) -> None:
    thing = await saved(store, Thing(id=new()))

    assert await store.get(Other, thing.id) is None


async def test_only_the_first_of_two_creations_wins(store: Store) -> None:
    id_ = new()
    await saved(store, Thing(id=id_, n=1))

    assert not await store.save(Thing(id=id_, n=2, version=1), [entry(1)])

    found = await store.get(Thing, id_)
    assert found is not None
    assert found.n == 1
    assert await untold(store) == []


@pytest.mark.parametrize("version", [1, 2, 4, 5])
async def test_a_save_against_another_version_than_the_one_stored_changes_nothing(store: Store, version: int) -> None:
    thing = await saved(store, await saved(store, Thing(id=new())))

    assert not await store.save(Thing(id=thing.id, version=version, n=99), [entry(1)])

    assert await store.get(Thing, thing.id) == thing
    assert await untold(store) == []


async def test_of_two_who_read_the_same_version_one_wins_also_within_one_round(store: Store) -> None:
    thing = await saved(store, Thing(id=new()))
    rivals = [Thing(id=thing.id, version=2, n=n) for n in range(5)]

    outcomes = await asyncio.gather(*(store.save(rival, [entry(rival.n + 1)]) for rival in rivals))

    assert outcomes.count(True) == 1
    winner = rivals[outcomes.index(True)]
    assert await store.get(Thing, thing.id) == winner
    assert await untold(store) == [(thing.id, [winner.n + 1])]


async def test_many_saves_of_one_round_are_told_apart(store: Store) -> None:
    there = [await saved(store, Thing(id=new())) for _ in range(3)]
    good = [Thing(id=one.id, version=2, n=5) for one in there]
    stale = [Thing(id=new(), version=4), Thing(id=there[0].id, version=1)]

    outcomes = await asyncio.gather(*(store.save(one, []) for one in [*good, *stale]))

    assert outcomes == [True, True, True, False, False]


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


@pytest.fixture
async def coloured(store: Store) -> list[Thing]:
    rows: list[tuple[str | None, int | None]] = [("red", 1), ("red", 3), ("blue", 2), ("red", 2), (None, None)]
    things = [Thing(id=new(), colour=colour, size=size) for colour, size in rows]
    things[0].moment, things[1].moment = NOW, later(microseconds=1)
    things[0].owner = new()
    for thing in things:
        await saved(store, thing)
    return things


WHERE: list[tuple[Callable[[list[Thing]], Any], set[int]]] = [
    (lambda _: {}, {0, 1, 2, 3, 4}),
    (lambda _: {"colour": "red"}, {0, 1, 3}),
    (lambda _: {"colour": None}, {4}),
    (lambda _: {"colour": "red", "size": 2}, {3}),
    (lambda _: {"size": Range(2)}, {1, 2, 3}),
    (lambda _: {"size": Range(None, 2)}, {0}),
    (lambda _: {"size": Range(1, 3), "colour": "red"}, {0, 3}),
    (lambda _: {"size": Range()}, {0, 1, 2, 3, 4}),
    (lambda _: {"moment": NOW}, {0}),
    (lambda _: {"moment": Range(NOW, later(seconds=1))}, {0, 1}),
    (lambda _: {"moment": Range(later(microseconds=1))}, {1}),
    (lambda things: {"owner": things[0].owner}, {0}),
]


@pytest.mark.parametrize("number", range(len(WHERE)))
async def test_finding_and_counting_by_equality_and_range(store: Store, coloured: list[Thing], number: int) -> None:
    where, expected = WHERE[number]

    found = await store.find(Thing, where(coloured))

    assert {one.id for one in found} == {coloured[index].id for index in expected}
    assert await store.count(Thing, where(coloured)) == len(expected)


async def test_finding_in_order_and_by_page(store: Store, coloured: list[Thing]) -> None:
    async def sizes(**how: Any) -> list[int | None]:
        return [one.size for one in await store.find(Thing, {"size": Range()}, order="size", **how)]

    assert await sizes() == [None, 1, 2, 2, 3]
    assert await sizes(newest_first=True) == [3, 2, 2, 1, None]
    assert await sizes(limit=2, skip=1) == [1, 2]
    assert await sizes(skip=9) == []
    pages = [(await store.find(Thing, {}, order="size", limit=1, skip=skip))[0].id for skip in range(5)]
    assert len(set(pages)) == 5


@pytest.mark.parametrize(("where", "order"), [({"n": 1}, None), ({}, "n"), ({"id; drop table things": 1}, None)])
async def test_what_no_index_names_cannot_be_asked_for(store: Store, where: dict[str, int], order: str | None) -> None:
    with pytest.raises(LookupError):
        await store.find(Thing, where, order=order)
    if where:
        with pytest.raises(LookupError):
            await store.count(Thing, where)


async def test_an_index_follows_its_field(store: Store) -> None:
    thing = await saved(store, Thing(id=new(), colour="red"))

    await saved(store, thing.model_copy(update={"colour": "blue"}))

    assert await store.find(Thing, {"colour": "red"}) == []
    assert len(await store.find(Thing, {"colour": "blue"})) == 1


async def test_deleting_takes_the_entries_along_and_absent_is_fine(store: Store) -> None:
    thing = await saved(store, Thing(id=new(), colour="red"), entry(1))
    thing.at(NOW, Remind(id=thing.id))
    await saved(store, thing)

    await store.delete(Thing, thing.id)
    await store.delete(Thing, thing.id)

    assert await store.get(Thing, thing.id) is None
    assert await untold(store) == []
    assert await store.due(later(days=1), 10) == []
    assert await store.count(Thing, {}) == 0


async def test_a_save_of_what_was_deleted_does_not_bring_it_back(store: Store) -> None:
    thing = await saved(store, Thing(id=new()))
    await store.delete(Thing, thing.id)

    thing.version += 1
    assert not await store.save(thing, [entry(1)])

    assert await store.get(Thing, thing.id) is None
    assert await untold(store) == []


async def test_one_who_cannot_be_written_fails_alone(store: Store) -> None:
    if isinstance(store, MemoryStore):
        pytest.skip("memory holds anything")
    good = [Thing(id=new(), version=1, n=n) for n in range(3)]
    bad = Thing(id=new(), version=1, size=2**70)

    outcomes = await asyncio.gather(*(store.save(one, []) for one in [good[0], bad, *good[1:]]), return_exceptions=True)

    assert [outcomes[0], *outcomes[2:]] == [True, True, True]
    assert isinstance(outcomes[1], OverflowError)
    assert [await store.get(Thing, one.id) for one in good] == good


async def test_who_stops_waiting_harms_nobody(store: Store) -> None:
    thing = await saved(store, Thing(id=new()))
    waiting = [asyncio.create_task(store.get(Thing, thing.id)) for _ in range(3)]
    saving = asyncio.create_task(store.save(Thing(id=new(), version=1), []))
    await asyncio.sleep(0)

    waiting[1].cancel()
    saving.cancel()

    assert await waiting[0] == thing
    assert await waiting[2] == thing
    assert await store.get(Thing, thing.id) == thing


async def test_it_answers_a_ping(store: Store) -> None:
    await store.ping()


async def test_what_is_asked_after_the_end_is_refused_to_everybody(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store.sqlite", KINDS)
    await store.start()
    await store.close()
    id_ = new()

    outcomes = await asyncio.gather(store.get(Thing, id_), store.get(Thing, id_), store.count(Thing, {}), return_exceptions=True)

    assert all(isinstance(outcome, Exception) for outcome in outcomes)
