"""Decision tables: dated rows from top to bottom, and the first that fits decides."""

from collections.abc import Mapping
from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from common.events.base import Code
from common.events.case import Route
from intake.domain.dated import Dated, in_force

Facts = Mapping[str, str]
Outcome = Literal["accepted", "information_requested", "referred", "rejected", "answered"]


class Referral(BaseModel):
    """Who is to help instead; a warm transfer hands the case over."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    organisation: Code
    product: Code
    warm_transfer: bool


class Row(Dated):
    """Fits when every fact named under `when` has one of the values listed for it; an empty `when` fits always."""

    rule: Code
    when: dict[Code, tuple[Code, ...]] = Field(default_factory=dict)
    route: Route
    outcome: Outcome
    reasons: tuple[Code, ...] = Field(min_length=1)
    refer_to: Referral | None = None

    @model_validator(mode="after")
    def _names_where_it_refers_to(self) -> "Row":
        if (self.outcome == "referred") != (self.refer_to is not None):
            raise ValueError("refer_to belongs to the outcome 'referred', and only there")
        return self

    def fits(self, facts: Facts) -> bool:
        """Whether the facts meet every condition."""
        return all(facts[fact] in values for fact, values in self.when.items())


class DecisionTable(BaseModel):
    """Rows and the version under which decisions made by them are known; the last row catches whatever no other does."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Code
    reasons: dict[Code, dict[Literal["nl", "en", "de", "fr"], str]]
    rows: tuple[Row, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _decides_always(self) -> "DecisionTable":
        last = self.rows[-1]
        if last.when or last.valid_to is not None:
            raise ValueError(f"the last row ({last.rule}) must have no conditions and no end, so that something is always decided")
        unsaid = {reason for row in self.rows for reason in row.reasons} - set(self.reasons)
        if unsaid:
            raise ValueError(f"no words are given for the reasons {', '.join(sorted(unsaid))}")
        return self

    def decide(self, facts: Facts, day: date) -> Row:
        """The first row in force on that day that fits."""
        return next((row for row in in_force(self.rows, day) if row.fits(facts)), self.rows[-1])
