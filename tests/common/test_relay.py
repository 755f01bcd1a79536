"""The relay: everything that follows is carried out, per aggregate in order, whoever crashes, fails or comes twice."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from chassis import KINDS, NOW, FakePublisher, Finish, Log, Make, Remind, Send, Sent, Thing, ToyPorts, deferred, later, new, referred, until

from common import relay as relay_module
from common.aggregate import Aggregate, How, Mark
from common.breaker import Breaker
from common.carrying import Carrying
from common.errors import Contended, Rejected, Unavailable
from common.events.case import CaseReferred
from common.events.visit import VisitDeferred
from common.lanes import Lane, State, lane_id
from common.metrics import Metrics
from common.parking import Parking
from common.relay import Relay
from common.runner import Origin, Runner
from common.store.port import Collection, Entry, Untold
from common.subscribing import Once, on, once
from common.telemetry import Tracing
from common.testing.memory import MemoryStore
from common.testing.stage import StoppedClock


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_module, "LOOK_FOR_DUE", 0.01)
    monkeypatch.setattr(relay_module, "LOOK_FOR_LEFT", 0.01)
    monkeypatch.setattr(relay_module, "LONGEST_PAUSE", 0.01)


async def finish(message: Finish, ports: ToyPorts) -> Thing:
    thing = await ports.things.get(message.id)
    assert thing is not None
    ports.log.append(message.word)
    if message.word == "refuse":
        raise Rejected("not now")
    if message.word == "bug":
        raise KeyError("bug")
    thing.seen.append(message.word)
    return thing.tell(deferred(message.id)) if message.word == "tell" else thing


async def remind(message: Remind, ports: ToyPorts) -> Thing:
    return await finish(Finish(id=message.id, word="remind"), ports)


async def sent(message: Sent, ports: ToyPorts) -> Thing:
    return await finish(Finish(id=message.id, word=message.outcome), ports)


class Sender:
    """Something in the outer world that must not be done twice."""

    def __init__(self) -> None:
        self.sent: list[UUID] = []
        self.trouble: Exception | None = None

    async def __call__(self, message: Send, ports: ToyPorts) -> Sent:
        self.sent.append(message.id)
        await asyncio.sleep(0)
        if self.trouble:
            raise self.trouble
        return Sent(id=message.id, outcome="sent")


class Process:
    """What one process of a service holds in memory, over a store that others may share."""

    def __init__(self, store: MemoryStore, clock: StoppedClock, publisher: FakePublisher, sender: Sender) -> None:
        self.store, self.clock, self.log = store, clock, Log()
        self.ports = ToyPorts(Collection(store, Thing))
        self.runner: Runner[ToyPorts] = Runner(self.ports, store, clock, self._wake)
        self.metrics = metrics = Metrics("intake")
        self.parking = Parking("intake", store, clock, self._wake, Breaker(100, clock), metrics, self.log, self._resume)
        steps = (on(Finish, finish, VisitDeferred), on(Remind, remind, VisitDeferred), on(Sent, sent, VisitDeferred))
        acts: Iterable[Once[ToyPorts]] = (once(Send, sender, Sent),)
        carrying = Carrying(self.runner, store, publisher, steps, acts, b"urn:test", metrics, Tracing("intake", 0, None))
        self.relay = Relay(carrying, store, self.parking, (*KINDS, Lane), clock, metrics, self.log)

    def _wake(self, aggregate: Aggregate, entries: Sequence[Entry]) -> None:
        self.relay.wake(aggregate, entries)

    def _resume(self) -> None:
        self.relay.resume()

    async def change(self, id_: UUID, *follows: Any, at: datetime | None = None) -> None:
        """Let things follow from one change of an aggregate."""

        async def decide(message: Make, ports: ToyPorts) -> Thing:
            thing = await ports.things.get(id_) or Thing(id=id_)
            for what in follows:
                if isinstance(what, Send):
                    thing.once(what)
                elif isinstance(what, Remind):
                    thing.at(at or NOW, what)
                else:
                    (thing.then if isinstance(what, Finish) else thing.tell)(what)
            return thing

        line = on(Make, decide, CaseReferred, VisitDeferred, Finish, Send, Remind)
        await self.runner.run(line, Make(id=id_), Origin(trace="00-x"))


class World:
    def __init__(self, store: MemoryStore | None = None) -> None:
        self.store, self.clock, self.publisher, self.sender = store or MemoryStore(), StoppedClock(NOW), FakePublisher(), Sender()
        self.processes: list[Process] = []

    def process(self) -> Process:
        made = Process(self.store, self.clock, self.publisher, self.sender)
        self.processes.append(made)
        return made

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Process]:
        process = self.process()
        await process.relay.start()
        try:
            yield process
        finally:
            await process.relay.stop(0.1)

    async def quiet(self) -> None:
        await until(lambda: not any(self.store.outbox.values()) and all(process.relay.idle() for process in self.processes))

    async def thing(self, id_: UUID) -> Thing:
        found = await self.store.get(Thing, id_)
        assert found is not None
        return found


@pytest.fixture
def world() -> World:
    return World()


async def test_events_leave_in_order_across_topics_and_the_outbox_is_empty_afterwards(world: World) -> None:
    id_ = new()
    async with world.running() as process:
        await process.change(id_, referred(id_), referred(id_), deferred(id_), referred(id_))
        await process.change(id_, deferred(id_))
        await world.quiet()

    assert world.publisher.told() == [
        ("case.referred", 1),
        ("case.referred", 2),
        ("visit.deferred", 1),
        ("case.referred", 3),
        ("visit.deferred", 2),
    ]
    assert {record.key for record in world.publisher.records} == {str(id_).encode()}


async def test_the_next_entry_waits_for_the_acknowledgement_and_other_aggregates_do_not(world: World) -> None:
    ids = [new() for _ in range(5)]
    world.publisher.gate.clear()
    async with world.running() as process:
        for id_ in ids:
            await process.change(id_, referred(id_), Finish(id=id_), deferred(id_))
        await until(lambda: world.publisher.under_way == 5)
        assert process.ports.log == []
        assert (await world.thing(ids[0])).seen == []

        world.publisher.gate.set()
        await world.quiet()

    assert world.publisher.most_under_way == 5
    for id_ in ids:
        mine = [record.topic for record in world.publisher.records if record.key == str(id_).encode()]
        assert mine == ["case.referred", "visit.deferred"]
        assert (await world.thing(id_)).seen == ["finish"]


async def test_while_kafka_is_away_everything_is_tried_again_in_order(world: World) -> None:
    id_ = new()
    world.publisher.away = 12
    async with world.running() as process:
        await process.change(id_, referred(id_), deferred(id_))
        await process.change(id_, referred(id_))
        await world.quiet()

    assert world.publisher.told() == [("case.referred", 1), ("visit.deferred", 1), ("case.referred", 2)]


async def test_an_outage_of_many_hours_does_not_overflow_the_pause(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_module, "LONGEST_PAUSE", 0.0)
    id_ = new()
    world.publisher.away = 1100
    async with world.running() as process:
        await process.change(id_, referred(id_))
        await world.quiet()

    assert world.publisher.told() == [("case.referred", 1)]


async def test_what_a_crash_has_left_is_taken_up_at_the_next_start(world: World) -> None:
    id_, crashed = new(), world.process()
    crashed.relay._stopping = True
    await crashed.change(id_, referred(id_), Finish(id=id_), deferred(id_))

    async with world.running():
        await world.quiet()

    assert world.publisher.told() == [("case.referred", 1), ("visit.deferred", 1)]
    assert (await world.thing(id_)).seen == ["finish"]


async def test_what_another_process_has_left_is_taken_up_when_it_is_old_enough(world: World) -> None:
    id_, crashed = new(), world.process()
    crashed.relay._stopping = True
    async with world.running():
        await crashed.change(id_, referred(id_))
        await asyncio.sleep(0.05)
        assert world.publisher.records == []

        world.clock.forward(later(seconds=6) - NOW)
        await world.quiet()

    assert world.publisher.told() == [("case.referred", 1)]


async def test_many_leftovers_are_taken_up_without_a_pause_between_the_looks(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_module, "AT_ONCE", 10)
    monkeypatch.setattr(relay_module, "LOOK_FOR_LEFT", 0.01)
    crashed = world.process()
    crashed.relay._stopping = True
    for _ in range(95):
        id_ = new()
        await crashed.change(id_, referred(id_))
    world.clock.forward(later(seconds=6) - NOW)

    async with world.running():
        await world.quiet()

    assert len(world.publisher.records) == 95


class Forgetful(MemoryStore):
    """Saves, and then loses the answer."""

    def __init__(self) -> None:
        super().__init__()
        self.lose = 0

    async def save(self, aggregate: Aggregate, entries: Sequence[Entry]) -> bool:
        done = await super().save(aggregate, entries)
        if self.lose:
            self.lose -= 1
            raise Unavailable("The answer got lost.")
        return done


async def test_an_entry_whose_save_seemed_to_fail_goes_before_those_saved_after_it() -> None:
    store = Forgetful()
    world, id_ = World(store), new()
    async with world.running() as process:
        await process.change(id_, referred(id_))
        await world.quiet()
        store.lose = 1
        with pytest.raises(Unavailable):
            await process.change(id_, referred(id_), Finish(id=id_))
        await process.change(id_, referred(id_))
        await world.quiet()

    assert world.publisher.told() == [("case.referred", 1), ("case.referred", 2), ("case.referred", 3)]
    assert (await world.thing(id_)).seen == ["finish"]


async def test_an_entry_that_got_lost_while_the_relay_was_at_work_is_not_jumped() -> None:
    store = Forgetful()
    world, id_ = World(store), new()
    world.publisher.gate.clear()
    async with world.running() as process:
        await process.change(id_, referred(id_))
        await until(lambda: world.publisher.under_way)
        await process.change(id_, referred(id_))
        store.lose = 1
        with pytest.raises(Unavailable):
            await process.change(id_, referred(id_))
        await process.change(id_, referred(id_))
        world.publisher.gate.set()
        await world.quiet()

    assert world.publisher.told() == [("case.referred", 1), ("case.referred", 2), ("case.referred", 3), ("case.referred", 4)]


async def test_an_entry_in_the_hands_of_another_process_is_told_before_the_one_after_it(world: World) -> None:
    id_, slow = new(), world.process()
    slow.relay._stopping = True
    await slow.change(id_, referred(id_))
    async with world.running() as process:
        await world.quiet()
        await slow.change(id_, referred(id_))

        await process.change(id_, referred(id_))
        await world.quiet()

    assert world.publisher.told() == [("case.referred", 1), ("case.referred", 2), ("case.referred", 3)]


async def test_two_relays_at_once_only_repeat_what_marks_drop(world: World) -> None:
    ids = [new() for _ in range(20)]
    crashed = world.process()
    crashed.relay._stopping = True
    for id_ in ids:
        await crashed.change(id_, referred(id_), Finish(id=id_), Send(id=id_), deferred(id_), Finish(id=id_, word="tell"))

    async with world.running(), world.running():
        await world.quiet()

    for id_ in ids:
        seen = (await world.thing(id_)).seen
        assert sorted(seen) == ["finish", "sent", "tell"]
        assert seen.index("finish") < seen.index("tell")
        told: dict[str, int] = {}
        for record in world.publisher.records:
            if record.key == str(id_).encode():
                sequence = int(dict(record.headers)["ce_sequence"])
                assert sequence <= told.get(record.topic, 0) + 1, "an event before its predecessor would be lost as stale"
                told[record.topic] = max(sequence, told.get(record.topic, 0))
        assert told == {"case.referred": 1, "visit.deferred": 2}
    assert sorted(world.sender.sent) == sorted(ids)


@pytest.mark.parametrize(("word", "error"), [("refuse", "Rejected"), ("bug", "KeyError")])
async def test_a_step_that_fails_parks_its_aggregate_alone_and_resuming_goes_on_in_order(world: World, word: str, error: str) -> None:
    bad, good = new(), new()
    async with world.running() as process:
        await process.change(bad, referred(bad), Finish(id=bad, word=word), deferred(bad))
        await process.change(bad, referred(bad))
        await process.change(good, Finish(id=good), deferred(good))
        await until(lambda: process.parking.waiting() and process.relay.idle() and len(world.publisher.records) == 3)

        lane = await process.parking.show(lane_id(f"things/{bad}"))
        assert (lane.state, lane.error, lane.records[0].topic) == (State.PARKED, error, "Finish")
        mine = [record.topic for record in world.publisher.records if record.key == str(bad).encode()]
        assert mine == ["case.referred"]
        assert [entry.position for entry in world.store.outbox["things", bad]] == [2, 3, 4]

        await world.store.delete(Thing, new())
        mended = await mend(world, bad)
        lane = await process.parking.redrive(lane.id, mended)
        assert lane.state is State.RESUMED
        await world.quiet()

    mine = [record.topic for record in world.publisher.records if record.key == str(bad).encode()]
    assert mine == ["case.referred", "visit.deferred", "case.referred"]


async def mend(world: World, id_: UUID) -> Any:
    """Let the step that failed succeed from now on."""
    entries = world.store.outbox["things", id_]
    entries[0] = entries[0]._replace(data=Finish(id=id_, word="mended").model_dump_json(by_alias=True).encode())

    async def never(record: Any) -> None:
        raise AssertionError("steps are the relay's")

    return never


async def test_a_step_that_fails_again_parks_again(world: World) -> None:
    id_ = new()
    async with world.running() as process:
        await process.change(id_, Finish(id=id_, word="refuse"), deferred(id_))
        await until(process.parking.waiting)

        await process.parking.redrive(lane_id(f"things/{id_}"), await_never)
        await until(lambda: process.ports.log.count("refuse") == 2 and process.parking.waiting())

    assert world.publisher.told() == [("intake.parked", 1), ("intake.parked", 2)]


async def await_never(record: Any) -> None:
    raise AssertionError("steps are the relay's")


async def test_an_aggregate_that_another_replica_has_resumed_goes_on_here(world: World) -> None:
    id_, replica = new(), world.process()
    async with world.running() as process:
        await process.change(id_, Finish(id=id_, word="refuse"), deferred(id_))
        await until(process.parking.waiting)
        await mend(world, id_)
        replica.relay._stopping = True
        await replica.parking.redrive(lane_id(f"things/{id_}"), await_never)

        world.clock.forward(later(seconds=6) - NOW)
        await world.quiet()

    assert (await world.thing(id_)).seen == ["mended"]
    assert process.parking.waiting() == 0


async def test_an_act_is_done_once_and_its_outcome_recorded(world: World) -> None:
    id_ = new()
    async with world.running() as process:
        await process.change(id_, Send(id=id_), deferred(id_))
        await world.quiet()

    assert world.sender.sent == [id_]
    assert (await world.thing(id_)).seen == ["sent"]


@pytest.mark.parametrize("trouble", [Unavailable("gone"), Contended("busy"), Rejected("no"), KeyError("bug")])
async def test_an_act_that_raises_is_not_repeated(world: World, trouble: Exception) -> None:
    id_ = new()
    world.sender.trouble = trouble
    async with world.running() as process:
        await process.change(id_, Send(id=id_))
        await until(lambda: world.sender.sent and process.relay.idle())
        if process.parking.waiting():
            await process.parking.redrive(lane_id(f"things/{id_}"), await_never)
        world.clock.forward(later(seconds=6) - NOW)
        await world.quiet()
    async with world.running():
        await world.quiet()

    assert world.sender.sent == [id_]
    outcome = "unknown" if isinstance(trouble, Unavailable) else "parked"
    assert process.metrics.steps.labels("Send", outcome)._value.get() == 1


class Contended100(MemoryStore):
    """The aggregate is contended for a while once its entry has been taken out."""

    def __init__(self) -> None:
        super().__init__()
        self.refuse = 0

    async def take(self, collection: str, id_: UUID, position: int) -> bool:
        self.refuse = 7
        return await super().take(collection, id_, position)

    async def save(self, aggregate: Aggregate, entries: Sequence[Entry]) -> bool:
        if self.refuse:
            self.refuse -= 1
            return False
        return await super().save(aggregate, entries)


async def test_an_act_is_done_once_even_when_recording_its_outcome_is_contended() -> None:
    world, id_ = World(Contended100()), new()
    async with world.running() as process:
        await process.change(id_, Send(id=id_))
        await world.quiet()

    assert world.sender.sent == [id_]
    assert (await world.thing(id_)).seen == ["sent"]


class Stale(MemoryStore):
    """Answers what lay in the outboxes a moment ago."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.gate = asyncio.Event(), asyncio.Event()

    async def untold(self, before: datetime, limit: int) -> list[Untold]:
        answer = await super().untold(later(days=1), limit)
        if answer:
            self.asked.set()
            await self.gate.wait()
        return answer


