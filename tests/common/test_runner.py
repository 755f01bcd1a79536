"""The runner: one message, one handler, one aggregate, one write, however often the message comes."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest
from chassis import NOW, Finish, Grow, Make, Remind, Thing, ToyPorts, deferred, later, new, referred

from common.aggregate import Aggregate, How, Mark
from common.clock import Clock
from common.errors import Contended, Rejected, Unavailable
from common.events.case import CaseReferred
from common.events.visit import VisitDeferred
from common.runner import UNTOLD_MOST, Origin, Oversized, Runner, Undeclared
from common.store.port import Collection, Entry
from common.subscribing import On, on
from common.testing.memory import MemoryStore
from common.testing.stage import StoppedClock

Decide = Callable[[Any, ToyPorts], Awaitable[Thing | None]]


class World:
    """A runner over a store in memory, with what it woke and how often it paused."""

    def __init__(self, store: MemoryStore | None = None, clock: Clock | None = None) -> None:
        self.store, self.clock = store or MemoryStore(), clock or StoppedClock(NOW)
        self.ports = ToyPorts(Collection(self.store, Thing))
        self.woken: list[Entry] = []
        self.pauses: list[int] = []
        self.runner = Runner(self.ports, self.store, self.clock, self._wake, self._pause)

    def _wake(self, aggregate: Aggregate, entries: Sequence[Entry]) -> None:
        self.woken += entries

    async def _pause(self, attempt: int) -> None:
        self.pauses.append(attempt)

    async def thing(self, id_: Any) -> Thing:
        found = await self.store.get(Thing, id_)
        assert found is not None
        return found


@pytest.fixture
def world() -> World:
    return World()


async def make(message: Make, ports: ToyPorts) -> Thing:
    return Thing(id=message.id, n=1).tell(referred(message.id))


async def grow(message: Grow, ports: ToyPorts) -> Thing:
    thing = await ports.things.get(message.id) or Thing(id=message.id)
    thing.n += message.by
    return thing.tell(referred(message.id))


async def grow_if_small(message: Grow, ports: ToyPorts) -> Thing:
    thing = await ports.things.get(message.id) or Thing(id=message.id)
    if thing.n:
        raise Rejected("It has grown.")
    thing.n += 1
    return thing


MAKE: On[ToyPorts] = on(Make, make, CaseReferred)
GROW: On[ToyPorts] = on(Grow, grow, CaseReferred)


def origin(sequence: int = 1, source: str = "case.created/1") -> Origin:
    return Origin(Mark(source, sequence), "00-trace", new(), new())


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

    async def save(self, aggregate: Aggregate, entries: Sequence[Entry]) -> bool:
        if self.times and aggregate.version > 1:
            self.times -= 1
            rival = await self.get(Thing, aggregate.id)
            assert rival is not None
            rival.n, rival.version = rival.n + 10, rival.version + 1
            await super().save(rival, [])
        return await super().save(aggregate, entries)


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


async def test_what_the_line_in_app_does_not_name_may_not_follow(world: World) -> None:
    async def strays(message: Make, ports: ToyPorts) -> Thing:
        return Thing(id=message.id).tell(referred(message.id)).then(Finish(id=message.id))

    async def arms(message: Make, ports: ToyPorts) -> Thing:
        return Thing(id=message.id).at(NOW, Finish(id=message.id))

    for handler, declared in ((strays, [CaseReferred]), (strays, [Finish]), (arms, [CaseReferred])):
        id_ = new()
        with pytest.raises(Undeclared):
            await world.runner.run(on(Make, handler, *declared), Make(id=id_), origin())
        assert await world.store.get(Thing, id_) is None
    assert await world.runner.run(on(Make, strays, CaseReferred, Finish), Make(id=new()), origin())


async def test_an_event_larger_than_anybody_reads_is_not_saved(world: World) -> None:
    async def boasts(message: Make, ports: ToyPorts) -> Thing:
        return Thing(id=message.id).then(Finish(id=message.id, word="x" * 70_000))

    id_ = new()
    with pytest.raises(Oversized):
        await world.runner.run(on(Make, boasts, Finish), Make(id=id_), origin())

    assert await world.store.get(Thing, id_) is None


async def test_ids_follow_from_what_they_identify() -> None:
    id_, kept = new(), []

    for _ in range(2):
        world = World()
        await world.runner.run(MAKE, Make(id=id_), origin())
        await world.runner.run(GROW, Grow(id=id_), origin(2))
        kept.append([entry.id for entry in world.woken])

    assert kept[0] == kept[1]
    assert len(set(kept[0])) == 2


async def test_sequences_count_per_topic_and_positions_count_all(world: World) -> None:
    async def tells(message: Make, ports: ToyPorts) -> Thing:
        thing = await ports.things.get(message.id) or Thing(id=message.id)
        return thing.tell(referred(message.id)).then(Finish(id=message.id)).tell(deferred(message.id)).tell(referred(message.id))

    line, id_ = on(Make, tells, CaseReferred, VisitDeferred, Finish), new()
    await world.runner.run(line, Make(id=id_), origin(1))
    await world.runner.run(line, Make(id=id_), origin(2))

    counted = [(entry.position, entry.type, entry.sequence, entry.version) for entry in world.woken]
    assert counted == [
        (1, "case.referred", 1, 1),
        (2, "Finish", 2, 1),
        (3, "visit.deferred", 1, 1),
        (4, "case.referred", 2, 1),
        (5, "case.referred", 3, 2),
        (6, "Finish", 6, 2),
        (7, "visit.deferred", 2, 2),
        (8, "case.referred", 4, 2),
    ]


async def test_what_follows_knows_where_it_came_from(world: World) -> None:
    id_, where = new(), origin()
    await world.runner.run(MAKE, Make(id=id_), where)
    await world.runner.run(GROW, Grow(id=id_), origin(2))

    assert (world.woken[0].trace, world.woken[0].correlation, world.woken[0].causation) == (where.trace, where.correlation, where.causation)
    assert world.woken[1].correlation == where.correlation
    alone = Make(id=new())
    await world.runner.run(MAKE, alone, Origin())
    assert world.woken[2].correlation == alone.id


async def test_messages_that_want_to_be_alone_take_turns_and_others_do_not() -> None:
    world, inside, most = World(), [0], {"alone": 0, "free": 0}

    def handler(kind: str) -> Decide:
        async def decide(message: Grow, ports: ToyPorts) -> None:
            inside[0] += 1
            most[kind] = max(most[kind], inside[0])
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            inside[0] -= 1

        return decide

    for kind, alone in (("alone", lambda message: "agenda"), ("free", None)):
        line: On[ToyPorts] = on(Grow, handler(kind), alone=alone)
        await asyncio.gather(*(world.runner.run(line, Grow(id=new()), Origin()) for _ in range(5)))

    assert most == {"alone": 1, "free": 5}
    assert world.runner._queues == {}


async def test_one_who_fails_or_leaves_does_not_keep_the_others_waiting(world: World) -> None:
    gate = asyncio.Event()

    async def waits(message: Grow, ports: ToyPorts) -> None:
        await gate.wait()
        if message.by == 2:
            raise Rejected("no")

    line: On[ToyPorts] = on(Grow, waits, alone=lambda message: "agenda")
    tasks = [asyncio.create_task(world.runner.run(line, Grow(id=new(), by=by), Origin())) for by in (1, 2, 3, 4)]
    await asyncio.sleep(0)
    tasks[2].cancel()
    gate.set()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)

    assert [type(outcome) for outcome in outcomes] == [type(None), Rejected, asyncio.CancelledError, type(None)]
    assert world.runner._queues == {}


async def test_an_aggregate_with_too_much_untold_refuses_commands_but_goes_on_with_what_follows() -> None:
    world = World()
    world.runner = Runner(world.ports, world.store, world.clock, world._wake, world._pause, untold=lambda _thing: UNTOLD_MOST)
    command = Make(id=new())

    with pytest.raises(Unavailable):
        await world.runner.run(MAKE, command, Origin())
    assert await world.store.get(Thing, command.id) is None

    await world.runner.run(GROW, Grow(id=command.id, by=1), origin())
    assert (await world.thing(command.id)).n == 1
