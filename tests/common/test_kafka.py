"""What only a real Kafka can show: partitions, producers that are thrown away, groups that change, a broker that is away."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.partitioner import DefaultPartitioner
from chassis import LONG, Log, Make, Thing, deferred, new, until, until_it
from toy_service import PARTITIONS, Ports, blueprint, incoming, log_of, make_topics, produce, running, told_once

from common import publisher as publisher_module
from common.errors import Unavailable
from common.events.visit import VisitDeferred
from common.publisher import Publisher
from common.relay import ANY
from common.runner import Origin
from common.service import Service
from common.subscribing import on
from common.topics import MESSAGE_LIMIT
from loket.embedded.kafka import EmbeddedKafka

pytestmark = pytest.mark.kafka


@pytest.fixture
async def prefix(kafka_bootstrap: str) -> str:
    made = f"{uuid4().hex[:8]}."
    await make_topics(kafka_bootstrap, made)
    return made


@pytest.fixture
async def publisher(kafka_bootstrap: str, prefix: str) -> AsyncIterator[Publisher]:
    made = Publisher(kafka_bootstrap, "test", prefix)
    yield made
    await made.close()


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
            await asyncio.gather(*acknowledgements)
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


async def settled(service: Service[Ports], cases: list[UUID], n: int = 1) -> None:
    """Every case has come to its end, exactly once."""

    async def done() -> bool:
        finished = await service.store.count(Thing, {"colour": "sent"}) >= len(cases)
        return finished and service.relay.idle() and not await service.store.untold(ANY, 1)

    await until_it(done)
    things = [await service.store.get(Thing, case) for case in cases]
    assert all(thing and (thing.n, thing.seen, thing.colour) == (n, ["prepared"], "sent") for thing in things)


async def check_log(bootstrap: str, prefix: str, cases: list[UUID], folder: Path) -> None:
    assert told_once(await log_of(bootstrap, f"{prefix}visit.deferred")) == sorted((str(case), 1) for case in cases)
    assert sorted((folder / "ledger").read_text().split()) == sorted(map(str, cases))
    assert await log_of(bootstrap, f"{prefix}scheduling.parked") == []


async def committed(bootstrap: str, group: str, topic: str) -> dict[int, int]:
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, group_id=group, enable_auto_commit=False)
    await consumer.start()
    try:
        return {partition: await consumer.committed(TopicPartition(topic, partition)) or 0 for partition in range(PARTITIONS)}
    finally:
        await consumer.stop()


async def test_what_lay_in_the_log_before_the_group_existed_is_read_from_the_start(
    kafka_bootstrap: str, prefix: str, tmp_path: Path
) -> None:
    cases = [new() for _ in range(30)]
    await produce(kafka_bootstrap, prefix, [incoming(case) for case in cases])

    async with running(blueprint(kafka_bootstrap, prefix, tmp_path)) as service:
        await settled(service, cases)

    await check_log(kafka_bootstrap, prefix, cases, tmp_path)


async def test_offsets_are_committed_by_us_alone_and_reach_the_end(kafka_bootstrap: str, prefix: str, tmp_path: Path) -> None:
    cases = [new() for _ in range(30)]
    async with running(blueprint(kafka_bootstrap, prefix, tmp_path)) as service:
        await produce(kafka_bootstrap, prefix, [incoming(case) for case in cases])
        await settled(service, cases)
        consumer = service.consuming.consumer()
        assert consumer._enable_auto_commit is False
        assert consumer._auto_offset_reset == "earliest"

    assert sum((await committed(kafka_bootstrap, f"{prefix}scheduling", f"{prefix}case.referred")).values()) == 30


async def test_a_header_that_is_not_utf_8_is_quarantined_and_not_skipped(kafka_bootstrap: str, prefix: str, tmp_path: Path) -> None:
    case = new()
    poison = incoming(new())
    poison = poison._replace(headers=[*poison.headers, ("note", b"\xff\xfe"), ("ce_source", b"\xff\xfe")])

    async with running(blueprint(kafka_bootstrap, prefix, tmp_path)) as service:
        await produce(kafka_bootstrap, prefix, [poison, incoming(case)])
        await settled(service, [case])
        await until(service.parking.waiting)
        [lane] = await service.parking.list(10, 0)

    assert lane.kind == "quarantine"
    assert len(await log_of(kafka_bootstrap, f"{prefix}scheduling.parked")) == 1


async def test_a_record_that_keeps_failing_is_neither_lost_nor_read_in_a_hot_loop(
    kafka_bootstrap: str, prefix: str, tmp_path: Path
) -> None:
    case, bad = new(), new()
    made = blueprint(kafka_bootstrap, prefix, tmp_path)
    original = made.subscribes[0].handler
    tries = []

    async def fails_for_one(event: Any, ports: Ports) -> Any:
        if event.case_id == bad:
            tries.append(event)
            raise KeyError("bug")
        return await original(event, ports)

    object.__setattr__(made.subscribes[0], "handler", fails_for_one)
    async with running(made) as service:
        await produce(kafka_bootstrap, prefix, [incoming(bad), incoming(bad, 2), incoming(case)])
        await settled(service, [case])
        await until(service.parking.waiting)
        [lane] = await service.parking.list(10, 0)

    assert (lane.name, len(tries)) == (str(bad), 1)
    assert len(lane.records) == 2


async def test_kafka_down_at_the_start_does_not_end_the_service_and_is_tried_again(tmp_path: Path) -> None:
    service = Service(blueprint("127.0.0.1:1", "down.", tmp_path))
    log = Log()
    service.log = log
    async with service.running():
        await until(lambda: [event for _, event, _ in log.lines].count("kafka not reachable") >= 2)
        assert service.ready() == "no partitions of Kafka yet"
        await service.store.ping()


def share(service: Service[Ports]) -> dict[str, set[int]]:
    places: dict[str, set[int]] = {}
    for place in service.consuming.consumer().assignment():
        places.setdefault(place.topic, set()).add(place.partition)
    return places


async def test_members_of_a_group_share_all_topics_by_the_same_partitions_and_lose_nothing_when_they_come_and_go(
    kafka_bootstrap: str, prefix: str, tmp_path: Path, record_property: Any
) -> None:
    async def ignore(event: VisitDeferred, ports: Ports) -> None:
        return None

    def member() -> Any:
        made = blueprint(kafka_bootstrap, prefix, tmp_path)
        object.__setattr__(made, "subscribes", (*made.subscribes, on(VisitDeferred, ignore)))
        return running(made)

    cases: list[UUID] = []
    enough = asyncio.Event()
    clock = asyncio.get_running_loop().time
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(member())
        producing = asyncio.create_task(trickle(kafka_bootstrap, prefix, cases, enough))
        await until(lambda: first.ports.heard)
        began = clock()
        async with member() as second:
            await until(lambda: len(share(first)) == 2 and 0 < len(next(iter(share(first).values()))) < PARTITIONS)
            record_property("gap at join, seconds", round(clock() - began, 3))
            for service in (first, second):
                mine = list(share(service).values())
                assert len(mine) == 2
                assert mine[0] == mine[1]
            await until(lambda: second.ports.heard)
            began = clock()
        await until(lambda: len(share(first)) == 2 and len(next(iter(share(first).values()))) == PARTITIONS)
        record_property("gap at leave, seconds", round(clock() - began, 3))
        enough.set()
        await producing
        await settled(first, cases)

    await check_log(kafka_bootstrap, prefix, cases, tmp_path)


async def trickle(bootstrap: str, prefix: str, cases: list[UUID], enough: asyncio.Event) -> None:
    """Case after case until it is enough, however long the members take."""
    publisher = Publisher(bootstrap, "test", prefix)
    while not enough.is_set():
        cases.append(new())
        await publisher.send([incoming(cases[-1])])
        await asyncio.sleep(0.005)
    await publisher.close()


async def test_a_rebalance_while_handlers_run_loses_nothing(kafka_bootstrap: str, prefix: str, tmp_path: Path) -> None:
    cases = [new() for _ in range(40)]
    await produce(kafka_bootstrap, prefix, [incoming(case) for case in cases])
    async with running(blueprint(kafka_bootstrap, prefix, tmp_path, slow=1.0)) as first:
        await until(lambda: first.ports.heard)
        async with running(blueprint(kafka_bootstrap, prefix, tmp_path)) as second:
            await settled(second, cases)

    await check_log(kafka_bootstrap, prefix, cases, tmp_path)


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
