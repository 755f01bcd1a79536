"""What only a real Kafka can show of telling: partitions, producers that are thrown away, topics that are not there."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.partitioner import DefaultPartitioner
from chassis import new
from toy_service import PARTITIONS, incoming, log_of, told_once

from common import publisher as publisher_module
from common.errors import Unavailable
from common.publisher import Publisher
from common.topics import MESSAGE_LIMIT

pytestmark = pytest.mark.kafka


async def test_keys_are_spread_over_partitions_and_each_keeps_its_order(kafka_bootstrap: str, prefix: str, publisher: Publisher) -> None:
    cases = [new() for _ in range(40)]

    for sequences in ((1, 2), (3,)):
        await asyncio.gather(*(publisher.send([incoming(case, sequence) for sequence in sequences]) for case in cases))

    records = await log_of(kafka_bootstrap, f"{prefix}case.referred")
    assert told_once(records) == sorted((str(case), 3) for case in cases)
    assert len(records) == 120
    places: dict[bytes, set[int]] = {}
    for record in records:
        places.setdefault(record.key, set()).add(record.partition)
    assert all(len(partitions) == 1 for partitions in places.values())
    assert {record.partition for record in records} == set(range(PARTITIONS))


async def test_a_key_lies_where_the_client_of_others_would_put_it(kafka_bootstrap: str, prefix: str, publisher: Publisher) -> None:
    cases = [new() for _ in range(20)]
    await publisher.send([incoming(case) for case in cases])

    partitioner = DefaultPartitioner()
    for record in await log_of(kafka_bootstrap, f"{prefix}case.referred"):
        everywhere = list(range(PARTITIONS))
        assert record.partition == partitioner(record.key, everywhere, everywhere)


async def test_many_records_of_one_call_leave_whole_even_if_they_need_several_batches(
    kafka_bootstrap: str, prefix: str, publisher: Publisher
) -> None:
    case = new()
    big = [record._replace(value=record.value[:-1] + b" " * 60_000 + b"}") for record in (incoming(case, n) for n in range(1, 13))]

    await publisher.send(big)

    assert told_once(await log_of(kafka_bootstrap, f"{prefix}case.referred")) == [(str(case), 12)]


async def test_a_record_too_large_for_kafka_is_refused_and_not_dropped(kafka_bootstrap: str, prefix: str, publisher: Publisher) -> None:
    case = new()
    with pytest.raises(ValueError, match="larger"):
        await publisher.send([incoming(case)._replace(value=b"x" * (MESSAGE_LIMIT + 1))])

    await publisher.send([incoming(case)])
    assert len(await log_of(kafka_bootstrap, f"{prefix}case.referred")) == 1


async def test_a_batch_with_an_unknown_outcome_is_resent_by_a_new_producer(
    kafka_bootstrap: str, prefix: str, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    case, lost = new(), 0
    original = publisher_module._hand_over

    async def hand_over(*arguments: Any) -> Any:
        nonlocal lost
        acknowledgements = await original(*arguments)
        if lost:
            lost -= 1
            await asyncio.gather(*(acknowledgement for _, acknowledgement in acknowledgements))
            raise TimeoutError  # the records are in the log, the acknowledgement never came
        return acknowledgements

    monkeypatch.setattr(publisher_module, "_hand_over", hand_over)
    await publisher.send([incoming(new())])
    first, lost = publisher._producer, 1
    with pytest.raises(Unavailable):
        await publisher.send([incoming(case, 1), incoming(case, 2)])
    await publisher.send([incoming(case, 1), incoming(case, 2)])

    assert publisher._producer is not None
    assert publisher._producer is not first
    records = [record for record in await log_of(kafka_bootstrap, f"{prefix}case.referred") if record.key == str(case).encode()]
    assert len(records) == 4
    assert told_once(records) == [(str(case), 2)]


async def test_a_topic_that_does_not_exist_is_not_made(kafka_bootstrap: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publisher_module, "PATIENCE", 2.0)
    stray = Publisher(kafka_bootstrap, "test", f"{uuid4().hex}.")

    with pytest.raises(Unavailable):
        await stray.send([incoming(new())])

    await stray.close()
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka_bootstrap)
    await admin.start()
    assert not [topic for topic in await admin.list_topics() if topic.startswith(stray._prefix)]
    await admin.close()


async def test_an_unreachable_kafka_is_unavailable_to_everybody_who_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publisher_module, "PATIENCE", 1.0)
    nowhere = Publisher("127.0.0.1:1", "test")

    outcomes = await asyncio.gather(*(nowhere.send([incoming(new())]) for _ in range(3)), return_exceptions=True)

    assert [type(outcome) for outcome in outcomes] == [Unavailable] * 3
    await nowhere.close()
