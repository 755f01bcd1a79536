"""Store and log of different times are told apart from those of a crash, whatever was in flight."""

from datetime import timedelta
from uuid import UUID

import pytest
from chassis import KINDS, NOW, Grow, Thing, new
from worlds.runner import GROW, World, origin

from common.epoch import NUMBERS, Epoch
from common.log_view import LastEvent, LogState
from common.pairing import Pairing, StorePairing
from common.testing.memory import MemoryStore
from common.testing.stage import StoppedClock

READ = ("case.referred", 0)
OWN = ("visit.deferred", 3)
EMPTY = LogState({}, {}, ())


def pairing(store: MemoryStore, replica: str = "a", epoch: Epoch | None = None) -> Pairing:
    return Pairing("scheduling", store, (*KINDS, StorePairing), StoppedClock(NOW), epoch or Epoch(), replica, lambda: {OWN: 7})


async def opened(store: MemoryStore, replica: str = "a", epoch: Epoch | None = None) -> Pairing:
    made = pairing(store, replica, epoch)
    await made.open()
    return made


async def told(store: MemoryStore, times: int) -> UUID:
    thing = Thing(id=new(), version=1, told={"visit.deferred": times})
    assert await store.save(thing, ())
    return thing.id


def log(committed: int = 0, *last: tuple[UUID, int], end: int = 7) -> LogState:
    return LogState({READ: committed} if committed else {}, {OWN: end}, [LastEvent(OWN[0], *one) for one in last])


async def test_a_new_store_begins_with_a_log_that_knows_nothing_of_it() -> None:
    store = MemoryStore()

    assert await (await opened(store)).compare(EMPTY) is None

    assert await (await opened(store)).compare(EMPTY) is None


@pytest.mark.parametrize("known", [log(5), log(0, (new(), 1))], ids=["its group has read", "it has told"])
async def test_an_empty_store_is_refused_where_the_log_knows_of_another(known: LogState) -> None:
    store = MemoryStore()

    for _ in range(2):  # also at the second try
        assert "is empty" in str(await (await opened(store)).compare(known))


async def test_what_a_crash_leaves_belongs_together() -> None:
    """Noted but not committed, saved but not told, told but not noted."""
    store = MemoryStore()
    one = await opened(store)
    await one.compare(EMPTY)
    thing = await told(store, 3)
    await one.note_read({READ: 9})

    for known in (log(4, (thing, 3)), log(9, (thing, 2), end=999), log(9)):
        again = await opened(store)
        assert again.unclean_since == NOW
        assert await again.compare(known) is None


async def test_a_store_that_is_older_than_what_its_group_has_read_is_refused() -> None:
    store = MemoryStore()
    one = await opened(store)
    await one.compare(EMPTY)
    await one.note_read({READ: 9})

    assert "read 3 records" in str(await (await opened(store)).compare(log(12)))


async def test_a_store_that_does_not_know_its_own_last_events_is_refused() -> None:
    store = MemoryStore()
    await (await opened(store)).compare(EMPTY)
    thing = await told(store, 3)

    for event in ((thing, 4), (new(), 1), (thing, NUMBERS + 1)):
        assert "visit.deferred" in str(await (await opened(store)).compare(log(0, event)))


async def test_a_log_without_events_that_it_had_long_since_is_refused() -> None:
    store = MemoryStore()
    one = await opened(store)
    await one.compare(EMPTY)
    await one.note({OWN: 5})

    await one.note({("party.contact-changed", 0): 50})  # that topic cannot be looked at

    assert await (await opened(store)).compare(log(end=5)) is None
    assert "2 events" in str(await (await opened(store)).compare(log(end=3)))


async def test_a_store_of_before_anything_was_noted_is_believed_once() -> None:
    store = MemoryStore()
    thing = await told(store, 3)

    assert await (await opened(store)).compare(log(12, (thing, 3))) is None

    assert "read 1 record" in str(await (await opened(store)).compare(log(13)))


async def test_replicas_note_together_and_only_a_clean_stop_of_all_is_clean() -> None:
    store = MemoryStore()
    one, two = await opened(store, "a"), await opened(store, "b")
    await one.compare(EMPTY)
    await two.compare(EMPTY)
    await one.note_read({READ: 9, ("case.closed", 1): 2})
    await two.note_read({READ: 4, ("case.closed", 1): 8})
    await one.close()

    assert (await opened(store, "c")).unclean_since == NOW
    await two.close()
    last = await opened(store, "c")
    assert last.unclean_since is None
    assert last.written() == {OWN: 7}
    assert await last.compare(LogState({READ: 9, ("case.closed", 1): 8}, {}, ())) is None


async def test_a_recovered_store_numbers_above_all_that_it_may_have_used() -> None:
    world = World(epoch=Epoch(3))
    thing = new()

    for sequence in (1, 2):
        await world.runner.run(GROW, Grow(id=thing), origin(sequence))

    assert [entry.sequence for entry in world.woken] == [2 * NUMBERS + 1, 2 * NUMBERS + 2]
    assert [entry.position for entry in world.woken] == [1, 2]


async def test_what_other_replicas_read_while_this_one_starts_is_no_older_store() -> None:
    store = MemoryStore()
    one = await opened(store, "a")
    await one.compare(EMPTY)

    late = await opened(store, "b")
    await one.note_read({READ: 9})  # and its group has committed that when the log is looked at

    assert await late.compare(log(9)) is None


async def test_a_replica_that_died_counts_until_what_it_may_have_lost_was_sent_again() -> None:
    store, clock = MemoryStore(), StoppedClock(NOW)
    replicas = {name: Pairing("scheduling", store, KINDS, clock, Epoch(), name) for name in ("dead", "alive", "new", "newer")}
    for name in ("dead", "alive"):
        await replicas[name].open()
        await replicas[name].compare(EMPTY)
    clock.forward(timedelta(minutes=1))
    await replicas["alive"].note({})

    await replicas["new"].open()
    assert replicas["new"].unclean_since == NOW
    await replicas["new"].forget_the_dead()

    await replicas["newer"].open()
    assert replicas["newer"].unclean_since == clock.now()  # of the one that may run or have died just now
