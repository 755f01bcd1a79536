"""What one submitter sends stops nobody else; one breaker for all replicas; a step that cannot be carried out can be given up."""

import pytest
from chassis import NOW, Finish, deferred, later, new, referred, until
from worlds.relay import World

from common.breaker import Breaker
from common.errors import Rejected
from common.given_up import GiveUp, StepGivenUp
from common.lanes import State, lane_id
from common.shared_breaker import SharedBreaker
from common.testing.memory import MemoryStore
from common.testing.stage import StoppedClock


def test_the_lanes_of_one_submitter_or_of_two_never_open_the_breaker_those_of_three_do() -> None:
    breaker = Breaker(10, StoppedClock(NOW))
    for _ in range(1000):
        breaker.count("one")
        breaker.count("two")
    assert not breaker.open

    breaker.count("three")
    assert breaker.open


async def test_a_breaker_that_opens_in_one_replica_stops_all_and_one_reset_lets_all_go_on() -> None:
    store, clock = MemoryStore(), StoppedClock(NOW)
    one, two = Breaker(0, clock), Breaker(0, clock)
    shared = [SharedBreaker("intake", breaker, store, clock) for breaker in (one, two)]
    one.count()
    for each in shared:
        await each.exchange()
    assert two.open

    clock.forward(later(seconds=5) - NOW)
    await shared[1].reset()
    for each in shared:
        await each.exchange()
    assert not one.open

    clock.forward(later(seconds=5) - NOW)
    two.count()  # the cause is still there
    for each in reversed(shared):
        await each.exchange()
    assert one.open


async def test_a_step_is_given_up_for_a_reason_and_what_comes_behind_it_goes_on() -> None:
    world, bad, told = World(), new(), list[StepGivenUp]()
    async with world.running() as process:

        async def note(given_up: StepGivenUp) -> None:
            told.append(given_up)

        process.parking._given_up = note
        await process.change(bad, referred(bad), Finish(id=bad, word="bug"), deferred(bad))
        await until(process.parking.waiting)
        with pytest.raises(Rejected, match="one of cannot_be_mended"):
            await process.parking.discard(lane_id(f"things/{bad}"))

        lane = await process.parking.discard(lane_id(f"things/{bad}"), GiveUp.CANNOT_BE_MENDED)
        await world.quiet()

    assert (lane.state, lane.reason) == (State.DISCARDED, "cannot_be_mended")
    assert told == [StepGivenUp(collection="things", id=bad, step="Finish", reason=GiveUp.CANNOT_BE_MENDED)]
    mine = [record.topic for record in world.publisher.records if record.key == str(bad).encode()]
    assert mine == ["case.referred", "visit.deferred"]
