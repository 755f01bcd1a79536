"""Facts about figures. Only reporting tells them."""

from datetime import date
from typing import ClassVar

from pydantic import Field

from common.events.base import Code, Event


class IndicatorUpdated(Event):
    """A figure of the running period has changed; the value is a decimal in text, so that no digit is lost."""

    topic: ClassVar[str] = "indicator.updated"
    publisher: ClassVar[str] = "reporting"
    outward: ClassVar[bool] = True

    indicator: Code
    definition_version: Code
    period_from: date
    period_to: date
    value: str | None = Field(max_length=40, examples=["0.9375"])
    unit: Code
    n: int = Field(ge=0, examples=[48])

    @property
    def key(self) -> str:
        return self.indicator
