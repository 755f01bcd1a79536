"""Steps that wait for their time fire once, whoever looks."""

import asyncio
from uuid import UUID

from chassis import NOW, Finish, Make, Remind, Thing, ToyPorts, later, new, until
from worlds.relay import World, await_never, mend, remind

from common.lanes import lane_id
from common.runner import Origin
from common.subscribing import on


async def test_a_timer_fires_once_with_two_relays_looking(world: World) -> None:
    id_ = new()
    async with world.running() as process, world.running():
        await process.change(id_, Remind(id=id_), at=later(hours=1))
        await asyncio.sleep(0.05)
        assert (await world.thing(id_)).seen == []

        world.clock.forward(later(hours=2) - NOW)
        await until_seen(world, id_, ["remind"])
        await asyncio.sleep(0.05)
        await world.quiet()

    assert (await world.thing(id_)).seen == ["remind"]


async def until_seen(world: World, id_: UUID, seen: list[str]) -> None:
    async with asyncio.timeout(30):
        while (await world.thing(id_)).seen != seen:
            await asyncio.sleep(0.01)


async def test_a_timer_replaced_fires_at_its_new_time_alone_and_a_forgotten_one_never(world: World) -> None:
    moved, forgotten = new(), new()
    async with world.running() as process:
        for id_ in (moved, forgotten):
            await process.change(id_, Remind(id=id_), at=later(hours=1))
        await process.change(moved, Remind(id=moved), at=later(hours=3))

        async def forget(message: Make, ports: ToyPorts) -> Thing:
            thing = await ports.things.get(forgotten)
            assert thing is not None
            return thing.forget(Remind)

        await process.runner.run(on(Make, forget), Make(id=forgotten), Origin())
        world.clock.forward(later(hours=2) - NOW)
        await asyncio.sleep(0.05)
        assert (await world.thing(moved)).seen == []

        world.clock.forward(later(hours=2) - NOW)
        await until_seen(world, moved, ["remind"])

    assert (await world.thing(forgotten)).seen == []


async def test_a_timer_that_this_version_cannot_read_holds_up_no_other(world: World) -> None:
    strange, good = new(), new()
    async with world.running() as process:
        for id_ in (strange, good):
            await process.change(id_, Remind(id=id_), at=later(hours=1))
        thing = await world.thing(strange)
        thing.waiting["Unheard"] = thing.waiting.pop("Remind")
        thing.version += 1
        await world.store.save(thing, [])

        world.clock.forward(later(hours=2) - NOW)
        await until_seen(world, good, ["remind"])

    assert [event for _, event, _ in process.log.lines] == ["waiting step cannot be read"]


async def test_a_timer_of_a_parked_aggregate_waits_behind_what_is_parked(world: World) -> None:
    id_ = new()
    async with world.running() as process:
        await process.change(id_, Finish(id=id_, word="refuse"), Remind(id=id_), at=later(hours=1))
        await until(process.parking.waiting)
        world.clock.forward(later(hours=2) - NOW)
        await until(lambda: len(world.store.outbox["things", id_]) == 2)
        assert "remind" not in process.ports.log

        await mend(world, id_)
        await process.parking.redrive(lane_id(f"things/{id_}"), await_never)
        await world.quiet()

    assert (await world.thing(id_)).seen == ["mended", "remind"]


async def test_what_follows_from_a_timer_bears_the_trace_and_the_cause_of_what_set_it(world: World) -> None:
    id_, cause, trace = new(), new(), "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"

    async def set_timer(message: Make, ports: ToyPorts) -> Thing:
        return Thing(id=message.id).at(NOW, Remind(id=message.id))

    process = world.process()
    await process.runner.run(on(Make, set_timer, Remind), Make(id=id_), Origin(trace=trace, causation=cause))
    await process.runner.fire(Thing, id_, {"Remind": on(Remind, remind)})

    [entry] = world.store.outbox["things", id_]
    assert (entry.type, entry.trace, entry.causation) == ("Remind", trace, cause)
    await process.relay.stop(0)
