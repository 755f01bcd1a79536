"""Store or Kafka away: nothing is parked, nothing lost, nothing twice, and work resumes by itself."""

import asyncio
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from chassis import LONG, Make, Thing, deferred, new, until
from toy_service import Ports, blueprint, incoming, log_of, make_topics, produce, running, told_once
from worlds.on_kafka import check_log, settled

from common import publisher as publisher_module
from common.errors import Unavailable
from common.events.visit import VisitDeferred
from common.runner import Origin
from common.subscribing import on
from loket.embedded.kafka import EmbeddedKafka

pytestmark = pytest.mark.kafka


async def test_while_the_store_is_away_nothing_is_parked_or_lost_and_work_resumes_by_itself(
    kafka_bootstrap: str, prefix: str, tmp_path: Path
) -> None:
    cases = [new() for _ in range(30)]
    made = blueprint(kafka_bootstrap, prefix, tmp_path, patience_seconds=0.2)
    async with running(made) as service:
        answer = service.store._answer  # type: ignore[attr-defined]

        async def away(asked: Any) -> None:
            raise Unavailable("The store is away.")

        service.store._answer = away  # type: ignore[attr-defined]
        await produce(kafka_bootstrap, prefix, [incoming(case) for case in cases])
        await until(service.metrics.paused._value.get)
        await asyncio.sleep(2)
        service.store._answer = answer  # type: ignore[attr-defined]
        await settled(service, cases)
        assert service.parking.waiting() == 0

    await check_log(kafka_bootstrap, prefix, cases, tmp_path)


async def test_while_kafka_is_away_nothing_is_parked_or_lost_and_work_resumes_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publisher_module, "PATIENCE", 2.0)
    kafka = EmbeddedKafka(tmp_path / "kafka")
    bootstrap = await asyncio.to_thread(kafka.start)
    try:
        await make_topics(bootstrap, "")
        before, during, after = ([new() for _ in range(20)] for _ in range(3))
        async with running(blueprint(bootstrap, "", tmp_path)) as service:
            await produce(bootstrap, "", [incoming(case) for case in before])
            await settled(service, before)

            kafka.kill()
            for case in during:
                await service.runner.run(made_by_hand(), incoming_step(case), origin())
            await until(lambda: len(service.relay._entries) == 20)
            await asyncio.sleep(5)
            assert service.parking.waiting() == 0

            await asyncio.to_thread(kafka.start)
            await produce(bootstrap, "", [incoming(case) for case in after])
            await settled(service, [*before, *after])
            await until(service.relay.idle, LONG)
            assert service.parking.waiting() == 0

        told = told_once(await log_of(bootstrap, "visit.deferred"))
        assert told == sorted((str(case), 1) for case in [*before, *during, *after])
    finally:
        await asyncio.to_thread(kafka.stop)


def made_by_hand() -> Any:
    async def tell(message: Make, ports: Ports) -> Thing:
        return Thing(id=message.id).tell(deferred(message.id))

    return on(Make, tell, VisitDeferred)


def incoming_step(case: UUID) -> Any:
    return Make(id=case)


def origin() -> Any:
    return Origin()
