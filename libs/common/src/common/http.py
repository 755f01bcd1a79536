"""How bodies come in and answers go out: camelCase, strict, nothing unknown."""

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class Body(BaseModel):
    """What a caller sends: strict, bounded, and every unknown field is a fault."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", alias_generator=to_camel, validate_by_name=False, hide_input_in_errors=True)


class View(BaseModel):
    """What a caller gets."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, validate_by_name=True, serialize_by_alias=True)
