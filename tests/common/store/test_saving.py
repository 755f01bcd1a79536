"""Saving by compare-and-set: the fake and both adapters keep it alike."""

import asyncio
from pathlib import Path

import pytest
from chassis import KINDS, NOW, Other, Remind, Thing, later, new
from worlds.stored import entry, saved, untold

from common.store.port import Store
from common.store.sqlite import SqliteStore
from common.testing.memory import MemoryStore


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


@pytest.mark.parametrize("many", [7, 64, 150])
async def test_among_many_new_ones_those_that_are_there_are_told_apart(store: Store, many: int) -> None:
    there = await saved(store, Thing(id=new(), n=many))
    created = [Thing(id=new(), version=1, n=n) for n in range(many)]
    late = [there.model_copy(update={"n": -1}), created[0].model_copy(update={"n": -2})]
    asked = [*created[: many // 2], Other(id=new(), version=1), *late, *created[many // 2 :]]

    outcomes = await asyncio.gather(*(store.save(one, [entry(1), entry(2)]) for one in asked))

    assert [one for one, was_saved in zip(asked, outcomes, strict=True) if not was_saved] == late
    assert [await store.get(Thing, one.id) for one in (*created, there)] == [*created, there]
    told = {one.id for one in asked} - {there.id}
    assert sorted(await untold(store, limit=1000)) == sorted((id_, [1, 2]) for id_ in told)


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
    await store.probe()


async def test_what_is_asked_after_the_end_is_refused_to_everybody(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store.sqlite", KINDS)
    await store.start()
    await store.close()
    id_ = new()

    outcomes = await asyncio.gather(store.get(Thing, id_), store.get(Thing, id_), store.count(Thing, {}), return_exceptions=True)

    assert all(isinstance(outcome, Exception) for outcome in outcomes)


async def test_one_that_is_there_already_leaves_the_others_their_common_transaction(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store.sqlite", KINDS)
    await store.start()
    there, said = await saved(store, Thing(id=new())), list[str]()
    store._db.set_trace_callback(said.append)

    await asyncio.gather(*(store.save(Thing(id=id_, version=1), []) for id_ in [there.id, *(new() for _ in range(99))]))

    await store.close()
    assert said.count("begin immediate") == 1
