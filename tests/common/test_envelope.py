"""An event on its way: what leaves as headers comes back as it was, after the NL GOV profile."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
from chassis import NOW, FakeRecord, deferred, later, new, record_of, referred

from common.aggregate import How, Mark
from common.cloudevents import DATA_LIMIT, Malformed, dataschema, event_type, outgoing, parse, source_of
from common.envelope import current
from common.events.base import Event
from common.events.catalogue import EVENTS
from common.events.party import PartyContactErased
from common.ids import derived
from common.store.port import Entry

OIN = "00000001003214345000"
NOBODY = UUID("22222222-2222-4222-8222-222222222222")
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def entry_of(event: Event, sequence: int = 3, trace: str = TRACE) -> Entry:
    data = event.model_dump_json(by_alias=True).encode()
    return Entry(9, How.TELL, new(), event.topic, event.key, sequence, 4, later(microseconds=7), data, trace, new(), new())


def travelled(entry: Entry, subject: UUID) -> FakeRecord:
    record = outgoing(entry, subject, source_of("intake", OIN).encode())
    return FakeRecord(record.topic, 3, 41, record.key, record.value, tuple(record.headers))


@pytest.mark.parametrize("make", [referred, deferred])
def test_an_event_comes_back_as_it_left(make: type[Event]) -> None:
    case = new()
    event = make(case)  # type: ignore[call-arg, arg-type]
    entry = entry_of(event)

    received = parse(travelled(entry, case), event.topic)

    assert received.event == event
    envelope = received.envelope
    assert (envelope.id, envelope.subject, envelope.time) == (entry.id, case, entry.time)
    assert envelope.time.tzinfo is UTC
    assert (envelope.sequence, envelope.aggregate_version, envelope.topic) == (3, 4, event.topic)
    assert (envelope.correlation, envelope.causation, envelope.traceparent) == (entry.correlation, entry.causation, TRACE)
    assert (envelope.partition, envelope.offset) == (3, 41)
    assert envelope.mark == Mark(f"{event.topic}/{case}", 3)


def test_the_headers_follow_the_profile() -> None:
    case = new()

    record = travelled(entry_of(referred(case)), case)

    headers = {name: (value or b"").decode() for name, value in record.headers}
    assert headers["ce_specversion"] == "1.0"
    assert headers["ce_type"] == "nl.arbeidsmarktdiensten.case-referred.v1"
    assert headers["ce_source"] == f"urn:nld:oin:{OIN}:systeem:intake"
    assert headers["ce_subject"] == str(case)
    assert headers["ce_dataschema"] == "schemas/case.referred.v1.json"
    assert headers["content-type"] == "application/json"
    assert headers["ce_partitionkey"] == str(case) == (record.key or b"").decode()
    assert re.fullmatch(r"2026-11-23T09:00:00\.000007\+00:00", headers["ce_time"])
    assert all(re.fullmatch(r"ce_[a-z0-9]{1,20}|content-type|traceparent", name) for name in headers)


@pytest.mark.parametrize("topic", EVENTS)
def test_every_type_is_reverse_dns_with_one_version(topic: str) -> None:
    event = EVENTS[topic]

    assert re.fullmatch(r"nl\.arbeidsmarktdiensten\.[a-z]+(-[a-z]+)+\.v[1-9][0-9]*", event_type(event))
    assert re.fullmatch(r"[a-z]+\.[a-z]+(-[a-z]+)*", topic)
    assert dataschema(event).endswith(f".v{event.version}.json")


def test_what_has_no_history_leaves_without_its_headers() -> None:
    case = new()
    entry = entry_of(referred(case), trace="")._replace(correlation=None, causation=None)

    record = travelled(entry, case)
    envelope = parse(record, "case.referred").envelope

    assert {"ce_correlationid", "ce_causationid", "traceparent"}.isdisjoint(dict(record.headers))
    assert (envelope.correlation, envelope.causation, envelope.traceparent) == (None, None, "")


def test_fields_that_a_newer_publisher_adds_are_ignored() -> None:
    record = record_of(new())
    grown = FakeRecord(record.topic, 0, 0, record.key, (record.value or b"")[:-1] + b',"newer":{"a":1}}', record.headers)

    assert parse(grown, "case.referred").event


def test_a_reason_for_refusal_repeats_nothing_of_the_content() -> None:
    record = record_of(new(), ce_source=b"\xffcanary")
    data = FakeRecord(record.topic, 0, 0, record.key, b'{"targetOrganisation":"canary canary","caseId":"canary"}', record_of(new()).headers)

    for bad in (record, data):
        with pytest.raises(Malformed) as refused:
            parse(bad, "case.referred")
        assert "canary" not in str(refused.value)
        assert refused.value.__cause__ is None
        assert refused.value.__suppress_context__


def test_a_topic_that_we_do_not_know_is_refused() -> None:
    with pytest.raises(Malformed):
        parse(record_of(new()), "case.unheard-of")


GONE = FakeRecord("party.contact-changed", 3, 41, str(NOBODY).encode(), None, (), timestamp=1_764_000_000_000)


def with_attributes(record: FakeRecord, **changes: bytes | None) -> FakeRecord:
    given = dict(record_of(NOBODY, 2).headers) | {"ce_type": b"nl.arbeidsmarktdiensten.party-contact-changed.v1"} | changes
    return replace(record, headers=tuple(given.items()))


def test_a_record_without_a_value_on_a_compacted_topic_is_the_tombstone_of_its_key() -> None:
    received = parse(with_attributes(GONE), "party.contact-changed")

    assert received.event == PartyContactErased(party_id=NOBODY)
    assert received.event.key == str(NOBODY)
    assert received.envelope.mark == Mark(f"party.contact-changed/{NOBODY}", 2)


def test_a_tombstone_without_attributes_is_known_by_its_place_and_never_compared_with_the_events_before_it() -> None:
    received = parse(GONE, "party.contact-changed")

    assert received.event == PartyContactErased(party_id=NOBODY)
    envelope = received.envelope
    assert (envelope.sequence, envelope.partition, envelope.offset) == (42, 3, 41)
    assert envelope.time == datetime.fromtimestamp(1_764_000_000, UTC)
    assert envelope.mark.source != f"party.contact-changed/{NOBODY}"
    assert parse(GONE, "party.contact-changed").envelope == envelope
    assert parse(replace(GONE, offset=50), "party.contact-changed").envelope.mark.source == envelope.mark.source


@pytest.mark.parametrize(
    "bad",
    [
        replace(record_of(NOBODY), value=None),
        replace(GONE, key=b"not an id"),
        replace(GONE, key=b"\xff\xfe"),
        replace(GONE, key=None),
        with_attributes(GONE, ce_sequence=None),
        with_attributes(GONE, ce_type=b"nl.arbeidsmarktdiensten.case-closed.v1"),
    ],
    ids=["not compacted", "a key that is no id", "a key that is not UTF-8", "no key", "attributes that are not whole", "another type"],
)
def test_what_is_no_tombstone_is_refused(bad: FakeRecord) -> None:
    with pytest.raises(Malformed):
        parse(bad, bad.topic)


def test_a_topic_is_compacted_just_where_its_event_says_what_a_tombstone_means() -> None:
    for topic, event in EVENTS.items():
        assert event.compacted is (event.tombstone is not None)
        assert event.tombstone is None or (event.tombstone.topic, event.tombstone.under(str(NOBODY)).key) == (topic, str(NOBODY))


def test_the_limit_is_that_of_the_profile() -> None:
    assert DATA_LIMIT == 65_536


def test_outside_of_a_handler_there_is_no_envelope() -> None:
    with pytest.raises(LookupError):
        current()


def test_ids_are_derived_from_parts_that_cannot_be_confused() -> None:
    assert derived("a", "bc") != derived("ab", "c")
    assert derived("a", 1) == derived("a", "1")
    assert derived("a").version == 5
    assert NOW.tzinfo is UTC
