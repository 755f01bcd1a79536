"""The AsyncAPI 3.1 document: one channel per topic, who tells and who hears it, with headers, key, group and examples."""

from collections.abc import Iterator
from typing import Any

from common.cloudevents import event_type
from common.events.base import Event, Tombstone
from common.events.catalogue import EVENTS
from common.topics import topic_of
from loket.contracts.examples import example
from loket.contracts.headers import HEADERS, example_headers, own_headers
from loket.contracts.keys import key_field
from loket.contracts.schemas import bare_schema
from loket.contracts.services import Described, Platform, handler_of

BINDING = "0.5.0"
_COMPONENTS = "#/components/schemas/{model}"


def asyncapi(platform: Platform) -> dict[str, Any]:
    """The document, ready to be written."""
    events = list(EVENTS.values())
    return {
        "asyncapi": "3.1.0",
        "info": _INFO,
        "defaultContentType": "application/json",
        "servers": {"kafka": _SERVER},
        "channels": {event.topic: _channel(event) for event in events},
        "operations": {key: operation for service in platform for key, operation in _operations(service).items()},
        "components": {
            "messages": {name: message for event in events for name, message in _messages(event)},
            "schemas": {"CloudEventHeaders": HEADERS, **_schemas(events)},
        },
    }


_INFO = {
    "title": "Loket",
    "version": "1.0.0",
    "description": "What the four services tell each other on Kafka. Events are CloudEvents 1.0 in binary mode, after the NL GOV profile;\n"
    "delivery is at least once and in order per aggregate and topic, with `ce_sequence` to tell repetitions.",
    "license": {"name": "EUPL-1.2", "url": "https://eupl.eu/1.2/en/"},
}
_SERVER = {
    "host": "{address}",
    "protocol": "kafka",
    "description": "Kafka 4 in KRaft mode; topics are made from the code, never by a client.",
    "variables": {"address": {"default": "kafka:9092", "description": "KAFKA_BOOTSTRAP_SERVERS of the deployment."}},
}


def _channel(event: type[Event]) -> dict[str, Any]:
    topic = topic_of(event)
    config: dict[str, Any] = {key: int(value) if value.lstrip("-").isdigit() else value for key, value in topic.config.items()}
    config["cleanup.policy"] = [config["cleanup.policy"]]
    return {
        "address": topic.name,
        "title": event.__name__,
        "description": event.__doc__,
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name, _ in _messages(event)},
        "bindings": {
            "kafka": {"topic": topic.name, "partitions": topic.partitions, "topicConfiguration": config, "bindingVersion": BINDING}
        },
    }


def _messages(event: type[Event]) -> Iterator[tuple[str, dict[str, Any]]]:
    """What may lie on a topic: its event, and on a compacted one the tombstone too."""
    yield event.__name__, _message(event)
    if event.tombstone is not None:
        yield event.tombstone.__name__, _tombstone(event, event.tombstone)


def _tombstone(event: type[Event], tombstone: type[Tombstone]) -> dict[str, Any]:
    field, schema = key_field(event)
    return {
        "name": f"{event_type(event)} (tombstone)",
        "title": tombstone.__name__,
        "summary": tombstone.__doc__,
        "description": "A record without a value. It bears the headers of the event, or none of them.",
        "headers": own_headers(event),
        "payload": {"type": "null"},
        "bindings": {"kafka": {"key": {**schema, "description": f"The `{field}` whose value is gone."}, "bindingVersion": BINDING}},
        "examples": [{"name": "example", "headers": example_headers(event), "payload": None}],
    }


def _message(event: type[Event]) -> dict[str, Any]:
    field, schema = key_field(event)
    return {
        "name": event_type(event),
        "title": event.__name__,
        "summary": event.__doc__,
        "contentType": "application/json",
        "correlationId": {"location": "$message.header#/ce_correlationid", "description": "The journey that the event is part of."},
        "headers": {"allOf": [{"$ref": "#/components/schemas/CloudEventHeaders"}, own_headers(event)]},
        "payload": {"$ref": f"#/components/schemas/{event.__name__}"},
        "bindings": {"kafka": {"key": {**schema, "description": f"The `{field}` of the payload."}, "bindingVersion": BINDING}},
        "examples": [{"name": "example", "headers": example_headers(event), "payload": example(event)}],
    }


def _schemas(events: list[type[Event]]) -> dict[str, Any]:
    """Definitions beside the schemas that use them: in AsyncAPI a `$ref` starts at the root of the document."""
    lifted: dict[str, Any] = {}
    for event in events:
        schema = bare_schema(event, _COMPONENTS)
        lifted |= schema.pop("$defs", {})
        lifted[event.__name__] = schema
    return dict(sorted(lifted.items()))


def _operations(service: Described) -> dict[str, Any]:
    tells = {
        f"{service.name}.tells.{event.topic}": _operation("send", event, f"{service.name} tells: {event.__doc__}")
        for event in service.tells
    }
    hears = {
        f"{service.name}.hears.{event.topic}": _operation("receive", event, ": ".join(handler_of(on))) | _group(service)
        for event, on in service.hears.items()
    }
    return tells | hears


def _operation(action: str, event: type[Event], summary: str) -> dict[str, Any]:
    channel = f"#/channels/{event.topic}"
    return {
        "action": action,
        "summary": summary,
        "channel": {"$ref": channel},
        "messages": [{"$ref": f"{channel}/messages/{name}"} for name, _ in _messages(event)],
    }


def _group(service: Described) -> dict[str, Any]:
    return {"bindings": {"kafka": {"groupId": {"type": "string", "enum": [service.name]}, "bindingVersion": BINDING}}}
