"""The headers of a record as JSON Schema, and the headers that an example really gets."""

from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import orjson

from common.aggregate import How
from common.cloudevents import CONTENT_TYPE, Outgoing, dataschema, event_type, outgoing, source_of
from common.events.base import Event
from common.store.port import Entry
from loket.contracts.examples import example

OIN = "00000001234567890000"
_TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
_UUID = {"type": "string", "format": "uuid"}
_NUMBER = {"type": "string", "pattern": "^[1-9][0-9]*$"}
_OPTIONAL = ("ce_correlationid", "ce_causationid", "ce_submitter", "traceparent")

_PROPERTIES: dict[str, dict[str, Any]] = {
    "ce_specversion": {"type": "string", "const": "1.0"},
    "ce_id": _UUID | {"description": "Of the event; the same at every repetition."},
    "ce_type": {"type": "string", "description": "Reverse DNS with the version of the contract."},
    "ce_source": {"type": "string", "description": "The organisation and the service that tells it."},
    "ce_subject": _UUID | {"description": "The aggregate that the event is about."},
    "ce_time": {"type": "string", "format": "date-time", "description": "When it was written down; when it happened is `occurredAt`."},
    "ce_dataschema": {"type": "string", "description": "Where the schema of the payload lies."},
    "ce_sequence": _NUMBER
    | {
        "description": "1, 2, 3 … per aggregate and topic; one that is not higher than the last is a repetition. "
        "After a store was recovered it goes on above the next multiple of 10¹²."
    },
    "ce_epoch": _NUMBER | {"description": "How often the publisher's store was recovered, plus one: the upper digits of `ce_sequence`."},
    "ce_aggregateversion": _NUMBER | {"description": "The version of the aggregate that the change made."},
    "ce_partitionkey": {"type": "string", "description": "The key of the record."},
    "ce_correlationid": _UUID | {"description": "The journey that it is part of."},
    "ce_causationid": _UUID | {"description": "The event that it follows from."},
    "ce_submitter": {"type": "string", "maxLength": 64, "description": "The partner who handed in what it follows from, by its code."},
    "traceparent": {
        "type": "string",
        "pattern": "^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$",
        "description": "W3C trace context of its writer.",
    },
    "content-type": {"type": "string", "const": CONTENT_TYPE.decode()},
}

HEADERS: dict[str, Any] = {
    "type": "object",
    "description": "CloudEvents 1.0 attributes as Kafka headers (binary mode); all are text in UTF-8.",
    "properties": _PROPERTIES,
    "required": [name for name in _PROPERTIES if name not in _OPTIONAL],
}


def own_headers(event: type[Event]) -> dict[str, Any]:
    """What is fixed for one event."""
    return {
        "type": "object",
        "properties": {
            "ce_type": {"const": event_type(event)},
            "ce_dataschema": {"const": dataschema(event)},
            "ce_source": {"pattern": f"^{source_of(event.publisher, '[0-9]{20}')}$"},
        },
    }


def example_record(event: type[Event]) -> Outgoing:
    """The example of an event as the relay would hand it to Kafka."""
    data = example(event)
    entry = Entry(
        position=1,
        how=How.TELL,
        id=_id("event", event),
        type=event.topic,
        key=event.model_validate(data).key,
        sequence=1,
        version=1,
        time=datetime(2026, 11, 24, 9, 0, 1, tzinfo=UTC),
        data=orjson.dumps(data),
        trace=_TRACEPARENT,
        correlation=_id("journey", event),
        causation=_id("cause", event),
        submitter="university",
    )
    return outgoing(entry, _id("subject", event), source_of(event.publisher, OIN).encode())


def example_headers(event: type[Event]) -> dict[str, str]:
    return {name: value.decode() for name, value in example_record(event).headers}


def _id(what: str, event: type[Event]) -> UUID:
    return uuid5(NAMESPACE_URL, f"loket/{what}/{event.topic}")
