"""The rebuild against a real Kafka: the running service and the log agree, a missing fact is found, and a new generation takes over."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from chassis import FEW_PARTITIONS
from reporting_room import NOVEMBER, SETTINGS
from reporting_told import END, Told, id_
from test_figures_hold import a_month
from test_rebuild import record

from common.broker import create_topics
from common.cloudevents import Outgoing
from common.errors import Unavailable
from common.log import LogError
from common.publisher import Publisher
from common.service import Service
from common.store.port import Collection
from common.testing.stage import StoppedClock
from reporting.app import build
from reporting.domain import Fact, Period
from reporting.generations import live
from reporting.ports import Ports
from reporting.rebuild.rebuilding import rebuild
from reporting.settings import Settings

pytestmark = pytest.mark.kafka
CLOCK = StoppedClock(END)


@pytest.fixture
async def settings(kafka_bootstrap: str, tmp_path: Path) -> Settings:
    own = {"kafka_bootstrap_servers": kafka_bootstrap, "topic_prefix": f"t{uuid4().hex[:8]}.", "sqlite_path": tmp_path / "reporting.sqlite"}
    settings = SETTINGS.model_copy(update=own)
    await create_topics(kafka_bootstrap, FEW_PARTITIONS, settings.topic_prefix)
    return settings


async def tell(settings: Settings, told: list[Told]) -> None:
    """Publish events as the services do: again and again until they are acknowledged."""
    publisher = Publisher(settings.kafka_bootstrap_servers, "teller", settings.topic_prefix)
    records = [record(one, 0) for one in told]
    for _ in range(5):
        try:
            await publisher.send([Outgoing(one.topic, one.key or b"", one.value or b"", list(one.headers)) for one in records])
            break
        except Unavailable:
            continue
    await publisher.close()


async def known(service: Service[Ports], facts: int) -> None:
    """Wait until so many facts are known."""
    while await Collection(service.store, Fact).count({}) < facts:
        await asyncio.sleep(0.05)


@asynccontextmanager
async def reporting(settings: Settings, facts: int) -> AsyncIterator[Service[Ports]]:
    """The service, as soon as it knows so many facts."""
    service = Service(build(live(settings).settings), clock=CLOCK)
    async with service.running():
        await asyncio.wait_for(known(service, facts), 60)
        yield service


async def rebuilt(settings: Settings, *, swap: bool = False, period: Period | None = NOVEMBER) -> tuple[bool, str]:
    """The verdict, and all that was said."""
    said: list[str] = []
    same = await rebuild(settings, CLOCK, period, swap=swap, say=said.append)
    return same, "\n".join(said)


async def test_log_and_service_agree_a_new_generation_takes_over_and_a_lost_fact_is_found(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = len(a_month())
    await tell(settings, a_month())
    monkeypatch.setattr("reporting.rebuild.rebuilding.SHORT", 10)

    async with reporting(settings, count):
        same, said = await rebuilt(settings)
        assert same, said
        assert f"facts: {count} live, {count} rebuilt" in said
        assert re.search(r"^\d+ of \d+ records read …$", said, re.MULTILINE)
        with pytest.raises(LogError, match="stop them first"):
            await rebuilt(settings, swap=True)
    assert live(settings).number == 1

    same, said = await rebuilt(settings, swap=True)
    assert same, said
    assert live(settings).number == 2

    await tell(settings, [Told("later", a_month()[0].event)])
    async with reporting(settings, count + 1) as service:
        same, said = await rebuilt(settings)
        assert same, said
        await service.store.delete(Fact, id_("bsn 0"))

    monkeypatch.setattr("reporting.rebuild.rebuilding.PATIENCE", 1)
    same, said = await rebuilt(settings, swap=True)
    assert not same
    assert "DIFFERENT" in said
    assert live(settings).number == 2, "what differs never takes over"
