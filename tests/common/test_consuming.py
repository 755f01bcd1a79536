"""From a batch to settled lanes: in order within a case, cases at the same time, nothing committed that is not settled."""

import asyncio
from collections.abc import Iterable, Sequence
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import CommitFailedError
from chassis import NOW, FakeRecord, Log, Thing, ToyPorts, deferred, later, new, record_of, until

from common import consuming as consuming_module
from common.aggregate import Aggregate
from common.breaker import Breaker, Stopped
from common.consuming import Consuming
from common.errors import NotFound, Rejected, Unavailable
from common.events.case import CaseReferred
from common.events.visit import VisitDeferred
from common.kept import keep, restore
from common.lanes import Kind, Lane, Settle, State, lane_id
from common.metrics import Metrics
from common.parking import Parking
from common.runner import Runner
from common.store.port import Collection, Entry
from common.subscribing import on
from common.telemetry import Tracing
from common.testing.memory import MemoryStore
from common.testing.stage import StoppedClock

PREFIX = "pre."


class FakeConsumer:
    """The client's consumer as far as we use it; `assignment` may change under us."""

    def __init__(self, places: Iterable[TopicPartition]) -> None:
        self.held = frozenset(places)
        self.commits: list[dict[TopicPartition, int]] = []
        self.seeks: list[tuple[TopicPartition, int]] = []
        self.pauses: list[set[TopicPartition]] = []
        self.resumed: list[set[TopicPartition]] = []
        self.trouble: Exception | None = None

    def assignment(self) -> frozenset[TopicPartition]:
        return self.held

    def seek(self, place: TopicPartition, offset: int) -> None:
        assert place in self.held
        self.seeks.append((place, offset))

    def pause(self, *places: TopicPartition) -> None:
        self.pauses.append(set(places))

    def paused(self) -> set[TopicPartition]:
        return self.pauses[-1] if self.pauses and not self.resumed[len(self.pauses) - 1 :] else set()

    def resume(self, *places: TopicPartition) -> None:
        self.resumed.append(set(places))

    async def commit(self, offsets: dict[TopicPartition, int]) -> None:
        if self.trouble:
            raise self.trouble
        self.commits.append(offsets)


class World:
    """A consumer without Kafka; the toy handler notes what it hears and does what the event's target says."""

    def __init__(self, store: MemoryStore | None = None, breaker: int = 100, patience: float = 0.0) -> None:
        self.store, self.clock, self.log = store or MemoryStore(), StoppedClock(NOW), Log()
        self.ports = ToyPorts(Collection(self.store, Thing))
        self.mended: set[str] = set()
        self.gate = asyncio.Event()
        self.gate.set()
        self.inside: set[UUID] = set()
        self.most_inside = self.tries = 0
        self.runner: Runner[ToyPorts] = Runner(self.ports, self.store, self.clock, self._wake)
        self.breaker, self.metrics = Breaker(breaker, self.clock), Metrics("intake")
        self.parking = Parking("intake", self.store, self.clock, self._wake, self.breaker, self.metrics, self.log)
        self.room = asyncio.Event()
        self.room.set()
        self.consuming = self.consumer_of(patience)
        self.consumer = FakeConsumer(
            TopicPartition(PREFIX + topic, partition) for topic in ("case.referred", "visit.deferred") for partition in range(3)
        )
        self.consuming.subscriber = SimpleNamespace(consumer=self.consumer)

    def consumer_of(self, patience: float) -> Consuming[ToyPorts]:
        return Consuming(
            self.runner,
            [on(CaseReferred, self.hear)],
            self.parking,
            self.breaker,
            self.clock,
            self.metrics,
            Tracing("intake", 0, None),
            self.log,
            "group",
            PREFIX,
            patience,
            self.room.wait,
        )

    def _wake(self, aggregate: Aggregate, entries: Sequence[Entry]) -> None: ...

    async def hear(self, event: CaseReferred, ports: ToyPorts) -> Thing | None:
        self.inside.add(event.case_id)
        self.most_inside = max(self.most_inside, len(self.inside))
        try:
            await self.gate.wait()
            await asyncio.sleep(0)  # as any store and provider would: others may come between
            return await self._decide(event, ports)
        finally:
            self.inside.discard(event.case_id)

    async def _decide(self, event: CaseReferred, ports: ToyPorts) -> Thing | None:
        self.tries += 1
        word = event.target_organisation
        thing = await ports.things.get(event.case_id) or Thing(id=event.case_id)
        if word.startswith("refuse") and word not in self.mended:
            raise Rejected(word)
        if word.startswith("bug") and word not in self.mended:
            raise _Odd(word)
        if word == "away" and word not in self.mended:
            raise Unavailable("The provider is away.")
        thing.seen.append(word)
        return thing

    async def take(self, *records: FakeRecord) -> None:
        prefixed = [FakeRecord(PREFIX + one.topic, one.partition, one.offset, one.key, one.value, one.headers) for one in records]
        await self.consuming.take(SimpleNamespace(raw_message=tuple(prefixed)))  # type: ignore[arg-type]

    async def seen(self, case: UUID) -> list[str]:
        thing = await self.store.get(Thing, case)
        return [] if thing is None else thing.seen

    async def lane(self, case: UUID) -> Lane:
        return await self.parking.show(lane_id(str(case)))

    def outcomes(self) -> dict[str, int]:
        samples = next(iter(self.metrics.events.collect())).samples
        return {one.labels["outcome"]: int(one.value) for one in samples if one.name.endswith("_total")}


