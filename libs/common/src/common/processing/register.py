"""The register of processing activities, as a region pack holds it: what a service does with personal data, and what for."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Uri = Annotated[str, Field(pattern=r"^(https|urn):[!-~]{1,250}$")]
Text = Annotated[str, Field(min_length=1, max_length=1000)]


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Activity(_Row):
    """A processing activity (GDPR, article 30); a relevant change is another row, from its day on or with another id."""

    id: Uri
    valid_from: date
    name: Text
    purpose: Text
    data_subjects: Text
    personal_data: Text
    recipients: Text
    legal_basis: Text | None = None
    """For the controller to name: no software knows it."""


class Action(_Row):
    """One thing that the code does within an activity, in words for people."""

    activity: Uri
    name: Text


class Register(_Row):
    """Activities, and the actions of the code by the short keys that the code knows them by."""

    kept_days: int = Field(ge=1, le=36_500, description="How long processing records are kept.")
    activities: tuple[Activity, ...] = Field(min_length=1)
    actions: Mapping[str, Action] = Field(min_length=1)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if unknown := {action.activity for action in self.actions.values()} - {activity.id for activity in self.activities}:
            raise ValueError(f"actions name activities that are not in the list: {', '.join(sorted(unknown))}")
        return self


class Unregistered(Exception):
    """The code does something with personal data of which the register knows nothing; a service does not start so."""

    def __init__(self, action: str) -> None:
        super().__init__(f"{action} is no action in processing.yaml of the region pack, and personal data is processed under no other.")
