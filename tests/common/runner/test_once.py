"""One message, one handler, one aggregate, one write, however often the message comes and whoever else writes."""

import asyncio
from collections.abc import Sequence

import pytest
from chassis import NOW, Grow, Make, Remind, Thing, ToyPorts, later, new
from worlds.runner import GROW, MAKE, World, make, origin

from common.aggregate import Aggregate, How
from common.errors import Contended, Rejected
from common.runner import Origin
from common.store.port import Entry
from common.subscribing import on
from common.testing.memory import MemoryStore
from common.testing.stage import StoppedClock


async def grow_if_small(message: Grow, ports: ToyPorts) -> Thing:
    thing = await ports.things.get(message.id) or Thing(id=message.id)
    if thing.n:
        raise Rejected("It has grown.")
    thing.n += 1
    return thing


async def test_a_creation_delivered_twice_happens_once_even_if_the_handler_does_not_look(world: World) -> None:
    message, where = Make(id=new()), origin()

    first = await world.runner.run(MAKE, message, where)
    second = await world.runner.run(MAKE, message, where)

    assert first is not None
    assert second is not None
    assert (second.id, second.version) == (first.id, 1)
    assert len(world.woken) == 1
    assert len(world.store.outbox["things", message.id]) == 1


async def test_an_update_delivered_twice_is_applied_once(world: World) -> None:
    id_ = new()
    await world.runner.run(MAKE, Make(id=id_), origin(1))
    update = origin(2)

    for _ in range(2):
        answer = await world.runner.run(GROW, Grow(id=id_), update)

    assert answer is not None
    assert (await world.thing(id_)).n == 2
    assert [entry.sequence for entry in world.woken] == [1, 2]


async def test_a_message_older_than_one_applied_is_dropped(world: World) -> None:
    id_ = new()
    for sequence in (1, 3, 2):
        await world.runner.run(GROW, Grow(id=id_), origin(sequence))

    assert (await world.thing(id_)).n == 2


async def test_messages_of_two_sources_are_both_applied_in_any_order(world: World) -> None:
    id_ = new()
    for source, sequence in (("b", 1), ("a", 1), ("a", 2), ("b", 1), ("b", 2)):
        await world.runner.run(GROW, Grow(id=id_), origin(sequence, source))

    assert (await world.thing(id_)).n == 4
    assert (await world.thing(id_)).applied == {"a": 2, "b": 2}


async def test_a_repetition_that_the_present_state_would_refuse_is_answered_silently(world: World) -> None:
    message = Grow(id=new())
    await world.runner.run(on(Grow, grow_if_small), message, origin())

    repeated = await world.runner.run(on(Grow, grow_if_small), message, origin())

    assert repeated is not None
    assert repeated.version == 1
    with pytest.raises(Rejected):
        await world.runner.run(on(Grow, grow_if_small), message, origin(2))


async def test_a_step_run_twice_is_applied_once(world: World) -> None:
    id_ = new()
    step = origin(4, f"things/{id_}")

    for _ in range(2):
        await world.runner.run(GROW, Grow(id=id_), step)

    assert (await world.thing(id_)).n == 1


async def waiting(message: Make, ports: ToyPorts) -> Thing:
    return Thing(id=message.id).at(later(hours=1), Remind(id=message.id))


async def test_a_timer_fires_once_and_not_before_its_time() -> None:
    clock = StoppedClock(NOW)
    world = World(clock=clock)
    id_, steps = new(), {"Remind": on(Remind, make)}
    await world.runner.run(on(Make, waiting, Remind), Make(id=id_), Origin(trace="00-armed"))

    await world.runner.fire(Thing, id_, steps)
    assert world.woken == []
    clock.forward(later(hours=1) - NOW)
    await asyncio.gather(*(world.runner.fire(Thing, id_, steps) for _ in range(3)))

    [fired] = world.woken
    assert (fired.how, fired.type, fired.trace) == (How.THEN, "Remind", "00-armed")
    assert Remind.model_validate_json(fired.data) == Remind(id=id_)
    assert (await world.thing(id_)).waiting == {}


async def test_firing_what_is_gone_does_nothing(world: World) -> None:
    await world.runner.fire(Thing, new(), {})

    assert world.woken == []


class Contested(MemoryStore):
    """Somebody else changes the aggregate before each of the first saves."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.times = times

    async def save(self, aggregate: Aggregate, entries: Sequence[Entry], records: Sequence[Aggregate] = ()) -> bool:
        if self.times and aggregate.version > 1:
            self.times -= 1
            rival = await self.get(Thing, aggregate.id)
            assert rival is not None
            rival.n, rival.version = rival.n + 10, rival.version + 1
            await super().save(rival, [])
        return await super().save(aggregate, entries, records)


async def test_a_lost_race_lets_the_handler_decide_again_on_what_is_there_now() -> None:
    world = World(Contested(2))
    id_ = new()
    await world.runner.run(MAKE, Make(id=id_), origin(1))

    await world.runner.run(GROW, Grow(id=id_), origin(2))

    assert (await world.thing(id_)).n == 1 + 20 + 1
    assert [entry.sequence for entry in world.woken] == [1, 2]
    assert world.pauses == [0, 1]


async def test_five_lost_races_are_enough() -> None:
    world = World(Contested(5))
    id_ = new()
    await world.runner.run(MAKE, Make(id=id_), origin(1))

    with pytest.raises(Contended):
        await world.runner.run(GROW, Grow(id=id_), origin(2))

    assert world.pauses == [0, 1, 2, 3, 4]
    assert len(world.woken) == 1