class _Odd(Exception):  # its name begins with an underscore, as some drivers' do
    pass


@pytest.fixture
def world() -> World:
    return World()


def place(partition: int, topic: str = "case.referred") -> TopicPartition:
    return TopicPartition(PREFIX + topic, partition)


def run_of(case: UUID, *words: str, offset: int = 0, first: int = 1) -> list[FakeRecord]:
    return [record_of(case, first + n, offset=offset + n, target=word) for n, word in enumerate(words)]


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


@pytest.mark.parametrize(("word", "error"), [("refuse", "Rejected"), ("bug", "_Odd")])
async def test_a_poison_message_parks_its_lane_alone(world: World, word: str, error: str) -> None:
    bad, good = new(), new()

    await world.take(*run_of(bad, "1", word, "3"), *run_of(good, "1", "2", offset=3))
    await world.take(*run_of(bad, "4", offset=5, first=4), *run_of(good, "3", offset=6, first=3))

    assert await world.seen(bad) == ["1"]
    assert await world.seen(good) == ["1", "2", "3"]
    lane = await world.lane(bad)
    assert (lane.state, lane.kind, lane.error) == (State.PARKED, Kind.MESSAGES, error)
    assert [record.offset for record in lane.records] == [1, 2, 5]
    await world.consuming.stop()
    assert world.consumer.commits == [{place(0): 5}, {place(0): 7}]
    assert world.outcomes() == {"handled": 4, "parked": 1, "queued": 2}
    told = [entry.type for entry in world.store.outbox["lanes", lane.id]]
    assert told == ["intake.parked"]


async def test_a_redrive_resumes_in_order_also_when_it_fails_again(world: World) -> None:
    case = new()
    await world.take(*run_of(case, "refuse", "2", "refuse2", "4"))
    id_ = lane_id(str(case))

    with pytest.raises(Rejected):
        await world.parking.redrive(id_, world.consuming.process)
    assert (await world.lane(case)).attempts == 2
    world.mended.add("refuse")
    with pytest.raises(Rejected):
        await world.parking.redrive(id_, world.consuming.process)
    assert await world.seen(case) == ["refuse", "2"]
    await world.take(*run_of(case, "5", offset=4, first=5))
    world.mended.add("refuse2")
    lane = await world.parking.redrive(id_, world.consuming.process)
    await world.take(*run_of(case, "6", offset=5, first=6))

    assert lane.state is State.RESUMED
    assert await world.seen(case) == ["refuse", "2", "refuse2", "4", "5", "6"]
    with pytest.raises(Rejected):
        await world.parking.redrive(id_, world.consuming.process)


