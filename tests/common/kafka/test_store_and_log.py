"""A store and a log of different times are not worked on: nothing is told, heard or carried out, and one sentence says why."""

import asyncio
import shutil
from pathlib import Path
from uuid import UUID

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from chassis import new, until
from toy_service import blueprint, incoming, log_of, make_topics, produce, running
from worlds.on_kafka import settled

from common.service import Service
from common.settings import ServiceSettings

pytestmark = pytest.mark.kafka
STORE = "store.sqlite"


async def work(bootstrap: str, prefix: str, folder: Path, *before: UUID) -> list[UUID]:
    cases = [new() for _ in range(6)]
    await produce(bootstrap, prefix, [incoming(case) for case in cases])
    async with running(blueprint(bootstrap, prefix, folder)) as service:
        await settled(service, [*before, *cases])
    return [*before, *cases]


async def refusal(bootstrap: str, prefix: str, folder: Path) -> str:
    service = Service(blueprint(bootstrap, prefix, folder))
    async with service.running():
        await until(lambda: service.guard.refusal is not None)
        await asyncio.sleep(0.3)
        assert not service.started
        assert service.broker is None
        assert service.ready() is not None
    return str(service.guard.refusal)


async def test_a_store_from_yesterday_is_refused_and_its_successor_is_not(kafka_bootstrap: str, prefix: str, tmp_path: Path) -> None:
    cases = await work(kafka_bootstrap, prefix, tmp_path)
    shutil.copy(tmp_path / STORE, tmp_path / "backup")
    cases = await work(kafka_bootstrap, prefix, tmp_path, *cases)
    told = len(await log_of(kafka_bootstrap, f"{prefix}visit.deferred"))
    shutil.copy(tmp_path / STORE, tmp_path / "today")

    shutil.copy(tmp_path / "backup", tmp_path / STORE)
    cases.append(new())
    await produce(kafka_bootstrap, prefix, [incoming(cases[-1])])
    assert "is older than the log: its group has read 6 records" in await refusal(kafka_bootstrap, prefix, tmp_path)
    assert len(await log_of(kafka_bootstrap, f"{prefix}visit.deferred")) == told

    shutil.copy(tmp_path / "today", tmp_path / STORE)
    await work(kafka_bootstrap, prefix, tmp_path, *cases)


async def test_a_store_that_was_deleted_is_refused(kafka_bootstrap: str, prefix: str, tmp_path: Path) -> None:
    await work(kafka_bootstrap, prefix, tmp_path)
    (tmp_path / STORE).unlink()

    assert "is empty" in await refusal(kafka_bootstrap, prefix, tmp_path)


async def test_a_log_that_was_made_anew_is_refused(kafka_bootstrap: str, prefix: str, tmp_path: Path) -> None:
    folder = tmp_path
    made = blueprint(kafka_bootstrap, prefix, folder, outbox_keep_seconds=0)
    cases = [new()]
    await produce(kafka_bootstrap, prefix, [incoming(case) for case in cases])
    async with running(made) as service:
        await settled(service, cases)
        await service.guard.pairing.note(service._publisher.written)
    await delete_topics(made.settings)
    await make_topics(kafka_bootstrap, prefix)

    assert "is newer than the log: 1 event" in await refusal(kafka_bootstrap, prefix, folder)


async def delete_topics(settings: ServiceSettings) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka_bootstrap_servers)
    await admin.start()
    ours = [topic for topic in await admin.list_topics() if topic.startswith(settings.topic_prefix)]
    await admin.delete_topics(ours)
    while set(ours) & set(await admin.list_topics()):
        await asyncio.sleep(0.1)
    await admin.close()
