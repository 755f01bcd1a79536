"""From a batch to settled lanes: in order within a case, cases at the same time, nothing committed that is not settled."""

import asyncio
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from aiokafka.errors import CommitFailedError
from chassis import FakeRecord, ToyPorts, deferred, new, record_of, until
from worlds.consuming import PREFIX, World, place, run_of

from common import committing
from common.consuming import Consuming
from common.events.case import CaseReferred
from common.events.visit import VisitDeferred
from common.subscribing import on
from common.telemetry import Tracing


async def test_a_lane_keeps_its_order_and_lanes_run_at_the_same_time(world: World) -> None:
    a, b = new(), new()
    world.gate.clear()
    taking = asyncio.create_task(world.take(*run_of(a, "1", "2", "3"), *run_of(b, "1", "2", offset=3)))
    await until(lambda: world.inside == {a, b})
    world.gate.set()
    await taking

    assert await world.seen(a) == ["1", "2", "3"]
    assert await world.seen(b) == ["1", "2"]
    assert world.most_inside == 2
    assert world.outcomes() == {"handled": 5}


async def test_a_batch_is_in_hand_until_it_is_settled_also_while_it_waits_for_room(world: World) -> None:
    world.room.clear()
    taking = asyncio.create_task(world.take(*run_of(new(), "1", "2")))
    await asyncio.sleep(0)
    assert len(world.consuming.in_hand) == 2
    world.room.set()
    await taking

    assert world.consuming.in_hand == ()


async def test_the_commit_is_the_last_record_plus_one_for_each_partition_still_held(world: World) -> None:
    records = [
        *(record_of(new(), offset=offset, partition=0) for offset in (4, 5, 9)),
        record_of(new(), offset=7, partition=1),
        record_of(new(), offset=70, partition=2),
    ]
    world.consumer.held -= {place(2)}

    await world.take(*records)

    assert world.consumer.commits == [{place(0): 10, place(1): 8}]


async def test_a_record_whose_partition_went_to_another_member_while_waiting_for_room_is_left_to_it(world: World) -> None:
    mine, gone = record_of(new(), partition=0), record_of(new(), partition=1)
    world.room.clear()
    taking = asyncio.create_task(world.take(mine, gone))
    await asyncio.sleep(0)
    await world.consuming.on_partitions_revoked([])
    world.consumer.held -= {place(1)}
    await world.consuming.on_partitions_assigned([])
    world.room.set()
    await taking

    assert world.outcomes() == {"handled": 1}
    assert world.consumer.commits == [{place(0): 1}]


async def test_who_gives_partitions_away_commits_first_whatever_could_have_waited(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(committing, "EVERY", 3600.0)
    case = new()
    await world.take(*run_of(case, "1"))
    await world.take(*run_of(case, "2", offset=1, first=2))
    assert world.consumer.commits == [{place(0): 1}]

    await world.consuming.on_partitions_revoked([])

    assert world.consumer.commits == [{place(0): 1}, {place(0): 2}]


async def test_a_batch_read_twice_is_applied_once(world: World) -> None:
    case = new()
    batch = run_of(case, "1", "2")

    await world.take(*batch)
    await world.take(*batch)

    assert await world.seen(case) == ["1", "2"]


async def test_a_failed_commit_is_logged_and_nothing_more(world: World) -> None:
    world.consumer.trouble = CommitFailedError()

    await world.take(record_of(new()))

    assert [event for _, event, _ in world.log.lines] == ["commit failed", "batch settled"]


async def test_topics_that_go_first_are_settled_before_the_others() -> None:
    world, order = World(), []

    async def note(event: Any, ports: ToyPorts) -> None:
        order.append(event.topic)
        await asyncio.sleep(0)

    world.consuming = Consuming(
        world.runner, [on(CaseReferred, note), on(VisitDeferred, note, first=True)], world.parking, world.breaker, world.clock,
        world.metrics, Tracing("intake", 0, None), world.log, "group", PREFIX, 0.0, world.room.wait,
    )  # fmt: skip
    world.consuming.subscriber = SimpleNamespace(consumer=world.consumer)

    def first(case: UUID) -> FakeRecord:
        record = record_of(case, ce_type=b"nl.arbeidsmarktdiensten.visit-deferred.v1")
        return FakeRecord("visit.deferred", 0, 0, record.key, deferred(case).model_dump_json(by_alias=True).encode(), record.headers)

    await world.take(*(record_of(new(), offset=n) for n in range(4)), *(first(new()) for _ in range(3)))

    assert order == ["visit.deferred"] * 3 + ["case.referred"] * 4


async def test_after_the_client_is_gone_a_batch_is_left_alone(world: World) -> None:
    world.consuming.subscriber.consumer = None

    await world.take(record_of(new()))

    assert world.outcomes() == {}
