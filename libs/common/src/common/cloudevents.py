"""CloudEvents 1.0 on Kafka in binary mode, after the NL GOV profile: attributes are `ce_` headers, the value is the data as JSON."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple, Protocol
from uuid import UUID

from pydantic import BaseModel, ValidationError

from common.envelope import Envelope
from common.epoch import epoch_of
from common.events.base import Event, Tombstone
from common.events.catalogue import EVENTS
from common.ids import derived
from common.store.port import Entry

TYPE_PREFIX = "nl.arbeidsmarktdiensten"
DATA_LIMIT = 64 * 1024  # bytes; NL GOV profile, section on size limits
CONTENT_TYPE = b"application/json"
SUBMITTER_CHARACTERS = 64
NUMBER_DIGITS = 18  # more no count of ours will ever have
TRACEPARENT = re.compile("00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")


class Malformed(Exception):
    """The bytes are no event that we know; they go to quarantine."""


class Record(Protocol):
    """A record as Kafka's client hands it over."""

    @property
    def topic(self) -> str: ...
    @property
    def partition(self) -> int: ...
    @property
    def offset(self) -> int: ...
    @property
    def key(self) -> bytes | None: ...
    @property
    def value(self) -> bytes | None: ...
    @property
    def headers(self) -> tuple[tuple[str, bytes | None], ...]: ...
    @property
    def timestamp(self) -> int: ...


class Received(NamedTuple):
    """An event, or the tombstone of one, with what stood around it."""

    event: Event | Tombstone
    envelope: Envelope


class _Ids(BaseModel):
    """The headers that are ids, read all at once: one by one they cost more than the data."""

    ce_id: UUID
    ce_subject: UUID
    ce_correlationid: UUID | None = None
    ce_causationid: UUID | None = None


class Outgoing(NamedTuple):
    """A record to be produced."""

    topic: str
    key: bytes
    value: bytes
    headers: list[tuple[str, bytes]]


def event_type(event: type[Event]) -> str:
    """The CloudEvents type: reverse DNS with one version."""
    return f"{TYPE_PREFIX}.{event.topic.replace('.', '-')}.v{event.version}"


def source_of(service: str, oin: str) -> str:
    """The CloudEvents source of a service; `oin` is the organisation's number in the Dutch register."""
    return f"urn:nld:oin:{oin}:systeem:{service}"


def dataschema(event: type[Event]) -> str:
    """Where the JSON Schema of an event's data is published, relative to the contracts."""
    return f"schemas/{event.topic}.v{event.version}.json"


_FIXED = {
    topic: (
        ("ce_specversion", b"1.0"),
        ("ce_type", event_type(event).encode()),
        ("ce_dataschema", dataschema(event).encode()),
        ("content-type", CONTENT_TYPE),
    )
    for topic, event in EVENTS.items()
}
_NEEDED = {topic: {pair for pair in fixed if pair[0] in {"ce_specversion", "ce_type"}} for topic, fixed in _FIXED.items()}


def outgoing(entry: Entry, subject: UUID, source: bytes) -> Outgoing:
    """An outbox entry as a record; `source` as of `source_of`."""
    headers = [
        *_FIXED[entry.type],
        ("ce_id", str(entry.id).encode()),
        ("ce_source", source),
        ("ce_subject", str(subject).encode()),
        ("ce_time", entry.time.isoformat().encode()),
        ("ce_sequence", b"%d" % entry.sequence),
        ("ce_epoch", b"%d" % epoch_of(entry.sequence)),
        ("ce_aggregateversion", b"%d" % entry.version),
        ("ce_partitionkey", entry.key.encode()),
    ]
    if entry.correlation:
        headers.append(("ce_correlationid", str(entry.correlation).encode()))
    if entry.causation:
        headers.append(("ce_causationid", str(entry.causation).encode()))
    if entry.submitter:
        headers.append(("ce_submitter", entry.submitter.encode()))
    if entry.trace:
        headers.append(("traceparent", entry.trace.encode()))
    return Outgoing(entry.type, entry.key.encode(), entry.data, headers)


