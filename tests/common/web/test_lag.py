"""How far behind the consumer is, as it stands at the moment of asking; what is not known is not called nothing."""

import asyncio
from datetime import timedelta
from math import isnan
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from aiokafka import TopicPartition
from chassis import new, record_of

from common.metrics_server import exposition
from common.service import Service

PLACES = (TopicPartition("case.referred", 0), TopicPartition("case.referred", 1))


class Client:
    """Kafka's client with two partitions: where they end as far as it has heard, and where it reads."""

    def __init__(self) -> None:
        self.ends: dict[TopicPartition, int | None] = dict.fromkeys(PLACES, 10)
        self.positions: dict[TopicPartition, int | None] = dict.fromkeys(PLACES, 10)
        self._subscription = SimpleNamespace(subscription=SimpleNamespace(assignment=SimpleNamespace(state_value=self._state)))

    def assignment(self) -> tuple[TopicPartition, ...]:
        return PLACES

    def paused(self) -> set[TopicPartition]:
        return set()

    def highwater(self, place: TopicPartition) -> int | None:
        return self.ends[place]

    def _state(self, place: TopicPartition) -> Any:
        position = self.positions[place]
        return SimpleNamespace(position=position, has_valid_position=position is not None)


@pytest.fixture
async def kafka(service: Service[Any]) -> Client:
    kafka = Client()
    service.consuming.subscriber = SimpleNamespace(consumer=kafka)
    service.consuming.assigned.set()
    hear(service)
    return kafka


def hear(service: Service[Any], ago: float = 0.0) -> None:
    """A broker has answered a fetch of every partition."""
    answer = type("FetchResponse_v4", (), {"topics": [("case.referred", [(place.partition, 0) for place in PLACES])]})()
    service.consuming.connection.note(answer, asyncio.get_running_loop().time() - ago)


def lag(service: Service[Any]) -> float:
    text = exposition(service).decode()
    return float(next(line.split()[-1] for line in text.splitlines() if line.startswith('loket_lag_records{topic="case.referred"}')))


async def test_it_counts_what_lies_there_at_the_moment_of_asking(service: Service[Any], kafka: Client) -> None:
    assert lag(service) == 0
    kafka.ends[PLACES[0]] = 14
    assert lag(service) == 4
    kafka.positions[PLACES[0]] = 14
    assert lag(service) == 0


async def test_a_batch_in_hand_is_not_settled_yet(service: Service[Any], kafka: Client) -> None:
    assert kafka.highwater(PLACES[0]) == 10
    service.consuming.in_hand = (record_of(new(), 1), record_of(new(), 1))
    assert lag(service) == 2


async def test_an_end_or_a_position_that_nobody_has_heard_of_is_no_rest(service: Service[Any], kafka: Client) -> None:
    kafka.ends[PLACES[1]] = None
    assert isnan(lag(service))
    kafka.ends[PLACES[1]], kafka.positions[PLACES[1]] = 10, None
    assert isnan(lag(service))


async def test_before_the_first_partitions_and_while_they_change_hands_nothing_is_known(service: Service[Any], kafka: Client) -> None:
    service.consuming.assigned.clear()
    assert isnan(lag(service))
    service.consuming.assigned.set()
    await service.consuming.on_partitions_revoked(kafka.assignment())
    assert isnan(lag(service))
    await service.consuming.on_partitions_assigned(kafka.assignment())
    assert lag(service) == 0


async def test_when_kafka_has_not_answered_for_long_the_lag_is_unknown_and_the_service_unready(
    service: Service[Any], client: httpx.AsyncClient, kafka: Client
) -> None:
    assert kafka.highwater(PLACES[0]) == 10
    assert (await client.get("/health/ready")).status_code == 200
    hear(service, ago=60)
    assert isnan(lag(service))
    assert (await client.get("/health/ready")).json()["detail"] == "Not ready: Kafka does not answer."
    assert (await client.get("/health/live")).status_code == 200
    text = exposition(service).decode()
    assert "loket_kafka_connected 0.0" in text
    assert 60 <= service.metrics.fetch_age._value.get() < 600
    service.consuming.connection.answered_at = asyncio.get_running_loop().time()  # heartbeats alone do not say where a partition ends
    assert isnan(lag(service))


async def test_who_needs_no_kafka_is_ready_without_it_until_its_outbox_is_too_old(service: Service[Any], client: httpx.AsyncClient) -> None:
    object.__setattr__(service.blueprint, "needs_kafka", False)
    assert (await client.get("/health/ready")).status_code == 200
    late = {submitter: service.clock.now() - timedelta(minutes=5) for submitter in ("one", "another")}
    service.overload._relay = SimpleNamespace(oldest_by_submitter=lambda: late)
    service.overload._looked = None
    assert (await client.get("/health/ready")).json()["detail"] == "Not ready: what it took in has waited too long for Kafka."
