"""What only a real Kafka can show of hearing: where a group begins, who commits, what cannot be read."""

from pathlib import Path
from typing import Any

import pytest
from chassis import Log, new, until
from toy_service import Ports, blueprint, incoming, log_of, produce, running
from worlds.on_kafka import check_log, committed, settled

from common.service import Service

pytestmark = pytest.mark.kafka


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
    service.guard._log = log  # type: ignore[assignment]
    async with service.running():
        await until(lambda: [event for _, event, _ in log.lines].count("kafka not reachable") >= 1)
        assert service.ready() == "no partitions of Kafka yet"
        await service.store.probe()
