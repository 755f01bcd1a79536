"""What is no event goes to quarantine, byte for byte, and holds up nothing."""

from uuid import UUID

import pytest
from chassis import FakeRecord, new, record_of
from worlds.consuming import World, place

from common.errors import Rejected
from common.kept import keep, restore
from common.lanes import Kind, State

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