async def test_what_was_carried_out_while_the_store_looked_is_not_carried_out_again() -> None:
    store = Stale()
    world, id_ = World(store), new()
    world.publisher.gate.clear()
    async with world.running() as process:
        await process.change(id_, referred(id_), Send(id=id_))
        await store.asked.wait()
        world.publisher.gate.set()
        await until(process.relay.idle)
        store.gate.set()
        await asyncio.sleep(0.05)
        await world.quiet()

    assert world.publisher.told() == [("case.referred", 1)]
    assert world.sender.sent == [id_]


async def test_a_timer_fires_once_with_two_relays_looking(world: World) -> None:
    id_ = new()
    async with world.running() as process, world.running():
        await process.change(id_, Remind(id=id_), at=later(hours=1))
        await asyncio.sleep(0.05)
        assert (await world.thing(id_)).seen == []

        world.clock.forward(later(hours=2) - NOW)
        await until_seen(world, id_, ["remind"])
        await asyncio.sleep(0.05)
        await world.quiet()

    assert (await world.thing(id_)).seen == ["remind"]


async def until_seen(world: World, id_: UUID, seen: list[str]) -> None:
    async with asyncio.timeout(30):
        while (await world.thing(id_)).seen != seen:
            await asyncio.sleep(0.01)


async def test_a_timer_replaced_fires_at_its_new_time_alone_and_a_forgotten_one_never(world: World) -> None:
    moved, forgotten = new(), new()
    async with world.running() as process:
        for id_ in (moved, forgotten):
            await process.change(id_, Remind(id=id_), at=later(hours=1))
        await process.change(moved, Remind(id=moved), at=later(hours=3))

        async def forget(message: Make, ports: ToyPorts) -> Thing:
            thing = await ports.things.get(forgotten)
            assert thing is not None
            return thing.forget(Remind)

        await process.runner.run(on(Make, forget), Make(id=forgotten), Origin())
        world.clock.forward(later(hours=2) - NOW)
        await asyncio.sleep(0.05)
        assert (await world.thing(moved)).seen == []

        world.clock.forward(later(hours=2) - NOW)
        await until_seen(world, moved, ["remind"])

    assert (await world.thing(forgotten)).seen == []


