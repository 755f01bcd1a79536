"""The JSON Schema of every event, as published: 2020-12, one file per topic and version."""

from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from common.cloudevents import dataschema
from common.events.base import Event
from loket.contracts.examples import example

Schema = dict[str, Any]
DIALECT = "https://json-schema.org/draft/2020-12/schema"


class _Plain(GenerateJsonSchema):
    """Fields have no titles: those only repeat the names."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - pydantic asks it of every field
        return False


def bare_schema(event: type[Event], ref_template: str = "#/$defs/{model}") -> Schema:
    """What the data of an event may be; `ref_template` says where definitions will lie."""
    return TypeAdapter(event).json_schema(by_alias=True, ref_template=ref_template, schema_generator=_Plain)


def published_schema(event: type[Event]) -> Schema:
    """The schema as a document of its own."""
    schema = bare_schema(event)
    definitions = {"$defs": schema.pop("$defs")} if "$defs" in schema else {}
    head: Schema = {key: schema.pop(key) for key in ("title", "description") if key in schema}
    return {"$schema": DIALECT, "$id": dataschema(event), **head, **schema, **definitions, "examples": [example(event)]}


def schema_file(event: type[Event]) -> str:
    """Where it lies among the contracts; the header `ce_dataschema` says the same."""
    return dataschema(event)
