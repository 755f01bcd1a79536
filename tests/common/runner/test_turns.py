"""Messages that want to be alone take turns."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from chassis import Grow, Thing, ToyPorts, new
from worlds.runner import World

from common.errors import Rejected
from common.runner import Origin
from common.subscribing import On, on

Decide = Callable[[Any, ToyPorts], Awaitable[Thing | None]]


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
