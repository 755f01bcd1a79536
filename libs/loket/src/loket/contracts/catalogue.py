"""The catalogue page: every event, what it says, who tells it, who hears it, and how it looks."""

from collections.abc import Iterator
from typing import Any

from common.cloudevents import event_type
from common.events.base import Event
from common.events.catalogue import EVENTS
from common.topics import topic_of
from loket.contracts.examples import example
from loket.contracts.keys import key_field
from loket.contracts.schemas import Schema, bare_schema, schema_file
from loket.contracts.services import Platform, handler_of, listeners
from loket.contracts.written import GENERATED, as_json, as_table

_BOUNDS = {
    "minimum": "≥ {}",
    "maximum": "≤ {}",
    "exclusiveMinimum": "> {}",
    "exclusiveMaximum": "< {}",
    "minLength": "at least {} long",
    "maxLength": "at most {} long",
    "minItems": "at least {}",
    "maxItems": "at most {}",
    "pattern": "`{}`",
}


def catalogue(platform: Platform) -> str:
    """The page, in the order of the code."""
    parts = [
        "# Events",
        f"{GENERATED} The same facts for tools: [asyncapi.yaml](asyncapi.yaml) and [schemas](schemas/).",
        _overview(platform),
        "## Who tells whom",
        _graph(platform),
        *(_section(platform, event) for event in EVENTS.values()),
    ]
    return "\n\n".join(parts) + "\n"


def _overview(platform: Platform) -> str:
    rows = [
        [f"[{topic}](#{_anchor(topic)})", event.publisher, ", ".join(_hearers(platform, event)) or "nobody"]
        for topic, event in EVENTS.items()
    ]
    return as_table(["event", "told by", "heard by"], rows)


def _graph(platform: Platform) -> str:
    """Services are boxes, topics are rounded; the arrows go as the records do."""
    lines = [f"    {service.name}[{service.name}]" for service in platform]
    for topic, event in EVENTS.items():
        node = topic.replace(".", "_").replace("-", "_")
        lines.append(f"    {event.publisher} --> {node}([{topic}])")
        lines += [f"    {node} --> {name}" for name in _hearers(platform, event)]
    return "\n".join(["```mermaid", "flowchart LR", *lines, "```"])


def _section(platform: Platform, event: type[Event]) -> str:
    topic, (key, _) = topic_of(event), key_field(event)
    told = f"Told by **{event.publisher}** as `{event_type(event)}`, key `{key}`, on {topic.partitions} partitions"
    personal = " Holds personal data." if event.personal else ""
    settings = ", ".join(f"`{name}={value}`" for name, value in topic.config.items())
    heard = [f"* **{service.name}**, by `{handler_of(on)[0]}`: {handler_of(on)[1]}" for service, on in listeners(platform, event)]
    return "\n\n".join(
        [
            f"## {event.topic}",
            event.__doc__ or "",
            f"{told} ({settings}).{personal} [Schema]({schema_file(event)}).",
            "\n".join(["Heard by:", "", *heard]) if heard else "Heard by nobody of the platform.",
            *_tombstone(platform, event),
            *_fields(bare_schema(event)),
            f"```json\n{as_json(example(event))}```",
        ]
    )


def _tombstone(platform: Platform, event: type[Event]) -> Iterator[str]:
    """What a record without a value says, where there are such records."""
    if event.tombstone is not None:
        by = ", ".join(f"**{service.name}** by `{handler_of(on)[0]}`" for service in platform for on in service.heeds(event.tombstone))
        yield f"A record without a value is a **tombstone**, with the same headers or with none. {event.tombstone.__doc__} Heard by {by}."


def _fields(schema: Schema) -> list[str]:
    tables = [_table(schema)]
    for name, definition in schema.get("$defs", {}).items():
        tables += [f"**{name}**: {definition.get('description', '')}", _table(definition)]
    return tables


def _table(schema: Schema) -> str:
    required = schema.get("required", [])
    rows = [
        [f"`{name}`", kind_of(part), "; ".join(_bounds(part)), "" if name in required else _default(part), part.get("description", "")]
        for name, part in schema["properties"].items()
    ]
    return as_table(["field", "type", "bounds", "if absent", "meaning"], rows)


def kind_of(schema: Schema) -> str:
    """The type of a field in a few words."""
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[-1]
    if "anyOf" in schema:
        return " or ".join(kind_of(part) for part in schema["anyOf"])
    if "enum" in schema or "const" in schema:
        return " \\| ".join(f"`{value}`" for value in schema.get("enum", [schema.get("const")])).replace("\\|", "|")
    if schema.get("type") == "array":
        return f"list of {kind_of(schema['items'])}"
    return str(schema.get("format") or schema.get("type", "anything"))


def _bounds(schema: Schema) -> list[str]:
    own = [text.format(schema[name]) for name, text in _BOUNDS.items() if name in schema]
    inner = [bound for part in (*schema.get("anyOf", []), *([schema["items"]] if "items" in schema else [])) for bound in _bounds(part)]
    return own + inner


def _default(schema: Schema) -> str:
    value: Any = schema.get("default")
    return "nothing" if value in (None, []) else f"`{value}`"


def _hearers(platform: Platform, event: type[Event]) -> list[str]:
    return [service.name for service, _ in listeners(platform, event)]


def _anchor(topic: str) -> str:
    return topic.replace(".", "")
