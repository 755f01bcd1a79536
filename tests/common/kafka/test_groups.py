"""Members of a group come and go, and nothing is lost."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from chassis import new, until
from toy_service import PARTITIONS, Ports, blueprint, incoming, produce, running
from worlds.on_kafka import check_log, settled, share, trickle

from common.events.visit import VisitDeferred
from common.subscribing import on

pytestmark = pytest.mark.kafka


async def test_members_of_a_group_share_all_topics_by_the_same_partitions_and_lose_nothing_when_they_come_and_go(
    kafka_bootstrap: str, prefix: str, tmp_path: Path
) -> None:
    async def ignore(event: VisitDeferred, ports: Ports) -> None:
        return None

    def member() -> Any:
        made = blueprint(kafka_bootstrap, prefix, tmp_path)
        object.__setattr__(made, "subscribes", (*made.subscribes, on(VisitDeferred, ignore)))
        return running(made)

    cases: list[UUID] = []
    enough = asyncio.Event()
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(member())
        producing = asyncio.create_task(trickle(kafka_bootstrap, prefix, cases, enough))
        await until(lambda: first.ports.heard)
        async with member() as second:
            await until(lambda: len(share(first)) == 2 and 0 < len(next(iter(share(first).values()))) < PARTITIONS)
            for service in (first, second):
                mine = list(share(service).values())
                assert len(mine) == 2
                assert mine[0] == mine[1]
            await until(lambda: second.ports.heard)
        await until(lambda: len(share(first)) == 2 and len(next(iter(share(first).values()))) == PARTITIONS)
        enough.set()
        await producing
        await settled(first, cases)

    await check_log(kafka_bootstrap, prefix, cases, tmp_path)


async def test_a_rebalance_while_handlers_run_loses_nothing(kafka_bootstrap: str, prefix: str, tmp_path: Path) -> None:
    cases = [new() for _ in range(40)]
    await produce(kafka_bootstrap, prefix, [incoming(case) for case in cases])
    async with running(blueprint(kafka_bootstrap, prefix, tmp_path, slow=1.0)) as first:
        await until(lambda: first.ports.heard)
        async with running(blueprint(kafka_bootstrap, prefix, tmp_path)) as second:
            await settled(second, cases)

    await check_log(kafka_bootstrap, prefix, cases, tmp_path)