async def test_a_timer_that_this_version_cannot_read_holds_up_no_other(world: World) -> None:
    strange, good = new(), new()
    async with world.running() as process:
        for id_ in (strange, good):
            await process.change(id_, Remind(id=id_), at=later(hours=1))
        thing = await world.thing(strange)
        thing.waiting["Unheard"] = thing.waiting.pop("Remind")
        thing.version += 1
        await world.store.save(thing, [])

        world.clock.forward(later(hours=2) - NOW)
        await until_seen(world, good, ["remind"])

    assert [event for _, event, _ in process.log.lines] == ["waiting step cannot be read"]


async def test_a_timer_of_a_parked_aggregate_waits_behind_what_is_parked(world: World) -> None:
    id_ = new()
    async with world.running() as process:
        await process.change(id_, Finish(id=id_, word="refuse"), Remind(id=id_), at=later(hours=1))
        await until(process.parking.waiting)
        world.clock.forward(later(hours=2) - NOW)
        await until(lambda: len(world.store.outbox["things", id_]) == 2)
        assert "remind" not in process.ports.log

        await mend(world, id_)
        await process.parking.redrive(lane_id(f"things/{id_}"), await_never)
        await world.quiet()

    assert (await world.thing(id_)).seen == ["mended", "remind"]


async def test_stopping_leaves_nothing_half_done(world: World) -> None:
    id_ = new()
    world.publisher.gate.clear()
    async with world.running() as process:
        await process.change(id_, referred(id_), Finish(id=id_), deferred(id_))
        await until(lambda: world.publisher.under_way)
    assert process.relay.idle()
    assert not process.relay._tasks
    await process.change(id_, referred(id_))
    assert process.relay.idle()

    world.publisher.gate.set()
    async with world.running():
        await world.quiet()

    assert world.publisher.told() == [("case.referred", 1), ("visit.deferred", 1), ("case.referred", 2)]
    assert (await world.thing(id_)).seen == ["finish"]


