"""A service says how it is, and starts whole or not at all."""

import asyncio
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from aiokafka import TopicPartition
from chassis import NOW, FakePublisher, Make, Thing, deferred, new, until
from toy_service import blueprint
from worlds.web_toy import made

from common import probing
from common.errors import Unavailable
from common.events.visit import VisitDeferred
from common.metrics_server import MetricsServer, exposition
from common.overload import Cause
from common.runner import Origin
from common.service import Service
from common.settings import ServiceSettings
from common.subscribing import on
from common.testing.memory import MemoryStore
from common.testing.stage import StoppedClock
from common.waiting import within
from common.watch import look, stuck


async def test_readiness_waits_for_partitions_and_store_and_says_why_not(
    service: Service[Any], client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probing, "FRESH", 0.0)
    assert (await client.get("/health/ready")).json()["detail"] == "Not ready: no partitions of Kafka yet."
    service.consuming.assigned.set()
    service.consuming.connection.answered_at = asyncio.get_running_loop().time()
    assert (await client.get("/health/ready")).status_code == 200

    async def away() -> None:
        raise Unavailable("The store is away.")

    service.store.probe = away  # type: ignore[method-assign]
    assert (await client.get("/health/ready")).json()["detail"] == "Not ready: The store is away."
    assert (await client.get("/health/live")).status_code == 200
    assert (await client.get("/health/started")).status_code == 200


class Consumer:
    """A client whose records lie there."""

    def __init__(self) -> None:
        self.stopped: set[Any] = set()
        self.end = 10
        state = SimpleNamespace(position=3, has_valid_position=True)
        assignment = SimpleNamespace(state_value=lambda place: state)
        self._subscription = SimpleNamespace(subscription=SimpleNamespace(assignment=assignment))

    def assignment(self) -> set[TopicPartition]:
        return {TopicPartition("case.referred", 0)}

    def highwater(self, place: TopicPartition) -> int:
        return self.end

    def paused(self) -> set[Any]:
        return self.stopped


async def test_liveness_fails_when_records_wait_and_none_is_settled_unless_it_is_paused_or_full(
    service: Service[Any], client: httpx.AsyncClient
) -> None:
    consumer = Consumer()
    service.consuming.subscriber = SimpleNamespace(consumer=consumer)
    service.consuming.assigned.set()
    service.consuming.connection.answered_at = asyncio.get_running_loop().time()
    assert (await client.get("/health/live")).status_code == 200
    service.consuming.settled_at = asyncio.get_running_loop().time() - 1000
    assert (await client.get("/health/live")).status_code == 503
    consumer.stopped = {1}
    assert (await client.get("/health/live")).status_code == 200
    consumer.stopped = set()
    service.relay._room.measure(10_001, 0)
    assert (await client.get("/health/live")).status_code == 200
    service.relay._room.measure(0, 0)
    service.consuming.connection.answered_at = float("-inf")
    assert (await client.get("/health/live")).status_code == 200


async def test_the_metrics_are_there(service: Service[Any], client: httpx.AsyncClient) -> None:
    await client.get("/v1/trouble/rejected")

    text = exposition(service).decode()
    assert 'loket_http_request_seconds_count{method="GET",route="/v1/trouble/{kind}",status="400"} 1.0' in text


async def test_metrics_have_a_port_of_their_own_and_the_other_does_not_answer_them(
    service: Service[Any], client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service.blueprint.settings, "metrics_port", 0)
    assert (await client.get("/metrics")).status_code == 404
    server = MetricsServer(service)
    await server.listen()
    try:
        port = server.servers[0].sockets[0].getsockname()[1]
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as scraper:
            assert "loket_outbox_age_seconds 0.0" in (await scraper.get("/metrics")).text
            assert (await scraper.get("/health/live")).status_code == 404
    finally:
        await server.shutdown()