def parse(record: Record, topic: str) -> Received:
    """The event in a record of `topic` (named without the deployment's prefix); raises `Malformed` with a reason that holds no content."""
    event = EVENTS.get(topic)
    if event is None:
        raise Malformed("unknown topic")
    headers = dict(record.headers)
    if record.value is None and event.tombstone is not None:
        return _tombstone(record, topic, event.tombstone, headers)
    envelope = _envelope(record, topic, headers)
    _refuse_another_type(topic, headers)
    if record.value is None or len(record.value) > DATA_LIMIT:
        raise Malformed("no data" if record.value is None else "too large")
    try:
        return Received(event.model_validate_json(record.value), envelope)
    except ValidationError as error:
        places = sorted(
            {
                "/".join(str(part) for part in fault["loc"])
                for fault in error.errors(include_input=False, include_context=False, include_url=False)
            }
        )
        raise Malformed(f"wrong schema at {', '.join(places)[:200]}") from None


def _refuse_another_type(topic: str, headers: Mapping[str, bytes | None]) -> None:
    if not _NEEDED[topic] <= headers.items():
        raise Malformed("another type than the topic's")


def _tombstone(record: Record, topic: str, tombstone: type[Tombstone], headers: Mapping[str, bytes | None]) -> Received:
    """Plain tools of Kafka write tombstones without attributes; where there are some, they must be right."""
    try:
        gone = tombstone.under((record.key or b"").decode())
    except ValueError:
        raise Malformed("a key that cannot be read") from None
    if not any(name.startswith("ce_") for name in headers):
        return Received(gone, _by_place(record, topic))
    envelope = _envelope(record, topic, headers)
    _refuse_another_type(topic, headers)
    return Received(gone, envelope)


def _by_place(record: Record, topic: str) -> Envelope:
    """What stands around a tombstone without attributes: its place in the log is its sequence.

    Its subject is not that of any aggregate, so that its mark and those of the events before it are never compared.
    """
    key = (record.key or b"").decode()
    return Envelope(
        id=derived("tombstone", topic, record.partition, record.offset),
        source="",
        subject=derived("tombstone", topic, key),
        time=datetime.fromtimestamp(max(0, record.timestamp) / 1000, UTC),
        sequence=record.offset + 1,
        aggregate_version=1,
        correlation=None,
        causation=None,
        traceparent="",
        topic=topic,
        partition=record.partition,
        offset=record.offset,
    )


def _envelope(record: Record, topic: str, headers: Mapping[str, bytes | None]) -> Envelope:
    if not record.key:
        raise Malformed("no key")
    try:
        ids = _Ids.model_validate(headers)
        return Envelope(
            id=ids.ce_id,
            source=_word(headers, "ce_source"),
            subject=ids.ce_subject,
            time=_moment(_word(headers, "ce_time")),
            sequence=_number(_word(headers, "ce_sequence")),
            aggregate_version=_number(_word(headers, "ce_aggregateversion")),
            correlation=ids.ce_correlationid,
            causation=ids.ce_causationid,
            submitter=(headers.get("ce_submitter") or b"").decode()[:SUBMITTER_CHARACTERS],
            traceparent=_traceparent(headers.get("traceparent")),
            topic=topic,
            partition=record.partition,
            offset=record.offset,
        )
    except KeyError as missing:
        raise Malformed(f"header {missing.args[0]} is missing") from None
    except (ValueError, OverflowError):
        raise Malformed("a header cannot be read") from None


def _word(headers: Mapping[str, bytes | None], name: str) -> str:
    value = headers[name]
    if value is None:
        raise KeyError(name)
    return value.decode()


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time without an offset")
    return moment.astimezone(UTC)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= NUMBER_DIGITS) or int(text) < 1:
        raise ValueError("counts start at 1")
    return int(text)


def _traceparent(value: bytes | None) -> str:
    """A broken trace context starts a new trace (W3C) and spoils no event."""
    text = (value or b"").decode("ascii", "replace")
    return text if TRACEPARENT.fullmatch(text) else ""