async def test_two_who_redrive_at_once_lose_no_record(world: World) -> None:
    case = new()
    await world.take(*run_of(case, "refuse", "2", "3", "4"))
    world.mended.add("refuse")
    world.gate.clear()
    redriving = [asyncio.create_task(world.parking.redrive(lane_id(str(case)), world.consuming.process)) for _ in range(2)]
    await until(lambda: world.inside)
    world.gate.set()
    await asyncio.gather(*redriving, return_exceptions=True)

    assert await world.seen(case) == ["refuse", "2", "3", "4"]
    assert (await world.lane(case)).state is State.RESUMED


async def test_settling_a_record_that_somebody_else_has_settled_leaves_the_next_one(world: World) -> None:
    case = new()
    await world.take(*run_of(case, "refuse", "2", "3"))
    settle = Settle(lane_id=lane_id(str(case)), place=("case.referred", 0, 0))

    for _ in range(2):
        await world.parking._ask(settle)

    assert [record.offset for record in (await world.lane(case)).records] == [1, 2]


async def test_a_record_that_comes_while_its_lane_is_opened_elsewhere_is_handled_and_not_lost() -> None:
    class OpenedMeanwhile(MemoryStore):
        """Another replica opens the lane between our look and our write."""

        armed = False

        async def save(self, aggregate: Aggregate, entries: Sequence[Entry]) -> bool:
            if self.armed and isinstance(aggregate, Lane):
                self.armed = False
                lane = await self.get(Lane, aggregate.id)
                assert lane is not None
                lane.state, lane.records, lane.version = State.RESUMED, [], lane.version + 1
                await super().save(lane, [])
            return await super().save(aggregate, entries)

    store = OpenedMeanwhile()
    world, case = World(store), new()
    await world.take(*run_of(case, "refuse"))
    store.armed = True

    await world.take(*run_of(case, "2", offset=1, first=2))

    assert await world.seen(case) == ["2"]
    assert not world.parking.is_parked(str(case))


async def test_discarding_gives_up_the_first_record_and_keeps_the_rest(world: World) -> None:
    case = new()
    await world.take(*run_of(case, "refuse", "2"))
    id_ = lane_id(str(case))

    lane = await world.parking.discard(id_)
    assert (lane.state, [record.offset for record in lane.records]) == (State.PARKED, [1])
    await world.parking.redrive(id_, world.consuming.process)

    assert await world.seen(case) == ["2"]
    other = new()
    await world.take(*run_of(other, "refuse", offset=9))
    assert (await world.parking.discard(lane_id(str(other)))).state is State.DISCARDED
    await world.take(*run_of(other, "2", offset=10, first=2))
    assert await world.seen(other) == ["2"]
    with pytest.raises(NotFound):
        await world.parking.discard(new())


async def test_a_lane_that_fails_after_it_was_resumed_is_parked_again(world: World) -> None:
    case = new()
    await world.take(*run_of(case, "refuse"))
    world.mended.add("refuse")
    await world.parking.redrive(lane_id(str(case)), world.consuming.process)

    await world.take(*run_of(case, "refuse2", offset=1, first=2))

    lane = await world.lane(case)
    assert (lane.state, [record.offset for record in lane.records]) == (State.PARKED, [1])


async def test_a_lane_that_was_parked_before_a_restart_is_known_after_it() -> None:
    before, case = World(), new()
    await before.take(*run_of(case, "refuse"))
    after = World(before.store)

    await after.consuming.on_partitions_assigned([])
    await after.take(*run_of(case, "2", offset=1, first=2))

    assert after.consuming.assigned.is_set()
    assert await after.seen(case) == []
    assert len((await after.lane(case)).records) == 2


async def test_a_record_that_comes_before_the_parked_lanes_are_known_waits_for_them() -> None:
    """aiokafka fetches from new partitions while its listener is still at work."""

    class Slow(MemoryStore):
        gate = asyncio.Event()

        async def find(self, *arguments: Any, **named: Any) -> Any:
            await self.gate.wait()
            return await super().find(*arguments, **named)

    store, case = Slow(), new()
    await World(store).take(*run_of(case, "refuse"))
    after = World(store)
    await after.consuming.on_partitions_revoked([])
    assigning = asyncio.create_task(after.consuming.on_partitions_assigned([]))
    taking = asyncio.create_task(after.take(*run_of(case, "2", offset=1, first=2)))
    await asyncio.sleep(0.01)
    store.gate.set()
    await asyncio.gather(assigning, taking)

    assert await after.seen(case) == []
    assert [record.offset for record in (await after.lane(case)).records] == [0, 1]


