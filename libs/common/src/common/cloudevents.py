"""CloudEvents 1.0 on Kafka in binary mode, after the NL GOV profile: attributes are `ce_` headers, the value is the data as JSON."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple, Protocol
from uuid import UUID

from pydantic import ValidationError

from common.envelope import Envelope
from common.events.base import Event
from common.events.catalogue import EVENTS
from common.store.port import Entry

TYPE_PREFIX = "nl.arbeidsmarktdiensten"
DATA_LIMIT = 64 * 1024  # bytes; NL GOV profile, section on size limits
CONTENT_TYPE = b"application/json"


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
    def headers(self) -> tuple[tuple[str, bytes], ...]: ...
    @property
    def timestamp(self) -> int: ...


class Received(NamedTuple):
    """An event with what stood around it."""

    event: Event
    envelope: Envelope


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
    topic: (("ce_specversion", b"1.0"), ("ce_type", event_type(event).encode()), ("ce_dataschema", dataschema(event).encode()), ("content-type", CONTENT_TYPE))
    for topic, event in EVENTS.items()
}


def outgoing(entry: Entry, subject: UUID, source: bytes) -> Outgoing:
    """An outbox entry as a record; `source` as of `source_of`."""
    headers = [
        *_FIXED[entry.type],
        ("ce_id", str(entry.id).encode()),
        ("ce_source", source),
        ("ce_subject", str(subject).encode()),
        ("ce_time", entry.time.isoformat().encode()),
        ("ce_sequence", b"%d" % entry.sequence),
        ("ce_aggregateversion", b"%d" % entry.version),
        ("ce_partitionkey", entry.key.encode()),
    ]
    if entry.correlation:
        headers.append(("ce_correlationid", str(entry.correlation).encode()))
    if entry.causation:
        headers.append(("ce_causationid", str(entry.causation).encode()))
    if entry.trace:
        headers.append(("traceparent", entry.trace.encode()))
    return Outgoing(entry.type, entry.key.encode(), entry.data, headers)


def parse(record: Record, topic: str) -> Received:
    """The event in a record of `topic` (named without the deployment's prefix); raises `Malformed` with a reason that holds no content."""
    event = EVENTS.get(topic)
    if event is None:
        raise Malformed("unknown topic")
    headers = dict(record.headers)
    envelope = _envelope(record, topic, headers)
    if headers.get("ce_type") != dict(_FIXED[topic])["ce_type"]:
        raise Malformed("another type than the topic's")
    if record.value is None or len(record.value) > DATA_LIMIT:
        raise Malformed("no data" if record.value is None else "too large")
    try:
        return Received(event.model_validate_json(record.value), envelope)
    except ValidationError as error:
        places = sorted({"/".join(str(part) for part in fault["loc"]) for fault in error.errors(include_input=False, include_context=False, include_url=False)})
        raise Malformed(f"wrong schema at {', '.join(places)[:200]}") from None


def _envelope(record: Record, topic: str, headers: Mapping[str, bytes]) -> Envelope:
    if record.key is None:
        raise Malformed("no key")
    try:
        return Envelope(
            id=UUID(headers["ce_id"].decode()),
            source=headers["ce_source"].decode(),
            subject=UUID(headers["ce_subject"].decode()),
            time=datetime.fromisoformat(headers["ce_time"].decode()).astimezone(UTC),
            sequence=int(headers["ce_sequence"]),
            aggregate_version=int(headers["ce_aggregateversion"]),
            correlation=_uuid(headers, "ce_correlationid"),
            causation=_uuid(headers, "ce_causationid"),
            traceparent=headers.get("traceparent", b"").decode(),
            topic=topic,
            partition=record.partition,
            offset=record.offset,
        )
    except KeyError as missing:
        raise Malformed(f"header {missing.args[0]} is missing") from None
    except (ValueError, AttributeError):
        raise Malformed("a header cannot be read") from None


def _uuid(headers: Mapping[str, bytes], name: str) -> UUID | None:
    value = headers.get(name)
    return UUID(value.decode()) if value else None
