"""A message that processes personal data leaves one record, however often it comes; a reading leaves one before it is answered."""

from dataclasses import replace
from datetime import timedelta

import pytest
from chassis import NOW, Grow, Make, Thing, ToyPorts, new
from worlds.logbooks import ACTIVITY, GROWN, KEY, logbook, record, records, register
from worlds.runner import GROW, MAKE, origin

from common.errors import Rejected, Unavailable
from common.processing.logbook import Logbook
from common.processing.opening import open_logbook
from common.processing.record import SUBJECT_TYPE
from common.processing.register import Unregistered
from common.runner import Origin, Runner
from common.settings import LogbookSettings, ServiceSettings
from common.store.port import Collection
from common.subscribing import Processing
from common.testing.issuer import issuer_settings
from common.testing.memory import MemoryStore
from common.testing.stage import StoppedClock

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"
RECORDED = replace(GROW, processing=GROWN)


def runner(store: MemoryStore) -> Runner[ToyPorts]:
    clock = StoppedClock(NOW)
    return Runner(ToyPorts(Collection(store, Thing)), store, clock, lambda _a, _e: None, logbook=logbook(store, clock))


async def test_a_message_that_comes_twice_leaves_one_record() -> None:
    store, id_ = MemoryStore(), new()

    for _ in range(2):
        await runner(store).run(RECORDED, Grow(id=id_), origin(1))
    await runner(store).run(RECORDED, Grow(id=id_), origin(2))

    assert len(await records(store)) == 2


async def test_a_repetition_would_have_the_same_record_though_the_first_change_was_lost() -> None:
    id_, stores = new(), [MemoryStore(), MemoryStore()]

    for store in stores:
        await runner(store).run(RECORDED, Grow(id=id_), origin(1))

    assert len({(await records(store))[0].id for store in stores}) == 1


async def test_what_changes_nothing_or_is_refused_leaves_none() -> None:
    async def refuse(_message: Grow, _ports: ToyPorts) -> Thing:
        raise Rejected("no")

    async def ignore(_message: Grow, _ports: ToyPorts) -> None:
        return None

    store = MemoryStore()
    with pytest.raises(Rejected):
        await runner(store).run(replace(RECORDED, handler=refuse), Grow(id=new()), origin())
    await runner(store).run(replace(RECORDED, handler=ignore), Grow(id=new()), origin())
    await runner(store).run(replace(MAKE, processing=Processing("grown", whose=lambda _t, _m: ())), Make(id=new()), origin())

    assert await records(store) == []


async def test_a_record_has_the_fields_of_the_standard_and_one_for_each_person() -> None:
    store, people = MemoryStore(), (new(), new())
    processing = Processing("grown", whose=lambda _thing, _message: people, failed=lambda message: message.by > 1)

    await runner(store).run(replace(GROW, processing=processing), Grow(id=new(), by=2), Origin(trace=TRACE))

    (written,) = await records(store)
    one, other = written.apart("scheduling")
    assert one == {
        "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
        "span_id": written.id.hex[16:],
        "parent_span_id": "00f067aa0ba902b7",
        "status": "Error",
        "name": "Let grow",
        "start_time": 1795424400000,
        "end_time": 1795424400000,
        "resource": {"attributes": {"service.name": "scheduling"}},
        "attributes": {
            "dpl.core.processing_activity_id": ACTIVITY,
            "dpl.core.data_subject_id": logbook(store, StoppedClock(NOW)).pseudonym(people[0]),
            "dpl.core.data_subject_id_type": SUBJECT_TYPE,
        },
    }
    assert (one["trace_id"], one["parent_span_id"]) == (other["trace_id"], other["parent_span_id"])
    assert one["span_id"] != other["span_id"]
    assert one["attributes"] != other["attributes"]


@pytest.mark.parametrize("traceparent", ["", "00-trace", "-----", "00--a-00"])
def test_a_record_without_a_trace_is_a_trace_of_its_own(traceparent: str) -> None:
    written = record(traceparent=traceparent)
    (one,) = written.apart("scheduling")

    assert (one["trace_id"], one["parent_span_id"]) == (written.id.hex, None)


def test_a_pseudonym_is_the_same_for_a_person_and_another_with_another_key() -> None:
    person, store, clock = new(), MemoryStore(), StoppedClock(NOW)
    ours = logbook(store, clock).pseudonym(person)

    assert ours == logbook(MemoryStore(), clock).pseudonym(person)
    assert ours not in {Logbook(register(), KEY[::-1], store, clock).pseudonym(person), logbook(store, clock).pseudonym(new())}
    assert person.hex not in ours


async def test_every_reading_is_a_record_of_its_own_and_none_is_answered_without() -> None:
    class Away(MemoryStore):
        async def save(self, *_args: object) -> bool:
            raise Unavailable("away")

    store, clock = MemoryStore(), StoppedClock(NOW)
    read = logbook(store, clock).reading("shown")
    for _ in range(2):
        await read([new(), new()])
    await read([])

    assert [len(one.subjects) for one in await records(store)] == [2, 2]
    with pytest.raises(Unavailable):
        await logbook(Away(), clock).reading("shown")([new()])


def test_an_action_that_the_register_does_not_know_is_refused_at_the_start() -> None:
    store, clock = MemoryStore(), StoppedClock(NOW)
    settings, unknown = LogbookSettings(**issuer_settings()), Processing("shrunk", whose=lambda _thing, _message: ())

    assert open_logbook(register(), settings, [GROWN], store, clock) is not None
    assert open_logbook(None, settings, [], store, clock) is None
    for known, processing in ((register(), unknown), (None, GROWN)):
        with pytest.raises(Unregistered, match="is no action in processing"):
            open_logbook(known, settings, [processing], store, clock)
    with pytest.raises(Unregistered):
        logbook(store, clock).reading("shrunk")
    with pytest.raises(TypeError):
        open_logbook(register(), ServiceSettings(**issuer_settings()), [], store, clock)


@pytest.mark.parametrize(
    "changes",
    [
        {"kept_days": 0},
        {"activities": []},
        {"actions": {}},
        {"actions": {"grown": {"activity": ACTIVITY + "-not", "name": "x"}}},
        {"more": 1},
    ],
)
def test_a_register_that_contradicts_itself_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        register(**changes)


async def test_the_times_of_a_record_are_those_of_the_handling() -> None:
    store, clock = MemoryStore(), StoppedClock(NOW)

    async def slowly(message: Grow, _ports: ToyPorts) -> Thing:
        clock.forward(timedelta(milliseconds=30))
        return Thing(id=message.id)

    made = Runner(ToyPorts(Collection(store, Thing)), store, clock, lambda _a, _e: None, logbook=logbook(store, clock))
    await made.run(replace(RECORDED, handler=slowly), Grow(id=new()), origin())

    (written,) = await records(store)
    assert written.ended - written.started == 30