async def test_a_lane_parked_while_the_parked_lanes_are_read_is_not_forgotten() -> None:
    class Slow(MemoryStore):
        gate: asyncio.Event | None = None

        async def find(self, *arguments: Any, **named: Any) -> Any:
            answer = await super().find(*arguments, **named)
            if self.gate is not None:
                gate, self.gate = self.gate, None
                await gate.wait()
            return answer

    store = Slow()
    world, case = World(store), new()
    gate = store.gate = asyncio.Event()
    refreshing = asyncio.create_task(world.parking.refresh())
    await asyncio.sleep(0)
    await world.take(*run_of(case, "refuse"))
    gate.set()
    await refreshing

    assert world.parking.is_parked(str(case))


NEW = UUID("11111111-1111-4111-8111-111111111111")
BAD: dict[str, FakeRecord] = {
    "not JSON": FakeRecord("case.referred", 0, 0, b"k", b"\xff\xfe", record_of(NEW).headers),
    "JSON too deep": FakeRecord("case.referred", 0, 0, b"k", b"[" * 10_000, record_of(NEW).headers),
    "a wrong schema": FakeRecord("case.referred", 0, 0, b"k", b'{"caseId":"secret-word"}', record_of(NEW).headers),
    "no data": FakeRecord("case.referred", 0, 0, b"k", None, record_of(NEW).headers),
    "too large": FakeRecord("case.referred", 0, 0, b"k", (record_of(NEW).value or b"") + b" " * 70_000, record_of(NEW).headers),
    "no headers": FakeRecord("case.referred", 0, 0, b"k", b"{}", ()),
    "no key": FakeRecord("case.referred", 0, 0, None, record_of(NEW).value, record_of(NEW).headers),
    "an empty key": FakeRecord("case.referred", 0, 0, b"", record_of(NEW).value, record_of(NEW).headers),
    "another type": record_of(NEW, ce_type=b"nl.arbeidsmarktdiensten.case-closed.v1"),
    "another version": record_of(NEW, ce_type=b"nl.arbeidsmarktdiensten.case-referred.v2"),
    "another specversion": record_of(NEW, ce_specversion=b"0.3"),
    "a header that is not UTF-8": record_of(NEW, ce_source=b"\xff\xfe"),
    "a header without a value": record_of(NEW, ce_sequence=None),
    "an id without a value": record_of(NEW, ce_id=None),
    "a sequence that is no number": record_of(NEW, ce_sequence=b"one"),
    "a sequence below one": record_of(NEW, ce_sequence=b"0"),
    "a sequence beyond all bounds": record_of(NEW, ce_sequence=b"9" * 4000),
    "a version that is negative": record_of(NEW, ce_aggregateversion=b"-1"),
    "a time without an offset": record_of(NEW, ce_time=b"2026-11-23T09:00:00"),
    "a time outside of time": record_of(NEW, ce_time=b"0001-01-01T00:00:00+14:00"),
    "a subject that is no id": record_of(NEW, ce_subject=b"9"),
    "a correlation that is no id": record_of(NEW, ce_correlationid=b"9"),
}


@pytest.mark.parametrize("fault", BAD)
async def test_what_is_no_event_goes_to_quarantine_and_holds_up_nothing(world: World, fault: str) -> None:
    good = new()

    await world.take(BAD[fault], record_of(good, offset=1, target="1"))

    assert world.outcomes() == {"quarantined": 1, "handled": 1}
    assert world.consumer.commits == [{place(0): 2}]
    [lane] = await world.parking.list(10, 0)
    assert lane.kind is Kind.QUARANTINE
    assert lane.records[0].topic == "case.referred"
    [(level, _, keys)] = [line for line in world.log.lines if line[1] == "quarantined"]
    assert level == "warning"
    assert "secret-word" not in str(keys)