async def test_when_the_outbox_is_too_far_behind_new_work_is_asked_to_come_later(service: Service[Any]) -> None:
    publisher = service.relay._carrying._publisher
    assert isinstance(publisher, FakePublisher)
    publisher.gate.clear()
    assert service.context.overloaded("one") is None

    async def tell(message: Make, ports: Any) -> Thing:
        return Thing(id=message.id).tell(deferred(message.id))

    async def handed_in_by(submitter: str) -> None:
        await service.runner.run(on(Make, tell, VisitDeferred), Make(id=new()), Origin(submitter=submitter))

    await handed_in_by("one")
    assert service.context.overloaded("one") is None
    assert isinstance(service.clock, StoppedClock)
    service.clock.forward(timedelta(seconds=61))
    assert service.context.overloaded("one") == (timedelta(seconds=10), Cause.BEHIND)
    assert service.context.overloaded("another") is None  # it is not their doing

    await handed_in_by("another")
    service.clock.forward(timedelta(seconds=61))
    assert service.context.overloaded("a third") == (timedelta(seconds=10), Cause.BEHIND)
    publisher.gate.set()
    await until(service.relay.idle)
    await service.relay.stop()


async def test_many_requests_share_one_look_at_what_is_under_way(service: Service[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    looks = []
    monkeypatch.setattr(service.relay, "oldest_by_submitter", lambda: looks.append(service.clock.now()) or {})
    assert isinstance(service.clock, StoppedClock)

    for _ in range(4):
        service.clock.forward(timedelta(seconds=0.1))
        service.context.overloaded("")

    assert len(looks) == 2


def test_every_setting_is_documented_and_secrets_are_secret() -> None:
    fields = ServiceSettings.model_fields

    assert [name for name, field in fields.items() if not field.description] == []
    assert all(field.description and field.description.endswith(".") for field in fields.values())
    made_settings = blueprint("127.0.0.1:1", "", Path("nowhere"), mongo_url="mongodb://canary").settings
    assert "canary" not in repr(made_settings)


async def test_a_start_that_fails_halfway_leaves_nothing_running(tmp_path: Path) -> None:

    async def fails(context: Any) -> None:
        raise RuntimeError("the mail server is not configured")

    toy = blueprint("127.0.0.1:1", "", tmp_path)
    object.__setattr__(toy, "starts", fails)
    service = Service(toy, publisher=FakePublisher())
    before = asyncio.all_tasks()

    with pytest.raises(RuntimeError):
        async with service.running():
            raise AssertionError("not reached")

    assert asyncio.all_tasks() == before
    assert service.store._thread._shutdown  # type: ignore[attr-defined]


class Away(MemoryStore):
    """Cannot be opened until it is there."""

    there = False

    async def start(self) -> None:
        if not self.there:
            raise Unavailable("The store is away.")


async def test_it_listens_before_its_store_is_there_and_can_be_stopped_meanwhile() -> None:
    store = Away()
    service = Service(made(), store=store, clock=StoppedClock(NOW), publisher=FakePublisher())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=service.app), base_url="http://loket") as client:
        async with service.serving():
            assert (await client.get("/health/live")).status_code == 200
            assert (await client.get("/health/ready")).json()["detail"] == "Not ready: the store is being opened."
            refused = await client.get("/v1/trouble/bug")
            assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
        assert not service.opened
        store.there = True
        async with service.serving():
            await until(lambda: service.started)
            assert service.waits_for is None


async def test_a_stop_leaves_behind_what_cannot_end(service: Service[Any]) -> None:
    never = asyncio.Event()

    async def hangs() -> None:
        await never.wait()

    await within(0.01, "kafka", hangs(), service.log)


async def test_idle_time_is_no_hanging(service: Service[Any]) -> None:
    consumer = Consumer()
    consumer.end = 3
    service.consuming.subscriber = SimpleNamespace(consumer=consumer)
    service.consuming.assigned.set()
    now = asyncio.get_running_loop().time()
    answer = type("FetchResponse_v4", (), {"topics": [("case.referred", [(0, 0)])]})()
    service.consuming.connection.note(answer, now)
    service.consuming.settled_at = now - 1000
    look(service)
    consumer.end = 10
    assert not stuck(service)
