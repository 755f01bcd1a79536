"""Which field of an event is its Kafka key."""

from typing import Any

from common.events.base import Event
from loket.contracts.examples import example
from loket.contracts.schemas import bare_schema


def key_field(event: type[Event]) -> tuple[str, dict[str, Any]]:
    """The field whose value the key is, and that field's schema; found by trying, so that it cannot be wrong."""
    data = example(event)
    key = event.model_validate(data).key
    field = next(name for name, value in data.items() if value == key)
    schema: dict[str, Any] = bare_schema(event)["properties"][field]
    return field, {part: schema[part] for part in ("type", "format", "pattern", "maxLength") if part in schema}
