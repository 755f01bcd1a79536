"""How far behind the consumer is, as it stands at the moment of asking; what is not known is not called nothing."""

from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from aiokafka import TopicPartition
from chassis import new, record_of

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

    def highwater(self, place: TopicPartition) -> int | None:
        return self.ends[place]

    def _state(self, place: TopicPartition) -> Any:
        position = self.positions[place]
        return SimpleNamespace(position=position, has_valid_position=position is not None)


@pytest.fixture
def kafka(service: Service[Any]) -> Client:
    kafka = Client()
    service.consuming.subscriber = SimpleNamespace(consumer=kafka)
    service.consuming.assigned.set()
    return kafka


async def lag(client: httpx.AsyncClient) -> float:
    text = (await client.get("/metrics")).text
    return float(next(line.split()[-1] for line in text.splitlines() if line.startswith('loket_lag_records{topic="case.referred"}')))


async def test_it_counts_what_lies_there_at_the_moment_of_asking(client: httpx.AsyncClient, kafka: Client) -> None:
    assert await lag(client) == 0
    kafka.ends[PLACES[0]] = 14
    assert await lag(client) == 4
    kafka.positions[PLACES[0]] = 14
    assert await lag(client) == 0


async def test_a_batch_in_hand_is_not_settled_yet(service: Service[Any], client: httpx.AsyncClient, kafka: Client) -> None:
    assert kafka.highwater(PLACES[0]) == 10
    service.consuming.in_hand = (record_of(new(), 1), record_of(new(), 1))
    assert await lag(client) == 2


async def test_an_end_or_a_position_that_nobody_has_heard_of_is_no_rest(client: httpx.AsyncClient, kafka: Client) -> None:
    kafka.ends[PLACES[1]] = None
    assert await lag(client) == 1
    kafka.ends[PLACES[1]], kafka.positions[PLACES[1]] = 10, None
    assert await lag(client) == 1


async def test_before_the_first_partitions_and_while_they_change_hands_nothing_is_known(
    service: Service[Any], client: httpx.AsyncClient, kafka: Client
) -> None:
    service.consuming.assigned.clear()
    assert await lag(client) == 1
    service.consuming.assigned.set()
    await service.consuming.on_partitions_revoked(kafka.assignment())
    assert await lag(client) == 1
    await service.consuming.on_partitions_assigned(kafka.assignment())
    assert await lag(client) == 0