async def test_what_is_kept_comes_back_byte_for_byte() -> None:
    record = FakeRecord("case.referred", 2, 7, None, b"\xff\x00", (("a", b"\xfe"), ("b", None), ("a", b"")), 99)

    kept = restore(keep(record, "case.referred"))

    assert (kept.topic, kept.partition, kept.offset, kept.timestamp) == ("case.referred", 2, 7, 99)
    assert (kept.key, kept.value, kept.headers) == (None, b"\xff\x00", record.headers)


async def test_an_unreadable_trace_context_spoils_no_event(world: World) -> None:
    case = new()

    poison = new()

    await world.take(
        record_of(case, target="1", traceparent=b"x" * 300), record_of(poison, offset=1, target="refuse", traceparent=b"x" * 300)
    )

    assert await world.seen(case) == ["1"]
    assert (await world.lane(poison)).trace == ""
    assert world.consumer.commits == [{place(0): 2}]


async def test_word_of_a_quarantined_record_does_not_wait_behind_it(world: World) -> None:
    """Events about a lane have its name as their key, and two services may have the same bytes in quarantine."""
    case, broken = new(), record_of(new(), ce_id=None)
    await world.take(broken)
    told = record_of(case, offset=1)

    await world.take(FakeRecord(told.topic, 0, 1, b"quarantine/case.referred/0/0", told.value, told.headers))
    await world.parking.refresh()
    await world.take(FakeRecord(told.topic, 0, 2, b"quarantine/case.referred/0/0", told.value, told.headers))

    assert world.outcomes() == {"quarantined": 1, "handled": 2}
    assert world.parking.waiting() == 1


async def test_a_quarantined_record_can_be_redriven_once_it_is_readable_or_given_up(world: World) -> None:
    await world.take(BAD["not JSON"])
    [lane] = await world.parking.list(10, 0)

    with pytest.raises(Rejected):
        await world.parking.redrive(lane.id, world.consuming.process)
    assert (await world.parking.discard(lane.id)).state is State.DISCARDED
    assert world.parking.waiting() == 0


async def test_a_large_poison_record_is_parked_too(world: World) -> None:
    await world.take(FakeRecord("case.referred", 0, 0, b"k", b"x" * 200_000, record_of(NEW).headers))

    [lane] = await world.parking.list(10, 0)
    assert len(world.store.outbox["lanes", lane.id][0].data) < 1000


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consuming_module, "LONGEST_PAUSE", 0.02)


@pytest.mark.usefixtures("quick")
async def test_while_a_provider_is_away_nothing_is_parked_or_committed_and_the_batch_is_read_again(world: World) -> None:
    case, other = new(), new()
    batch = [*run_of(case, "1", "away", "3", offset=5), record_of(other, offset=2, partition=1, target="1")]

    await world.take(*batch)

    assert world.consumer.commits == []
    assert world.parking.waiting() == 0
    assert world.consumer.seeks == [(place(0), 5), (place(1), 2)]
    assert world.consumer.pauses == [set(world.consumer.held)]
    assert world.metrics.paused._value.get() == 1
    await until(lambda: world.consumer.resumed)
    assert world.metrics.paused._value.get() == 0

    world.mended.add("away")
    await world.take(*batch)
    assert await world.seen(case) == ["1", "away", "3"]
    assert await world.seen(other) == ["1"]
    assert world.consumer.commits == [{place(0): 8, place(1): 3}]


async def test_patience_lasts_before_the_partitions_are_paused() -> None:
    world, case = World(patience=30), new()
    taking = asyncio.create_task(world.take(*run_of(case, "away")))
    await asyncio.sleep(0.05)
    world.mended.add("away")
    await taking

    assert world.consumer.pauses == []
    assert await world.seen(case) == ["away"]


async def test_a_rebalance_waits_for_the_batch_under_way_and_ends_its_patience() -> None:
    world, case = World(patience=1000), new()
    taking = asyncio.create_task(world.take(*run_of(case, "away")))
    await until(lambda: world.tries)

    await world.consuming.on_partitions_revoked([])

    assert taking.done()
    assert world.consumer.commits == []
    world.mended.add("away")
    await world.consuming.on_partitions_assigned([])
    await world.take(*run_of(case, "away"))
    assert world.consumer.commits == [{place(0): 1}]


