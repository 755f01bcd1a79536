"""How bodies come in and answers go out: camelCase, strict, nothing unknown."""

from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

Day = Annotated[date, Field(strict=False)]
"""A date in a body: FastAPI hands JSON over as plain objects, where strict knows no text for it (use lists for the same reason)."""


class Body(BaseModel):
    """What a caller sends: strict, bounded, and every unknown field is a fault."""

    model_config = ConfigDict(
        frozen=True, strict=True, extra="forbid", alias_generator=to_camel, validate_by_name=False, hide_input_in_errors=True
    )


class View(BaseModel):
    """What a caller gets."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, validate_by_name=True, serialize_by_alias=True)