async def test_while_too_much_is_under_way_others_wait_for_room(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_module, "AT_ONCE", 1)
    world.publisher.gate.clear()
    async with world.running() as process:
        for _ in range(12):
            id_ = new()
            await process.change(id_, referred(id_))
        assert process.relay.full()
        waiting = asyncio.create_task(process.relay.room())
        await asyncio.sleep(0.02)
        assert not waiting.done()

        world.publisher.gate.set()
        await waiting
        await world.quiet()

    assert process.relay._last.keys() == {("things", thing.id) for thing in await world.store.find(Thing, {})}


async def test_the_relay_remembers_a_bounded_number_of_aggregates(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_module, "REMEMBERED", 5)
    ids = [new() for _ in range(20)]
    async with world.running() as process:
        for _ in range(2):
            for id_ in ids:
                await process.change(id_, referred(id_))
            await world.quiet()
        assert len(process.relay._last) == 5

    assert len(world.publisher.records) == 40


async def test_a_step_is_applied_once_when_its_clearing_was_lost(world: World) -> None:
    id_ = new()
    async with world.running() as process:
        await process.change(id_, Finish(id=id_), Finish(id=id_, word="again"))
        await world.quiet()
        assert (await world.thing(id_)).has_applied(Mark(f"things/{id_}", 2))

        await process.relay._carrying.carry_out(("things", id_), [step_entry(id_)])

    assert (await world.thing(id_)).seen == ["finish", "again"]


def step_entry(id_: UUID) -> Entry:
    return Entry(1, How.THEN, new(), "Finish", "k", 1, 1, NOW, Finish(id=id_).model_dump_json().encode(), "", None, None)