async def test_a_rebalance_while_a_handler_runs_waits_for_its_commit(world: World) -> None:
    case = new()
    world.gate.clear()
    taking = asyncio.create_task(world.take(*run_of(case, "1")))
    await until(lambda: world.inside)
    revoking = asyncio.create_task(world.consuming.on_partitions_revoked([]))
    await asyncio.sleep(0.01)
    assert not revoking.done()

    world.gate.set()
    await revoking

    assert world.consumer.commits == [{place(0): 1}]
    await taking


@pytest.mark.usefixtures("quick")
async def test_a_bug_of_our_own_holds_the_batch_instead_of_committing_past_it(world: World) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("a bug in the chassis")

    world.parking.is_parked = broken  # type: ignore[method-assign, assignment]

    await world.take(record_of(new(), offset=3))

    assert world.consumer.commits == []
    assert world.consumer.seeks == [(place(0), 3)]
    await until(lambda: world.consumer.resumed)


@pytest.mark.usefixtures("quick")
async def test_too_many_parked_lanes_stop_the_consumer_at_once_and_a_reset_lets_it_go_on() -> None:
    world = World(breaker=3)
    bad = [record_of(new(), offset=offset, target="refuse") for offset in range(20)]

    await world.take(*bad)

    assert world.breaker.open
    assert world.parking.waiting() == 4
    assert world.consumer.commits == []
    await asyncio.sleep(0.05)
    assert world.consumer.resumed == []
    await world.take(record_of(new(), offset=30))
    assert world.outcomes().get("handled") is None

    world.breaker.reset()
    world.mended.add("refuse")
    await until(lambda: world.consumer.resumed)
    await world.take(*bad)
    assert world.consumer.commits == [{place(0): 20}]
    for lane in await world.parking.list(100, 0):
        await world.parking.redrive(lane.id, world.consuming.process)
    assert [await world.seen(UUID(record.key.decode())) for record in bad if record.key] == [["refuse"]] * 20


async def test_the_breaker_counts_only_the_last_minute() -> None:
    clock = StoppedClock(NOW)
    breaker = Breaker(2, clock)
    for _ in range(6):
        breaker.count()
        clock.forward(later(seconds=31) - NOW)
    assert not breaker.open

    for _ in range(2):
        breaker.count()
    assert breaker.open
    with pytest.raises(Stopped):
        breaker.count()


async def test_a_lane_that_could_not_be_parked_is_not_counted() -> None:
    class Away(MemoryStore):
        away = True

        async def save(self, aggregate: Aggregate, entries: Sequence[Entry]) -> bool:
            if self.away:
                raise Unavailable("The store is away.")
            return await super().save(aggregate, entries)

    store = Away()
    world = World(store, breaker=2)
    batch = run_of(new(), "refuse")
    for _ in range(5):
        await world.take(*batch)
    assert not world.breaker.open

    store.away = False
    await world.take(*batch)
    assert world.parking.waiting() == 1


@pytest.mark.usefixtures("quick")
async def test_an_outage_of_days_does_not_end_the_pausing(world: World) -> None:
    for _ in range(1100):
        world.consuming._hold([], Unavailable("away"))
    await until(lambda: world.consumer.resumed)

    assert len(world.consumer.pauses) == 1100
    assert len(world.consumer.resumed) == 1


async def test_stopping_ends_the_pausing_and_the_waiting_for_the_store() -> None:
    class Away(MemoryStore):
        async def find(self, *arguments: Any, **named: Any) -> Any:
            raise Unavailable("away")

    world = World(Away())
    assigning = asyncio.create_task(world.consuming.on_partitions_assigned([]))
    await world.take(*run_of(new(), "away"))

    await world.consuming.stop()

    await assigning
    assert not world.consuming.assigned.is_set()
    assert world.consuming._resuming is not None
    await asyncio.sleep(0)
    assert world.consuming._resuming.cancelled()
    await world.take(*run_of(new(), "away"))
    assert world.consuming._resuming.cancelled()


async def test_after_the_client_is_gone_a_batch_is_left_alone(world: World) -> None:
    world.consuming.subscriber.consumer = None

    await world.take(record_of(new()))

    assert world.outcomes() == {}
