"""A broker loses power with what it had acknowledged and not yet written to disk: every event is in the log afterwards, in order."""

import asyncio
from pathlib import Path
from uuid import UUID

import pytest
from chassis import LONG, Make, Thing, deferred, new, until
from power_cut import forget_unflushed
from toy_service import Ports, blueprint, log_of, make_topics, running, told_once

from common.events.visit import VisitDeferred
from common.runner import Origin
from common.service import Service
from common.subscribing import on
from loket.embedded.kafka import EmbeddedKafka

pytestmark = pytest.mark.kafka


async def tell(message: Make, ports: Ports) -> Thing:
    thing = await ports.things.get(message.id) or Thing(id=message.id)
    return thing.tell(deferred(message.id))


async def tell_of(service: Service[Ports], cases: list[UUID]) -> None:
    for case in cases:
        await service.runner.run(on(Make, tell, VisitDeferred), Make(id=case), Origin())
    await until(service.relay.idle, LONG)


def lose_power(kafka: EmbeddedKafka) -> int:
    kafka.kill()
    return forget_unflushed(kafka.folder / "records")


async def test_what_a_broker_acknowledged_and_lost_is_in_the_log_again(tmp_path: Path) -> None:
    kafka = EmbeddedKafka(tmp_path / "kafka", properties={"log.flush.interval.ms": "3600000", "log.flush.scheduler.interval.ms": "3600000"})
    bootstrap = await asyncio.to_thread(kafka.start)
    try:
        await make_topics(bootstrap, "")
        cases, others = [new() for _ in range(20)], [new() for _ in range(5)]
        async with running(blueprint(bootstrap, "", tmp_path)) as service:
            await tell_of(service, cases)
            await tell_of(service, cases)
            assert lose_power(kafka) > 0
            await asyncio.to_thread(kafka.start)
            await tell_of(service, cases + others)  # the service ran on
            assert told_once(await log_of(bootstrap, "visit.deferred")) == sorted(
                [*((str(case), 3) for case in cases), *((str(case), 1) for case in others)]
            )
        lose_power(kafka)
        await asyncio.to_thread(kafka.start)
        async with running(blueprint(bootstrap, "", tmp_path)) as service:  # the service had stopped cleanly
            await tell_of(service, others)

        assert told_once(await log_of(bootstrap, "visit.deferred")) == sorted(
            [*((str(case), 3) for case in cases), *((str(case), 2) for case in others)]
        )
    finally:
        await asyncio.to_thread(kafka.stop)
