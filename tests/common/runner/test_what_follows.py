"""What follows from a message: declared, bounded, numbered, traced, and not too much of it."""

import pytest
from chassis import NOW, Finish, Grow, Make, Thing, ToyPorts, deferred, new, referred
from worlds.runner import GROW, MAKE, World, origin

from common.errors import Unavailable
from common.events.case import CaseReferred
from common.events.visit import VisitDeferred
from common.runner import UNTOLD_MOST, Origin, Oversized, Runner, Undeclared
from common.subscribing import on


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


async def test_an_aggregate_with_too_much_untold_refuses_commands_but_goes_on_with_what_follows() -> None:
    world = World()
    world.runner = Runner(world.ports, world.store, world.clock, world._wake, world._pause, untold=lambda _thing: UNTOLD_MOST)
    command = Make(id=new())

    with pytest.raises(Unavailable):
        await world.runner.run(MAKE, command, Origin())
    assert await world.store.get(Thing, command.id) is None

    await world.runner.run(GROW, Grow(id=command.id, by=1), origin())
    assert (await world.thing(command.id)).n == 1
