"""Kafka or the store is away for twenty seconds: nothing is parked, nothing lost, nothing done twice, and work resumes by itself."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from math import isnan
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from chassis import LONG, Make, Thing, deferred, new, until, until_it
from toy_service import Ports, blueprint, incoming, log_of, make_topics, produce, running, told_once
from worlds.on_kafka import check_log, settled

from common.connection import CUT_OFF
from common.errors import Unavailable
from common.events.visit import VisitDeferred
from common.runner import Origin
from common.service import Service
from common.subscribing import on
from common.watch import look
from loket.embedded.kafka import EmbeddedKafka
from loket.embedded.mongo import EmbeddedMongo

pytestmark = [pytest.mark.kafka, pytest.mark.mongo, pytest.mark.long]
OUTAGE = 20.0  # seconds, as promised
CASES = 20


def cases() -> list[UUID]:
    return [new() for _ in range(CASES)]


async def tell_by_hand(service: Service[Ports], case: UUID) -> None:
    """Let an event follow from a command, as a desk does by HTTP."""

    async def tell(message: Make, ports: Ports) -> Thing:
        return Thing(id=message.id).tell(deferred(message.id))

    await service.runner.run(on(Make, tell, VisitDeferred), Make(id=case), Origin())


async def while_kafka_is_killed(_: str, folder: Path) -> None:
    """Commands go on, what follows from them waits, and the rest comes when Kafka is back."""
    kafka = EmbeddedKafka(folder / "kafka")
    bootstrap = await asyncio.to_thread(kafka.start)
    try:
        await make_topics(bootstrap, "")
        before, during, after = cases(), cases(), cases()
        async with running(blueprint(bootstrap, "", folder)) as service:
            await produce(bootstrap, "", [incoming(case) for case in before])
            await settled(service, before)

            kafka.kill()
            for case in during:
                await tell_by_hand(service, case)
            await asyncio.sleep(OUTAGE)
            assert len(service.relay._entries) == len(during)
            assert service.parking.waiting() == 0
            look(service)
            lag = next(iter(service.metrics.lag.collect())).samples
            assert lag
            assert all(isnan(sample.value) for sample in lag)
            assert (service.metrics.kafka_connected._value.get(), service.ready()) == (0, "Kafka does not answer")
            assert service.metrics.fetch_age._value.get() > CUT_OFF

            await asyncio.to_thread(kafka.start)
            await produce(bootstrap, "", [incoming(case) for case in after])
            await settled(service, [*before, *after])
            await until(service.relay.idle, LONG)
            assert service.parking.waiting() == 0
            assert service.ready() is None

        told = told_once(await log_of(bootstrap, "visit.deferred"))
        assert told == sorted((str(case), 1) for case in [*before, *during, *after])
        assert sorted((folder / "ledger").read_text().split()) == sorted(map(str, [*before, *after]))
        assert await log_of(bootstrap, "scheduling.parked") == []
    finally:
        await asyncio.to_thread(kafka.stop)


async def while_the_file_is_locked(bootstrap: str, folder: Path) -> None:
    """Another program holds the SQLite file, and nobody else can write."""

    @asynccontextmanager
    async def locked() -> AsyncIterator[None]:
        rival = sqlite3.connect(folder / "store.sqlite", isolation_level=None)
        rival.execute("begin immediate")
        yield
        rival.execute("rollback")
        rival.close()

    await without_store(bootstrap, folder, locked, None)


async def while_mongo_is_killed(bootstrap: str, folder: Path) -> None:
    """The server of the store is killed and started again on the same port with what it had."""
    mongo = EmbeddedMongo(folder / "mongo")
    url = await asyncio.to_thread(mongo.start)

    @asynccontextmanager
    async def killed() -> AsyncIterator[None]:
        await asyncio.to_thread(mongo.kill)
        yield
        await asyncio.to_thread(mongo.start)

    try:
        await without_store(bootstrap, folder, killed, url)
    finally:
        await asyncio.to_thread(mongo.stop)


async def without_store(bootstrap: str, folder: Path, outage: Any, mongo_url: str | None) -> None:
    """Events that come while the store is away are carried out when it is back."""
    prefix = f"{uuid4().hex[:8]}."
    await make_topics(bootstrap, prefix)
    before, during = cases(), cases()
    async with running(blueprint(bootstrap, prefix, folder, mongo_url=mongo_url)) as service:
        await produce(bootstrap, prefix, [incoming(case) for case in before])
        await settled(service, before)

        async with outage():
            await produce(bootstrap, prefix, [incoming(case) for case in during])
            over = asyncio.create_task(asyncio.sleep(OUTAGE))
            await until(service.metrics.paused._value.get)
            await over
            assert told_once(await log_of(bootstrap, f"{prefix}visit.deferred")) == sorted((str(case), 1) for case in before)
            assert service.parking.waiting() == 0

        await until_it(lambda: reachable(service), LONG)
        await settled(service, [*before, *during])
        assert service.parking.waiting() == 0

    await check_log(bootstrap, prefix, [*before, *during], folder)


async def reachable(service: Service[Ports]) -> bool:
    try:
        await service.store.probe()
    except Unavailable:
        return False
    return True


OUTAGES = {"kafka": while_kafka_is_killed, "sqlite": while_the_file_is_locked, "mongo": while_mongo_is_killed}


@pytest.fixture(scope="module")
def outcomes(kafka_bootstrap: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, BaseException | None]:
    """All at the same time: each does little but wait."""

    async def all_of_them() -> list[BaseException | None]:
        playing = (play(kafka_bootstrap, tmp_path_factory.mktemp(name)) for name, play in OUTAGES.items())
        return await asyncio.gather(*playing, return_exceptions=True)

    return dict(zip(OUTAGES, asyncio.run(all_of_them()), strict=True))


@pytest.mark.timeout(300)
@pytest.mark.parametrize("away", OUTAGES)
def test_after_twenty_seconds_without_it_nothing_is_parked_lost_or_done_twice(outcomes: dict[str, BaseException | None], away: str) -> None:
    failure = outcomes[away]
    if failure is not None:
        raise failure
